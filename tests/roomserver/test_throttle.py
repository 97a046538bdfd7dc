"""Throttles by key."""

from __future__ import annotations

from protocol.limits import Rate
from roomserver.throttle import Throttle, at_rate

RATE = Rate(burst=3, per_ms=1000)


def test_burst_and_rate() -> None:
    """A key has its burst at once, then one token a period; the wait is told and costs nothing."""
    throttle = Throttle(RATE)
    assert [throttle.take("a", 0) for _ in range(5)] == [0, 0, 0, 1000, 1000]
    assert throttle.take("a", 999) == 1
    assert throttle.take("a", 1000) == 0
    assert throttle.take("a", 1000) == 1000


def test_keys_are_apart() -> None:
    """What one key used up is no other's loss."""
    throttle = Throttle(RATE)
    for _ in range(3):
        throttle.take("a", 0)
    assert throttle.wait_ms("a", 0) == 1000
    assert throttle.wait_ms("b", 0) == 0
    assert throttle.take("b", 0) == 0


def test_give_back() -> None:
    """A token given back can be taken again; a bucket never holds more than its burst."""
    throttle = Throttle(RATE)
    for _ in range(3):
        throttle.take("a", 0)
    throttle.give_back("a", 0)
    assert throttle.take("a", 0) == 0
    assert throttle.take("a", 0) == 1000
    for _ in range(9):
        throttle.give_back("a", 0)
    assert [throttle.take("a", 0) for _ in range(4)] == [0, 0, 0, 1000]


def test_full_buckets_are_forgotten() -> None:
    """A million keys, each used once, cost no more memory than the bound."""
    throttle = Throttle(RATE, keys_max=1000)
    for nth in range(20_000):
        throttle.take(nth, nth * 2)
        assert len(throttle) <= 1000


def test_full_buckets_cost_nothing() -> None:
    """Under the bound, too, only those are remembered who did something lately."""
    throttle = Throttle(RATE)
    for nth in range(1000):
        throttle.take(nth, nth * 100)
    assert len(throttle) == 10


def test_the_oldest_are_forgotten() -> None:
    """When all are in use those go that were used longest ago; who just used up theirs is remembered."""
    throttle = Throttle(RATE, keys_max=100)
    for _ in range(3):
        throttle.take("greedy", 0)
    for nth in range(99):
        throttle.take(nth, 0)
    for _ in range(3):
        throttle.take("late", 0)
    assert len(throttle) <= 100
    assert throttle.wait_ms("late", 0) == 1000
    assert throttle.wait_ms("greedy", 0) == 0


def test_other_rate() -> None:
    """A throttle goes on where its rate stays, and begins anew where it changes."""
    one = at_rate(None, Rate(burst=1, per_ms=10))
    assert at_rate(one, Rate(burst=1, per_ms=10)) is one
    assert at_rate(one, Rate(burst=2, per_ms=10)) is not one
