"""
The foreman: prepares the rooms, starts the workers, keeps watch over server and plan.

Workers are processes of their own, so that the generator can use every core but the
server's. All read the same monotonic clock, hence one plan holds for all of them.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from client_demo.load.chunks import Reader
from client_demo.load.crowd import Crowd, Job
from client_demo.load.figures import Figures, Rooms
from client_demo.load.histogram import Histogram
from client_demo.load.link import Bench, now_us
from client_demo.load.machine import Usage
from client_demo.load.results import Load
from client_demo.load.scenarios import Scenario
from client_demo.load.stages import duration, parse_stages
from client_demo.load.worker import LINE_BYTES_MAX
from protocol.commands import RoomCreate, RoomUpdate
from protocol.limits import CAPACITY_MAX, ROOMS_PER_USER

START_SECONDS = 0.2
"""From the order to begin to the beginning, so that it reaches all workers before."""
CATCH_UP_SECONDS = 10.0
"""How long after the plan what is on its way may take to arrive."""


class WorkerFailedError(Exception):
    """A worker ended before its work was done."""


class Moment(NamedTuple):
    """The run at an instant, for the live table and the charts."""

    at: float
    """Seconds since the plan began."""
    links: int
    counts: dict[str, int]
    expected: int
    errors: int
    window: Histogram
    """Fan-out latencies since the moment before."""
    server: Usage | None


class Outcome(NamedTuple):
    """What a run found."""

    figures: Figures
    rooms: Rooms
    elapsed: float
    load: Load | None
    moments: list[Moment]
    generator_cpu: float
    """CPU seconds that the workers used while the plan was carried out."""


Sample = Callable[[], Usage | None]
"""Reads what the server has used; None when nobody said where to look."""


async def make_rooms(url: str, count: int, sources: list[str]) -> list[str]:
    """Make rooms that hold everyone, by as many new accounts as that takes; return their ids."""
    job = Job(url=url, scenario="idle", rooms=[], members=0, worker=0, workers=1, stages=[], sources=sources)
    crowd = Crowd(job, Bench(Figures(), Reader(), Scenario()))
    rooms: list[str] = []
    while len(rooms) < count:
        host = await crowd.account()
        for _ in range(min(ROOMS_PER_USER, count - len(rooms))):
            name = f"load-{secrets.token_hex(4)}"
            room = (await host.ask(RoomCreate(name=name, private=True)))["room"]["id"]
            await crowd.enter(host, room)
            await host.ask(RoomUpdate(room=room, capacity=CAPACITY_MAX))
            rooms.append(room)
        host.drop()
    return rooms


class _Hand:
    """A worker's process, seen from here."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.last: dict[str, Any] = {}

    @classmethod
    async def hire(cls, job: Job) -> _Hand:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "client_demo.load.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
        )
        self = cls(process)
        self.tell(job)
        return self

    def tell(self, message: object) -> None:
        assert self.process.stdin is not None, "it was asked for"
        self.process.stdin.write(msgspec.json.encode(message) + b"\n")

    async def until(self, kind: str) -> dict[str, Any]:
        assert self.process.stdout is not None, "it was asked for"
        while line := await self.process.stdout.readline():
            self.last = msgspec.json.decode(line)
            if self.last["kind"] == kind:
                return self.last
        code = await self.process.wait()
        raise WorkerFailedError(f"expected a worker that says {kind}, it ended with {code}")

    async def dismiss(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


class Foreman:
    """
    Runs one plan.

    ``sample`` reads the server's use, ``on_moment`` gets the run once a second. Once everybody is
    in, ``settle_seconds`` pass before anything counts: what joining leaves to do is not the plan's.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        sample: Sample,
        on_moment: Callable[[Moment], None],
        settle_seconds: float = 0.0,
    ) -> None:
        self._jobs = jobs
        self._settle_seconds = settle_seconds
        self._sample = sample
        self._on_moment = on_moment
        self._hands: list[_Hand] = []
        self.moments: list[Moment] = []

    async def run(self, idle: Usage | None) -> Outcome:
        """
        Gather everyone, carry the plan out, wait for what is on its way, and count.

        ``idle`` is what the server had used before anybody connected.

        Raises:
            WorkerFailedError: a worker ended before its work was done.

        """
        try:
            self._hands = [await _Hand.hire(job) for job in self._jobs]
            await asyncio.gather(*(hand.until("ready") for hand in self._hands))
            await asyncio.sleep(self._settle_seconds)
            # All count before anybody acts: what one worker says is heard by the members of the others.
            for hand in self._hands:
                hand.tell({"begin": 1})
            await asyncio.gather(*(hand.until("counting") for hand in self._hands))
            return await self._carry_out(idle)
        finally:
            for hand in self._hands:
                await hand.dismiss()

    async def _carry_out(self, idle: Usage | None) -> Outcome:
        go_us = now_us() + round(START_SECONDS * 1_000_000)
        cpu_before = sum(hand.last["cpu_seconds"] for hand in self._hands)
        for hand in self._hands:
            hand.tell({"go_us": go_us})
        await asyncio.sleep(START_SECONDS)
        before = self._sample()
        watching = asyncio.create_task(self._watch(go_us))
        await asyncio.gather(*(hand.until("acted") for hand in self._hands))
        await self._catch_up()
        elapsed = max((now_us() - go_us) / 1_000_000, 0.001)
        after = self._sample()
        watching.cancel()
        for hand in self._hands:
            hand.tell({"end": 1})
        results = await asyncio.gather(*(hand.until("done") for hand in self._hands))
        figures, rooms = Figures(), Rooms()
        for result in results:
            figures.merge(Figures.of(result["figures"]))
            rooms.merge(Rooms.of(result["rooms"]))
        load = None
        if before is not None and after is not None:
            load = Load(
                after.cpu_seconds - before.cpu_seconds,
                before.rss_bytes,
                after.rss_bytes,
                before.rss_bytes if idle is None else idle.rss_bytes,
            )
        cpu = sum(result["cpu_seconds"] for result in results) - cpu_before
        return Outcome(figures, rooms, elapsed, load, self.moments, cpu)

    async def _catch_up(self) -> None:
        """Wait until everybody got everything, or until that takes too long."""
        patience_us = now_us() + round(CATCH_UP_SECONDS * 1_000_000)
        while now_us() < patience_us:
            await asyncio.gather(*(hand.until("tick") for hand in self._hands))
            rooms = self._rooms()
            if rooms.received >= rooms.expected and not self._open_requests():
                return

    def _rooms(self) -> Rooms:
        rooms = Rooms()
        for hand in self._hands:
            rooms.merge(Rooms.of(hand.last["rooms"]))
        return rooms

    def _open_requests(self) -> int:
        counts = [hand.last["counts"] for hand in self._hands]
        return sum(one["sent"] - one["answered"] - one["refused"] - one["cut_off"] for one in counts)

    async def _watch(self, go_us: int) -> None:
        total = Histogram()
        while True:
            await asyncio.sleep(1)
            self._on_moment(moment := self._moment(go_us, total))
            self.moments.append(moment)
            total.merge(moment.window)

    def _moment(self, go_us: int, before: Histogram) -> Moment:
        counts: dict[str, int] = {}
        now = Histogram()
        for hand in self._hands:
            for name, count in hand.last["counts"].items():
                counts[name] = counts.get(name, 0) + count
            now.merge(Histogram.of(hand.last["fanout"]))
        return Moment(
            # When the workers said it, not when it is looked at: rates are made of the difference.
            at=(max(hand.last["at_us"] for hand in self._hands) - go_us) / 1_000_000,
            links=sum(hand.last["links"] for hand in self._hands),
            counts=counts,
            expected=self._rooms().expected,
            errors=sum(hand.last["errors"] for hand in self._hands),
            window=now.since(before),
            server=self._sample(),
        )


def plan_seconds(stages: Sequence[str]) -> float:
    """Return how long a plan takes."""
    return duration(parse_stages(stages))
