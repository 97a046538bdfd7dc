"""Kills in the middle: a sweep whose process dies again and again, at whatever moment."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from protocol.limits import HOUR_MS
from storage.database import Database
from storage.privacy.hooks import HookChain
from storage.privacy.sweeper import Sweeper
from tests.storage.builders import NOW, add_room

_SWEEP = """
import asyncio, sys
from pathlib import Path
from storage.database import Database
from storage.privacy.hooks import HookChain
from storage.privacy.sweeper import Sweeper

async def main():
    db = await Database.open(Path(sys.argv[1]))
    print("open", flush=True)
    sweeper = Sweeper(db, HookChain())
    for pace in sweeper._pace.values():
        pace.batch = 50
    await sweeper.sweep(int(sys.argv[2]))
    await db.close()

asyncio.run(main())
"""


async def _no_rest(_seconds: float) -> None:
    """Go on at once."""


def counts(path: Path) -> tuple[int, int]:
    """Return how many rows are left, and how many were counted; the file must be whole."""
    with sqlite3.connect(path) as db:
        (left,) = db.execute("SELECT count(*) FROM events").fetchone()
        (counted,) = db.execute("SELECT coalesce(sum(n), 0) FROM tallies").fetchone()
        (state,) = db.execute("PRAGMA integrity_check").fetchone()
    db.close()
    assert state == "ok", state
    return left, counted


async def sweep_killed(path: Path, kills: int, rows: int, seed: int = 3) -> int:
    """
    Kill a sweep of so many rows again and again, and let the last one finish.

    Every row is either there or counted, never both. Return how many kills found it further on.
    """
    dice = random.Random(seed)
    db = await Database.open(path)
    await add_room(db)
    async with db.transaction() as tx:
        await tx.executemany(
            """
            INSERT INTO events (category, kind, room_id, actor_id, at_ms, expires_at_ms, policy_rev, payload)
            VALUES ('presence', 'member.joined', 'r1', 'anna', ?, ?, 1, '{}')""",
            [(NOW + number * HOUR_MS // 100, NOW + number) for number in range(rows)],
        )
    await db.close()
    met = set()
    for _ in range(kills):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _SWEEP, str(path), str(NOW + rows), stdout=PIPE
        )
        assert process.stdout is not None, "it is a pipe"
        assert await process.stdout.readline() == b"open\n"
        try:
            await asyncio.wait_for(process.wait(), dice.random() * 0.1)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it may have ended at that very moment
                process.kill()
            await process.communicate()
        left, counted = counts(path)
        assert left + counted == rows, (left, counted)
        met.add(left)
    db = await Database.open(path)
    await Sweeper(db, HookChain(), rest=_no_rest).sweep(NOW + rows)
    await db.close()
    assert counts(path) == (0, rows)
    return len(met)
