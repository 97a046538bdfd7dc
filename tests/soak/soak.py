"""One soak: the server and the crowd, each in a process of its own, and a scale between them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from roomserver.server import TIDY_SECONDS, TRIM_TIMES
from tests.faults.observed import Opened, cpu_seconds, opened
from tests.soak.probe import WINDOW
from tests.soak.swarm import Plan
from tests.support.process import REPOSITORY, Process
from tests.support.server import Wire, rss_kib

SAMPLE_SECONDS = 2.0
LOOK_SECONDS = 20.0
GRACE_MS = 5_000
QUIET_SECONDS = 2.0 + GRACE_MS / 1000
"""After everybody has left: their grace, and a moment."""
EBB_SECONDS = TIDY_SECONDS * TRIM_TIMES
"""How often the server gives free memory back."""
EBBS_MIN = 4
"""Three whole spans, and one that is cut off."""
LOOK_AHEAD_SHARE = 0.1
"""So much before the end of the plan the last look is taken: nobody leaves during it."""
WHEEL_SECONDS = 75.0
"""How long the timer wheel may still know a connection that is gone."""


class Sample(NamedTuple):
    """The server from outside, at one moment."""

    at_seconds: float
    rss_kib: int
    opened: Opened


class Report(NamedTuple):
    """What a soak found."""

    plan: Plan
    warm_seconds: float
    samples: list[Sample]
    before: dict[str, int]
    """What the server held before anybody came."""
    after: dict[str, int]
    """What it held after everybody had left."""
    warm: dict[str, int]
    """What it held with everybody in, once it was warm."""
    late: dict[str, int]
    """The same at the end of that."""
    counts: dict[str, int]
    opened_before: Opened
    opened_after: Opened
    cpu_share: float

    @property
    def slope_percent_an_hour(self) -> float:
        """How fast memory grew once it was warm, by least squares through the ebbs."""
        warm = [(one.at_seconds, one.rss_kib) for one in self.samples if one.at_seconds >= self.warm_seconds]
        low = ebbs(warm)
        return slope(low) * 3600 / (sum(size for _, size in low) / len(low)) * 100

    def __str__(self) -> str:
        warm = [one for one in self.samples if one.at_seconds >= self.warm_seconds]
        held = ", ".join(f"{name} {self.before[name]} -> {self.after[name]}" for name in self.before)
        lived = ", ".join(f"{name} {self.warm[name]} -> {self.late[name]}" for name in self.warm)
        return (
            f"{self.plan}\n"
            f"{self.counts.get('lost', 0)} events lost, {self.counts.get('doubled', 0)} duplicated of"
            f" {self.counts.get('heard', 0)} heard; {self.counts}\n"
            f"memory {warm[0].rss_kib} KiB warm, {warm[-1].rss_kib} KiB at the end,"
            f" {self.slope_percent_an_hour:+.2f} % an hour; cpu {100 * self.cpu_share:.0f} %\n"
            f"sockets and files {tuple(self.opened_before)} -> {tuple(self.opened_after)}; {held}\n"
            f"with everybody in: {lived}"
        )


def ebbs(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """
    Return the lowest point of each whole span in which free memory is given back once.

    In between, what is free and not given back yet goes up and down by more than a slope of one
    percent is in an hour. All points, where they do not last for three such spans.
    """
    spans: dict[int, list[tuple[float, float]]] = {}
    for at, size in points:
        spans.setdefault(int((at - points[0][0]) / EBB_SECONDS), []).append((at, size))
    if len(spans) < EBBS_MIN:
        return list(points)
    return [min(spans[number], key=lambda point: point[1]) for number in sorted(spans)[:-1]]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line that fits points best."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


async def soak(data: Path, plan: Plan, warm_seconds: float, quiet_seconds: float = QUIET_SECONDS) -> Report:
    """Let a crowd live in a server; ``plan.port`` is filled in."""
    window = data / "window.json"
    os.environ[WINDOW] = str(window)
    process = Process(data, settings={"ROOMS__GRACE_MS": str(GRACE_MS)})
    process.program = ("-m", "tests.soak.probe")
    await process.start()
    try:
        await _make_rooms(process.port, plan.rooms)
        before, opened_before = await _look(process, window), opened(process.pid)
        plan = plan._replace(port=process.port)
        swarm = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.soak.swarm", json.dumps(plan)),
            cwd=REPOSITORY,
            stdout=asyncio.subprocess.PIPE,
        )
        assert swarm.stdout is not None
        assert await swarm.stdout.readline() == b"in\n"
        cpu = cpu_seconds(process.pid)
        watched = asyncio.create_task(_watch(process, window, warm_seconds, plan.seconds))
        samples, counts = await _sample(process.pid, swarm, plan.seconds)
        warm, late = await watched
        cpu_share = (cpu_seconds(process.pid) - cpu) / samples[-1].at_seconds
        await asyncio.sleep(quiet_seconds)
        after = await _look(process, window)
        opened_after = opened(process.pid)
    finally:
        code = await process.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in process.log, process.log[-3000:]
    return Report(
        plan, warm_seconds, samples, before, after, warm, late, counts, opened_before, opened_after, cpu_share
    )


async def _make_rooms(port: int, count: int) -> None:
    """Make the rooms, as many hosts as that takes."""
    for number in range(count):
        if number % 10 == 0:
            host = await Wire.to(port)
            await host.ask(
                "session.register",
                username=f"host-{number}",
                password="correct horse battery",
                birth={"year": 1990, "month": 1, "day": 1},
                accept_policy=True,
            )
        await host.ask("room.create", name=f"Soak {number}", slug=f"soak-{number}")
        if number % 10 == 9 or number == count - 1:
            await host.leave()


async def _watch(
    process: Process, window: Path, warm_seconds: float, seconds: float
) -> tuple[dict[str, int], dict[str, int]]:
    """Look into the server when it is warm, and shortly before everybody leaves."""
    await asyncio.sleep(warm_seconds)
    warm = await _look(process, window)
    await asyncio.sleep(max(0.0, seconds - warm_seconds - LOOK_AHEAD_SHARE * seconds))
    return warm, await _look(process, window)


async def _sample(
    pid: int, swarm: asyncio.subprocess.Process, seconds: float
) -> tuple[list[Sample], dict[str, int]]:
    """Weigh the server while everybody is in; return that and what the crowd counted."""
    loop = asyncio.get_running_loop()
    began, samples = loop.time(), []
    assert swarm.stdout is not None
    ending = asyncio.create_task(swarm.stdout.readline())
    while not ending.done():
        if loop.time() - began <= seconds:
            samples.append(Sample(loop.time() - began, rss_kib(pid), opened(pid)))
        await asyncio.wait([ending], timeout=SAMPLE_SECONDS)
    await swarm.wait()
    counts: dict[str, int] = json.loads(await ending)
    return samples, counts


async def _look(process: Process, window: Path) -> dict[str, int]:
    """Have the server write down what it holds."""
    window.unlink(missing_ok=True)
    process.send(signal.SIGUSR1)
    async with asyncio.timeout(LOOK_SECONDS):
        while not window.exists():
            await asyncio.sleep(0.05)
    held: dict[str, Any] = json.loads(window.read_text(encoding="ascii"))
    return held
