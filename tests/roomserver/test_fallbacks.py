"""Fallback playlists that change while a room falls back to them."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from protocol.values import Media
from roomserver.decks import Decks
from roomserver.room.state import RoomState
from storage.errors import StorageUnavailableError
from tests.support.server import SONG, House, Wire


def songs(*titles: str) -> list[dict[str, Any]]:
    """Return songs of these titles."""
    return [{**SONG, "source_id": f"/media/{title}.ogg", "title": title} for title in titles]


async def radio(house: House, host: Wire, playlist: str) -> RoomState:
    """Return the state of a new room that falls back to a playlist."""
    await host.ask("room.create", name="Radio")
    await host.ask("room.join", room="radio")
    await host.ask("room.update", room="radio", fallback=playlist)
    return (await house.server.hub.open("radio")).room.state


def titles_of(state: RoomState) -> list[str]:
    """Return what a room falls back to."""
    return [media.title for media in state.fallback]


async def test_follows_its_owner(house: House) -> None:
    """What the owner does to the playlist holds in the room at once, in whichever way it is done."""
    host = await house.user("hugo")
    playlist = (await host.ask("playlist.create", name="p"))["playlist"]["id"]
    inserted = await host.ask("playlist.insert", playlist_id=playlist, items=songs("a", "b"))
    first, second = (one["id"] for one in inserted["items"])
    state = await radio(house, host, playlist)
    assert titles_of(state) == ["a", "b"]
    await host.ask("playlist.insert", playlist_id=playlist, items=songs("c"))
    assert sorted(titles_of(state)) == ["a", "b", "c"]
    await host.ask("playlist.move", playlist_id=playlist, item_ids=[second], at="start")
    assert titles_of(state)[0] == "b"
    await host.ask("playlist.update_item", playlist_id=playlist, item_id=second, title="better")
    assert titles_of(state)[0] == "better"
    await host.ask("playlist.remove", playlist_id=playlist, item_ids=[first])
    assert sorted(titles_of(state)) == ["better", "c"]
    text = (await host.ask("playlist.export", playlist_id=playlist))["text"].replace(".ogg", ".mp3")
    await host.ask("playlist.import", playlist_id=playlist, text=text)
    assert len(state.fallback) == 4
    kept = titles_of(state)
    await house.restart()
    assert titles_of((await house.server.hub.open("radio")).room.state) == kept


async def test_deleted(house: House) -> None:
    """Without its playlist a room has no fallback, says so, and still has none after a restart."""
    host, guest = await house.user("hugo"), await house.guest()
    playlist = (await host.ask("playlist.create", name="p"))["playlist"]["id"]
    await host.ask("playlist.insert", playlist_id=playlist, items=songs("a"))
    state = await radio(house, host, playlist)
    await guest.ask("room.join", room="radio")
    await host.ask("playlist.delete", playlist_id=playlist)
    assert (await guest.hear("room.updated"))["fallback"] is False
    assert (state.fallback, state.settings.fallback) == ((), False)
    await house.restart()
    state = (await house.server.hub.open("radio")).room.state
    assert (state.fallback, state.fallback_playlist, state.settings.fallback) == ((), None, False)


async def test_what_cannot_be_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change is made though the room cannot hear of it now."""
    host = await house.user("hugo")
    playlist = (await host.ask("playlist.create", name="p"))["playlist"]["id"]
    await host.ask("playlist.insert", playlist_id=playlist, items=songs("a"))
    state = await radio(house, host, playlist)

    async def broken(_decks: Decks, _account_id: str, _playlist_id: str, _at_most: int) -> tuple[Media, ...]:
        raise StorageUnavailableError(sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(Decks, "media", broken)
    await host.ask("playlist.insert", playlist_id=playlist, items=songs("b"))
    assert titles_of(state) == ["a"]
