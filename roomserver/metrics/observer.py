"""What a part of the server sees of a metric that it feeds."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Takes observations of one quantity, such as durations in seconds."""

    def observe(self, amount: float) -> None:
        """Note one observation."""
        ...


class Unobserved:
    """Takes observations and forgets them: for tests, and parts that run by themselves."""

    def observe(self, amount: float) -> None:
        """Forget it."""
