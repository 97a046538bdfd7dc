"""The database: one writer in turn, all or nothing, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import StorageUnavailableError

_INSERT = "INSERT INTO votes VALUES (:play, 'u', 1, 0, 0, 0, 1)"


async def _plays(db: Database) -> list[str]:
    return [row["play_id"] for row in await db.rows("SELECT play_id FROM votes ORDER BY play_id")]


async def assert_usable(db: Database) -> None:
    """The writer takes the next transaction: no lock is held, none is open."""
    async with asyncio.timeout(5), db.transaction() as tx:
        await tx.execute(_INSERT, {"play": "after"})
    assert "after" in await _plays(db)


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("secure_delete", 1),
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("synchronous", 1),
        ("temp_store", 2),
    ],
)
async def test_pragmas(db: Database, pragma: str, expected: object) -> None:
    """Every connection has the pragmas that durability and privacy rest on."""
    row = await db.row(f"PRAGMA {pragma}")
    assert row is not None
    assert row[0] == expected
    async with db.transaction() as tx:
        row = await tx.row(f"PRAGMA {pragma}")
        assert row is not None
        assert row[0] == expected


async def test_free_pages_can_be_returned(db: Database) -> None:
    """The file is made with incremental vacuum, which cannot be switched on later."""
    row = await db.row("PRAGMA auto_vacuum")
    assert row is not None
    assert row[0] == 2
    await db.shrink(10)


async def test_file_is_private(db: Database, path: Path) -> None:
    """Only the owner may read the file, and the log beside it."""
    for each in (path, path.with_name(f"{path.name}-wal")):
        assert each.stat().st_mode & 0o077 == 0


async def test_unreachable_path(tmp_path: Path) -> None:
    """A missing directory is unavailability, not a crash."""
    with pytest.raises(StorageUnavailableError, match="No such file"):
        await Database.open(tmp_path / "missing" / "room.db")


async def test_commit_is_seen(db: Database) -> None:
    """What a transaction wrote is seen by its own reads at once, by others after it."""
    async with db.transaction() as tx:
        assert await tx.execute(_INSERT, {"play": "a"}) == 1
        assert await tx.executemany(_INSERT, [{"play": "b"}, {"play": "c"}]) == 2
        assert len(await tx.rows("SELECT * FROM votes")) == 3
        assert await _plays(db) == []
    assert await _plays(db) == ["a", "b", "c"]


async def test_reader_cannot_write(db: Database) -> None:
    """The reading connection refuses to write."""
    with pytest.raises(StorageUnavailableError, match="readonly"):
        await db.rows("DELETE FROM votes")


async def test_exception_rolls_back(db: Database) -> None:
    """An exception in the block leaves nothing and passes unchanged."""

    async def write() -> None:
        async with db.transaction() as tx:
            await tx.execute(_INSERT, {"play": "a"})
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        await write()
    assert await _plays(db) == []
    await assert_usable(db)


async def test_conflict_passes(db: Database) -> None:
    """A broken constraint is not unavailability: aggregates give it a meaning."""
    with pytest.raises(sqlite3.IntegrityError):
        async with db.transaction() as tx:
            await tx.executemany(_INSERT, [{"play": "a"}, {"play": "a"}])
    assert await _plays(db) == []
    await assert_usable(db)


async def test_one_writer_at_a_time(db: Database) -> None:
    """A transaction waits until the one before it is over."""
    order: list[str] = []
    entered = asyncio.Event()
    release = asyncio.Event()

    async def first() -> None:
        async with db.transaction() as tx:
            entered.set()
            await release.wait()
            await tx.execute(_INSERT, {"play": "first"})
            order.append("first")

    async def second() -> None:
        await entered.wait()
        release.set()
        async with db.transaction():
            order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["first", "second"]


async def test_urgent_passes_the_line(db: Database) -> None:
    """An urgent transaction waits for the running one only, not for those in line before it."""
    order: list[str] = []
    entered = asyncio.Event()
    release = asyncio.Event()

    async def running() -> None:
        async with db.transaction():
            entered.set()
            await release.wait()
            order.append("running")

    async def write(name: str, *, urgent: bool) -> None:
        async with db.transaction(urgent=urgent):
            order.append(name)

    tasks = [asyncio.create_task(running())]
    await entered.wait()
    tasks += [asyncio.create_task(write(name, urgent=name == "beat")) for name in ("one", "two", "beat")]
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(*tasks)
    assert order == ["running", "beat", "one", "two"]


async def test_cancelled_between_statements(db: Database) -> None:
    """A task cancelled inside its transaction leaves nothing, and the next one gets its turn."""
    inside = asyncio.Event()

    async def write() -> None:
        async with db.transaction() as tx:
            await tx.execute(_INSERT, {"play": "a"})
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _plays(db) == []
    await assert_usable(db)


@pytest.mark.parametrize("steps", range(12))
async def test_cancelled_at_any_step(db: Database, steps: int) -> None:
    """Wherever the cancellation falls, even within a statement, all or nothing was written."""

    async def write() -> None:
        async with db.transaction() as tx:
            await tx.execute(_INSERT, {"play": "a"})
            await tx.execute(_INSERT, {"play": "b"})

    task = asyncio.create_task(write())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await assert_usable(db)
    assert await _plays(db) in (["after"], ["a", "after", "b"])


async def test_refused_write_is_unavailable(db: Database) -> None:
    """
    A write that the database refuses raises StorageUnavailableError and leaves nothing.

    ``set_read_only`` stands in for a full disk: SQLite refuses writes on the same path.
    """
    await db.set_read_only(True)
    with pytest.raises(StorageUnavailableError, match="readonly"):
        async with db.transaction() as tx:
            await tx.execute(_INSERT, {"play": "a"})
    assert await _plays(db) == []
    await db.set_read_only(False)
    await assert_usable(db)


async def test_full_disk_in_the_middle(db: Database) -> None:
    """A disk that fills up within a transaction takes all of it back."""
    row = await db.row("PRAGMA page_count")
    assert row is not None
    async with db.transaction() as tx:
        # The cap on pages fails exactly like a disk without room: SQLITE_FULL.
        await tx.rows(f"PRAGMA max_page_count = {row[0] + 2}")

    async def write() -> None:
        async with db.transaction() as tx:
            await tx.execute(_INSERT, {"play": "small"})
            await tx.execute(_INSERT, {"play": "x" * 100_000})

    with pytest.raises(StorageUnavailableError, match="full"):
        await write()
    assert await _plays(db) == []
    await assert_usable(db)


async def test_probe(db: Database) -> None:
    """The probe passes when a write can be committed, fails when not, and changes nothing."""
    before = await db.row("PRAGMA user_version")
    await db.probe()
    await db.set_read_only(True)
    with pytest.raises(StorageUnavailableError):
        await db.probe()
    await db.set_read_only(False)
    after = await db.row("PRAGMA user_version")
    assert before is not None
    assert after is not None
    assert before[0] == after[0]


async def test_checkpoint_empties_the_log(db: Database, path: Path) -> None:
    """A complete checkpoint leaves an empty log."""
    await assert_usable(db)
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    assert await db.checkpoint()
    assert path.with_name(f"{path.name}-wal").stat().st_size == 0


async def test_close_twice(path: Path) -> None:
    """Closing again does nothing; nothing but the file remains."""
    database = await Database.open(path)
    await database.close()
    await database.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from storage.database import Database

async def main():
    db = await Database.open(Path(sys.argv[1]))
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO votes VALUES ('told', 'u', 1, 0, 0, 0, 1)")
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO votes VALUES ('untold', 'u', 1, 0, 0, 0, 1)")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_killed_process_loses_nothing_committed(path: Path) -> None:
    """After SIGKILL the committed transaction is there and the open one is not."""
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", _KILLED, str(path)], check=False)
    database = await Database.open(path)
    assert await _plays(database) == ["told"]
    await database.close()


async def test_batch(db: Database) -> None:
    """A batch is written in order at its end, whole; it cannot read, for nothing is written yet."""
    async with db.batch() as batch:
        assert await batch.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)") == -1
        await batch.executemany("INSERT INTO things VALUES (?, ?)", [(n, f"t{n}") for n in range(100)])
        await batch.execute("DELETE FROM things WHERE id >= :id", {"id": 90})
        with pytest.raises(TypeError, match="expected a transaction for reading"):
            await batch.row("SELECT 1")
    assert len(await db.rows("SELECT * FROM things")) == 90


async def make_things(db: Database, *ids: int, failure: Exception | None = None) -> None:
    """Make a table and fill it in a batch, which fails on the same id twice, and where it is told to."""
    async with db.batch(urgent=True) as batch:
        await batch.execute("CREATE TABLE things (id INTEGER PRIMARY KEY)")
        await batch.executemany("INSERT INTO things VALUES (?)", [(one,) for one in ids])
        if failure is not None:
            raise failure


async def has_things(db: Database) -> bool:
    """Say whether the table is there."""
    return bool(await db.rows("SELECT 1 FROM sqlite_schema WHERE name = 'things'"))


async def test_failed_batch(db: Database) -> None:
    """A batch of which one statement fails changes nothing, and the next one works."""
    with pytest.raises(sqlite3.IntegrityError):
        await make_things(db, 1, 1)
    assert not await has_things(db)
    await make_things(db, 1, 2)
    assert await has_things(db)


async def test_abandoned_batch(db: Database) -> None:
    """An exception in the block writes nothing."""
    with pytest.raises(KeyError):
        await make_things(db, 1, failure=KeyError())
    assert not await has_things(db)


async def test_refused_batch(db: Database) -> None:
    """A full disk refuses a batch as it does a transaction; an empty one has nothing to refuse."""
    await db.set_read_only(True)
    with pytest.raises(StorageUnavailableError):
        await make_things(db, 1)
    async with db.batch():
        pass


# Standing still


async def test_a_foreign_reader_holds_nobody_up(db: Database, path: Path) -> None:
    """Emptying the log does not wait for somebody else's reading: everybody's writing would wait with it."""
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM votes").fetchall()
    await assert_usable(db)
    async with asyncio.timeout(2):
        assert not await db.checkpoint()
    reader.close()
    assert await db.checkpoint()
    row = await db.row("PRAGMA busy_timeout")
    assert row is not None
    assert row[0] == 5000, "expected other processes to be waited for as before"


async def test_nobody_writes_while_it_is_still(db: Database, path: Path) -> None:
    """What runs then sees an empty log and a file that no other process can write."""
    await assert_usable(db)

    def look(descriptor: int) -> tuple[int, str]:
        assert os.fstat(descriptor).st_ino == path.stat().st_ino
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return path.with_name(f"{path.name}-wal").stat().st_size, str(error)
        finally:
            other.close()
        return -1, "could write"

    assert await db.while_still(look) == (0, "database is locked")
    async with asyncio.timeout(5), db.transaction() as tx:
        await tx.execute(_INSERT, {"play": "later"})


async def test_whoever_waited_is_gone(db: Database) -> None:
    """Cancelled meanwhile, what runs still comes to its end before anybody writes."""
    order = []
    began, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(_: int) -> None:
        loop.call_soon_threadsafe(began.set)
        assert may_end.wait(5)
        order.append("worked")

    task = asyncio.create_task(db.while_still(work))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    loop.call_soon(may_end.set)
    async with db.transaction() as tx:
        await tx.execute(_INSERT, {"play": "after"})
        order.append("wrote")
    assert order == ["worked", "wrote"]


async def test_work_that_fails(db: Database) -> None:
    """Whatever goes wrong is told, and the file is let go."""

    def work(_: int) -> None:
        raise OSError(5, "a broken disk")

    with pytest.raises(StorageUnavailableError):
        await db.while_still(work)
    await assert_usable(db)
