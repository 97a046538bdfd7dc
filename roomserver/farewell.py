"""
Farewell: how clients are let go, so that they do not all come back in the same moment.

Each is told when to return, once by the notification ``reconnect`` and once, with the luck
already drawn, by ``closing``: also a client that draws no luck itself comes at its own time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from protocol.events import Reconnect
from protocol.limits import SECOND_MS
from roomserver.config import DrainConfig
from roomserver.gateway.gateway import Gateway
from roomserver.people import People


def reconnect_for(config: DrainConfig, connections: int) -> Reconnect:
    """Return what so many connections are told: the more they are, the longer the time they return in."""
    jitter_ms = max(SECOND_MS, connections * SECOND_MS // config.returns_per_second)
    return Reconnect(after_ms=config.restart_ms, jitter_ms=jitter_ms)


def drawn_ms(reconnect: Reconnect, random: Callable[[], float]) -> int:
    """Return how long one client waits; ``random`` gives numbers from 0 to below 1."""
    return reconnect.after_ms + int(random() * reconnect.jitter_ms)


class Farewell:
    """Lets everybody go."""

    def __init__(self, config: DrainConfig, people: People, gateway: Gateway) -> None:
        self._config = config
        self._people = people
        self._gateway = gateway

    async def say(self, reason: str, random: Callable[[], float]) -> None:
        """Tell everybody, give them a moment for what is under way, and close with 4200."""
        callers = [caller for person in self._people for caller in person.callers]
        reconnect = reconnect_for(self._config, len(callers))
        for caller in callers:
            caller.notify(reconnect)
        if callers:
            await asyncio.sleep(self._config.notice_ms / SECOND_MS)
        await self._gateway.drain(reason, lambda: drawn_ms(reconnect, random))
