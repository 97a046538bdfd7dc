"""A run as a page that needs nothing else: tables, and charts in SVG."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

from client_demo.load.report import Report
from client_demo.load.results import Change

_WIDTH, _HEIGHT = 720, 220
_LEFT, _BOTTOM, _TOP, _RIGHT = 60, 30, 12, 12
_COLOURS = ("#1f6feb", "#c2410c", "#15803d", "#7c3aed", "#a16207", "#64748b")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
td, th { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #8884; }
td:first-child, th:first-child { text-align: left; }
svg { max-width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
.bad { color: #b91c1c; font-weight: 600; } .good { color: #15803d; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } }
"""


class Line(NamedTuple):
    """A named line of a chart."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(title: str, unit: str, lines: Sequence[Line]) -> str:
    """Return a line chart; nothing when there is nothing to draw."""
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    last = max(x for x, _ in points) or 1.0
    top = _round_up(max(y for _, y in points))
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> str:
        across = _LEFT + inner_width * x / last
        return f"{across:.1f},{_HEIGHT - _BOTTOM - inner_height * y / top:.1f}"

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(title)}">']
    for step in range(5):
        y = _HEIGHT - _BOTTOM - inner_height * step / 4
        parts += (
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="#8884"/>',
            f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{top * step / 4:g}</text>',
        )
    parts += (
        f'<text x="{_LEFT + inner_width * step / 4}" y="{_HEIGHT - 8}" text-anchor="middle">'
        f"{last * step / 4:.3g}</text>"
        for step in range(5)
    )
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(place(x, y) for x, y in line.points)
        x = _LEFT + 8 + 110 * number
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{x}" y="{_TOP + 10}" style="fill:{colour}">{html.escape(line.name)}</text>')
    parts.append("</svg>")
    return f"<h3>{html.escape(title)} <small>({html.escape(unit)})</small></h3>{''.join(parts)}"


def _round_up(value: float) -> float:
    """Return the next round number at or above a value."""
    if value <= 0:
        return 1.0
    magnitude = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 1.0
    while magnitude > value:
        magnitude /= 10
    return next(magnitude * step for step in (1, 2, 2.5, 4, 5, 8, 10) if magnitude * step >= value)


def _over_time(report: Report, *names: str) -> list[Line]:
    return [
        Line(name, [(row["at_s"], row[name]) for row in report.timeline if name in row])
        for name in names
        if any(name in row for row in report.timeline)
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{cells}</tr>{body}</table>"


def to_html(report: Report, changes: Sequence[Change] = ()) -> str:
    """Return the whole page."""
    values = report.values
    title = f"{report.scenario}: {report.settings['members']} members, {values['elapsed_s']:.0f} s"
    verdict = (
        '<p class="good">The generator kept its plan.</p>'
        if report.valid
        else f'<p class="bad">Invalid: {html.escape("; ".join(report.problems))}</p>'
    )
    percentiles = [
        [name, *(f"{values[f'{name}_{label}']:.2f}" for label in ("p50", "p95", "p99", "p999", "max"))]
        for name in report.curves
    ]
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>',
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1><p>{html.escape(report.began_at)}</p>{verdict}",
        _table(("latency, ms", "p50", "p95", "p99", "p99.9", "max"), percentiles),
        chart("Latency by percentile", "ms", [Line(name, points) for name, points in report.curves.items()]),
        chart("Fan-out latency", "ms by second", _over_time(report, "fanout_p50", "fanout_p99")),
        chart("Deliveries", "a second", _over_time(report, "deliveries_per_s")),
        chart("Commands", "a second", _over_time(report, "sent_per_s", "answered_per_s")),
        chart("Server CPU", "percent of a core", _over_time(report, "server_cpu")),
        chart("Server memory", "MiB", _over_time(report, "server_rss_mib")),
        "<h2>Thresholds</h2>" + _thresholds(report) if report.thresholds else "",
        "<h2>Compared</h2>" + _changes(changes) if changes else "",
        "<h2>All figures</h2>" + _table(("figure", "value"), [[n, f"{v:,.3f}"] for n, v in values.items()]),
        "<h2>Setting</h2>" + _table(("name", "value"), [[n, str(v)] for n, v in _setting(report)]),
    ]
    return "\n".join(part for part in parts if part) + "</html>\n"


def _setting(report: Report) -> list[tuple[str, object]]:
    return [*report.settings.items(), *report.environment.items()]


def _thresholds(report: Report) -> str:
    rows = [
        [str(one["threshold"]), f"{one['value']}", "holds" if one["holds"] else "FAILED"]
        for one in report.thresholds
    ]
    return _table(("demand", "measured", ""), rows)


def _changes(changes: Sequence[Change]) -> str:
    rows = [
        [
            one.name,
            f"{one.before:,.3f}",
            f"{one.after:,.3f}",
            "" if one.percent is None else f"{one.percent:+.1f} %",
        ]
        for one in changes
    ]
    return _table(("figure", "before", "after", "change"), rows)
