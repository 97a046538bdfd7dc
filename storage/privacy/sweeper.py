"""
The sweep: what is over goes, batch by batch, and its bytes with it.

Each batch is one transaction on the one writer, between two live ones: sized to hold it for
about 20 ms, followed by a rest of four times as long. What a batch counts and what it deletes
are committed together, so that a crash repeats both or neither; progress is the absence of rows.
A kind of row that cannot be swept, such as one whose hook fails, keeps no other from going.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from protocol.limits import MINUTE_MS
from storage.database import Database
from storage.errors import StorageError
from storage.privacy.hooks import ExpiredBatch, HookChain
from storage.privacy.pauses import Pauses
from storage.privacy.sweeps import PARAMS, TASKS, Task
from storage.privacy.wash import wash

log = structlog.get_logger("sweeper")

TARGET_SECONDS = 0.020
"""How long a batch should hold the writer."""
BATCH_MIN, BATCH_FIRST, BATCH_MAX = 50, 200, 400
"""
More rows in a batch dirty so many pages that its commit brings a checkpoint along, which holds the writer
for longer than the rows did: measured with 5000, a message waited 94 ms at the 99th percentile.
"""
REST_FACTOR = 4.0
"""A rest for each batch: a fifth of the time for the sweep, the rest for the living."""
FREED_PAGES = 500
"""Pages given back to the file system after a sweep; a file shrinks over many of them."""
WASH_EVERY_MS = 20 * MINUTE_MS
"""How often the file is looked through for leftovers: three times within what is promised of bytes."""


class Pace:
    """How many rows a batch takes: as many as can be done in the time a batch should take."""

    def __init__(self) -> None:
        self.batch = BATCH_FIRST

    def note(self, rows: int, seconds: float) -> None:
        """Learn from a batch. One that was not full says nothing of a full one."""
        if rows < self.batch:
            return
        factor = min(1.5, max(0.5, TARGET_SECONDS / max(seconds, 1e-6)))
        self.batch = max(BATCH_MIN, min(BATCH_MAX, int(self.batch * factor)))


class Swept(NamedTuple):
    """
    What a sweep did: ``rows`` by task, ``paused`` categories, whether it came to the end in time,
    whether the bytes of all that was ever deleted are gone, and the tasks that ``failed``.
    """

    rows: dict[str, int]
    paused: frozenset[str]
    is_complete: bool
    bytes_gone: bool
    failed: frozenset[str] = frozenset()


class Sweeper:
    """
    Sweeps a database.

    ``timer`` returns seconds, ``rest`` waits for some; both are the clock's unless a test's.
    """

    def __init__(
        self,
        db: Database,
        hooks: HookChain,
        pauses: Pauses | None = None,
        timer: Callable[[], float] = time.perf_counter,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._hooks = hooks
        self._pauses = pauses or Pauses(db)
        self._timer = timer
        self._rest = rest
        self._washed_ms: int | None = None
        self._pace = {task.name: Pace() for task in TASKS}

    async def sweep(self, now_ms: int, within_seconds: float | None = None) -> Swept:
        """
        Make everything go that is over by ``now_ms``, then its bytes; stop early when time is up.

        Bytes of what was deleted by others, such as chat that staff removed, go as well, hence
        also when nothing is over.

        Raises:
            StorageUnavailableError: what went so far is gone; sweep again later.

        """
        deadline = None if within_seconds is None else self._timer() + within_seconds
        rows: Counter[str] = Counter()
        paused = await self._pauses.check(now_ms)
        failed, is_complete = set(), True
        for task in TASKS:
            if task.category in paused:
                continue
            try:
                is_done = await self._run(task, rows, now_ms, deadline)
            except StorageError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a hook does, the other rows go
                log.error("rows not swept", task=task.name, cause=type(error).__name__)  # noqa: TRY400 - it may hold what people wrote
                failed.add(task.name)
                is_done = False
            is_complete = is_complete and is_done
        if any(rows.values()):
            await self._db.shrink(FREED_PAGES)
        bytes_gone = await self._db.checkpoint()
        if bytes_gone and deadline is None and self._is_wash_due(now_ms):
            bytes_gone = (await wash(self._db)).is_complete
            # What a reader kept from being washed is washed by the next sweep.
            self._washed_ms = now_ms if bytes_gone else None
        return Swept(dict(rows), paused, is_complete, bytes_gone, frozenset(failed))

    def _is_wash_due(self, now_ms: int) -> bool:
        # Never within a start's two seconds: looking through two gigabytes takes five.
        return self._washed_ms is None or now_ms - self._washed_ms >= WASH_EVERY_MS

    async def _run(self, task: Task, rows: Counter[str], now_ms: int, deadline: float | None) -> bool:
        """Sweep one kind of row and count it in ``rows``; say whether nothing of it is left."""
        pace = self._pace[task.name]
        while True:
            batch = pace.batch
            began = self._timer()
            count = await self._batch(task, now_ms, batch)
            took = self._timer() - began
            rows[task.name] += count
            if count < batch:
                return True
            pace.note(count, took)
            if deadline is not None and self._timer() >= deadline:
                return False
            await self._rest(took * REST_FACTOR)

    async def _batch(self, task: Task, now_ms: int, batch: int) -> int:
        # Asked again for each batch: a hold may have ended.
        params = {
            **PARAMS,
            "nothing_held": self._db.holds_nothing,
            "now": now_ms,
            "batch": batch,
            "category": task.category,
        }
        async with self._db.transaction() as tx:
            count = 0
            for statement in task.statements:
                count = await tx.execute(statement, params)
            if count and task.category is not None:
                # Inside the transaction: what a hook counts goes with what is deleted, or not at all.
                self._hooks.expired(ExpiredBatch(task.category, task.name, count))
        return count
