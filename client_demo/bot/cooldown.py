"""How often a command may be used, pure: time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Literal, NamedTuple

from client_demo.bot.duration import Duration

Per = Literal["user", "room", "everyone"]
"""Whom a cooldown counts together: each user of a room, all of a room, or everyone everywhere."""

KEPT_MAX = 10_000
"""So many users are remembered; a bot runs for months."""


class Cooldown(NamedTuple):
    """So many uses in a while: ``Cooldown(3, "1m", per="room")``."""

    uses: int
    every: str
    per: Per = "user"


class Uses:
    """Counts the uses of one command."""

    def __init__(self, cooldown: Cooldown) -> None:
        self._uses = cooldown.uses
        self._seconds = Duration.of(cooldown.every).seconds
        self._per = cooldown.per
        self._last: dict[Hashable, deque[float]] = {}

    def take(self, room_id: str, user_id: str, now: float) -> float:
        """Count a use; return 0, or the seconds until the next one, having counted none."""
        key: Hashable = {"user": (room_id, user_id), "room": room_id, "everyone": None}[self._per]
        last = self._last.pop(key, None) or deque(maxlen=self._uses)
        self._last[key] = last  # the one used last is forgotten last
        if len(self._last) > KEPT_MAX:
            del self._last[next(iter(self._last))]
        wait = last[0] + self._seconds - now if len(last) == self._uses else 0.0
        if wait > 0:
            return wait
        last.append(now)
        return 0.0
