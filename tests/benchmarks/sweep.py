"""
Chat while a million rows are swept.

``python -m tests.benchmarks.sweep --rows 1000000`` fills a database with rows that are over, starts the
server on it in a process of its own, and lets guests talk while it sweeps: how long until a message is
acknowledged, how long the start took, how long until nothing is left. Before that the same
without anything to sweep.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from protocol.limits import DAY_MS
from roomserver.testing.wire import Wire
from tests.support.process import Process

ROWS = 1_000_000
GUESTS = 40
PAUSE_SECONDS = 0.5
"""Between two messages of a guest; together they send 80 a second."""
QUIET_SECONDS = 10.0
LONGEST_SECONDS = 170.0
"""How long a million rows may take; more may take as many times longer."""
SETTINGS = {"RATES__CHAT": "1000000/1"}


class Figures(NamedTuple):
    """Acknowledgements in milliseconds, and how long it took to start and to sweep, in seconds."""

    acks_ms: list[float]
    start_seconds: float
    sweep_seconds: float


def percentile(values: list[float], percent: float) -> float:
    """Return a percentile of values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def fill(path: Path, rows: int) -> None:
    """Put rows into the log that are over, as a server that was long away would find them."""
    now = time.time_ns() // 1_000_000
    text = '{"id":"%d","user":{"$user":"anna"},"text":"' + "something that was said " * 4 + '","mentions":[]}'
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA synchronous = OFF")
        (room_id,) = db.execute("SELECT id FROM rooms LIMIT 1").fetchone()
        db.executemany(
            """
            INSERT INTO events (category, kind, room_id, actor_id, at_ms, expires_at_ms, policy_rev, payload)
            VALUES ('chat', 'chat.message', ?, 'anna', ?, ?, 1, ?)""",
            (
                (room_id, now - 31 * DAY_MS - number, now - DAY_MS - number, text % number)
                for number in range(rows)
            ),
        )
    db.close()


def left(path: Path) -> int:
    """Count the rows that are over."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        (count,) = db.execute(
            "SELECT count(*) FROM events WHERE expires_at_ms < ?", (time.time() * 1000,)
        ).fetchone()
    db.close()
    return int(count)


async def talk(wire: Wire, wait_seconds: float, until: asyncio.Event, acks_ms: list[float]) -> None:
    """Say something again and again, not all at once; note how long each acknowledgement took."""
    await asyncio.sleep(wait_seconds)
    while not until.is_set():
        began = time.perf_counter()
        await wire.ask("chat.send", room="lobby", text="hello there")
        acks_ms.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)


async def measure(folder: Path, rows: int) -> Figures:
    """Start on a database with so many rows that are over, and talk until they are gone."""
    process = Process(folder, settings=SETTINGS)
    database = folder / "roomserver.db"
    await process.start()
    await process.end(signal.SIGTERM)
    if rows:
        await asyncio.to_thread(fill, database, rows)
    began = time.perf_counter()
    await process.start()
    started = time.perf_counter() - began
    acks_ms: list[float] = []
    done = asyncio.Event()
    wires = [await Wire.to(process.port) for _ in range(GUESTS)]
    for wire in wires:
        await wire.ask("session.guest")
        await wire.ask("room.join", room="lobby")
    talking = [
        asyncio.create_task(talk(wire, PAUSE_SECONDS * number / GUESTS, done, acks_ms))
        for number, wire in enumerate(wires)
    ]
    longest = LONGEST_SECONDS * max(1, rows / ROWS)
    while time.perf_counter() - began < longest:
        await asyncio.sleep(1 if rows else QUIET_SECONDS)
        if not rows or not await asyncio.to_thread(left, database):
            break
    else:
        raise SystemExit(f"expected nothing left after {longest:.0f} s, got {left(database)} rows")
    swept = time.perf_counter() - began
    done.set()
    await asyncio.gather(*talking)
    for wire in wires:
        await wire.leave()
    await process.end(signal.SIGTERM)
    return Figures(acks_ms, started, swept)


def row(name: str, figures: Figures) -> str:
    """Return a row of the table."""
    acks = figures.acks_ms
    middle, high, worst = statistics.median(acks), percentile(acks, 99), max(acks)
    return (
        f"| {name} | {len(acks)} | {middle:.1f} | {high:.1f} | {worst:.1f} |"
        f" {figures.start_seconds:.1f} | {figures.sweep_seconds:.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    print("| | messages | median ms | p99 ms | worst ms | start s | swept after s |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        print(row("nothing to sweep", asyncio.run(measure(Path(folder) / "quiet", 0))))
        print(row(f"{rows} rows to sweep", asyncio.run(measure(Path(folder) / "busy", rows))))


if __name__ == "__main__":
    main()
