"""The time that a bot's timers, cooldowns and waits go by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol


class Timekeeper(Protocol):
    """Seconds that pass. A test's clock that is set by hand is one too."""

    def now(self) -> float:
        """Return the present, from whatever beginning."""
        ...

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Wait."""
        ...


class RealTime:
    """The machine's time; it never steps."""

    def now(self) -> float:
        """Return the present."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
