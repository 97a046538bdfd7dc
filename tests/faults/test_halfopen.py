"""A cable that is cut under clients who sit in a room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.halfopen import half_open

CLIENTS = 3


@pytest.mark.slow
async def test_half_open(data: Path) -> None:
    """Whoever can no longer be reached is given up with 4103, and no member and no socket is left."""
    try:
        found = await half_open(data, CLIENTS, hasty=True)
    except PermissionError as error:
        pytest.skip(f"needs the right to make network namespaces: {error}")
    assert found.connections == CLIENTS
    assert found.members_left == 0
    assert found.sockets_left <= 0
