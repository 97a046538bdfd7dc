"""
What the server must hold under ``roomclient load``, each figure with a fresh server.

``python -m tests.benchmarks.house [NAME …]`` starts the server on the first core and the
load tester on the others; without names it measures everything, which takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from client_demo.load.loop import fast_runner
from client_demo.load.machine import environment
from tests.benchmarks.peers import free_port, running

SOURCES = ("--source", "127.0.0.2-9")
PATIENCE = "10s"
"""How late the generator may be here: what it says of itself is in the figures."""


class Case(NamedTuple):
    """A run of the load tester, and which of its figures are told."""

    name: str
    arguments: Sequence[str]
    figures: Sequence[str]


def _load(scenario: str, members: int, *more: str) -> list[str]:
    return ["--scenario", scenario, "--members", str(members), *SOURCES, *more]


CPU = ("server_cpu_us", "delivery_ratio")
LATENCY = ("fanout_p50", "fanout_p99", "delivery_ratio", "server_cpu", "lag_p99")
ACK = ("ack_p50", "ack_p99", "answered_per_s", "delivery_ratio", "server_cpu", "lag_p99")
JOIN = ("join_p99", "join_max", "elapsed_s", "told_room.members", "told_bytes_room.members", "server_cpu")
STALLED = (*LATENCY, "server_rss_mib")
TALLIES = ("told_vote.tally", "peak_vote.tally")
SIZES = (100, 500, 1000, 2000, 4000)
CASES = (
    *(Case(f"burst-{n}", _load("chat-flood", n, "--stage", "0-3s:1"), CPU) for n in SIZES),
    Case("hot-1000", _load("hot-room", 1000, "--stage", "0-10s:200"), LATENCY),
    Case("acks-2000", _load("many-rooms", 500, "--rooms", "50", "--stage", "0-8s:2000"), ACK),
    Case("acks-8000", _load("many-rooms", 500, "--rooms", "50", "--stage", "0-8s:8000"), ACK),
    *(
        Case(f"joins-{n}", _load("join-storm", n, "--stage", f"0-{n / 1000:g}s:1000"), JOIN)
        for n in (1000, 2000, 4000, 5000)
    ),
    Case("votes-1000", _load("vote-burst", 1000, "--stage", "0-1s:1000"), TALLIES),
    Case("readers-500", _load("slow-reader", 500, "--stalled", "0", "--stage", "0-10s:20"), LATENCY),
    Case("readers-500-50-stalled", _load("slow-reader", 500, "--stage", "0-10s:20"), STALLED),
    *(
        Case(
            f"rooms-{n}",
            _load("many-rooms", 2 * n, "--rooms", str(n), "--settle", "10s", "--stage", "0-20s:500"),
            ("server_cpu_us_per_command", "delivery_ratio"),
        )
        for n in (1, 50, 500, 2000, 5000)
    ),
    Case(
        "idle-10000",
        _load("idle", 10_000, "--rooms", "10", "--stage", "0-20s:0"),
        ("server_rss_kib_per_member", "server_cpu", "connect_p99", "join_p99"),
    ),
)


async def _generate(port: int, pid: int, case: Case, folder: Path) -> dict[str, float]:
    report = folder / "report.json"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "client_demo.load", f"http://127.0.0.1:{port}", "--server-pid", str(pid),
        "--late", PATIENCE, "--json", str(report), *case.arguments,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    if await process.wait():
        raise RuntimeError(f"expected a run of {case.name}")
    whole = json.loads(report.read_text(encoding="utf-8"))
    values: dict[str, float] = whole["values"]
    values |= {f"told_bytes_{name}": size for name, size in whole["told_bytes"].items()}
    return {name: values[name] for name in case.figures if name in values}


async def measure(case: Case) -> dict[str, Any]:
    """Measure a case with a server of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        command = ["-m", "roomserver", "serve", "--port", str(port), "--data", str(folder / "data")]
        async with running([sys.executable, *command], port) as pid:
            return {"name": case.name, **await _generate(port, pid, case, folder)}


async def run(names: Sequence[str]) -> list[dict[str, Any]]:
    """Measure the cases whose names begin with one of these."""
    rows = []
    for case in CASES:
        if not names or any(case.name.startswith(name) for name in names):
            rows.append(await measure(case))
            told = "  ".join(f"{name} {value:,.2f}" for name, value in rows[-1].items() if name != "name")
            print(f"{case.name:<24} {told}", flush=True)
    return rows


def main() -> None:
    """Measure, print, and keep the figures beside those that were not measured now."""
    parser = argparse.ArgumentParser(description="Measure what this server must hold.")
    parser.add_argument("names", nargs="*", help="beginnings of names; all by default")
    parser.add_argument("--json", type=Path, help="put the figures into this file")
    arguments = parser.parse_args()
    if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
    with fast_runner() as runner:
        rows = runner.run(run(arguments.names))
    if arguments.json is not None:
        kept = json.loads(arguments.json.read_text(encoding="utf-8")) if arguments.json.is_file() else {}
        date = dt.datetime.now(dt.UTC).date().isoformat()
        kept |= {row["name"]: {**row, "date": date} for row in rows}
        kept["environment"] = environment()
        arguments.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
