"""A clock that stands still until it is told to go on, and sleepers that wait for it."""

from __future__ import annotations

import asyncio
import heapq

from roomserver.clock import ServerClock

BEGIN_MS = 1_900_000_000_000
"""In March 2030: a time that no test confuses with its own."""


class ManualClock(ServerClock):
    """
    Time for a server, and for a bot that sleeps by it.

    Only :meth:`set_ms` moves it; :class:`roomserver.testing.server.RoomServer` does so in steps,
    from one deadline to the next, so that everything happens in its order.
    """

    def __init__(self, at_ms: int = BEGIN_MS) -> None:
        super().__init__("manual")
        self._at_ms = at_ms
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._naps = 0

    def now_us(self) -> int:
        """Return the instant that was set."""
        return self._at_ms * 1000

    def wall_ms(self) -> int:
        """Return the instant that was set."""
        return self._at_ms

    def passed_ms(self) -> int:
        """Return the instant that was set."""
        return self._at_ms

    def not_before(self, at_ms: int) -> None:
        """Stay: whoever sets the time knows what it is."""

    def now(self) -> float:
        """Return the instant that was set, in seconds."""
        return self._at_ms / 1000

    @property
    def next_waking_ms(self) -> int | None:
        """When the next sleeper wakes; None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._naps += 1
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._at_ms + round(seconds * 1000), self._naps, waking))
        await waking

    def set_ms(self, at_ms: int) -> None:
        """Move the clock, never back, and wake whoever slept until then."""
        assert at_ms >= self._at_ms, f"expected a time from {self._at_ms} on, got {at_ms}"
        self._at_ms = at_ms
        while (due := self.next_waking_ms) is not None and due <= at_ms:
            heapq.heappop(self._sleepers)[2].set_result(None)
