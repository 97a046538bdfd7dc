"""
The reconnect storm: thousands of SDK clients lose their connections at once, and all come back.

``python -m tests.benchmarks.storm [CLIENTS]``. The server is a process of its own, the clients
are all in this one. Prints how long it took until every client had resumed its session and its
room, and the server's share of a core meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvloop

from client_demo.sdk import Client, Resynced, Room

CLIENTS = 2000
ROOMS = 20
ROOMS_A_HOST = 10
AT_ONCE = 100
"""So many clients log in at a time; the storm itself has no such mercy."""
PATIENCE_SECONDS = 60.0
BIRTH = {"year": 1990, "month": 5, "day": 17}


class Outcome(NamedTuple):
    """What a storm was like."""

    seconds: float
    """From the loss to the last client that was back."""
    half_seconds: float
    """From the loss to the median client."""
    server_cpu_seconds: float
    client_cpu_seconds: float
    resumed: int
    resynced: int


@contextmanager
def server(folder: str) -> Iterator[tuple[str, int]]:
    """Run a server; yield its address and its process id."""
    environment = {**os.environ, "ROOMSERVER_RATES__JOIN": "1000000/1", "ROOMSERVER_LOG__LEVEL": "warning"}
    command = [sys.executable, "-m", "roomserver", "serve", "--port", "0", "--data", folder]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "http://" in line)
        yield line[line.index("http://") :].split()[0], process.pid
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def open_rooms(url: str) -> list[str]:
    """Make the rooms, and return their slugs."""
    from protocol import commands  # noqa: PLC0415 - the only two requests here that have no verb

    slugs = []
    for host in range(ROOMS // ROOMS_A_HOST):
        async with Client(url) as client:
            await client.register(f"host-{host}", "correct horse battery", commands.Birth(**BIRTH))
            for number in range(ROOMS_A_HOST):
                slug = f"room-{host}-{number}"
                await client.call(commands.RoomCreate(name=slug, slug=slug))
                slugs.append(slug)
    return slugs


class Crowd:
    """All clients, each in one room."""

    def __init__(self, url: str, slugs: list[str], count: int) -> None:
        self._url = url
        self._slugs = slugs
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.clients: list[Client] = []
        self.rooms: list[Room] = []
        self._count = count

    async def arrive(self) -> None:
        """Let everybody in."""
        await asyncio.gather(*(self._one(number) for number in range(self._count)))

    async def _one(self, number: int) -> None:
        async with self._gate:
            client = await Client(self._url).__aenter__()
            await client.guest()
            self.rooms.append(await client.join(self._slugs[number % len(self._slugs)]))
            self.clients.append(client)

    async def storm(self, pid: int) -> Outcome:
        """Drop every connection at once, and wait until all are back where they were."""
        loop = asyncio.get_running_loop()
        before, own_before = cpu_seconds(pid), time.process_time()
        began = loop.time()
        for client in self.clients:
            assert client._link is not None
            client._ready.clear()
            client._link.abort()
        async with asyncio.timeout(PATIENCE_SECONDS):
            ends = await asyncio.gather(*(self._back(client, loop) for client in self.clients))
        used, own_used = cpu_seconds(pid) - before, time.process_time() - own_before
        times = sorted(end - began for end in ends)
        resynced = 0
        for client in self.clients:
            while not client._inbox._events.empty():
                resynced += isinstance(await client.next_event(), Resynced)
        resumed = sum(client.connections == 2 for client in self.clients)
        return Outcome(times[-1], times[len(times) // 2], used, own_used, resumed, resynced)

    @staticmethod
    async def _back(client: Client, loop: asyncio.AbstractEventLoop) -> float:
        await client._ready.wait()
        return loop.time()

    async def leave(self) -> None:
        """Disconnect everybody."""
        await asyncio.gather(*(client.close() for client in self.clients))


async def run(url: str, pid: int, count: int) -> Outcome:
    """Fill the server, and let the storm come."""
    crowd = Crowd(url, await open_rooms(url), count)
    await crowd.arrive()
    gc.collect()
    gc.freeze()  # a collection that walks two thousand clients is no part of any one of them
    try:
        return await crowd.storm(pid)
    finally:
        await crowd.leave()


def main(count: int = CLIENTS) -> None:
    """Print the figures."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4 * count + 1000), most))
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with tempfile.TemporaryDirectory() as folder, server(folder) as (url, pid), runner:
        outcome = runner.run(run(url, pid, count))
    share = outcome.server_cpu_seconds / outcome.seconds
    print(
        f"{count} clients dropped at once: half were back after {outcome.half_seconds:.2f} s, all after"
        f" {outcome.seconds:.2f} s; {outcome.resumed} resumed, {outcome.resynced} got a snapshot instead;"
        f" the server used {outcome.server_cpu_seconds:.2f} s of processor time, {share:.2f} of a core,"
        f" the clients together {outcome.client_cpu_seconds:.2f} s"
    )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
