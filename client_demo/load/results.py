"""
The figures of a run by name, and everything that is made of them: thresholds and comparisons.

The same names serve the report, ``--threshold`` and ``--compare``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from client_demo.load.figures import LATENCIES, Figures, Rooms

PERCENTILES = (("p50", 50.0), ("p95", 95.0), ("p99", 99.0), ("p999", 99.9))
_UNITS = {"us": 0.001, "µs": 0.001, "ms": 1.0, "s": 1000.0}


class Load(NamedTuple):
    """What the server used while the plan was carried out."""

    cpu_seconds: float
    rss_before: int
    rss_after: int
    rss_idle: int
    """Before anybody connected."""


def values_of(
    figures: Figures, rooms: Rooms, elapsed: float, load: Load | None, members: int
) -> dict[str, float]:
    """
    Return a run's figures by name.

    Latencies are milliseconds, ``_per_s`` are rates over the run, ``server_cpu_us`` is the
    server's CPU per delivery in microseconds, ``server_cpu`` its share of one core in
    percent, and ``server_rss_kib_per_member`` the memory that a member cost.
    """
    values: dict[str, float] = {}
    for name in LATENCIES:
        histogram = figures.latency[name]
        if histogram.count:
            values |= {f"{name}_{label}": histogram.percentile(p) / 1000 for label, p in PERCENTILES}
            values[f"{name}_max"] = histogram.maximum / 1000
            values[f"{name}_mean"] = histogram.mean() / 1000
    counts = figures.counts
    values |= {name: float(count) for name, count in counts.items()}
    values |= {
        "elapsed_s": elapsed,
        "expected": float(rooms.expected),
        "delivery_ratio": rooms.ratio,
        "gaps": float(rooms.gaps),
        "duplicates": float(rooms.duplicates),
        "disordered": float(rooms.disordered),
        "errors": float(sum(figures.errors.values())),
        "deliveries_per_s": counts["deliveries"] / elapsed,
        "answered_per_s": counts["answered"] / elapsed,
        "bytes_in_per_s": counts["bytes_in"] / elapsed,
        "bytes_out_per_s": counts["bytes_out"] / elapsed,
    }
    values |= {f"told_{name}": float(count) for name, count in figures.told.items()}
    values |= {f"peak_{name}": float(peak) for name, peak in figures.peaks.items()}
    if load is not None:
        values["server_cpu"] = 100 * load.cpu_seconds / elapsed
        values["server_rss_mib"] = load.rss_after / 2**20
        values["server_rss_kib_per_member"] = (load.rss_before - load.rss_idle) / 1024 / max(members, 1)
        if counts["deliveries"]:
            values["server_cpu_us"] = 1e6 * load.cpu_seconds / counts["deliveries"]
        if counts["answered"]:
            values["server_cpu_us_per_command"] = 1e6 * load.cpu_seconds / counts["answered"]
    return values


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_THRESHOLD = re.compile(r"\s*([\w.]+)\s*(<=|>=|==|!=|<|>)\s*([0-9.]+)\s*(\w*|%)\s*")


class Threshold(NamedTuple):
    """A demand on a figure, such as ``fanout_p99<50ms``."""

    text: str
    name: str
    comparison: str
    bound: float

    @classmethod
    def of(cls, text: str) -> Threshold:
        """
        Read a demand. Durations may have a unit; without one they are milliseconds.

        Raises:
            ValueError: it is none.

        """
        match = _THRESHOLD.fullmatch(text)
        if match is None:
            raise ValueError(f"expected a threshold such as fanout_p99<50ms, got {text!r}")
        name, comparison, number, unit = match.groups()
        if unit not in {"", "%", *_UNITS}:
            raise ValueError(f"expected a unit of {', '.join(_UNITS)}, got {unit!r} in {text!r}")
        return cls(text, name, comparison, float(number) * _UNITS.get(unit, 1.0))

    def holds(self, values: Mapping[str, float]) -> bool | None:
        """Say whether it holds; None when the run has no such figure."""
        value = values.get(self.name)
        return None if value is None else _COMPARISONS[self.comparison](value, self.bound)


class Change(NamedTuple):
    """A figure of two runs."""

    name: str
    before: float
    after: float

    @property
    def percent(self) -> float | None:
        """By how much it changed; None when it was zero."""
        return None if not self.before else 100 * (self.after - self.before) / self.before


COMPARED = re.compile(
    r"(fanout|ack|connect|join|resume)_(p50|p95|p99|p999|max)|delivery_ratio|gaps|duplicates|disordered"
    r"|errors|deliveries_per_s|answered_per_s|server_.*"
)
"""The figures that say something when two runs are compared."""


def changes(before: Mapping[str, float], after: Mapping[str, float]) -> list[Change]:
    """Return the figures that both runs have."""
    return [
        Change(name, before[name], after[name])
        for name in after
        if name in before and COMPARED.fullmatch(name)
    ]


def failed(thresholds: Sequence[Threshold], values: Mapping[str, float]) -> list[Threshold]:
    """Return the demands that do not hold; one on a figure that the run does not have does not."""
    return [threshold for threshold in thresholds if not threshold.holds(values)]
