"""Rates, mirrored."""

from __future__ import annotations

import asyncio

import pytest

from client_demo.sdk.errors import RateLimited
from client_demo.sdk.pace import Pace
from protocol.limits import Rate


class Time:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Return the instant that was set."""
        return self.at


@pytest.fixture
def time() -> Time:
    """Return a clock that stands still."""
    return Time()


@pytest.fixture
def pace(time: Time) -> Pace:
    """Return a pace of two messages at once and one more each half second."""
    return Pace(time, {"chat": Rate(burst=2, per_ms=500)})


def test_take(pace: Pace, time: Time) -> None:
    """The burst goes at once; then each request waits for its token."""
    assert [pace.take("chat.send") for _ in range(3)] == [0, 0, 0.5]
    time.at += 0.2
    assert pace.take("chat.send") == pytest.approx(0.3)
    time.at += 0.3
    assert [pace.take("chat.send") for _ in range(2)] == [0, 0.5]


def test_unknown_class(pace: Pace) -> None:
    """What the server announces no rate for has none."""
    assert {pace.take("vote.cast") for _ in range(100)} == {0}


def test_hold(pace: Pace, time: Time) -> None:
    """The server's word counts more than the mirror: another connection may have spent the tokens."""
    pace.hold("chat.send", 2.0)
    assert pace.take("chat.send") == 2.0
    time.at += 2.0
    assert pace.take("chat.send") == 0


def test_same_rates_change_nothing(pace: Pace) -> None:
    """The rates of another hello, when they are the same, do not give back what was spent."""
    assert [pace.take("chat.send") for _ in range(2)] == [0, 0]
    pace.announced({"chat": Rate(burst=2, per_ms=500)})
    assert pace.take("chat.send") > 0
    pace.announced({"chat": Rate(burst=3, per_ms=500)})
    assert pace.take("chat.send") == 0


async def test_in_order() -> None:
    """Requests of a class go in the order they came, none before its time."""
    loop = asyncio.get_running_loop()
    pace = Pace(loop.time, {"chat": Rate(burst=1, per_ms=20)})
    began = loop.time()
    order: list[int] = []

    async def go(number: int) -> None:
        await pace.turn("chat.send", wait=True)
        order.append(number)

    async with asyncio.timeout(10):
        await asyncio.gather(*(go(number) for number in range(4)))
    assert order == [0, 1, 2, 3]
    assert loop.time() - began >= 0.05


async def test_without_waiting(pace: Pace) -> None:
    """Who does not want to wait is told how long it would have been."""
    await pace.turn("chat.send", wait=False)
    await pace.turn("chat.send", wait=False)
    with pytest.raises(RateLimited) as refused:
        await pace.turn("chat.send", wait=False)
    assert refused.value.retry_after == 0.5
    assert refused.value.error.temporary
