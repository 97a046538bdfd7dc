"""A sweep that is killed: a batch is whole or not there, and what was counted equals a recount."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.kills import sweep_killed

ROWS = 6000
KILLS = 6


@pytest.mark.slow
async def test_killed_in_the_middle(tmp_path: Path) -> None:
    """However often it is killed at whatever moment, every row is either there or counted, never both."""
    assert await sweep_killed(tmp_path / "room.db", KILLS, ROWS) > 1, "no kill came in the middle"
