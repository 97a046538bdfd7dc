"""The pulse of the event loop."""

from __future__ import annotations

import asyncio

from roomserver.pulse import PERIOD_SECONDS, Pulse

EVERY_LOOP = True


class Lags:
    """Remembers lags and sets an event at the wanted number."""

    def __init__(self, wanted: int) -> None:
        self.seen: list[float] = []
        self._wanted = wanted
        self.enough = asyncio.Event()

    def observe(self, amount: float) -> None:
        """Note a lag."""
        self.seen.append(amount)
        if len(self.seen) >= self._wanted:
            self.enough.set()


async def test_lag() -> None:
    """A loop that was blocked is told of as late by about as long as it was blocked."""
    lags = Lags(2)
    beats = []
    pulse = Pulse(lags, lambda: beats.append(1))
    pulse.start()
    loop = asyncio.get_running_loop()
    until = loop.time() + PERIOD_SECONDS + 0.2
    while loop.time() < until:
        pass  # what a slow piece of code does
    async with asyncio.timeout(5):
        await lags.enough.wait()
    pulse.stop()
    assert lags.seen[0] >= 0.15
    assert len(beats) == len(lags.seen)


async def test_stopped() -> None:
    """A stopped pulse beats no more, and one that never began can be stopped."""
    lags = Lags(1)
    pulse = Pulse(lags)
    pulse.stop()
    pulse.start()
    pulse.stop()
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(PERIOD_SECONDS * 2, passed.set)
    await passed.wait()
    assert not lags.seen
