"""``make soak``: 30 minutes, 2000 connections, churn of 50 a second; ``MINUTES=5`` for less."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import WHEEL_SECONDS, Report, soak
from tests.soak.swarm import Plan

SLOPE_PERCENT = 1.0
WARM_SECONDS = 600
"""
Until memory is full that has a limit: nonces are kept for five minutes, rings hold 512 events,
who left is remembered for one; by then the allocator has met every size twice.
"""
GROWTH_SHARE = 0.02
"""By so much what is alive may differ from one look to the next: who comes and goes is drawn by lot."""
STEADY = (
    "Connection",
    "Caller",
    "Person",
    "Member",
    "LiveRoom",
    "Buckets",
    "TimerHandle",
    "tasks",
    "objects",
)
SLACK = 40
WARM_SHARE_MAX = 0.6


def problems_of(report: Report) -> list[str]:
    """Return what a soak of a length that means something must not show."""
    counted = ("lost", "doubled", "resyncs", "not let in")
    problems = [f"{what}: {count}" for what in counted if (count := report.counts.get(what, 0))]
    if report.slope_percent_an_hour >= SLOPE_PERCENT:
        problems.append(f"memory grows by {report.slope_percent_an_hour:.2f} % an hour")
    pairs = {what: (report.before[what], report.after[what]) for what in ("Connection", "Caller", "tasks")}
    pairs["sockets"] = report.opened_before.sockets, report.opened_after.sockets
    warm_files = next(one.opened.others for one in report.samples if one.at_seconds >= report.warm_seconds)
    # Against when it was warm: the server opens its database anew when it first washes it.
    pairs["files"] = warm_files, report.opened_after.others
    problems += [
        f"{what}: {one} before, {other} after" for what, (one, other) in pairs.items() if other > one
    ]
    for what in STEADY:
        warm, late = report.warm[what], report.late[what]
        if late > warm + SLACK + GROWTH_SHARE * warm:
            problems.append(f"{what} with everybody in: {warm} when it was warm, {late} later")
    return problems


def main() -> int:
    """Soak for so long; 1 when something grew or got lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--churn", type=float, default=50)
    parser.add_argument("--samples", type=Path, help="write the samples here, as JSON")
    given = parser.parse_args()
    seconds = given.minutes * 60
    warm_seconds = min(WARM_SECONDS, WARM_SHARE_MAX * seconds)
    plan = Plan(0, given.clients, 10, min(80, given.clients // 4), given.churn, 30, seconds)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        report = asyncio.run(soak(data, plan, warm_seconds, WHEEL_SECONDS))
    print(report)
    if given.samples:
        given.samples.write_text(json.dumps(report.samples), encoding="ascii")
    problems = problems_of(report)
    for problem in problems:
        print(f"not as expected: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
