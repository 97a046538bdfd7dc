"""Token buckets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocol.buckets import Buckets
from protocol.limits import Rate


def test_burst() -> None:
    """A full bucket gives its burst at once, and then says how long to wait."""
    buckets = Buckets({"chat": Rate(burst=3, per_ms=1000)})
    assert [buckets.take("chat", 5000) for _ in range(4)] == [0, 0, 0, 1000]


def test_refill() -> None:
    """One token comes back per interval, and the bucket never holds more than its burst."""
    buckets = Buckets({"chat": Rate(burst=2, per_ms=100)})
    assert [buckets.take("chat", at) for at in (0, 0, 50, 100, 100)] == [0, 0, 50, 0, 100]
    assert [buckets.take("chat", 10_000) for _ in range(3)] == [0, 0, 100]


def test_waiting_is_free() -> None:
    """A refused take costs nothing: asking again and again does not postpone the token."""
    buckets = Buckets({"chat": Rate(burst=1, per_ms=100)})
    assert buckets.take("chat", 0) == 0
    assert [buckets.take("chat", at) for at in range(10, 100, 30)] == [90, 60, 30]
    assert buckets.take("chat", 100) == 0


def test_classes_are_separate() -> None:
    """An empty bucket of one class leaves the others full."""
    buckets = Buckets({"chat": Rate(burst=1, per_ms=100), "vote": Rate(burst=1, per_ms=100)})
    assert (buckets.take("chat", 0), buckets.take("chat", 0), buckets.take("vote", 0)) == (0, 100, 0)


@given(
    st.integers(1, 20),
    st.integers(1, 500),
    st.lists(st.integers(0, 300), min_size=1, max_size=80),
)
def test_never_more_than_announced(burst: int, per_ms: int, steps: list[int]) -> None:
    """In every stretch of time at most ``burst + elapsed / per_ms`` pass, and the wait is exact."""
    buckets = Buckets({"x": Rate(burst=burst, per_ms=per_ms)})
    taken: list[int] = []
    now = 1_000_000
    for step in steps:
        now += step
        wait = buckets.take("x", now)
        if wait == 0:
            taken.append(now)
        else:
            assert 0 < wait <= per_ms
            trial = Buckets({"x": Rate(burst=burst, per_ms=per_ms)})
            for at in taken:
                trial.take("x", at)
            assert trial.take("x", now + wait - 1) == 1
            assert trial.take("x", now + wait) == 0
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - taken[first]) / per_ms
