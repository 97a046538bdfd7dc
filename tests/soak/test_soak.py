"""A soak of a few seconds: what it says of growth is little, what it says of events is all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.soak import EBB_SECONDS, ebbs, slope, soak
from tests.soak.swarm import Plan


@pytest.mark.slow
async def test_a_short_soak(data: Path) -> None:
    """With people coming and going all the time nothing is lost or doubled, and nothing is left behind."""
    plan = Plan(port=0, clients=60, rooms=3, djs=9, churn=20, chat=20, seconds=3)
    report = await soak(data, plan, 0)
    print(report)
    counts = report.counts
    assert counts["heard"] > 500
    assert counts["resumed"] > 20
    assert (counts.get("lost", 0), counts.get("doubled", 0), counts.get("resyncs", 0)) == (0, 0, 0)
    for what in ("Caller", "Member", "tasks"):
        assert report.after[what] <= report.before[what], what
    assert report.opened_after.sockets <= report.opened_before.sockets


def test_ebbs() -> None:
    """Of a saw that stands still the ebbs do too; a short run is taken as it is."""
    saw = [(at, 100 + at % EBB_SECONDS) for at in range(0, 3000, 10)]
    assert {size for _, size in ebbs(saw)} == {100}
    assert len(ebbs(saw)) == 9
    rising = [(at, size + at / 100) for at, size in saw]
    assert slope(ebbs(rising)) == pytest.approx(0.01)
    assert ebbs(saw[:50]) == saw[:50]


def test_slope() -> None:
    """The slope is that of the line through the points."""
    assert slope([(0, 1), (1, 3), (2, 5)]) == 2
    assert slope([(5, 1)]) == 0
