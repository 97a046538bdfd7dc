"""The server's clock, and the position of a track."""

from __future__ import annotations

import asyncio

from client_demo.sdk import Client
from client_demo.sdk.clock import SyncedClock
from protocol.timing import position_ms
from tests.support.server import House


def test_before_anything() -> None:
    """Without a hello nothing is known; with one the clock is right to the way of a message."""
    clock = SyncedClock()
    assert clock.now_ms() is None
    clock.greeted("k1", 1_800_000_000_000)
    now = clock.now_ms()
    assert now is not None
    assert abs(now - 1_800_000_000_000) < 60_000
    assert clock.estimate() is None


async def test_synced(house: House) -> None:
    """After the first burst the clock is within the error it claims, and a room knows its position."""
    async with asyncio.timeout(20), Client(house.url) as client:
        await client.guest()
        room = await client.join("lobby")
        while client.clock.estimate() is None:
            await client.rooms[room.id].history()
        estimate = client.clock.estimate()
        assert estimate is not None
        here, there = client.clock.now_ms(), house.server._clock.now_us() / 1000
        assert here is not None
        assert there - here + estimate.max_error_us / 1000 + 50 >= 0
        assert room.play is not None
        position = room.position_ms()
        assert position is not None
        assert abs(position - position_ms(room.play, there)) < 1000


async def test_nothing_plays(house: House) -> None:
    """Where nothing plays there is no position."""
    async with asyncio.timeout(20), Client(house.url) as client:
        await client.guest()
        made = await house.user("ann")
        ident = (await made.ask("room.create", name="Silence"))["room"]["id"]
        room = await client.join(ident)
        assert room.position_ms() is None
