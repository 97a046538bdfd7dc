"""Throttles: one token bucket for each of many keys, in bounded memory. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Hashable

from protocol.limits import Rate

KEYS_MAX = 50_000
"""Keys remembered at once, about 5 MB. With more, those whose bucket filled first are forgotten."""


class Throttle:
    """
    Limits how often something happens for each key, such as an address.

    A full bucket is not remembered, so that only those cost memory who did something lately.
    """

    def __init__(self, rate: Rate, keys_max: int = KEYS_MAX) -> None:
        self.rate = rate
        self._keys_max = keys_max
        self._full_at: dict[Hashable, int] = {}
        """The instant at which a bucket is full again, ordered by the last time it was used."""

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_ms(self, key: Hashable, now_ms: int) -> int:
        """Return how long until there is a token, 0 when there is one; take none."""
        full_at = max(self._full_at.get(key, 0), now_ms)
        return max(0, full_at + self.rate.per_ms - (now_ms + self.rate.burst * self.rate.per_ms))

    def take(self, key: Hashable, now_ms: int) -> int:
        """Take a token; return 0, or how long until there is one, having taken none."""
        wait = self.wait_ms(key, now_ms)
        if not wait:
            full_at = max(self._full_at.pop(key, 0), now_ms) + self.rate.per_ms
            self._full_at[key] = full_at
            self._forget_oldest(now_ms)
            if len(self._full_at) > self._keys_max:
                self._forget(now_ms)
        return wait

    def give_back(self, key: Hashable, now_ms: int) -> None:
        """Put a token back: what was counted turned out to be fine."""
        full_at = self._full_at.get(key)
        if full_at is not None:
            self._full_at[key] = full_at - self.rate.per_ms
            if self._full_at[key] <= now_ms:
                del self._full_at[key]

    def _forget_oldest(self, now_ms: int) -> None:
        """Forget what was used longest ago if it is full, two for each one that comes."""
        for _ in range(2):
            oldest = next(iter(self._full_at))
            if self._full_at[oldest] > now_ms:
                return
            del self._full_at[oldest]

    def _forget(self, now_ms: int) -> None:
        """Forget the full buckets, and a tenth of the rest when that is not enough: the oldest."""
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now_ms}
        spare = len(self._full_at) - self._keys_max * 9 // 10
        if len(self._full_at) > self._keys_max:
            for key in list(self._full_at)[:spare]:
                del self._full_at[key]


def at_rate(before: Throttle | None, rate: Rate) -> Throttle:
    """Return a throttle of a rate: the one before, with all it counted, if it has that rate."""
    return before if before is not None and before.rate == rate else Throttle(rate)
