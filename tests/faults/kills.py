"""``kill -9`` again and again, under load."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Sequence

from tests.faults.observed import Crowd, Figures
from tests.support.crowd import Person
from tests.support.process import Process

LIFE_SECONDS = (0.05, 0.8)
"""How long everybody is busy before the next kill."""
WAIT_SECONDS = 6.0
BACK_SHARE = 0.5
"""So many are back before the next kill: those who came more often wait longer."""


async def kills(process: Process, crowd: Crowd, times: float) -> Figures:
    """
    Kill the server so many times at random moments, under load.

    Expected: who was answered finds it again, nobody hears anything twice, everybody resumes.
    """
    connections, resyncs = crowd.connections, crowd.resyncs
    for _ in range(int(times)):
        await _until_some_are_back(crowd.people)
        await asyncio.sleep(random.uniform(*LIFE_SECONDS))
        assert await process.end(signal.SIGKILL) == -signal.SIGKILL
        await process.start()
    return {
        "kills": times,
        "connected again": crowd.connections - connections,
        "retried requests": sum(person.retried for person in crowd.people),
        "resyncs": crowd.resyncs - resyncs,
    }


async def _until_some_are_back(people: Sequence[Person]) -> None:
    """Wait until enough have said something again."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + WAIT_SECONDS
    said = [len(person.said) for person in people]
    while loop.time() < ends:
        back = sum(len(person.said) > count for person, count in zip(people, said, strict=True))
        if back >= BACK_SHARE * len(people):
            return
        await asyncio.sleep(0.05)
