"""Trusted time: stepped clocks neither show what is over nor delete what is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS
from storage.database import Database
from storage.privacy.trusted import DOUBT_MS, Reading, TrustedTime, keep_trusted, load_trusted

T0 = 1_800_000_000_000
YEAR_MS = 365 * DAY_MS


class Clocks:
    """A wall clock that can be set, and time that passes."""

    def __init__(self, trusted: TrustedTime | None = None) -> None:
        self.trusted = trusted or TrustedTime()
        self.wall, self.passed = T0, 0

    def after(self, ms: int, *, step: int = 0) -> Reading:
        """Let time pass, set the clock by ``step``, and read."""
        self.wall += ms + step
        self.passed += ms
        return self.trusted.read(self.wall, self.passed)

    def restarted(self, down_ms: int, *, step: int = 0) -> Reading:
        """Begin a new process after a while."""
        self.trusted = TrustedTime(self.trusted.trusted_ms, self.trusted.doubt_ms)
        self.wall += down_ms + step
        self.passed = 0
        return self.trusted.read(self.wall, 0)


def test_a_clock_that_runs_right() -> None:
    """Time that passes hides and destroys alike."""
    clocks = Clocks()
    assert clocks.after(0) == (T0, T0, None)
    assert clocks.after(MINUTE_MS) == (T0 + MINUTE_MS, T0 + MINUTE_MS, None)
    assert clocks.restarted(DAY_MS) == (T0 + DAY_MS + MINUTE_MS, T0 + DAY_MS + MINUTE_MS, None)


def test_between_two_readings() -> None:
    """What is trusted goes on with time that passes, and not with the wall clock."""
    clocks = Clocks()
    clocks.after(MINUTE_MS)
    assert clocks.trusted.at(clocks.passed) == T0 + MINUTE_MS
    assert clocks.trusted.at(clocks.passed + 7) == T0 + MINUTE_MS + 7
    clocks.after(MINUTE_MS, step=YEAR_MS)
    assert clocks.trusted.at(clocks.passed + 7) == T0 + 2 * MINUTE_MS + 7


def test_a_year_ahead() -> None:
    """A clock a year ahead hides everything at once and destroys nothing for a day."""
    clocks = Clocks()
    clocks.after(0)
    reading = clocks.after(MINUTE_MS, step=YEAR_MS)
    assert reading.hide_ms == T0 + MINUTE_MS + YEAR_MS
    assert reading.destroy_ms == T0 + MINUTE_MS
    assert reading.problem is not None
    for _ in range(23):
        assert clocks.after(HOUR_MS).destroy_ms < T0 + 2 * DAY_MS


def test_a_year_ahead_and_back() -> None:
    """Set right again within the day, the clock has destroyed nothing."""
    clocks = Clocks()
    clocks.after(0)
    clocks.after(MINUTE_MS, step=YEAR_MS)
    clocks.after(20 * HOUR_MS)
    reading = clocks.after(MINUTE_MS, step=-YEAR_MS)
    assert reading == (T0 + 20 * HOUR_MS + 2 * MINUTE_MS, T0 + 20 * HOUR_MS + 2 * MINUTE_MS, None)


def test_a_day_of_doubt_is_enough() -> None:
    """After a day of saying so the clock is believed."""
    clocks = Clocks()
    clocks.after(0)
    clocks.after(MINUTE_MS, step=YEAR_MS)
    reading = clocks.after(DOUBT_MS)
    assert reading.destroy_ms == reading.hide_ms == clocks.wall


def test_somebody_looked_at_the_clock() -> None:
    """An operator's word ends the doubt."""
    clocks = Clocks()
    clocks.after(0)
    clocks.after(MINUTE_MS, step=YEAR_MS)
    clocks.trusted.accept(clocks.wall)
    assert clocks.after(MINUTE_MS) == (clocks.wall, clocks.wall, None)


def test_a_day_behind() -> None:
    """A clock set back shows nothing that was over, and is told of."""
    clocks = Clocks()
    clocks.after(0)
    reading = clocks.after(MINUTE_MS, step=-DAY_MS)
    assert reading.hide_ms == reading.destroy_ms == T0 + MINUTE_MS
    assert reading.problem is not None
    assert clocks.restarted(MINUTE_MS).hide_ms >= T0 + MINUTE_MS


def test_down_for_months() -> None:
    """After a very long absence everything is hidden at once, and destroyed a day later."""
    clocks = Clocks()
    clocks.after(0)
    reading = clocks.restarted(60 * DAY_MS)
    assert (reading.hide_ms, reading.destroy_ms) == (T0 + 60 * DAY_MS, T0)
    assert clocks.after(DAY_MS).destroy_ms == clocks.wall


def test_restarts_do_not_end_a_doubt() -> None:
    """A server restarted every hour under a wrong clock goes on doubting, and comes to an end of it."""
    clocks = Clocks()
    clocks.after(0)
    clocks.after(MINUTE_MS, step=YEAR_MS)
    for _ in range(20):
        clocks.after(HOUR_MS)
        assert clocks.restarted(0).destroy_ms < T0 + 2 * DAY_MS
    clocks.after(5 * HOUR_MS)
    assert clocks.after(MINUTE_MS).destroy_ms == clocks.wall


STEPS = st.lists(st.tuples(st.integers(0, DAY_MS), st.integers(-2 * YEAR_MS, 2 * YEAR_MS)), max_size=30)


@given(STEPS)
def test_never_back_and_never_past_the_wall(steps: list[tuple[int, int]]) -> None:
    """However the clock is set, nothing is destroyed that may be shown, and destroying never goes back."""
    clocks = Clocks()
    last = clocks.after(0)
    for passed, step in steps:
        reading = clocks.after(passed, step=step)
        assert reading.destroy_ms >= last.destroy_ms
        assert reading.hide_ms >= reading.destroy_ms
        last = reading


async def test_kept_for_the_next_process(db: Database) -> None:
    """What was trusted survives the process."""
    assert (await load_trusted(db)).trusted_ms is None
    for trusted in (TrustedTime(T0, 5), TrustedTime(T0 + 1, 0)):
        await keep_trusted(db, trusted)
        found = await load_trusted(db)
        assert (found.trusted_ms, found.doubt_ms) == (trusted.trusted_ms, trusted.doubt_ms)
