"""The server's clock: wall time at boot plus monotonic time since. It never steps."""

from __future__ import annotations

import time


class ServerClock:
    """
    Server time.

    A stepped system clock must move neither playback nor retention, so the wall clock is
    read once. ``id`` names this run of the clock: a client that sees another one starts
    its estimate anew.
    """

    def __init__(self, clock_id: str) -> None:
        self.id = clock_id
        self._wall_us = time.time_ns() // 1000
        self._boot_us = time.monotonic_ns() // 1000

    def not_before(self, at_ms: int) -> None:
        """Run ahead of a wall clock that was set back: nothing that was over comes back."""
        self._wall_us = max(self._wall_us, at_ms * 1000)

    def wall_ms(self) -> int:
        """Return what the wall clock says now, which may have been set since."""
        return time.time_ns() // 1_000_000

    def passed_ms(self) -> int:
        """Return milliseconds since some beginning, counting those that the machine slept."""
        return time.monotonic_ns() // 1_000_000

    def over_ms(self) -> int:
        """Return the instant by which what is over is hidden: the later of the two clocks."""
        return max(self.now_ms(), self.wall_ms())

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch."""
        return self._wall_us + time.monotonic_ns() // 1000 - self._boot_us

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return self.now_us() // 1000
