"""Queueing up and grabbing over real sockets: what is refused first, and with which code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.server import SONG, House, Wire


async def playing(house: House) -> tuple[Wire, str]:
    """Let somebody play in a room; return them and the play's id."""
    dj = await house.user("dora")
    await dj.ask("room.create", name="Den")
    await dj.ask("room.join", room="den")
    await dj.ask("waitlist.join", room="den", media=SONG)
    return dj, (await dj.hear("play.started"))["play"]["id"]


async def no_grab(wire: Wire, play_id: str, **fields: Any) -> tuple[str, str | None]:
    """Return code and field of a refused grab."""
    error = await wire.refused("vote.grab", room="den", play_id=play_id, **fields)
    return error["code"], error.get("field") or error.get("needs")


@pytest.mark.parametrize("fields", [{}, {"playlist_id": "bogus"}])
async def test_order_of_grab(house: House, fields: dict[str, Any]) -> None:
    """A grab is refused for the room first, then the role, the play, and only then the playlist."""
    dj, play_id = await playing(house)
    guest, user = await house.guest("gil"), await house.user("uri")
    assert await no_grab(guest, play_id, **fields) == ("not_in_room", None)
    assert await no_grab(user, play_id, **fields) == ("not_in_room", None)
    await guest.ask("room.join", room="den")
    await user.ask("room.join", room="den")
    assert await no_grab(guest, play_id, **fields) == ("forbidden", "user")
    assert await no_grab(user, "other", **fields) == ("stale_play", None)
    assert await no_grab(dj, play_id, **fields) == ("own_play", None)
    assert await no_grab(user, play_id, **fields) == ("not_found", "playlist_id")


@pytest.mark.parametrize("extra", [{}, {"media": SONG}])
async def test_playlist_of_nobody(house: House, extra: dict[str, Any]) -> None:
    """Queueing up with a playlist that is not one's own is refused by its name, media or not."""
    dj, _ = await playing(house)
    user = await house.user("uri")
    await user.ask("room.join", room="den")
    theirs = (await dj.ask("playlist.create", name="mine"))["playlist"]["id"]
    for playlist_id in ("bogus", theirs):
        refused = await user.refused("waitlist.join", room="den", playlist_id=playlist_id, **extra)
        assert (refused["code"], refused["field"]) == ("not_found", "playlist_id")
    assert (await user.refused("waitlist.join", room="den"))["code"] == "no_media"
