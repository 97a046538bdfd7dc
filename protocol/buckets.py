"""Token buckets, pure: time is an argument."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.limits import Rate


class Buckets:
    """
    One bucket for each rate class of a user.

    :meth:`take` answers how long to wait, so that an error can say it.
    """

    __slots__ = ("_ready_at", "rates")

    def __init__(self, rates: Mapping[str, Rate]) -> None:
        self.rates = rates
        self._ready_at: dict[str, int] = {}
        """
        For each class the instant at which the bucket is full again. One number replaces
        token count and timestamp: every take moves it by the price of one token.
        """

    def take(self, rate_class: str, now_ms: int) -> int:
        """Take a token; return 0, or the milliseconds until there is one, having taken none."""
        rate = self.rates[rate_class]
        full_at = max(self._ready_at.get(rate_class, 0), now_ms)
        wait = full_at + rate.per_ms - (now_ms + rate.burst * rate.per_ms)
        if wait > 0:
            return wait
        self._ready_at[rate_class] = full_at + rate.per_ms
        return 0
