"""
The plan: how many actions a second, and so the instant of each.

The instants are fixed before anything is sent. A server that is slow does not slow the plan
down, and what waits because of it counts into its latency.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_STAGE = re.compile(r"([0-9a-z.]+)-([0-9a-z.]+):([0-9.]+?)(?:\.\.([0-9.]+))?")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Stage(NamedTuple):
    """A stretch of the plan, in seconds since the start; the rate goes evenly from one to the other."""

    begins: float
    ends: float
    from_rate: float
    to_rate: float

    @property
    def actions(self) -> int:
        """How many actions it holds."""
        return round((self.ends - self.begins) * (self.from_rate + self.to_rate) / 2)

    def instant(self, number: int) -> float:
        """Return when its action of this number, from 0, is due."""
        slope = (self.to_rate - self.from_rate) / (self.ends - self.begins)
        if abs(slope) < 1e-12:
            return self.begins + number / self.from_rate
        # number = from * t + slope * t² / 2, solved for t.
        root = math.sqrt(max(0.0, self.from_rate * self.from_rate + 2 * slope * number))
        return self.begins + (root - self.from_rate) / slope


def seconds(text: str) -> float:
    """
    Read a duration such as ``30s``, ``1m30s``, ``250ms``; a plain number is seconds.

    Raises:
        ValueError: it is none.

    """
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"expected a duration such as 30s or 1m30s, got {text!r}")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def parse_stage(text: str) -> Stage:
    """
    Read ``FROM-TO:RATE`` or ``FROM-TO:RATE..RATE``.

    Raises:
        ValueError: it is none, or ends before it begins.

    """
    match = _STAGE.fullmatch(text)
    if match is None:
        raise ValueError(f"expected FROM-TO:RATE or FROM-TO:RATE..RATE such as 0-30s:0..200, got {text!r}")
    begins, ends = seconds(match[1]), seconds(match[2])
    if ends <= begins:
        raise ValueError(f"expected a stage that ends after {match[1]}, got {text!r}")
    from_rate = float(match[3])
    return Stage(begins, ends, from_rate, float(match[4]) if match[4] else from_rate)


def parse_stages(texts: Sequence[str]) -> list[Stage]:
    """
    Read stages, in order.

    Raises:
        ValueError: one is none, or begins before the one in front of it ends.

    """
    stages = [parse_stage(text) for text in texts]
    for earlier, later, text in zip(stages, stages[1:], texts[1:], strict=False):
        if later.begins < earlier.ends:
            raise ValueError(f"expected a stage that begins at {earlier.ends:g}s or later, got {text!r}")
    return stages


def duration(stages: Sequence[Stage]) -> float:
    """Return how long the plan takes, in seconds."""
    return stages[-1].ends if stages else 0.0


def instants(stages: Sequence[Stage], burst: int = 1) -> Iterator[float]:
    """Yield the instant of every action, in seconds since the start; ``burst`` of them share each."""
    for stage in stages:
        for number in range(stage.actions):
            instant = stage.instant(number)
            for _ in range(burst):
                yield instant
