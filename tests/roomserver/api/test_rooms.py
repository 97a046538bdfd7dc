"""Rooms, over the wire."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol import limits
from roomserver.decks import Decks
from roomserver.room.inputs import Deck
from roomserver.testing.server import RoomServer
from storage.errors import StorageUnavailableError
from storage.rooms import Rooms
from tests.support.server import SONG, Refused

LONGER = "\ufb2c"
"""A letter that normalisation makes three of."""


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


@pytest.mark.parametrize(
    ("method", "params", "field"),
    [
        ("room.create", {"name": LONGER * limits.ROOM_NAME_CHARS}, "name"),
        (
            "room.create",
            {"name": "Den", "description": LONGER * limits.ROOM_DESCRIPTION_CHARS},
            "description",
        ),
        ("room.update", {"room": "den", "welcome": LONGER * limits.ROOM_WELCOME_CHARS}, "welcome"),
        ("account.update", {"bio": LONGER * limits.BIO_CHARS}, "bio"),
        ("bot.create", {"name": "helper", "scopes": [], "bio": LONGER * limits.BIO_CHARS}, "bio"),
        ("playlist.create", {"name": LONGER * limits.TITLE_CHARS}, "name"),
    ],
)
async def test_lengths_after_normalisation(
    server: RoomServer, method: str, params: dict[str, Any], field: str
) -> None:
    """A text that becomes longer than it may be when it is normalised is refused, wherever it is written."""
    host = await server.user("hugo")
    await host.ask("room.create", name="Den")
    await host.join("den")
    refused = await host.refused(method, **params)
    assert (refused["code"], refused["field"]) == ("bad_params", field)


async def test_rooms_of_a_user_at_once(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for two rooms at the same moment gets one where one more is allowed."""
    anna, tab = await server.user("anna"), await server.stranger()
    await tab.ask("session.resume", token=anna.token)
    for number in range(limits.ROOMS_PER_USER - 1):
        await anna.ask("room.create", name=f"Den {number}")
    both, create = asyncio.Barrier(2), Rooms.create

    async def together(rooms: Rooms, *args: Any) -> None:
        await both.wait()
        await create(rooms, *args)

    monkeypatch.setattr(Rooms, "create", together)
    asked = (visitor.ask("room.create", name="Last") for visitor in (anna, tab))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    [refused] = [answer for answer in answers if isinstance(answer, Refused)]
    assert (refused.error["code"], refused.error["limit"]) == ("too_many", limits.ROOMS_PER_USER)
