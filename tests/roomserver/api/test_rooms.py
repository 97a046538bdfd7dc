"""Rooms, over the wire."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomserver.decks import Decks
from roomserver.room.inputs import Deck
from roomserver.testing.server import RoomServer
from storage.errors import StorageUnavailableError
from tests.support.server import SONG


@pytest.fixture(name="server")
async def _server(data: Path) -> AsyncIterator[RoomServer]:
    async with RoomServer(data) as server:
        yield server


async def test_a_kept_place_outlives_a_refused_join(
    server: RoomServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot have the kept place back because a read fails has not entered, and gets it the next time."""
    host, anna = await server.user("hugo"), await server.user("anna")
    await host.ask("room.create", name="Den")
    for visitor in (host, anna):
        await visitor.join("den")
        await visitor.ask("waitlist.join", room="den", media=SONG)
    anna.socket.transport.abort()
    await anna.closed()
    await server.advance(40)
    state = (await server.server.hub.open("den")).room.state
    assert list(state.reservations) == [anna.user["id"]]

    async def broken(_decks: Decks, _account_id: str, _playlist_id: str | None) -> Deck | None:
        raise StorageUnavailableError(sqlite3.OperationalError("disk I/O error"))

    again = await server.stranger()
    await again.ask("session.resume", token=anna.token)
    with monkeypatch.context() as patched:
        patched.setattr(Decks, "deck", broken)
        assert (await again.refused("room.join", room="den"))["code"] == "storage_unavailable"
        assert anna.user["id"] not in state.members
    await again.ask("room.join", room="den")
    assert [place.user.id for place in state.waitlist] == [anna.user["id"]]
    assert state.members[anna.user["id"]].connections == 1
