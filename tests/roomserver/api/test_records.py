"""Deleting messages over real sockets, also those of which the log knows nothing."""

from __future__ import annotations

import pytest

from tests.support.server import House, Wire


async def den(house: House) -> tuple[Wire, Wire, Wire]:
    """Make a room; return its host, and a user and another one who are in it."""
    host, user, other = await house.user("holly"), await house.user("uri"), await house.user("olga")
    await host.ask("room.create", name="Den")
    for wire in (host, user, other):
        await wire.ask("room.join", room="den")
    return host, user, other


@pytest.mark.parametrize("why", ["room", "author"])
async def test_unrecorded(house: House, why: str) -> None:
    """A message that was never recorded is taken back by its author and by staff, once, and everywhere."""
    host, user, other = await den(house)
    if why == "room":
        await host.ask("room.update", room="den", chat_ttl_ms=0)
    else:
        await user.ask("privacy.self_ttl", chat_ms=0)
    mine, theirs = [(await user.ask("chat.send", room="den", text=text))["id"] for text in ("one", "two")]
    assert (await other.refused("chat.delete", room="den", id=mine))["code"] == "forbidden"
    for wire, message in ((user, mine), (host, theirs)):
        await wire.ask("chat.delete", room="den", id=message)
        assert (await other.hear("chat.deleted", ids=[message]))["by"]["id"] == wire.user["id"]
        assert (await host.refused("chat.delete", room="den", id=message))["code"] == "not_found"


async def test_unknown(house: House) -> None:
    """An id of no message is not found by staff, and no business of anybody else's."""
    host, user, _ = await den(house)
    assert (await host.refused("chat.delete", room="den", id="bogus"))["code"] == "not_found"
    assert (await user.refused("chat.delete", room="den", id="bogus"))["code"] == "forbidden"
