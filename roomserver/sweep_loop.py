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
from roomserver.rounds import Rounds
from storage.privacy.ahead import bring_back
from storage.privacy.hooks import SweepReport
from storage.privacy.overdue import next_expiry, overdue
from storage.privacy.sweeper import Swept
from storage.privacy.trusted import AHEAD_MS, Reading, keep_trusted

log = structlog.get_logger("sweeper")

EVERY_MS = MINUTE_MS
AT_LEAST_MS = SECOND_MS
"""Between two sweeps, however soon the next row is over."""
WATCHED = (
    *("chat", "video", "media", "votes", "presence", "connections", "signin", "moderation"),
    *("bytes", "sweep"),
)
"""Categories with rows that end, the bytes of all, and sweeps that come to their end at all."""
Chore = Callable[[int], Awaitable[object]]
"""Ends something by an instant that is trusted."""
BOOT_SECONDS = 2.0
"""What a start may spend on sweeping before it lets anybody in."""


class SweepLoop:
    """Sweeps until it is cancelled, and knows how late it is."""

    def __init__(self, retention: Retention, hub: Hub, clock: ServerClock) -> None:
        self._retention = retention
        self._hub = hub
        self._clock = clock
        self.rounds = Rounds("deletion")
        self._turn = asyncio.Lock()
        self._late_ms: dict[str, int] = {}
        self._swept_ms = clock.passed_ms()
        """When a sweep last came to its end, in time that really passed."""
        self._bytes_since_ms: int | None = None
        """When the oldest deletion was whose bytes are still in a file."""
        self._paused: frozenset[str] = frozenset()
        self._failed: frozenset[str] = frozenset()
        self._problem: str | None = None
        self._read_ms = clock.now_ms()
        self.chores: dict[str, Chore] = {}
        """What else ends by time, such as archived rooms, by a word for it."""

    async def run(self) -> None:
        """Sweep again and again, whatever fails."""
        while True:
            await self.once()
            seconds = await self._wait_ms() / SECOND_MS
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._retention.hurry.wait()
            self._retention.hurry.clear()

    async def _wait_ms(self) -> int:
        now = self._clock.now_ms()
        due: int | None = None
        with self.rounds.step("when"):
            due = await next_expiry(self._retention.database, now)
        return EVERY_MS if due is None else max(AT_LEAST_MS, min(EVERY_MS, due - now))

    async def once(self, within_seconds: float | None = None) -> Swept | None:
        """
        Make go what is over; None when that failed, which the next sweep makes up for.

        One after the other: one that began before must not say last how it is.
        """
        async with self._turn:
            return await self._sweep(within_seconds)

    async def _sweep(self, within_seconds: float | None) -> Swept | None:
        step, sweeping = self.rounds.step, self._retention.sweeping
        swept: Swept | None = None
        is_writable = False
        reading = sweeping.trusted.read(self._clock.wall_ms(), self._clock.passed_ms())
        self._problem = reading.problem
        await self._look(reading)
        with step("memory"):
            self.forget(self._clock.over_ms())
        with step("clock"):
            await keep_trusted(self._retention.database, sweeping.trusted)
            is_writable = True
        if within_seconds is None:  # a start has more urgent things to do
            with step("restamps"):
                await self._restamp(reading.destroy_ms)
            with step("ahead"):
                await self._bring_back(reading)
        with step("rows"):
            swept = await sweeping.sweeper.sweep(reading.destroy_ms, within_seconds)
        if swept is not None:
            self._note(swept, reading)
            await self._look(reading)
            await self._tell(swept, reading)
        # What a chore does and cannot note, such as a letter, it would do again and again.
        if within_seconds is None and is_writable:
            for name, chore in self.chores.items():
                with step(name):
                    await chore(reading.destroy_ms)
        return swept

    async def _look(self, reading: Reading) -> None:
        """See how late it is: before a sweep too, which may fail, and needs more of storage than that."""
        with self.rounds.step("lateness"):
            self._late_ms = await overdue(self._retention.database, reading.destroy_ms)
            self._read_ms = reading.destroy_ms

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

    def _note(self, swept: Swept, reading: Reading) -> None:
        if gone := _gone(swept):
            log.info("swept", **gone)
        if swept.paused - self._paused:
            log.error("sweep paused", categories=sorted(swept.paused))
        self._paused, self._failed = swept.paused, swept.failed
        if swept.is_complete:
            self._swept_ms = self._clock.passed_ms()
        if swept.bytes_gone:
            self._bytes_since_ms = None
        elif self._bytes_since_ms is None:
            self._bytes_since_ms = reading.destroy_ms

    async def _tell(self, swept: Swept, reading: Reading) -> None:
        if gone := _gone(swept):
            report = SweepReport(reading.destroy_ms, gone, swept.bytes_gone)
            await self._retention.hooks.swept(report)

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
        # Nobody may be able to say what is late: then so is what was not looked at.
        waited = self._clock.passed_ms() - self._swept_ms
        late["sweep",] = max(0, waited - promise.row_ms) / SECOND_MS
        return late

    def problems(self) -> dict[str, str | None]:
        """Say which promises are broken, or about to be without anyone's help, by kind of alarm."""
        paused, failed = ", ".join(sorted(self._paused)), ", ".join(sorted(self._failed))
        late = ", ".join(sorted(name for (name,), seconds in self.late_seconds().items() if seconds))
        return {
            "clock": self._problem,
            "failing": f"deletion fails: {failed}" if failed else self.rounds.check(),
            "paused": f"deletion waits for the operator: {paused}" if paused else None,
            "late": f"deletion is late: {late}" if late else None,
        }

    def check(self) -> str | None:
        """Say what is wrong most of all; None if nothing is."""
        return next((problem for problem in self.problems().values() if problem is not None), None)


def _gone(swept: Swept) -> dict[str, int]:
    return {name: count for name, count in swept.rows.items() if count}
