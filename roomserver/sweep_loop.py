"""
The sweep's loop: when records go, and what is told when they are late.

At the start, at the next instant at which something is over, and at least once a minute. What
is in memory goes first, then rows, then bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from protocol.errors import Rejected
from protocol.limits import MINUTE_MS, SECOND_MS
from protocol.values import SYSTEM
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.retention import Retention
from roomserver.room.inputs import Forget
from storage.errors import StorageError
from storage.privacy.ahead import bring_back
from storage.privacy.hooks import SweepReport
from storage.privacy.overdue import next_expiry, overdue
from storage.privacy.sweeper import Swept
from storage.privacy.trusted import AHEAD_MS, Reading, keep_trusted

log = structlog.get_logger("sweeper")

EVERY_MS = MINUTE_MS
AT_LEAST_MS = SECOND_MS
"""Between two sweeps, however soon the next row is over."""
WATCHED = ("chat", "video", "media", "votes", "presence", "connections", "signin", "moderation", "bytes")
"""Categories with rows that end, and the bytes of all."""
BOOT_SECONDS = 2.0
"""What a start may spend on sweeping before it lets anybody in."""


class SweepLoop:
    """Sweeps until it is cancelled, and knows how late it is."""

    def __init__(self, retention: Retention, hub: Hub, clock: ServerClock) -> None:
        self._retention = retention
        self._hub = hub
        self._clock = clock
        self._late_ms: dict[str, int] = {}
        self._bytes_since_ms: int | None = None
        """When the oldest deletion was whose bytes are still in a file."""
        self._paused: frozenset[str] = frozenset()
        self._problem: str | None = None
        self._read_ms = clock.now_ms()
        self.chores: list[Callable[[int], Awaitable[object]]] = []
        """What else ends by time, such as archived rooms: each is called with the instant that is trusted."""

    async def run(self) -> None:
        """Sweep again and again."""
        while True:
            await self.once()
            seconds = await self._wait_ms() / SECOND_MS
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._retention.hurry.wait()
            self._retention.hurry.clear()

    async def _wait_ms(self) -> int:
        now = self._clock.now_ms()
        try:
            due = await next_expiry(self._retention.database, now)
        except StorageError:
            due = None
        return EVERY_MS if due is None else max(AT_LEAST_MS, min(EVERY_MS, due - now))

    async def once(self, within_seconds: float | None = None) -> Swept | None:
        """Make go what is over; None when storage refused, which the next sweep makes up for."""
        sweeping = self._retention.sweeping
        reading = sweeping.trusted.read(self._clock.wall_ms(), self._clock.passed_ms())
        self._problem = reading.problem
        self.forget(self._clock.over_ms())
        try:
            await keep_trusted(self._retention.database, sweeping.trusted)
            if within_seconds is None:  # a start has more urgent things to do
                await self._restamp(reading.destroy_ms)
                await self._bring_back(reading)
            swept = await sweeping.sweeper.sweep(reading.destroy_ms, within_seconds)
            await self._note(swept, reading)
        except StorageError as error:
            log.warning("sweep failed", cause=type(error).__name__)
            return None
        if within_seconds is None:  # a start has more urgent things to do
            for chore in self.chores:
                await self._do(chore, reading.destroy_ms)
        return swept

    async def _do(self, chore: Callable[[int], Awaitable[object]], over_ms: int) -> None:
        """Do a chore; what a full disk or a room that is mended refuses is made up for the next time."""
        try:
            await chore(over_ms)
        except (StorageError, OSError, Rejected) as error:
            log.warning("chore failed", cause=type(error).__name__)

    async def _restamp(self, now_ms: int) -> None:
        shortened = 0
        while (count := await self._retention.sweeping.restamps.step(now_ms)) is not None:
            shortened += count
            await asyncio.sleep(0)
        if shortened:
            log.info("records shortened", rows=shortened)

    async def _bring_back(self, reading: Reading) -> None:
        """Let rows from the future be of now, once a process runs whose own clock is not ahead as well."""
        trusted, now = self._retention.sweeping.trusted, self._clock.now_ms()
        if not trusted.ran_ahead or reading.problem is not None or now > reading.destroy_ms + AHEAD_MS:
            return
        brought = await bring_back(self._retention.database, max(now, reading.hide_ms))
        trusted.ran_ahead = False
        if brought:
            log.warning("records of a clock that ran ahead brought back", rows=brought)

    async def _note(self, swept: Swept, reading: Reading) -> None:
        gone = {name: count for name, count in swept.rows.items() if count}
        if gone:
            log.info("swept", **gone)
        if swept.paused - self._paused:
            log.error("sweep paused", categories=sorted(swept.paused))
        self._paused = swept.paused
        self._late_ms = await overdue(self._retention.database, reading.destroy_ms)
        self._read_ms = reading.destroy_ms
        if swept.bytes_gone:
            self._bytes_since_ms = None
        elif self._bytes_since_ms is None:
            self._bytes_since_ms = reading.destroy_ms
        if gone:
            await self._retention.hooks.swept(SweepReport(reading.destroy_ms, gone, swept.bytes_gone))

    def forget(self, now_ms: int) -> int:
        """Let go of what is over in memory: rings, chat of rooms, and all other holders."""
        gone = sum(self._retention.holders.expire(now_ms).values())
        for live in list(self._hub):
            gone += live.ring.expire(now_ms)
            if live.is_broken or not (ids := live.forgettable(now_ms)):
                continue
            try:
                self._hub.apply(live, SYSTEM, Forget(ids))
            except Rejected:
                continue  # it broke meanwhile, and is read anew from what is there
            gone += len(ids)
        return gone

    # How late it is

    def late_seconds(self) -> dict[tuple[str, ...], float]:
        """Return how long promises have been broken, by category; for the metric."""
        promise = self._retention.recorder.in_force.policy.promise
        # All of them, also those that are on time: a gauge that is not there alarms nobody.
        late: dict[tuple[str, ...], float] = dict.fromkeys([(name,) for name in WATCHED], 0.0)
        for category, late_ms in self._late_ms.items():
            late[category,] = max(0, late_ms - promise.row_ms) / SECOND_MS
        if self._bytes_since_ms is not None:
            waited = self._read_ms - self._bytes_since_ms
            late["bytes",] = max(0, waited - promise.bytes_ms) / SECOND_MS
        return late

    def check(self) -> str | None:
        """Say which promise is broken, or about to be without anyone's help; None if all is well."""
        if self._problem is not None:
            return self._problem
        if self._paused:
            return f"deletion waits for the operator: {', '.join(sorted(self._paused))}"
        late = sorted(labels[0] for labels, seconds in self.late_seconds().items() if seconds)
        return f"deletion is late: {', '.join(late)}" if late else None
