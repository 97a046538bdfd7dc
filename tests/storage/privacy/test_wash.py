"""The wash: what moved rows left behind in pages goes too, and nothing else changes."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from storage.database import Database
from storage.privacy.wash import PAGES_PER_TURN, Washed, wash
from tests.storage.builders import NOW, add_room

_CANARY = re.compile(rb"canary-(\d{6})-")
_EVENT = """
INSERT INTO events (id, category, kind, at_ms, expires_at_ms, policy_rev, payload)
VALUES (?, 'signin', 'x', ?, 1, 1, ?)"""
_BAN = "INSERT INTO sanctions VALUES ('r1', 'ban', ?, 1, 'x', 1, ?, 0, NULL)"
_TABLES = ("events", "sanctions", "tombstones", "votes")


async def stained(db: Database, turns: int = 30) -> set[int]:
    """
    Record and delete rows of many sizes, as categories with different times do; return which are left.

    Of each number there is a text in a row, a reason and a key in a table that is an index, and
    keys in an index beside a table.
    """
    dice, left, keys = random.Random(3), set[int](), dict[int, str]()
    await add_room(db)
    for turn in range(turns):
        fresh = range(turn * 40, turn * 40 + 40)
        words = {n: f"canary-{n:06d}-" + "x" * dice.randrange(400) for n in fresh}
        keys |= {n: f"{dice.randrange(1 << 20):x}{word[:60]}" for n, word in words.items()}
        left.update(fresh)
        gone = [(number,) for number in dice.sample(sorted(left), min(len(left), 36))]
        left -= {number for (number,) in gone}
        async with db.transaction() as tx:
            await tx.executemany(_EVENT, [(n + 1, NOW, f'{{"text":"{word}"}}') for n, word in words.items()])
            await tx.executemany(_BAN, [(keys[n], word) for n, word in words.items()])
            await tx.executemany(
                "INSERT INTO votes VALUES ('p', ?, 1, 0, 1, 1, 1)", [(keys[n],) for n in fresh]
            )
        async with db.transaction() as tx:
            await tx.executemany("DELETE FROM events WHERE id = ? + 1", gone)
            for table in ("sanctions", "votes"):
                await tx.executemany(
                    f"DELETE FROM {table} WHERE account_id = ?", [(keys[n],) for (n,) in gone]
                )
    assert await db.checkpoint()
    return left


def in_file(path: Path) -> set[int]:
    """Return the canaries in the database's file."""
    return {int(number) for number in _CANARY.findall(path.read_bytes())}


async def content(db: Database) -> list[tuple[object, ...]]:
    """Return all rows that matter here."""
    return [tuple(row) for table in _TABLES for row in await db.rows(f"SELECT * FROM {table}")]


async def test_leftovers_go(db: Database, path: Path) -> None:
    """Deleting leaves copies although it overwrites; after the wash there is none, and no row differs."""
    left = await stained(db)
    assert in_file(path) > left, "expected SQLite to leave something behind: else this is needed no more"
    before = await content(db)

    washed = await wash(db)
    assert washed.is_complete
    assert washed.pages > 0
    assert in_file(path) == left
    assert await content(db) == before
    row = await db.row("PRAGMA integrity_check")
    assert row is not None
    assert row[0] == "ok"


async def test_a_clean_file(db: Database) -> None:
    """A second wash finds nothing, and changes nothing."""
    await stained(db, 10)
    await wash(db)
    assert await wash(db) == Washed(0, is_complete=True)


async def test_what_is_remembered_does_not_come_back(db: Database, path: Path) -> None:
    """The writer changes a washed page that it had in memory: what it writes is the washed one."""
    left = await stained(db)
    await wash(db)
    async with db.transaction() as tx:
        await tx.execute("UPDATE events SET at_ms = at_ms + 1")
        await tx.execute("UPDATE sanctions SET at_ms = at_ms + 1")
        await tx.execute("UPDATE votes SET at_ms = at_ms + 1")
    assert await db.checkpoint()
    assert in_file(path) == left


async def test_people_write_meanwhile(db: Database, path: Path) -> None:
    """A wash of many turns lets others write in between, and harms nothing of what they write."""
    left = await stained(db, 150)

    async def write() -> None:
        for number in range(200):
            async with db.transaction() as tx:
                await tx.execute(_EVENT, (1_000_000 + number, NOW, '{"text":"somebody else"}'))
            await asyncio.sleep(0)

    washed, _ = await asyncio.gather(wash(db), write())
    assert washed.pages > PAGES_PER_TURN
    while (await wash(db)).pages:
        pass
    assert await db.checkpoint()
    assert in_file(path) == left
    row = await db.row("SELECT count(*) AS n FROM events WHERE id >= 1000000")
    assert row is not None
    assert row["n"] == 200
    row = await db.row("PRAGMA integrity_check")
    assert row is not None
    assert row[0] == "ok"


async def test_a_foreign_reader(db: Database, path: Path) -> None:
    """While somebody reads, nothing is overwritten under them, and the wash says that it is not done."""
    left = await stained(db)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchall()
    async with db.transaction() as tx:
        await tx.execute("UPDATE ledger_mark SET seq = 7")
    before = in_file(path)
    assert before > left
    assert await wash(db) == Washed(0, is_complete=False)
    assert in_file(path) == before
    reader.close()

    assert (await wash(db)).is_complete
    assert in_file(path) == left


async def test_locks_stay(db: Database, path: Path) -> None:
    """After a wash another program that opens and closes the database leaves its log alone."""
    await stained(db, 10)
    await wash(db)
    async with db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO events (category, kind, at_ms, expires_at_ms, policy_rev, payload)
            VALUES ('signin', 'later', 1, 1, 1, '{}')"""
        )
    log = path.with_name(f"{path.name}-wal")
    before = log.stat().st_ino
    count = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", count, path, "SELECT count(*) FROM events WHERE kind = 'later'", stdout=PIPE
    )
    found, _ = await other.communicate()

    assert found == b"1\n"
    assert log.stat().st_ino == before
