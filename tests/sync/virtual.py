"""
Virtual players on a real server: ours, and the policies of two known programs.

``python -m tests.sync.virtual`` prints the figures and writes ``docs/sync.json`` and the chart
``docs/sync.svg``. The players are the JavaScript SDK itself on fake media elements
(``client_demo/js/harness``): clocks that are wrong, networks that are late and uneven, devices
that sound late, data that runs out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from client_demo.sdk import Client
from client_demo.web import build
from tests.sync.arena import REPOSITORY, ROOM, Arena, dj, skip, track
from tests.sync.chart import draw

PLAYERS = {"ours": 500, "cytube": 60, "opentogethertube": 60}
SECONDS = 120
TRACK_SECONDS = 30.0
TRACKS = 12
SKIP_AFTER_SECONDS = 45
SEED = 1
COLUMNS = (
    "policy",
    "players",
    "steady p50",
    "p95",
    "p99",
    "spread p95",
    "first sound p95",
    "gap p95",
    "within 10 ms",
    "steady seeks an hour",
)


async def measure(
    players: Mapping[str, int], seconds: float, *, skip_after: float | None = None, seed: int = SEED
) -> dict[str, Any]:
    """
    Run the players against a fresh server for so long; return the figures by strategy.

    ``skip_after`` says after how many seconds the DJ skips once.
    """
    with tempfile.TemporaryDirectory() as folder:
        async with Arena(Path(folder) / "data") as arena:
            tracks = [track(number, TRACK_SECONDS) for number in range(TRACKS)]
            async with dj(arena, tracks) as client:
                process = await asyncio.create_subprocess_exec(
                    build.find_tools().node[0],
                    "scripts/harness.mjs",
                    *(arena.ws, ROOM, json.dumps(dict(players)), str(seconds), str(seed)),
                    cwd=build.SDK,
                    stdout=asyncio.subprocess.PIPE,
                )
                skipping = None if skip_after is None else asyncio.create_task(_skip(client, skip_after))
                out, _ = await process.communicate()
                if skipping is not None:
                    await skipping
    assert process.returncode == 0, "the harness ended by itself"
    figures: dict[str, Any] = json.loads(out)
    return figures


async def _skip(client: Client, after_seconds: float) -> None:
    await asyncio.sleep(after_seconds)
    await skip(client)


def rows(figures: Mapping[str, Any]) -> str:
    """Return the figures as a table for people."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for name, one in figures["strategies"].items():
        steady = one["steady_ms"]
        arrival = one["within_10_ms_after_s"]
        arrived = f"p95 {arrival['p95']} s ({arrival['n']} of {one['players']})" if arrival["n"] else "never"
        lines.append(
            f"| {name} | {one['players']} | {steady['p50']} | {steady['p95']} | {steady['p99']} "
            f"| {one['spread_ms']['p95']} | {one['first_sound_ms']['p95']} | {one['gap_ms']['p95']} "
            f"| {arrived} | {one['steady_seeks_per_player_hour']} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the documents."""
    parser = argparse.ArgumentParser(description="Measure virtual players against a real server.")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--players", type=int, default=PLAYERS["ours"], help="how many of our own")
    parser.add_argument("--docs", action="store_true", help="write docs/sync.json and docs/sync.svg")
    options = parser.parse_args()
    players = {**PLAYERS, "ours": options.players}
    figures = asyncio.run(measure(players, options.seconds, skip_after=SKIP_AFTER_SECONDS))
    sys.stdout.write(rows(figures) + "\n")
    if options.docs:
        docs = REPOSITORY / "docs"
        (docs / "sync.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        (docs / "sync.svg").write_text(draw(figures["strategies"]), encoding="utf-8")


if __name__ == "__main__":
    main()
