"""
Standstill: a process that did not run gives everybody the time back.

It may be stopped, swapped out, or starved of its core. Nobody can come back meanwhile or show a
sign of life, so no grace and no warning may run out by that.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from protocol.errors import Rejected
from protocol.values import SYSTEM
from roomserver.hub import Hub
from roomserver.room.inputs import StoodStill

log = structlog.get_logger("standstill")

STOOD_STILL_SECONDS = 2.0
"""Without a look for so long the process did not run: it is looked ten times a second."""


class Standstill:
    """
    Notices when the process did not run, if :meth:`look` is called often.

    It must be called before anything is judged by the clock, too: which of the timers that fell due
    meanwhile comes first is a matter of luck.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._looked_at: float | None = None
        """By the loop's clock: one that is set by hand in a test leaps, and nothing stood still."""

    def look(self) -> None:
        """Give the time back since the last look, if that was long ago."""
        now = asyncio.get_running_loop().time()
        before, self._looked_at = self._looked_at, now
        if before is not None and now - before > STOOD_STILL_SECONDS:
            self._give_back(now - before)

    def _give_back(self, seconds: float) -> None:
        log.warning("stood still", seconds=round(seconds, 1))
        for live in list(self._hub):
            with contextlib.suppress(Rejected):  # a room that is being mended begins every grace anew
                self._hub.apply(live, SYSTEM, StoodStill(round(seconds * 1000)))
