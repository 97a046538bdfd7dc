"""
Where attacks happen: a server of its own process, people who behave, and a scale.

Those who behave speak in the lobby from another address than the attackers', and measure how
long their answers take; the scale reads the server's resident memory all the time.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.faults.observed import percentile
from tests.support.process import REPOSITORY, Process
from tests.support.server import ADULT, PASSWORD, Wire, rss_kib

NEIGHBOURS = 4
NEIGHBOUR_ADDRESS = "127.0.0.7"
PACE_SECONDS = 0.3
"""Between two messages of a neighbour: well within the announced rates."""
WARM_SECONDS = 2.0
SETTINGS = {
    # As on a public server: loopback is an address like any other.
    "DOOR__EXEMPT": "192.0.2.1",
    # The real cost of a password, which is what a flood of logins is about.
    "AUTH__ARGON2_TIME_COST": "3",
    "AUTH__ARGON2_MEMORY_KIB": "65536",
}


class Report(NamedTuple):
    """What an attack did."""

    attack: str
    answers: dict[str, int]
    idle_kib: int
    peak_kib: int
    after_kib: int
    neighbours_ms: list[float]
    """How long answers took during the attack, in ascending order."""
    put_out: int
    """Neighbours who lost their connection."""

    def __str__(self) -> str:
        answers = ", ".join(f"{name} {count}" for name, count in sorted(self.answers.items()))
        p50, p99 = (percentile(self.neighbours_ms, share) for share in (0.5, 0.99))
        return (
            f"{self.attack}: {answers}; memory {self.idle_kib // 1024} MiB idle, {self.peak_kib // 1024} MiB"
            f" at most, {self.after_kib // 1024} MiB after; neighbours p50 {p50:.1f} ms, p99 {p99:.1f} ms"
            f" ({len(self.neighbours_ms)} answers), {self.put_out} put out"
        )


class Neighbour:
    """Somebody who speaks now and then, and notes how long the answer takes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.times: list[float] = []
        self.is_out = False

    async def live(self) -> None:
        """Speak until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._wire.ask("chat.send", room="lobby", text="hello")
            except Exception:  # noqa: BLE001 - whatever it was, a neighbour is not answered
                self.is_out = True
                return
            self.times.append(1000 * (loop.time() - began))
            await asyncio.sleep(max(0.0, PACE_SECONDS - (loop.time() - began)) + 1.0)


class Scale(NamedTuple):
    """Resident memory, sampled."""

    samples: list[int]

    async def weigh(self, pid: int) -> None:
        """Sample until cancelled."""
        while True:
            with suppress(OSError):
                self.samples.append(rss_kib(pid))
            await asyncio.sleep(0.05)


@asynccontextmanager
async def arena() -> AsyncIterator[tuple[Process, list[Neighbour]]]:
    """Start a server with people who behave in its lobby."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        process = Process(data, settings=SETTINGS)
        await process.start()
        victim = await Wire.to(process.port, local_addr=(NEIGHBOUR_ADDRESS, 0))
        await victim.ask(
            "session.register", username="victim", password=PASSWORD, birth=ADULT, accept_policy=True
        )
        neighbours = []
        for _ in range(NEIGHBOURS):
            wire = await Wire.to(process.port, local_addr=(NEIGHBOUR_ADDRESS, 0))
            await wire.ask("session.guest")
            await wire.ask("room.join", room="lobby")
            neighbours.append(Neighbour(wire))
        try:
            yield process, neighbours
        finally:
            assert await process.end(signal.SIGTERM) == 0
            assert "Traceback" not in process.log, process.log[-3000:]


async def attack(name: str, seconds: float) -> Report:
    """Let one attack happen to a fresh server."""
    async with arena() as (process, neighbours):
        scale = Scale([])
        living = [asyncio.create_task(one.live()) for one in neighbours]
        weighing = asyncio.create_task(scale.weigh(process.pid))
        await asyncio.sleep(WARM_SECONDS)
        idle = max(scale.samples)
        for one in neighbours:
            one.times.clear()
        scale.samples.clear()
        answers = await _attacker(name, process.port, seconds)
        times = sorted(time for one in neighbours for time in one.times)
        peak = max(scale.samples)
        await asyncio.sleep(WARM_SECONDS)
        after = scale.samples[-1]
        for task in (*living, weighing):
            task.cancel()
        out = sum(one.is_out for one in neighbours)
    return Report(name, answers, idle, peak, after, times, out)


async def _attacker(name: str, port: int, seconds: float) -> dict[str, int]:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    attacker = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.attacks.attackers", name, str(port), str(seconds)),
        cwd=REPOSITORY,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await attacker.communicate()
    assert attacker.returncode == 0, f"the attacker {name} failed"
    answers: dict[str, int] = json.loads(output)
    return answers
