"""
The database: one writer, one reader, write-ahead log.

Reads never wait for the writer, and writers wait for each other in turn. A commit survives
the death of the process the moment it returns; ``synchronous=NORMAL`` gives up only the last
commits before a power cut, and spares an fsync per commit.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from protocol.text import text_key
from storage import migrate
from storage.errors import UnusableDatabaseError, unavailable_on_failure
from storage.integrity import require_whole
from storage.lookalikes import skeleton
from storage.privacy.holds import FUNCTION, Doomed, Holds, nothing_held
from storage.statements import Params, Statement, joined

BUSY_TIMEOUT_MS = 5000
"""How long to wait for another process, such as the operator's command line."""

CHECKPOINT_TIMEOUT_MS = 50
"""
How long emptying the log waits for a reader: nobody can write meanwhile, and the next sweep comes. With the
five seconds above, one forgotten SQL shell kept every room waiting for five seconds of each minute.
"""

WAL_KEPT_BYTES = 64 * 1024 * 1024
"""A burst may grow the log; after a checkpoint it goes back to this."""

_T = TypeVar("_T")

_PRAGMAS = (
    # Only effective before the first table, hence first.
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "secure_delete = ON",
    "foreign_keys = ON",
    "temp_store = MEMORY",
    f"journal_size_limit = {WAL_KEPT_BYTES}",
)


class _Connection:
    """What the reader and a transaction have in common: reading."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        """Return all rows. Rows are read by name or unpacked."""
        with unavailable_on_failure():
            # One trip to the worker thread, where execute and fetchall would be two.
            return list(await self._connection.execute_fetchall(sql, _bound(params)))

    async def row(self, sql: str, params: Params = ()) -> sqlite3.Row | None:
        """Return the first row, None if there is none."""
        rows = await self.rows(sql, params)
        return rows[0] if rows else None


class Transaction(_Connection):
    """An open transaction: reads see its own writes. Only valid inside its ``async with``."""

    async def execute(self, sql: str, params: Params = ()) -> int:
        """Run one statement and return how many rows it changed."""
        with unavailable_on_failure():
            cursor = await self._connection.execute(sql, _bound(params))
        return cursor.rowcount

    async def executemany(self, sql: str, params: Iterable[Params]) -> int:
        """Run one statement for each of ``params``, in order, and return how many rows changed."""
        with unavailable_on_failure():
            cursor = await self._connection.executemany(sql, params)
        return cursor.rowcount


class Batch(Transaction):
    """A transaction that only writes: its statements are gathered, and run in one go at its end."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        super().__init__(connection)
        self._statements: list[Statement] = []

    async def rows(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        """Refuse: what is gathered cannot be seen yet."""
        del params
        raise TypeError(f"expected a transaction for reading, got a batch: {sql}")

    async def execute(self, sql: str, params: Params = ()) -> int:
        """Gather one statement; how many rows it will change is not known, which sqlite3 tells as -1."""
        self._statements.append(Statement(sql, params))
        return -1

    async def executemany(self, sql: str, params: Iterable[Params]) -> int:
        """Gather one statement for each of ``params``, in order; -1 as for :meth:`execute`."""
        self._statements += joined(sql, list(params))
        return -1

    async def run(self) -> None:
        """Run what was gathered as one transaction, all or nothing."""
        if not self._statements:
            return
        connection = self._connection
        with unavailable_on_failure():
            # The library's thread, but one trip for all: each trip wakes a thread and waits for the
            # interpreter, 60 µs when nothing else runs and up to 5 ms when something does.
            run: Any = connection._execute  # noqa: SLF001 - no public call takes a function
            await run(_run, connection._conn, self._statements)  # noqa: SLF001 - see above


def _run(connection: sqlite3.Connection, statements: list[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for sql, params in statements:
            connection.execute(sql, _bound(params))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _checkpoint(connection: sqlite3.Connection) -> bool:
    connection.execute(f"PRAGMA busy_timeout = {CHECKPOINT_TIMEOUT_MS}")
    try:
        rows = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return bool(rows[0][0] == 0)


def _while_still(connection: sqlite3.Connection, log: Path, work: Callable[[], _T]) -> _T | None:
    is_empty = _checkpoint(connection)
    # A page remembered from before would bring back what is overwritten.
    connection.execute("PRAGMA shrink_memory")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have written in between; from here on none can.
        is_still = is_empty and log.stat().st_size == 0
        return work() if is_still else None
    finally:
        connection.rollback()


class Database(_Connection):
    """
    An open database file; its own ``rows`` and ``row`` read what is committed.

    Get one from :meth:`open`, and call :meth:`close` when done: two threads serve it.
    """

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        super().__init__(reader)
        self.path = path
        self._writer = writer
        self._turn = asyncio.Lock()
        """Held while writing."""
        self._line = asyncio.Lock()
        """Held by the one ordinary transaction that writes or is next to write."""
        self._descriptor: int | None = None
        self.holds_nothing = True
        """Whether nothing is held, whatever is asked for (:mod:`storage.privacy.holds`)."""

    @classmethod
    async def open(cls, path: Path) -> Database:
        """
        Open or create the file and bring its schema up to date.

        Raises:
            UnusableDatabaseError: the file is damaged, not ours, or from a later version;
                it has not been changed.
            StorageUnavailableError: the file cannot be reached.

        """
        with unavailable_on_failure():
            # It holds chat and password hashes: nobody else on the machine may read it.
            await asyncio.to_thread(path.touch, 0o600)
        migrations = migrate.load_migrations()
        writer = await _connect(path)
        try:
            version = await migrate.check(writer, path, migrations)
            await require_whole(writer, path)
            await _prepare(writer, path)
            await migrate.apply(writer, path, version, migrations)
            reader = await _connect(path)
            try:
                await _prepare(reader, path)
                with unavailable_on_failure():
                    await reader.execute("PRAGMA query_only = ON")
            except BaseException:
                await reader.close()
                raise
        except BaseException:
            await writer.close()
            raise
        return cls(path, writer, reader)

    async def close(self) -> None:
        """Wait for the running transaction, then close. A second call does nothing."""
        async with self._line, self._turn:
            await self._connection.close()
            await self._writer.close()
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[Transaction]:
        """
        Write in turn, all or nothing: commit at the end of the block, roll back on any exception.

        ``urgent`` passes all who wait in line, so that a beat waits for one transaction at most
        while ten thousand guests sign in. A cancelled task rolls back too; if the cancellation
        meets the COMMIT itself, that may already be done.

        Raises:
            StorageUnavailableError: the database refused; nothing was applied.

        """
        async with nullcontext() if urgent else self._line, self._turn:
            try:
                with unavailable_on_failure():
                    await self._writer.execute("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                with unavailable_on_failure():
                    await self._writer.execute("COMMIT")
            except BaseException:
                await self._roll_back()
                raise

    @asynccontextmanager
    async def batch(self, *, urgent: bool = False) -> AsyncIterator[Batch]:
        """
        Gather statements, and write them in one go at the end of the block; nothing on an exception in it.

        As :meth:`transaction` otherwise, but the turn to write is held only while writing.

        Raises:
            StorageUnavailableError: the database refused; nothing was applied.

        """
        batch = Batch(self._writer)
        yield batch
        async with nullcontext() if urgent else self._line, self._turn:
            await batch.run()

    @property
    def descriptor(self) -> int:
        """
        A descriptor for reading the bytes of the file, open as long as the database.

        Written through it is only while the file stands still (:meth:`while_still`).

        Closing any descriptor of a file drops all locks that the process holds on it, SQLite's
        too (https://sqlite.org/howtocorrupt.html, 2.2): whoever opens the database next and closes
        it would take the write-ahead log away under us. So nobody else here may open the file.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        return self._descriptor

    async def probe(self) -> None:
        """
        Prove that the database can be written, by committing a write without effect.

        A rolled-back write would prove less: a full disk shows only at the commit.

        Raises:
            StorageUnavailableError: it cannot.

        """
        async with self.transaction() as tx:
            row = await tx.row("PRAGMA user_version")
            assert row is not None, "user_version always has a value"
            await tx.execute(f"PRAGMA user_version = {row[0]}")

    async def set_read_only(self, on: bool) -> None:
        """Refuse every write as a full disk would, or take writes again. Reads go on."""
        async with self._turn:
            with unavailable_on_failure():
                await self._writer.execute(f"PRAGMA query_only = {int(on)}")

    async def checkpoint(self) -> bool:
        """
        Move the log into the database file and empty it; say whether that was complete.

        Deleted bytes are gone from all files only after a complete one.
        """
        async with self._turn:
            return await self._on_thread(_checkpoint)

    async def while_still(self, work: Callable[[int], _T]) -> _T | None:
        """
        Run ``work`` with the file's descriptor while the file stands still; None when it does not.

        Still means: the log is empty, nobody can write, and the writer remembers no page. Only then may
        bytes be written past SQLite, and only those that no structure of the file refers to. It runs
        on the writer's thread and to its end, whoever waits for it.

        Raises:
            StorageUnavailableError: the database refused.

        """
        log = Path(f"{self.path}-wal")
        async with self._turn:
            return await self._on_thread(_while_still, log, partial(work, self.descriptor))

    async def ask_before_destroying(self, holds: Holds) -> None:
        """Have ``holds`` say what must not be destroyed; called on other threads, it must not wait."""
        self.holds_nothing = holds is nothing_held
        async with self._turn:
            with unavailable_on_failure():
                for connection in (self._writer, self._connection):
                    await _define_holds(connection, holds)

    async def shrink(self, pages: int) -> None:
        """Give up to ``pages`` free pages back to the file system."""
        async with self._turn:
            with unavailable_on_failure():
                # The pragma frees a page per step: fetching all is what runs it to its end.
                await self._writer.execute_fetchall(f"PRAGMA incremental_vacuum({pages:d})")

    async def _on_thread(self, function: Callable[..., _T], *args: object) -> _T:
        """Run a function with the writer's connection on its thread, to its end: nothing comes in between."""
        with unavailable_on_failure():
            run: Any = self._writer._execute  # noqa: SLF001 - no public call takes a function
            outcome: _T = await run(function, self._writer._conn, *args)  # noqa: SLF001 - see above
        return outcome

    async def _roll_back(self) -> None:
        # The worker thread runs calls in order, so the rollback comes after whatever a cancelled
        # task left in flight, and before the next transaction, even if we are cancelled again.
        # Without an open transaction (SQLite rolls back by itself on a full disk) it does nothing.
        rollback = asyncio.ensure_future(self._writer.rollback())
        with unavailable_on_failure():
            await asyncio.shield(rollback)


def _bound(params: Params) -> Any:
    # Typed Any: aiosqlite's signature knows positional parameters only, sqlite3 takes maps too.
    return params


async def _connect(path: Path) -> aiosqlite.Connection:
    with unavailable_on_failure():
        # Autocommit: transactions begin and end where we say so, never implicitly.
        connection = await aiosqlite.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


async def _prepare(connection: aiosqlite.Connection, path: Path) -> None:
    with unavailable_on_failure():
        await connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        for pragma in _PRAGMAS:
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        # SQLite's LIKE ignores case in ASCII only.
        await connection.create_function("text_key", 1, text_key, deterministic=True)
        await _define_holds(connection, nothing_held)
        # For the migration that gives accounts of before theirs.
        await connection.create_function("skeleton", 1, skeleton, deterministic=True)
    await _assert_pragma(connection, path, "secure_delete", 1)
    await _assert_pragma(connection, path, "journal_mode", "wal")


async def _define_holds(connection: aiosqlite.Connection, holds: Holds) -> None:
    await connection.create_function(FUNCTION, len(Doomed._fields), lambda *fields: holds(Doomed(*fields)))


async def _assert_pragma(connection: aiosqlite.Connection, path: Path, name: str, expected: object) -> None:
    # A build or file system that cannot do it ignores the pragma in silence, and the privacy
    # promises and concurrent reads would silently go with it.
    with unavailable_on_failure():
        rows = list(await connection.execute_fetchall(f"PRAGMA {name}"))
    if rows[0][0] != expected:
        raise UnusableDatabaseError(path, f"expected {name} {expected!r}, got {rows[0][0]!r}")
