"""The wash: what moved rows left behind in pages goes too, and nothing else changes."""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from storage.database import Database
from storage.privacy.registry import TABLES
from storage.privacy.wash import COLUMNS, find_stains, wash
from tests.storage.builders import NOW

_CANARY = re.compile(rb"canary-(\d{6})-")


async def stained(db: Database) -> set[int]:
    """Record and delete rows of many sizes, as categories with different times do; return which are left."""
    dice, left = random.Random(3), set[int]()
    for turn in range(30):
        rows = []
        for number in range(turn * 40, turn * 40 + 40):
            text = f"canary-{number:06d}-" + "x" * dice.randrange(400)
            rows.append((number + 1, NOW, f'{{"text":"{text}"}}'))
            left.add(number)
        gone = dice.sample(sorted(left), min(len(left), 36))
        left -= set(gone)
        async with db.transaction() as tx:
            await tx.executemany(
                """
                INSERT INTO events (id, category, kind, at_ms, expires_at_ms, policy_rev, payload)
                VALUES (?, 'signin', 'x', ?, 1, 1, ?)""",
                rows,
            )
        async with db.transaction() as tx:
            await tx.executemany("DELETE FROM events WHERE id = ?", [(number + 1,) for number in gone])
    assert await db.checkpoint()
    return left


def in_file(path: Path) -> set[int]:
    """Return the canaries in the database's file."""
    return {int(number) for number in _CANARY.findall(path.read_bytes())}


async def roots(db: Database) -> dict[str, int]:
    """Return the first pages of the tables that are washed."""
    rows = await db.rows("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'")
    return {row["name"]: row["rootpage"] for row in rows if row["name"] in COLUMNS}


async def test_leftovers_go(db: Database, path: Path) -> None:
    """Deleting leaves copies although it overwrites; after the wash there is none, and no row differs."""
    left = await stained(db)
    assert in_file(path) > left, "expected SQLite to leave something behind: else this is needed no more"
    before = [tuple(row) for row in await db.rows("SELECT * FROM events ORDER BY id")]
    assert find_stains(db.descriptor, await roots(db))

    assert await wash(db) > 0
    assert await db.checkpoint()
    assert in_file(path) == left
    assert [tuple(row) for row in await db.rows("SELECT * FROM events ORDER BY id")] == before
    row = await db.row("PRAGMA integrity_check")
    assert row is not None
    assert row[0] == "ok"


async def test_a_clean_file(db: Database) -> None:
    """A second wash finds nothing, and changes nothing."""
    await stained(db)
    await wash(db)
    await db.checkpoint()
    assert await wash(db) == 0


async def test_a_file_in_ruins(tmp_path: Path) -> None:
    """What cannot be read as pages gives no hint, or an error that the wash forgives; it is only read."""
    path = tmp_path / "ruin.db"
    path.write_bytes(b"\0" * 16 + b"\x10\x00" + bytes([13]) * 9000)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        found = find_stains(descriptor, {"events": 2})
    except IndexError:
        found = []
    finally:
        os.close(descriptor)
    assert len(found) <= 1


async def test_locks_stay(db: Database, path: Path) -> None:
    """After a wash another program that opens and closes the database leaves its log alone."""
    await stained(db)
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


@pytest.mark.parametrize("table", COLUMNS)
def test_tables(table: str) -> None:
    """Every table that is washed exists, with the column that it is washed by."""
    assert COLUMNS[table] in TABLES[table].columns
