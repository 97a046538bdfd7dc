"""What a fault did, in numbers, and the tools to look at a process from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from roomserver.config import DATABASE
from tests.support.crowd import PATIENCE_SECONDS, Balance, Person, Size, balance_of, caught_up, settle
from tests.support.process import Process
from tests.support.server import Wire

CROWD = Size(clients=16, users=8, rooms=2)


Figures = dict[str, float]
"""What was measured, by name."""


class Observed(NamedTuple):
    """What became of a crowd under a fault, and figures of the fault itself."""

    fault: str
    balance: Balance
    figures: Figures

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {value:g}" for name, value in self.figures.items())
        return (
            f"{self.fault}: {self.balance.lost} of {self.balance.acknowledged} acknowledged changes lost,"
            f" {self.balance.doubled} of {self.balance.heard} events duplicated; {figures}"
        )


class Crowd:
    """People who live in a server's rooms until they are told to stop."""

    def __init__(self, people: list[Person], data: Path) -> None:
        self.people = people
        self._data = data
        self._over = asyncio.Event()
        self._watching = [asyncio.create_task(person.watch()) for person in people]
        self._living = [asyncio.create_task(person.live(self._over)) for person in people]

    @property
    def acknowledged(self) -> int:
        """How many messages were acknowledged so far."""
        return sum(len(person.said) for person in self.people)

    @property
    def refused(self) -> int:
        """How many requests were refused for now."""
        return sum(person.refused.total() for person in self.people)

    @property
    def resyncs(self) -> int:
        """How often somebody had to begin with a snapshot."""
        return sum(person.resyncs for person in self.people)

    @property
    def connections(self) -> int:
        """How often they connected."""
        return sum(person.client.connections for person in self.people)

    async def until_heard(self, more: int) -> None:
        """Wait until so many more messages are acknowledged."""
        wanted = self.acknowledged + more
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.acknowledged < wanted:
                await asyncio.sleep(0.02)

    async def finish(self) -> Balance:
        """Let everybody finish what they began, see everything and go; hold it against the file."""
        self._over.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*self._living)
        await caught_up(self.people)
        for person in self.people:
            await person.client.close()
        await asyncio.gather(*self._watching)
        return balance_of(self.people, self._data / DATABASE)


@asynccontextmanager
async def crowd_in(process: Process, size: Size = CROWD) -> AsyncIterator[Crowd]:
    """Let a crowd into a running server; whatever happens, its clients end."""
    people = await settle(process.url, size)
    crowd = Crowd(people, process.data)
    try:
        yield crowd
    finally:
        for task in (*crowd._living, *crowd._watching):
            task.cancel()
        for person in people:
            await person.client.close()


async def status_of(process: Process, path: str) -> int:
    """Return the status with which a path is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    async with asyncio.timeout(PATIENCE_SECONDS):
        head = await reader.readline()
    writer.close()
    return int(head.split()[1])


async def until_status(process: Process, path: str, status: int) -> float:
    """Wait until a path has a status; return how many seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await status_of(process, path) != status:
            await asyncio.sleep(0.05)
    return loop.time() - began


async def clock_latencies(process: Process, seconds: float) -> list[float]:
    """Ask for the clock every 50 ms on a connection of its own; return the answer times in ms, sorted."""
    loop = asyncio.get_running_loop()
    wire = await Wire.to(process.port)
    await wire.ask("session.guest")
    ends, times = loop.time() + seconds, []
    while (began := loop.time()) < ends:
        await wire.ask("clock.sync", t1_us=1)
        times.append(1000 * (loop.time() - began))
        await asyncio.sleep(max(0.0, 0.26 - (loop.time() - began)) if len(times) > 30 else 0.05)
    await wire.leave()
    return sorted(times)


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which a share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Opened(NamedTuple):
    """What a process has open."""

    sockets: int
    others: int
    """Files, pipes and the like. The server opens its database anew when it first washes it."""


def opened(pid: int) -> Opened:
    """Count what a process has open; what it closes meanwhile may be missing."""
    sockets = others = 0
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if str(one.readlink()).startswith("socket:"):
                sockets += 1
            else:
                others += 1
    return Opened(sockets, others)


def descriptors(pid: int) -> int:
    """Return how many files and sockets a process has open."""
    return sum(opened(pid))
