"""A clock that is set by hand."""

from __future__ import annotations

import asyncio

import pytest

from roomserver.testing.clock import BEGIN_MS, ManualClock


def test_stands_still() -> None:
    """Without being moved it shows the same instant, to servers and sleepers alike."""
    clock = ManualClock()
    assert (clock.now_ms(), clock.now_us(), clock.now()) == (BEGIN_MS, BEGIN_MS * 1000, BEGIN_MS / 1000)
    clock.set_ms(BEGIN_MS + 1500)
    assert clock.now() == BEGIN_MS / 1000 + 1.5
    with pytest.raises(AssertionError, match="expected a time from"):
        clock.set_ms(BEGIN_MS)


async def test_sleepers() -> None:
    """Sleepers wake in the order of their times, none before it; one that gave up is forgotten."""
    clock = ManualClock()
    woken: list[float] = []

    async def nap(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    sleeping = [asyncio.create_task(nap(seconds)) for seconds in (3.0, 1.0, 2.0, 0.0)]
    await asyncio.sleep(0)
    assert clock.next_waking_ms == BEGIN_MS + 1000
    sleeping[1].cancel()
    await asyncio.sleep(0)
    assert clock.next_waking_ms == BEGIN_MS + 2000
    clock.set_ms(BEGIN_MS + 2999)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert woken == [0.0, 2.0]
    clock.set_ms(BEGIN_MS + 3000)
    await asyncio.gather(*sleeping, return_exceptions=True)
    assert woken == [0.0, 2.0, 3.0]
    assert clock.next_waking_ms is None
