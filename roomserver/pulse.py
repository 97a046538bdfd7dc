"""The pulse: how late the event loop runs what it should, and proof that it runs at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from roomserver.metrics.observer import Observer

PERIOD_SECONDS = 0.1
"""Short against the lateness that people notice, long against the cost of a wake-up."""


STOOD_STILL_SECONDS = 2.0
"""So late, the process did not run at all: it was stopped, or the machine suspended or starved."""


class Pulse:
    """
    Beats ten times a second: tells ``lag`` how late each one was, in seconds.

    ``on_beat`` is called each time, such as to pet a watchdog; what it needs less often it
    counts itself. ``on_stood_still`` is told for how many seconds the process did not run, before
    any timer that fell due meanwhile: no other was armed to be earlier.
    """

    def __init__(
        self,
        lag: Observer,
        on_beat: Callable[[], None] | None = None,
        on_stood_still: Callable[[float], None] | None = None,
    ) -> None:
        self._lag = lag
        self._on_beat = on_beat
        self._on_stood_still = on_stood_still
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to beat."""
        loop = asyncio.get_running_loop()
        due = loop.time() + PERIOD_SECONDS
        self._timer = loop.call_at(due, self._strike, due)

    def _strike(self, due: float) -> None:
        late = max(0.0, asyncio.get_running_loop().time() - due)
        self.start()
        self._lag.observe(late)
        if late > STOOD_STILL_SECONDS and self._on_stood_still is not None:
            self._on_stood_still(late)
        if self._on_beat is not None:
            self._on_beat()

    def stop(self) -> None:
        """Stop beating."""
        if self._timer is not None:
            self._timer.cancel()
