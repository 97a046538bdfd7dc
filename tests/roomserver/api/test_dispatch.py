"""From a request to the room that serves it, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.limits import CHAT_REPLAY_MESSAGES
from roomserver.config import RatesConfig
from tests.support.server import House


@pytest.fixture(name="house")
async def _house(data: Path) -> AsyncIterator[House]:
    """A server where one may say much."""
    home = await House(data).open(rates=RatesConfig(chat="1000/1"))
    yield home
    await home.close()
    assert home.caught == []


async def test_replies(house: House) -> None:
    """What the room has forgotten can be replied to; what another room has, or none, is refused alike."""
    ann, bob = await house.user("ann"), await house.user("bob")
    for wire, name in ((ann, "Den"), (bob, "Attic")):
        await wire.ask("room.create", name=name)
        await wire.ask("room.join", room=name.lower())
    old = await ann.ask("chat.send", room="den", text="old")
    secret = await bob.ask("chat.send", room="attic", text="elsewhere")
    for number in range(CHAT_REPLAY_MESSAGES):
        await ann.ask("chat.send", room="den", text=f"{number}")
    state = next(iter(live for live in house.server.hub if live.room.state.info.slug == "den")).room.state
    assert old["id"] not in {message.id for message in state.chat}

    sent = await ann.ask("chat.send", room="den", text="to the old one", reply_to=old["id"])
    assert (await ann.hear("chat.message", id=sent["id"]))["reply_to"] == old["id"]
    refusals = [
        await ann.refused("chat.send", room="den", text="to it", reply_to=message_id)
        for message_id in (secret["id"], "nowhere")
    ]
    assert [(refused["code"], refused["field"]) for refused in refusals] == [("not_found", "reply_to")] * 2
    assert refusals[0] == refusals[1]
    await ann.ask("chat.delete", room="den", id=sent["id"])
    await ann.ask("chat.send", room="den", text="to one that is gone", reply_to=sent["id"])
    assert (await bob.refused("chat.send", room="den", text="hi", reply_to=old["id"]))[
        "code"
    ] == "not_in_room"
