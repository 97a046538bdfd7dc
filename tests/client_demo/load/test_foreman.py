"""Whole runs: against the real server, and against one that loses, doubles and swaps events."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from client_demo.load.crowd import Job
from client_demo.load.foreman import Foreman, Outcome, WorkerFailedError, _Hand, make_rooms
from client_demo.load.machine import usage_of
from protocol import SUBPROTOCOL, codec
from roomserver.config import RatesConfig
from tests.support.server import House

MEMBERS = 12


async def run(
    url: str, scenario: str, rooms: list[str], workers: int = 1, settle: float = 0.0, **fields: Any
) -> Outcome:
    """Run a scenario."""
    jobs = [
        Job(url=url, scenario=scenario, rooms=rooms, members=MEMBERS, worker=n, workers=workers, **fields)
        for n in range(workers)
    ]
    return await Foreman(jobs, lambda: usage_of(os.getpid()), lambda _: None, settle).run(None)


@pytest.mark.slow
async def test_workers_share_the_plan(data: Any) -> None:
    """Two processes do one plan: together the same messages, each delivered to the members of both."""
    house = await House(data).open(rates=RatesConfig(chat="1000/1"))
    rooms = await make_rooms(house.url, 1, [])
    outcome = await run(house.url, "hot-room", rooms, workers=2, stages=["0-0.3s:100"])
    await house.close()
    assert outcome.figures.counts["planned"] == outcome.figures.counts["answered"] == 30
    assert outcome.rooms.received == outcome.rooms.expected == 30 * MEMBERS
    assert outcome.figures.latency["fanout"].count == 30 * MEMBERS


@pytest.mark.slow
async def test_all_count_before_anybody_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Nobody counts before all are in and have settled, nobody acts before all count.

    Or a late worker would miss what the first one said.
    """
    log: list[str] = []
    tell, until, rest = _Hand.tell, _Hand.until, asyncio.sleep

    async def sleeping(seconds: float) -> None:
        log.extend(["settle"] if seconds == 0.01 else [])
        await rest(seconds)

    def telling(hand: _Hand, message: object) -> None:
        log.extend(message if isinstance(message, dict) else [])
        tell(hand, message)

    async def hearing(hand: _Hand, kind: str) -> dict[str, Any]:
        heard = await until(hand, kind)
        log.append(kind)
        return heard

    monkeypatch.setattr(_Hand, "tell", telling)
    monkeypatch.setattr(_Hand, "until", hearing)
    monkeypatch.setattr("client_demo.load.foreman.asyncio.sleep", sleeping)
    async with lying([[1]]) as url:
        await run(url, "idle", ["r"], workers=2, settle=0.01, stages=["0-0.1s:0"])
    by_both = [[word] * 2 for word in ("ready", "begin", "counting", "go_us", "acted", "end", "done")]
    ready, *later = by_both
    assert [word for word in log if word != "tick"] == [*ready, "settle", *itertools.chain(*later)]


async def test_nobody_there(unused_tcp_port: int) -> None:
    """Where no server listens, making rooms says so."""
    with pytest.raises(OSError, match=r"(?i)connect"):
        await make_rooms(f"ws://127.0.0.1:{unused_tcp_port}/ws", 1, [])


class Liar:
    """A server that speaks the protocol, and tells each message with the numbers it is given."""

    def __init__(self, numbers: list[list[int]]) -> None:
        self._numbers = numbers
        """For each message of the stream, the numbers under which it is told."""
        self._told = itertools.count()
        self._members: set[ServerConnection] = set()

    async def serve(self, connection: ServerConnection) -> None:
        """Greet and answer a client."""
        self._members.add(connection)
        await connection.send(codec.encode_event("hello", {}))
        async for message in connection:
            assert isinstance(message, bytes)
            for value in codec.decode(message, max_bytes=2**16):
                await self._answer(connection, codec.parse_request(value))

    async def _answer(self, connection: ServerConnection, request: codec.Request) -> None:
        answers: dict[str, dict[str, Any]] = {
            "session.guest": {"token": "t", "user": {"id": "u"}},
            "room.join": {"epoch": "e", "seq": 0, "recovered": False, "snapshot": {"booth": {"play": None}}},
            "chat.send": {"id": "m", "seq": 1},
        }
        assert request.id is not None
        await connection.send(codec.encode_result(request.id, answers[request.method]))
        if request.method == "chat.send":
            for seq in self._numbers[next(self._told)]:
                event = {"room": "r", "seq": seq, "at_ms": 1, "text": request.params["text"]}
                for member in self._members:
                    await member.send(codec.encode_event("chat.message", event))


@asynccontextmanager
async def lying(numbers: list[list[int]]) -> AsyncIterator[str]:
    """Run a liar; yield its address."""
    liar = Liar(numbers)
    async with serve(liar.serve, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ([[1], [2], [], [4]], (3, 1, 0, 0)),
        ([[1], [3], [2], [2, 4]], (4, 1, 1, 1)),
    ],
    ids=["loses", "doubles and swaps"],
)
async def test_a_server_that_lies(
    monkeypatch: pytest.MonkeyPatch, numbers: list[list[int]], found: tuple[int, ...]
) -> None:
    """A server that loses, doubles or swaps events is found out, at every member."""
    monkeypatch.setattr("client_demo.load.foreman.CATCH_UP_SECONDS", 0.5)
    async with lying(numbers) as url:
        outcome = await run(url, "hot-room", ["r"], stages=["0-0.2s:20"])
    rooms = outcome.rooms
    assert (
        tuple(count / MEMBERS for count in (rooms.received, rooms.gaps, rooms.duplicates, rooms.disordered))
        == found
    )
    assert rooms.expected == 4 * MEMBERS
    assert outcome.figures.latency["fanout"].count == sum(map(len, numbers)) * MEMBERS


@pytest.mark.slow
async def test_thousands_of_rooms() -> None:
    """An order that names more rooms than a reader's usual line holds reaches its worker."""
    async with lying([[1]]) as url:
        outcome = await run(url, "idle", [f"{number:036}" for number in range(5000)], stages=["0-0.1s:0"])
    assert outcome.figures.latency["join"].count == MEMBERS


@pytest.mark.slow
async def test_a_worker_that_dies() -> None:
    """A worker that ends too soon is an error, not a report."""
    job = Job(
        url="ws://127.0.0.1:1/ws", scenario="hot-room", rooms=[], members=1, worker=0, workers=1, stages=["x"]
    )
    with pytest.raises(WorkerFailedError, match="expected a worker"):
        await Foreman([job], lambda: None, lambda _: None).run(None)
