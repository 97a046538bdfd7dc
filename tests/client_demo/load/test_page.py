"""The report as a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from client_demo.load.figures import LATENCIES
from client_demo.load.page import Line, chart, to_html
from client_demo.load.results import changes
from tests.client_demo.load.samples import report


def test_self_contained() -> None:
    """The page loads nothing, and what came from elsewhere is text in it."""
    page = to_html(report("errors==0"), changes(report().values, report().values))
    assert not re.search(r"(src|href)\s*=|@import|url\(", page)
    assert "<b>tally</b>" not in page
    assert "told_&lt;b&gt;tally&lt;/b&gt;" in page
    assert "FAILED" in page


def test_charts() -> None:
    """Every chart is drawn: latency by percentile and by second, deliveries, commands, CPU, memory."""
    charts = re.findall(r"<svg.*?</svg>", to_html(report()), re.DOTALL)
    assert len(charts) == 6
    for one in charts:
        assert ET.fromstring(one).findall("polyline")


def test_points() -> None:
    """Points lie within the chart, the highest at a round number or below."""
    drawn = ET.fromstring(
        re.findall(r"<svg.*</svg>", chart("t", "u", [Line("a", [(0, 0), (5, 37), (10, 12)])]))[0]
    )
    (line,) = drawn.findall("polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert all(0 <= x <= 720 and 0 <= y <= 220 for x, y in points)
    assert min(points, key=lambda point: point[1])[0] == points[1][0]
    assert "40" in [text.text for text in drawn.findall("text")]


def test_colours() -> None:
    """No two lines of the chart of all latencies look alike."""
    lines = [Line(name, [(0, 0), (1, 1)]) for name in LATENCIES]
    (svg,) = re.findall(r"<svg.*</svg>", chart("t", "u", lines))
    drawn = ET.fromstring(svg).findall("polyline")
    assert len({line.attrib["stroke"] for line in drawn}) == len(LATENCIES)


def test_nothing_to_draw() -> None:
    """Without points there is no chart."""
    assert chart("t", "u", [Line("a", [])]) == ""


def test_invalid() -> None:
    """A run that says nothing says so on top."""
    bad = report()
    bad.valid, bad.problems = False, ["the generator was late"]
    assert "Invalid: the generator was late" in to_html(bad)
