"""A sweep that is killed: a batch is whole or not there, and what was counted equals a recount."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
from pathlib import Path

import pytest

from protocol.limits import HOUR_MS
from storage.database import Database
from storage.privacy.hooks import HookChain
from storage.privacy.sweeper import Sweeper
from tests.storage.builders import NOW, add_room

ROWS = 6000
KILLS = 6
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
    """Return how many rows are left, and how many were counted."""
    with sqlite3.connect(path) as db:
        (left,) = db.execute("SELECT count(*) FROM events").fetchone()
        (counted,) = db.execute("SELECT coalesce(sum(n), 0) FROM tallies").fetchone()
        (state,) = db.execute("PRAGMA integrity_check").fetchone()
    db.close()
    assert state == "ok"
    return left, counted


@pytest.mark.slow
async def test_killed_in_the_middle(tmp_path: Path) -> None:
    """However often it is killed at whatever moment, every row is either there or counted, never both."""
    path, dice = tmp_path / "room.db", random.Random(3)
    db = await Database.open(path)
    await add_room(db)
    async with db.transaction() as tx:
        await tx.executemany(
            """
            INSERT INTO events (category, kind, room_id, actor_id, at_ms, expires_at_ms, policy_rev, payload)
            VALUES ('presence', 'member.joined', 'r1', 'anna', ?, ?, 1, '{}')""",
            [(NOW + number * HOUR_MS // 100, NOW + number) for number in range(ROWS)],
        )
    await db.close()
    met = set()
    for _ in range(KILLS):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _SWEEP, str(path), str(NOW + ROWS), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"open\n"
        try:
            await asyncio.wait_for(process.wait(), dice.random() * 0.1)
        except TimeoutError:
            process.kill()
            await process.communicate()
        left, counted = counts(path)
        assert left + counted == ROWS
        met.add(left)
    assert len(met) > 1, "no kill came in the middle"
    db = await Database.open(path)
    await Sweeper(db, HookChain(), rest=_no_rest).sweep(NOW + ROWS)
    await db.close()
    assert counts(path) == (0, ROWS)
