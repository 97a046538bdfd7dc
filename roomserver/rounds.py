"""
Rounds: what a loop does again and again, and how each step of it went the last time.

A step that fails neither ends its loop nor keeps the other steps from being done: deletion that
stops unnoticed breaks every promise. What storage refuses, or a room that is being mended, is
made up for by a later round; anything else is wrong until the step was done again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from protocol.errors import Rejected
from storage.errors import StorageUnavailableError

log = structlog.get_logger("rounds")

PASSING = (StorageUnavailableError, Rejected)
"""What passes by itself: ``/readyz`` and the metrics of storage say it meanwhile."""


class Rounds:
    """The rounds of one loop; ``failures`` counts the steps that failed, by their names."""

    def __init__(self, loop: str) -> None:
        self._loop = loop
        self.failures: Counter[str] = Counter()
        self._wrong: set[str] = set()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do a step; what it raises is logged and counted, and ends with it."""
        try:
            yield
        except PASSING as error:
            self.failures[name] += 1
            log.warning("step waits", loop=self._loop, step=name, cause=type(error).__name__)
        except Exception:
            self.failures[name] += 1
            self._wrong.add(name)
            log.exception("step failed", loop=self._loop, step=name)
        else:
            self._wrong.discard(name)

    def check(self) -> str | None:
        """Say which steps failed the last time and will not do better by themselves; None if none did."""
        return f"{self._loop} fails: {', '.join(sorted(self._wrong))}" if self._wrong else None


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """
    Wait until all tasks have ended: those that were cancelled, and those that end by themselves.

    Raises:
        Exception: what the first of them failed with, and only when all have ended.

    """
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
