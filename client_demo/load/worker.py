"""
A worker: a process with its part of the crowd.

It reads a job and then ``begin``, ``go`` and ``end`` from standard input, a JSON value a
line, and writes what it counted to standard output the same way.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from typing import Any

import msgspec

from client_demo.load.chunks import Reader
from client_demo.load.crowd import Crowd, Job
from client_demo.load.figures import Figures
from client_demo.load.link import Bench, now_us
from client_demo.load.loop import fast_runner
from client_demo.load.scenarios import SCENARIOS, Scenario
from client_demo.load.stages import duration, instants, parse_stages

LINE_BYTES_MAX = 64 * 1024 * 1024
"""The longest line between the foreman and a worker: a job names all rooms, a result has every histogram."""
TICK_SECONDS = 0.5
"""How often a worker reports on the way."""
_PROBE_SECONDS = 0.02
"""How often it measures by how much its own loop is late."""
_BUSY_SECONDS = 30.0
"""How long actions under way may take after the end of the plan."""


class Worker:
    """One worker's run."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.scenario: Scenario = SCENARIOS[job.scenario]()
        self.figures = Figures()
        self.crowd = Crowd(job, Bench(self.figures, Reader(), self.scenario))

    async def gather(self) -> None:
        """Let everyone in."""
        await self.scenario.prepare(self.crowd)

    def begin(self) -> None:
        """Count from here on: what gathering took stays in the figures, its traffic does not."""
        self.figures.begin()
        for number, link in enumerate(self.crowd.links.values()):
            link.peaks = Counter() if number == 0 else None
            for follower in link.followers.values():
                follower.begin()
        self.scenario.begin(self.crowd)

    async def act(self, began_us: int) -> None:
        """Do this worker's share of the plan, from an instant on."""
        stages = parse_stages(self.job.stages)
        plan = itertools.islice(
            enumerate(instants(stages, self.job.burst)), self.job.worker, None, self.job.workers
        )
        for number, (_, offset) in enumerate(plan):
            planned_us = began_us + round(offset * 1_000_000)
            await _until(planned_us)
            self.scenario.act(self.crowd, number, planned_us)
            self.figures.counts["planned"] += 1
            self.figures.latency["lag"].record(now_us() - planned_us)
        await _until(began_us + round(duration(stages) * 1_000_000))
        await self.crowd.finished(_BUSY_SECONDS)

    async def watch_itself(self) -> None:
        """Measure by how much the own loop is late: what it receives late looks like a slow server."""
        while True:
            due_us = now_us() + round(_PROBE_SECONDS * 1_000_000)
            await _until(due_us)
            self.figures.latency["lag"].record(now_us() - due_us)

    def status(self, kind: str) -> dict[str, Any]:
        """Return what is told on the way."""
        rooms = self.crowd.rooms()
        return {
            "kind": kind,
            "at_us": now_us(),
            "counts": dict(self.figures.counts),
            "links": len(self.crowd.links),
            "rooms": rooms.to_wire(),
            "fanout": self.figures.latency["fanout"].to_wire(),
            "errors": sum(self.figures.errors.values()),
            "cpu_seconds": time.process_time(),
        }

    def result(self) -> dict[str, Any]:
        """Return everything that was counted."""
        for link in self.crowd.links.values():
            for (name, _), count in (link.peaks or {}).items():
                self.figures.peaks[name] = max(self.figures.peaks.get(name, 0), count)
        return {**self.status("done"), "figures": self.figures.to_wire()}


async def _until(instant_us: int) -> None:
    delay = instant_us - now_us()
    if delay > 0:
        await asyncio.sleep(delay / 1_000_000)


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


async def _report(worker: Worker) -> None:
    while True:
        await asyncio.sleep(TICK_SECONDS)
        _say(worker.status("tick"))


async def _orders() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    return reader


async def work() -> None:
    """Do a job: gather, count from ``begin``, act from the instant that ``go`` names, tell at ``end``."""
    orders = await _orders()
    worker = Worker(msgspec.json.decode(await orders.readline(), type=Job))
    await worker.gather()
    _say(worker.status("ready"))
    await orders.readline()
    worker.begin()
    _say(worker.status("counting"))
    go = msgspec.json.decode(await orders.readline(), type=dict[str, int])
    await _until(go["go_us"])
    watching = [asyncio.create_task(worker.watch_itself()), asyncio.create_task(_report(worker))]
    await worker.act(go["go_us"])
    _say(worker.status("acted"))
    # What is still on its way is waited for by the foreman, who knows all workers' rooms.
    await orders.readline()
    for task in watching:
        task.cancel()
    _say(worker.result())
    await worker.crowd.leave()


if __name__ == "__main__":
    with fast_runner() as runner:
        runner.run(work())
