"""How clients are let go."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from protocol.events import Reconnect
from roomserver.config import DrainConfig
from roomserver.farewell import drawn_ms, reconnect_for
from tests.support.server import House, assert_closed


@pytest.mark.parametrize(
    ("connections", "jitter_ms"), [(0, 1000), (500, 1000), (2000, 4000), (10_000, 20_000)]
)
def test_spread(connections: int, jitter_ms: int) -> None:
    """The time in which clients return grows with their number, and is never shorter than a second."""
    config = DrainConfig(restart_ms=3000, returns_per_second=500)
    assert reconnect_for(config, connections) == Reconnect(after_ms=3000, jitter_ms=jitter_ms)


def test_nobody_together() -> None:
    """Ten thousand clients return evenly: no second sees more than a tenth over its share."""
    luck = random.Random(1).random
    reconnect = reconnect_for(DrainConfig(restart_ms=2000, returns_per_second=500), 10_000)
    waits = [drawn_ms(reconnect, luck) for _ in range(10_000)]
    assert min(waits) >= 2000
    assert max(waits) < 22_000
    by_second = [
        sum(2000 + second * 1000 <= wait < 3000 + second * 1000 for wait in waits) for second in range(20)
    ]
    assert max(by_second) <= 550


async def test_answers_under_way(house: House) -> None:
    """What was asked before the end is still answered; strangers are let go too, and nobody may come in."""
    anna, stranger = await house.user("anna"), await house.wire()
    await stranger.hear("hello")
    await anna.ask("room.join", room="lobby")
    house.server.reloader.config = replace(house.server.reloader.config, drain=DrainConfig())
    sent = await anna.post("chat.send", room="lobby", text="last words")
    await house.server.close()
    assert (await anna.answer(sent)).result is not None
    closing = await assert_closed(anna, 4200)
    assert closing["retry_after_ms"] >= 1000
    assert "retry_after_ms" in await assert_closed(stranger, 4200)
    assert not stranger.events("reconnect")
    with pytest.raises(ConnectionRefusedError):
        await house.wire()
    await house.open()
    again = await house.again(anna)
    joined = await again.ask("room.join", room="lobby")
    assert [message["text"] for message in joined["snapshot"]["chat"]] == ["last words"]
