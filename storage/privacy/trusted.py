"""
Trusted time: a stepped clock neither resurrects what is over nor destroys what is not.

Two instants follow from one reading of the clocks. What is over by :attr:`Reading.hide_ms` is
shown to nobody: the later of all clocks, so that a clock set back brings nothing back. What is
over by :attr:`Reading.destroy_ms` is deleted: time that has really passed, as far as anyone can
tell, so that a clock set ahead by mistake deletes nothing before somebody had a day to notice.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from storage.database import Database

AHEAD_MS = HOUR_MS
"""A wall clock further ahead than this of the time that has passed is doubted."""
DOWN_MS = 30 * DAY_MS
"""A server that was down for longer, or whose clock says so, doubts it too."""
BEHIND_MS = MINUTE_MS
"""A wall clock further behind than this was set back, which is worth an alarm."""
DOUBT_MS = DAY_MS
"""So long the doubt lasts; then the wall clock is believed."""
_DRIFT_PERCENT = 1
_SLACK_MS = 5 * SECOND_MS


class Reading(NamedTuple):
    """What is over, and what may be deleted; ``problem`` says in a few words what is wrong."""

    hide_ms: int
    destroy_ms: int
    problem: str | None


class TrustedTime:
    """
    Keeps the time that is trusted over the readings of a process, and of the one before.

    Feed it the wall clock and one that counts on while the machine sleeps, and keep
    :attr:`trusted_ms`, :attr:`doubt_ms` and :attr:`ran_ahead` for the next process.
    """

    def __init__(self, trusted_ms: int | None = None, doubt_ms: int = 0, *, ran_ahead: bool = False) -> None:
        self.trusted_ms = trusted_ms
        """None before the first reading ever."""
        self.doubt_ms = doubt_ms
        """How long the wall clock has been ahead by now."""
        self.ran_ahead = ran_ahead
        """Whether rows may be stamped with times to come: until somebody has looked."""
        self._passed_ms: int | None = None

    def read(self, wall_ms: int, passed_ms: int) -> Reading:
        """Take a reading; ``passed_ms`` rises with real time, from any beginning."""
        before = self._passed_ms
        self._passed_ms = passed_ms
        if self.trusted_ms is None:
            self.trusted_ms = wall_ms
            return Reading(wall_ms, wall_ms, None)
        passed = None if before is None else max(0, passed_ms - before)
        problem = self._advance(wall_ms, passed)
        return Reading(max(wall_ms, self.trusted_ms), self.trusted_ms, problem)

    def _advance(self, wall_ms: int, passed: int | None) -> str | None:
        assert self.trusted_ms is not None, "the first reading sets it"
        # Right after a start nobody knows how much time has passed, only that it may be a lot.
        expected = self.trusted_ms + (passed or 0)
        allowed = DOWN_MS if passed is None and not self.doubt_ms else AHEAD_MS
        if wall_ms < expected - BEHIND_MS:
            self.trusted_ms, self.doubt_ms = expected, 0
            return f"the clock is {(expected - wall_ms) // SECOND_MS} s behind"
        if wall_ms <= expected + allowed:
            self.doubt_ms = 0
            drift = None if passed is None else passed * _DRIFT_PERCENT // 100 + _SLACK_MS
            self.trusted_ms = max(expected, wall_ms if drift is None else min(wall_ms, expected + drift))
            return None
        self.ran_ahead = True
        self.doubt_ms += max(passed or 0, 1)
        if self.doubt_ms > DOUBT_MS:
            self.accept(wall_ms)
            return None
        self.trusted_ms = expected
        return f"the clock is {(wall_ms - expected) // SECOND_MS} s ahead; nothing is deleted yet"

    def at(self, passed_ms: int) -> int:
        """Return the instant that is trusted between two readings, of which there must have been one."""
        assert self.trusted_ms is not None, "expected a reading before"
        assert self._passed_ms is not None, "expected a reading before"
        return self.trusted_ms + max(0, passed_ms - self._passed_ms)

    def accept(self, wall_ms: int) -> None:
        """Believe the wall clock: somebody looked at it, or it has said so for a day."""
        self.trusted_ms, self.doubt_ms = wall_ms, 0


async def load_trusted(db: Database) -> TrustedTime:
    """Return what the process before trusted."""
    row = await db.row("SELECT trusted_ms, doubt_ms, ran_ahead FROM trusted_time")
    if row is None:
        return TrustedTime()
    return TrustedTime(row["trusted_ms"], row["doubt_ms"], ran_ahead=bool(row["ran_ahead"]))


async def keep_trusted(db: Database, time: TrustedTime) -> None:
    """
    Keep what is trusted for the next process.

    Raises:
        StorageUnavailableError: what was kept before stays.

    """
    async with db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO trusted_time (id, trusted_ms, doubt_ms, ran_ahead) VALUES (1, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET trusted_ms = excluded.trusted_ms, doubt_ms = excluded.doubt_ms,
              ran_ahead = excluded.ran_ahead""",
            (time.trusted_ms, time.doubt_ms, time.ran_ahead),
        )
