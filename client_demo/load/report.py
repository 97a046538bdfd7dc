"""A run on paper: text, JSON and CSV. :mod:`client_demo.load.page` makes the HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from client_demo.load.figures import LATENCIES, Figures
from client_demo.load.foreman import Moment
from client_demo.load.histogram import Histogram
from client_demo.load.results import PERCENTILES, Change, Threshold

SCHEMA = 1
"""The version of the JSON report; a reader of another one must look again."""

_CURVE = (1, 5, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 100)


class Report(msgspec.Struct, kw_only=True):
    """A run, as ``--json`` writes it."""

    schema: int = SCHEMA
    scenario: str
    settings: dict[str, Any]
    environment: dict[str, str]
    began_at: str
    """ISO 8601, UTC."""
    valid: bool
    problems: list[str]
    """Why the run says nothing about the server, if it does not."""
    values: dict[str, float]
    errors: dict[str, int]
    told: dict[str, int]
    told_bytes: dict[str, int]
    curves: dict[str, list[tuple[float, float]]]
    """For each latency (percent, milliseconds)."""
    timeline: list[dict[str, float]]
    thresholds: list[dict[str, Any]] = []


def curve(histogram: Histogram) -> list[tuple[float, float]]:
    """Return the percentile curve of a histogram, in milliseconds."""
    return [(percent, histogram.percentile(percent) / 1000) for percent in _CURVE] if histogram.count else []


def curves(figures: Figures) -> dict[str, list[tuple[float, float]]]:
    """Return the curves of all latencies that were measured."""
    return {name: curve(figures.latency[name]) for name in LATENCIES if figures.latency[name].count}


def timeline(moments: Sequence[Moment]) -> list[dict[str, float]]:
    """Return a row a second: rates since the row before, latencies of the window, the server's use."""
    rows = []
    before: Moment | None = None
    for moment in moments:
        span = max(moment.at - (before.at if before else 0.0), 0.001)
        row = {"at_s": round(moment.at, 3), "members": float(moment.links), "errors": float(moment.errors)}
        for name in ("sent", "answered", "deliveries", "bytes_in", "bytes_out"):
            earlier = before.counts.get(name, 0) if before else 0
            row[f"{name}_per_s"] = round((moment.counts.get(name, 0) - earlier) / span, 1)
        for label, percent in PERCENTILES:
            row[f"fanout_{label}"] = moment.window.percentile(percent) / 1000
        if moment.server is not None:
            row["server_rss_mib"] = round(moment.server.rss_bytes / 2**20, 1)
            if before is not None and before.server is not None:
                used = moment.server.cpu_seconds - before.server.cpu_seconds
                row["server_cpu"] = round(100 * used / span, 1)
        rows.append(row)
        before = moment
    return rows


def to_json(report: Report) -> bytes:
    """Return the report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def from_json(data: bytes) -> Report:
    """
    Read a report.

    Raises:
        ValueError: it is none, or of another version.

    """
    try:
        report = msgspec.json.decode(data, type=Report)
    except msgspec.DecodeError as error:
        raise ValueError(f"expected a report of roomclient load: {error}") from None
    if report.schema != SCHEMA:
        raise ValueError(f"expected a report of version {SCHEMA}, got {report.schema}")
    return report


def to_csv(report: Report) -> str:
    """Return the timeline as CSV."""
    names = list(dict.fromkeys(name for row in report.timeline for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(report.timeline)
    return text.getvalue()


def to_text(report: Report) -> str:
    """Return the report for a person at a terminal."""
    values = report.values
    number = {name: f"{value:,.0f}" for name, value in values.items()}
    mib = {way: f"{values[f'bytes_{way}_per_s'] / 2**20:.2f} MiB/s" for way in ("in", "out")}
    title = f"{report.scenario}: {report.settings['members']} members in {report.settings['rooms']} room(s)"
    share = f"{100 * values['delivery_ratio']:.3f} %"
    rows = [
        ("delivered", f"{number['deliveries']} ({number['deliveries_per_s']}/s), {share} of the streams"),
        ("streams", ", ".join(f"{number[name]} {name}" for name in ("gaps", "duplicates", "disordered"))),
        (
            "commands",
            ", ".join(f"{number[name]} {name}" for name in ("planned", "sent", "answered", "refused")),
        ),
        ("traffic", f"in {mib['in']}, out {mib['out']}"),
        *_latency_rows(values),
        *_server_rows(values),
    ]
    if values["recovered"] or values["not_recovered"]:
        rows.append(("resumed", f"{number['recovered']} recovered, {number['not_recovered']} not"))
    peaks = {name: values.get(f"peak_{name}", 0.0) for name in report.told}
    rows += (
        ("told", f"{name} {count:,}, at most {peaks[name]:.0f}/s a member")
        for name, count in sorted(report.told.items())
    )
    rows += (("error", f"{code} {count:,}") for code, count in sorted(report.errors.items()))
    rows += (("INVALID", problem) for problem in report.problems)
    return "\n".join(
        [f"{title}, {values['elapsed_s']:.1f} s", *(f"  {name:<10} {told}" for name, told in rows)]
    )


def _latency_rows(values: Mapping[str, float]) -> list[tuple[str, str]]:
    rows = []
    for name in LATENCIES:
        if f"{name}_p50" in values:
            told = (f"{label} {values[f'{name}_{label}']:.1f}" for label, _ in PERCENTILES)
            rows.append((name, f"{'  '.join(told)}  max {values[f'{name}_max']:.1f} ms"))
    return rows


def _server_rows(values: Mapping[str, float]) -> list[tuple[str, str]]:
    if "server_cpu" not in values:
        return []
    told = [f"{values['server_cpu']:.1f} % of a core", f"{values['server_rss_mib']:.1f} MiB"]
    if "server_cpu_us" in values:
        told.append(f"{values['server_cpu_us']:.3f} µs a delivery")
    told.append(f"{values['server_rss_kib_per_member']:.1f} KiB a member")
    return [("server", ", ".join(told))]


def compared(changes: Sequence[Change]) -> str:
    """Return a table of what changed."""
    lines = [f"  {'figure':<28} {'before':>14} {'after':>14} {'change':>9}"]
    for change in changes:
        percent = "" if change.percent is None else f"{change.percent:+.1f} %"
        lines.append(f"  {change.name:<28} {change.before:>14,.3f} {change.after:>14,.3f} {percent:>9}")
    return "\n".join(lines)


def judged(thresholds: Sequence[Threshold], values: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the thresholds with what was measured."""
    return [
        {"threshold": one.text, "value": values.get(one.name), "holds": bool(one.holds(values))}
        for one in thresholds
    ]
