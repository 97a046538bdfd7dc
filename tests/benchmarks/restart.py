"""
Coming back: how long a server with many rooms and a long log takes until it is ready.

``python -m tests.benchmarks.restart`` fills a data folder (every room plays, every room has
a log), starts the server on it as a process, and waits for ``/readyz``; then it asks for the
rooms one after the other, as if each were entered first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from protocol.commands import RoomJoin, SessionGuest
from protocol.values import Media
from roomserver.config import DATABASE
from roomserver.server import Server
from storage.columns import media_column
from tests.benchmarks.inside import Guest, config_for, make_rooms
from tests.benchmarks.peers import free_port

PLAY_MS = 3_600_000
READY_SECONDS = 60.0

_CLONE = """
WITH RECURSIVE numbers (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < :events)
INSERT INTO events ({columns})
SELECT {values} FROM rooms, numbers, (SELECT * FROM events WHERE kind = 'chat.message' LIMIT 1) AS one
WHERE rooms.id <> one.room_id"""


async def _first_message(folder: Path, rooms: int) -> None:
    server = await Server.start(config_for(folder))
    ids = await make_rooms(server, rooms)
    guest = Guest(server)
    await guest.ask(SessionGuest())
    await guest.ask(RoomJoin(room=ids[0]))
    guest.chat(ids[0])
    await server.beat.barrier()
    await server.close()


def _clone(database: sqlite3.Connection, events: int) -> None:
    """Give every room the same log and a play that goes on."""
    names = [row[1] for row in database.execute("PRAGMA table_info(events)") if row[1] != "id"]
    own = {"room_id": "rooms.id", "epoch": "rooms.epoch", "seq": "numbers.seq"}
    values = [own.get(name, f"one.{name}") for name in names]
    database.execute(_CLONE.format(columns=", ".join(names), values=", ".join(values)), {"events": events})
    database.execute("UPDATE rooms SET seq = :events WHERE seq = 0", {"events": events})
    media = Media(source="youtube", source_id="abcdefghijk", title="Track", duration_ms=PLAY_MS)
    now_ms = time.time_ns() // 1_000_000
    database.execute(
        "INSERT INTO plays (id, room_id, dj_id, media, started_at_ms, duration_ms, position_ms,"
        " expires_at_ms, policy_rev) SELECT 'play-' || id, id, NULL, ?, ?, ?, 0, ?, 1 FROM rooms",
        (media_column(media), now_ms, PLAY_MS, now_ms + 10 * PLAY_MS),
    )
    database.commit()


def fill(folder: Path, rooms: int, events: int) -> int:
    """Make a data folder; return how many events its log has."""
    asyncio.run(_first_message(folder, rooms + 1))
    with contextlib.closing(sqlite3.connect(folder / DATABASE)) as database:
        _clone(database, events // rooms)
        count: int = database.execute("SELECT count(*) FROM events").fetchone()[0]
        return count


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def restart(folder: Path) -> float:
    """Start the server on a data folder; return the seconds until it is ready."""
    port = free_port()
    command = [sys.executable, "-m", "roomserver", "serve", "--port", str(port), "--data", str(folder)]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    try:
        while not _is_ready(port):
            if time.monotonic() - began > READY_SECONDS or process.poll() is not None:
                raise RuntimeError("expected a server that gets ready")
            time.sleep(0.01)
        return time.monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def main() -> None:
    """Print the seconds."""
    parser = argparse.ArgumentParser(description="Measure how long a restart takes.")
    parser.add_argument("--rooms", type=int, default=1000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = fill(folder, arguments.rooms, arguments.events)
        found = {"rooms": arguments.rooms, "events": events, "seconds": [restart(folder) for _ in range(3)]}
    print(json.dumps(found))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
