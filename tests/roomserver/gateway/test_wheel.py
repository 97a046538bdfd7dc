"""The timer wheel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomserver.gateway.wheel import SLOT_MS, STOOD_STILL_MS, Wheel


def recorder(
    called: list[int], again_at: Callable[[int], int | None] = lambda _: None
) -> Callable[[int], int | None]:
    """Return a check that notes when it is called."""

    def check(now_ms: int) -> int | None:
        called.append(now_ms)
        return again_at(now_ms)

    return check


def test_due() -> None:
    """A check runs once, not before its instant."""
    wheel, called = Wheel(0), list[int]()
    wheel.add(1200, recorder(called))
    for now in range(0, 1500, 100):
        wheel.advance(now)
    assert called == []
    wheel.advance(1500)
    wheel.advance(60_000)
    assert called == [1500]
    assert len(wheel) == 0


def test_again() -> None:
    """A check that names another instant is run again then, until it names none."""
    wheel, called = Wheel(0), list[int]()
    wheel.add(0, recorder(called, lambda now: now + 1000 if now < 2000 else None))
    for now in range(0, 5000, SLOT_MS):
        wheel.advance(now)
    assert called == [0, 1000, 2000]


def test_past() -> None:
    """An instant that is over already is run with the next slot, not lost."""
    wheel, called = Wheel(10_000), list[int]()
    wheel.advance(10_000)
    wheel.add(3, recorder(called))
    wheel.advance(10_000)
    assert called == []
    wheel.advance(10_000 + SLOT_MS)
    assert called == [10_000 + SLOT_MS]


def test_at_once_again() -> None:
    """A check that wants to look again at once waits a slot: the wheel never spins."""
    wheel, called = Wheel(0), list[int]()
    wheel.add(0, recorder(called, lambda now: now))
    wheel.advance(0)
    assert called == [0]
    wheel.advance(SLOT_MS)
    assert called == [0, SLOT_MS]


def test_late_timer() -> None:
    """A loop that was blocked runs everything that was due, in slot order, after what waits to be read."""
    wheel, called = Wheel(0), list[int]()
    wheel.add(2000, lambda _: called.append(2))
    wheel.add(1000, lambda _: called.append(1))
    wheel.add(90_000, lambda _: called.append(3))
    wheel.advance(30_000)
    assert called == []
    wheel.advance(30_000 + SLOT_MS)
    assert called == [1, 2]


def test_a_slow_process() -> None:
    """A process that is always too late still meets its deadlines, every other time."""
    wheel, called = Wheel(0), list[int]()
    wheel.add(0, recorder(called, lambda now: now + 1))
    for now in range(0, 10 * STOOD_STILL_MS, 2 * STOOD_STILL_MS):
        wheel.advance(now)
    assert len(called) >= 2


@given(st.lists(st.integers(0, 20_000), max_size=30), st.integers(1, 1500))
def test_on_time(instants: list[int], step: int) -> None:
    """With a regular turn no check is early, and none later than a slot and a turn."""
    wheel = Wheel(0)
    met: list[tuple[int, int]] = []
    for at in instants:
        wheel.add(at, lambda now, at=at: met.append((at, now)))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    for now in range(0, 25_000, step):
        wheel.advance(now)
    assert len(met) == len(instants)
    assert all(at <= now < at + SLOT_MS + step for at, now in met)


def test_a_check_that_fails() -> None:
    """One that raises is told of and forgotten; the others run all the same, now and later."""
    wheel, called = Wheel(0), list[int]()

    def fails(now_ms: int) -> int | None:
        raise RuntimeError(now_ms)

    wheel.add(0, fails)
    wheel.add(0, recorder(called, lambda now: now + SLOT_MS))
    with pytest.raises(RuntimeError):
        wheel.advance(0)
    wheel.advance(SLOT_MS)
    assert called == [0, SLOT_MS]
