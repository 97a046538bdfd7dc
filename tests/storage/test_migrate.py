"""Migrations: each with its record at once, and no file touched that is not ours."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import aiosqlite
import pytest

from protocol.text import text_key
from protocol.values import Rules, Sanction
from storage import migrate
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import (
    NameTakenError,
    NewerSchemaError,
    StorageUnavailableError,
    UnusableDatabaseError,
)
from storage.journal import Journal
from storage.lookalikes import skeleton
from storage.records import SanctionRow, Standing, WaitingRecord, Writes
from storage.rooms import Rooms
from tests.storage.builders import account, add_room, person


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.commit()
    connection.close()


def _text(path: Path) -> None:
    path.write_text("this is a letter, not a database\n" * 100)


async def _bytes(path: Path) -> bytes:
    return await asyncio.to_thread(path.read_bytes)


def _truncated(path: Path) -> None:
    _foreign(path)
    path.write_bytes(path.read_bytes()[:1500])


@pytest.mark.parametrize("make", [_foreign, _text, _truncated])
async def test_refuses_what_is_not_ours(path: Path, make: Callable[[Path], None]) -> None:
    """A file of another program, of no database or a damaged one is refused and left as it was."""
    make(path)
    before = await _bytes(path)
    with pytest.raises(UnusableDatabaseError, match="cannot use"):
        await Database.open(path)
    assert await _bytes(path) == before


async def test_refuses_newer_schema(path: Path) -> None:
    """A schema of a later version is refused, naming both versions."""
    await (await Database.open(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerSchemaError, match=r"expected schema version \d+ or older, got 99"):
        await Database.open(path)


async def test_locked_file_is_unavailable(path: Path) -> None:
    """A file that another process holds is not called damaged."""
    _foreign(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    async with aiosqlite.connect(path, timeout=0) as connection:
        with pytest.raises(StorageUnavailableError, match="locked"):
            await migrate.check(connection, path, migrate.load_migrations())
    holder.close()


async def test_applies_only_what_is_missing(path: Path) -> None:
    """Opening again migrates nothing, and a later step is applied on top."""
    steps = [*migrate.load_migrations()]
    await (await Database.open(path)).close()
    later = migrate.Migration(len(steps) + 1, "later.sql", "CREATE TABLE later (a);")
    async with aiosqlite.connect(path) as connection:
        version = await migrate.check(connection, path, [*steps, later])
        assert version == len(steps)
        await migrate.apply(connection, path, version, [*steps, later])
        assert await migrate.check(connection, path, [*steps, later]) == later.version
        await connection.execute("SELECT a FROM later")


async def test_failed_step_leaves_nothing(path: Path) -> None:
    """A step that fails in its middle leaves neither its tables nor its record."""
    broken = migrate.Migration(1, "0001_broken.sql", "CREATE TABLE half (a); INSERT INTO missing VALUES (1);")
    async with aiosqlite.connect(path) as connection:
        with pytest.raises(UnusableDatabaseError, match=r"0001_broken\.sql failed: no such table"):
            await migrate.apply(connection, path, 0, [broken])
        assert await migrate.check(connection, path, [broken]) == 0
        rows = await connection.execute_fetchall("SELECT * FROM sqlite_schema")
        assert list(rows) == []


def test_packaged_migrations_are_numbered() -> None:
    """The packaged steps count from 1 without a hole."""
    steps = migrate.load_migrations()
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    assert all(step.name.startswith(f"{step.version:04}_") for step in steps)


async def test_skeletons_of_accounts_from_before(path: Path) -> None:
    """Accounts get their skeleton; of those that look alike the oldest holds it, and all keep their names."""
    old = migrate.load_migrations()[:2]
    async with aiosqlite.connect(path) as connection:
        await migrate.apply(connection, path, 0, old)
        for ident, name, at in [("u1", "PaypaI", 5), ("u2", "paypal", 3), ("u3", "berta", 9)]:
            await connection.execute(
                "INSERT INTO accounts (id, kind, name, name_key, created_at_ms) VALUES (?, 'user', ?, ?, ?)",
                (ident, name, text_key(name), at),
            )
        await connection.commit()
    database = await Database.open(path)
    try:
        rows = await database.rows("SELECT id, name, name_skeleton FROM accounts ORDER BY id")
        assert [tuple(row) for row in rows] == [
            ("u1", "PaypaI", None),
            ("u2", "paypal", skeleton("paypal")),
            ("u3", "berta", skeleton("berta")),
        ]
        with pytest.raises(NameTakenError):
            await Accounts(database).create(account("u4", "paypa1"))
    finally:
        await database.close()


async def test_addresses_that_were_counted(path: Path) -> None:
    """Typed addresses of a database from before are counted without them; what a day had stays in sum."""
    [step] = [step for step in migrate.load_migrations() if step.name.endswith("_counted_addresses.sql")]
    database = await Database.open(path)
    await add_room(database)
    await database.close()
    async with aiosqlite.connect(path) as connection:
        for day, source, source_id in [
            (0, "direct", "https://x/words"),
            (0, "direct", "https://x/more"),
            (0, "direct", "/media/removed"),
            (0, "direct", "/media/a.ogg"),
            (0, "youtube", "abc"),
            (1, "direct", "https://x/words"),
        ]:
            await connection.execute(
                "INSERT INTO media_days VALUES ('r1', ?, ?, ?, 2, 1, 0, 1)", (day, source, source_id)
            )
        await connection.executescript(step.sql)
        rows = await connection.execute_fetchall(
            "SELECT day_ms, source_id, plays, woots, grabs FROM media_days ORDER BY day_ms, source_id"
        )
        assert [tuple(row) for row in rows] == [
            (0, "/media/a.ogg", 2, 1, 1),
            (0, "/media/removed", 6, 3, 3),
            (0, "abc", 2, 1, 1),
            (1, "/media/removed", 2, 1, 1),
        ]


async def test_rules_of_rooms_from_before(path: Path) -> None:
    """A room of the first schema keeps everything, opens without rules, and takes bans from then on."""
    old = migrate.load_migrations()[:1]
    async with aiosqlite.connect(path) as connection:
        await migrate.apply(connection, path, 0, old)
        await connection.execute(
            """
            INSERT INTO rooms
              (id, slug, name, description, welcome, private, capacity, waitlist_cap, slow_mode_ms,
               guests_chat, locked, cycle, created_at_ms, epoch, seq, waitlist, leave_after_play,
               fallback_next)
            VALUES
              ('r1', 'den', 'Den', 'd', 'w', 0, 10, 5, 0, 1, 1, 0, 1, 'e1', 7, '[{"user_id":"u1"}]', 1, 0)"""
        )
        await connection.execute(
            """
            INSERT INTO plays
              (id, room_id, dj_id, media, started_at_ms, duration_ms, position_ms, expires_at_ms, policy_rev)
            VALUES
              ('p1', 'r1', 'u1',
               '{"source":"direct","source_id":"/a","title":"A","duration_ms":5000}', 3, 5000, 0, 99, 1)"""
        )
        await connection.commit()
    database = await Database.open(path)
    try:
        room = await Rooms(database).open("den", 5)
        assert room is not None
        assert (room.room.settings.rules, room.room.standing) == (Rules(), Standing())
        assert (room.room.seq, room.room.settings.locked, room.room.leave_after_play) == (7, True, True)
        assert room.room.waitlist == [WaitingRecord(user_id="u1")]
        assert room.play is not None
        assert (room.play.id, room.sanctions, room.blocked) == ("p1", [], [])
        assert room.recent == [("direct", "/a", 3)]
        ban = Sanction(user=person("u1"), kind="ban", until_ms=None, by=person("u2"), at_ms=5)
        await Journal(database).commit(Writes(sanctions=[SanctionRow("r1", "ban", "u1", ban, None)]))
        again = await Rooms(database).open("den", 5)
        assert again is not None
        assert len(again.sanctions) == 1
    finally:
        await database.close()
