"""The fixtures that the plugin brings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from roomserver.demo import synthesise
from roomserver.testing.server import RoomServer, lay_out


@pytest.fixture(scope="session")
def room_server_tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo tracks that the lobby plays, made once for all tests."""
    folder = tmp_path_factory.mktemp("demo") / "media"
    synthesise(folder)
    return folder


@pytest.fixture
def room_server_data(room_server_tracks: Path, tmp_path: Path) -> Path:
    """Return a fresh data folder that has the demo tracks."""
    return lay_out(tmp_path / "data", room_server_tracks)


@pytest_asyncio.fixture
async def room_server(room_server_data: Path) -> AsyncIterator[RoomServer]:
    """Return a running server with a clock that is set by hand."""
    async with RoomServer(room_server_data) as running:
        yield running
