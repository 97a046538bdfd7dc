"""
Two clients that talk through a network which fails all the time, and what must hold in the end.

Neither misses an event or sees one twice, nothing is said twice, and the state that each has
reduced equals what the server hands out to somebody who comes afresh.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from client_demo.sdk import Client, Patience, Resynced, Room
from client_demo.sdk.rooms import RoomView
from protocol.events import ChatMessage, RoomEvent
from protocol.limits import Limits
from protocol.reducer import recent
from roomserver.clock import ServerClock
from roomserver.config import RatesConfig
from roomserver.testing import RoomServer
from tests.chaos.proxy import Proxy

HURRIED = Patience(
    back_off_seconds=0.05,
    back_off_max_seconds=0.4,
    connect_seconds=1.0,
    request_seconds=1.5,
    probe_seconds=0.3,
    dead_seconds=0.6,
)
"""Minutes of failures in seconds: everything that a client waits for is shorter than by default."""
RATES = RatesConfig(chat="1000/5", join="1000/5", read="1000/5", clock="1000/5")
PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 30.0


class Report(NamedTuple):
    """What happened in a run."""

    said: int
    seen: int
    connections: int
    faults: Counter[str]


class Talker:
    """A client that says numbered messages, and keeps every event it is told."""

    def __init__(self, name: str, client: Client, room: Room) -> None:
        self.name = name
        self.client = client
        self.room = room
        self.first_seq = room.seq
        self.seqs: list[int] = []
        self.texts: list[str] = []
        self.said: list[str] = []
        self.resyncs = 0

    async def talk(self, over: asyncio.Event) -> None:
        """Say one message after the other until it is over; each must succeed in the end."""
        while not over.is_set():
            text = f"{self.name} {len(self.said)}"
            self.said.append(text)
            await self.room.chat(text)
            await asyncio.sleep(PAUSE_SECONDS)

    async def listen(self) -> None:
        """Keep what is told."""
        async for event in self.client.events():
            if isinstance(event, Resynced):
                self.resyncs += 1
            elif isinstance(event, RoomEvent):
                self.seqs.append(event.seq)
                if isinstance(event, ChatMessage):
                    self.texts.append(event.text)

    async def caught_up(self, seq: int) -> None:
        """Wait until everything up to a number is applied."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.room.seq < seq or not self.seqs or self.seqs[-1] < seq:  # noqa: ASYNC110 - no event says so
                await asyncio.sleep(PAUSE_SECONDS)


async def run(data: Path, seed: int, seconds: float) -> Report:
    """Talk for so long in such weather; raise an AssertionError when anything is not as it must be."""
    async with RoomServer(data, clock=ServerClock("real"), limits=Limits(), rates=RATES) as server:
        port = server.server.port
        async with Proxy(port, seed) as one, Proxy(port, seed + 1) as two:
            return await _talk(server, (one, two), seconds)


async def _talk(server: RoomServer, proxies: tuple[Proxy, Proxy], seconds: float) -> Report:
    token = await server.bot("robo", "chat.read", "chat.write")
    async with (
        Client(proxies[0].url, patience=HURRIED) as bot,
        Client(proxies[1].url, patience=HURRIED) as human,
    ):
        await bot.resume(token)
        await human.guest("hana")
        talkers = [
            Talker("bot", bot, await bot.join("lobby")),
            Talker("human", human, await human.join("lobby")),
        ]
        listening = [asyncio.create_task(talker.listen()) for talker in talkers]
        weather = [asyncio.create_task(proxy.weather()) for proxy in proxies]
        over = asyncio.Event()
        talking = [asyncio.create_task(talker.talk(over)) for talker in talkers]
        await asyncio.sleep(seconds)
        over.set()
        for task in weather:
            task.cancel()
        await asyncio.gather(*weather, return_exceptions=True)
        for proxy in proxies:
            proxy.clear()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*talking)
        await _compare(server, talkers)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        return Report(
            said=sum(len(talker.said) for talker in talkers),
            seen=sum(len(talker.seqs) for talker in talkers),
            connections=sum(talker.client.connections for talker in talkers),
            faults=proxies[0].faults + proxies[1].faults,
        )


async def _compare(server: RoomServer, talkers: list[Talker]) -> None:
    """Hold both against each other and against somebody who comes afresh."""
    async with Client(server.url) as fresh:
        await fresh.guest()
        room = await fresh.join("lobby")
        for talker in talkers:
            await talker.caught_up(room.seq)
            expected = list(range(talker.first_seq + 1, talker.seqs[-1] + 1))
            assert talker.seqs == expected, f"{talker.name} missed or repeated an event"
            assert talker.resyncs == 0, f"{talker.name} was handed a snapshot in place of events"
            assert _state(talker.room, fresh) == _state(room, fresh), f"{talker.name} has another state"
        texts = Counter(talkers[0].texts)
        said = Counter(text for talker in talkers for text in talker.said)
        # The human joined after the bot: the bot has heard everything that was said.
        assert texts == said, "said and heard differ: something was lost, or said twice"


def _state(room: RoomView, clock: Client) -> object:
    now = clock.clock.now_ms()
    assert now is not None
    return (room.seq, room.epoch, recent(room.snapshot, int(now)))
