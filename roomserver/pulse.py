"""The pulse: how late the event loop runs what it should, and proof that it runs at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from roomserver.metrics.observer import Observer

PERIOD_SECONDS = 0.1
"""Short against the lateness that people notice, long against the cost of a wake-up."""


class Pulse:
    """
    Beats ten times a second: tells ``lag`` how late each one was, in seconds.

    ``on_beat`` is called each time, such as to pet a watchdog; what it needs less often it
    counts itself.
    """

    def __init__(self, lag: Observer, on_beat: Callable[[], None] | None = None) -> None:
        self._lag = lag
        self._on_beat = on_beat
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to beat."""
        loop = asyncio.get_running_loop()
        due = loop.time() + PERIOD_SECONDS
        self._timer = loop.call_at(due, self._strike, due)

    def _strike(self, due: float) -> None:
        self._lag.observe(max(0.0, asyncio.get_running_loop().time() - due))
        if self._on_beat is not None:
            self._on_beat()
        self.start()

    def stop(self) -> None:
        """Stop beating."""
        if self._timer is not None:
            self._timer.cancel()
