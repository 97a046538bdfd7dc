"""The chart of the sync harness: how far players are off, on a scale that holds both worlds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 112, 40
ROW = 20
LOW_MS, HIGH_MS = 0.1, 10_000.0
COLOURS = {"ours": "#0a7d4f", "cytube": "#b3401f", "opentogethertube": "#7a4fb5"}
NAMES = {"ours": "roomserver", "cytube": "CyTube's policy", "opentogethertube": "OpenTogetherTube's policy"}
TICKS_MS = (0.1, 1, 10, 100, 1000, 10_000)


def _x(error_ms: float) -> float:
    part = math.log10(max(LOW_MS, min(HIGH_MS, error_ms)) / LOW_MS) / math.log10(HIGH_MS / LOW_MS)
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def _y(part: float) -> float:
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def _label(ms: float) -> str:
    """Write a time with two digits that say something."""
    ms = float(f"{ms:.2g}")
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#444">{text}</text>'


def draw(strategies: Mapping[str, Any]) -> str:
    """Return an SVG of the share of samples (y) that are within an error (x, logarithmic)."""
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'font-family="system-ui, sans-serif" font-size="13">'
        ),
        "<title>How far players are from where the play should be</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" fill="#222">Share of moments within this distance</text>',
    ]
    for tick in TICKS_MS:
        x = _x(tick)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#e3e3e3"/>')
        parts.append(_text(x, HEIGHT - BOTTOM + 20, "middle", _label(tick)))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e3e3e3"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#444">{share:.0%}</text>')
    for row, (name, figures) in enumerate(strategies.items()):
        parts += _curve(name, figures, row)
    return "\n".join([*parts, "</svg>", ""])


def _curve(name: str, figures: Mapping[str, Any], row: int) -> list[str]:
    points = " ".join(
        f"{_x(error):.1f},{_y(index / 100):.1f}" for index, error in enumerate(figures["distribution_ms"])
    )
    colour = COLOURS[name]
    y = 48 + ROW * row
    p95 = figures["steady_ms"]["p95"]
    text = f"{NAMES[name]}: 95 % within {_label(p95)}"
    return [
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
        f'<rect x="{LEFT}" y="{y - 6}" width="14" height="4" fill="{colour}"/>',
        f'<text x="{LEFT + 22}" y="{y}" fill="{colour}">{text}</text>',
    ]
