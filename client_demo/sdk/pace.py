"""The server's rate limits, mirrored: a client that knows them need not be told off."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping

from client_demo.sdk.errors import RateLimited
from protocol.buckets import Buckets
from protocol.limits import RATES, Rate
from protocol.methods import METHODS


class Pace:
    """
    Says when the next request of a rate class may go, by the rates the server announced.

    Requests of a class go in the order they came. Another connection of the same user spends
    from the same buckets, which nobody here sees: :meth:`hold` takes the server's word for it.
    """

    def __init__(self, now: Callable[[], float], rates: Mapping[str, Rate] = RATES) -> None:
        self._now = now
        self._buckets = Buckets(rates)
        self._held: dict[str, float] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def announced(self, rates: Mapping[str, Rate]) -> None:
        """Take the rates in force; what was spent before stays spent where a class is unchanged."""
        if rates != self._buckets.rates:
            self._buckets = Buckets(rates)

    def take(self, method: str) -> float:
        """Take a token for a method; return 0, or the seconds until there is one, having taken none."""
        rate_class = METHODS[method].rate
        if rate_class not in self._buckets.rates:
            return 0.0  # a server that announces no such class has no such limit
        held = self._held.get(rate_class, 0.0) - self._now()
        if held > 0:
            return held
        return self._buckets.take(rate_class, int(self._now() * 1000)) / 1000

    async def turn(self, method: str, *, wait: bool) -> None:
        """
        Let a request go when it may.

        Raises:
            RateLimited: it may not yet, and is not to wait.

        """
        if not wait:
            if seconds := self.take(method):
                raise RateLimited.after(method, seconds)
            return
        async with self._turns[METHODS[method].rate]:
            while seconds := self.take(method):  # noqa: ASYNC110 - how long is known; nothing would set an event
                await asyncio.sleep(seconds)

    def hold(self, method: str, seconds: float) -> None:
        """Let no request of a method's class go for a while: the server refused one."""
        self._held[METHODS[method].rate] = self._now() + seconds
