"""
A disk that is slow, full, broken or gone when the seed says so.

Below the shim is SQLite itself, so what survives a crash is what SQLite kept. The shim has
the part of aiosqlite's connection that :mod:`storage.database` uses, and its order: one
queue per connection, whose calls go on when whoever asked has been cancelled.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.simulation.loop import VirtualLoop

QUICK_SECONDS = (0.00005, 0.0004)
SLOW_SECONDS = (0.05, 0.6)
_WRITES = ("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE")


class Trouble(NamedTuple):
    """A stretch of time in which the disk misbehaves: ``slow``, ``full`` or ``broken``."""

    kind: str
    begins: float
    ends: float


class Disk:
    """What all connections of the world have in common: troubles, and when the server dies."""

    def __init__(self, loop: VirtualLoop, dice: random.Random) -> None:
        self.loop = loop
        self.dice = dice
        self.troubles: list[Trouble] = []
        self.crash_in: int | None = None
        """So many calls from now the server dies: before, or behind, what the call does."""
        self.on_crash: Callable[[str], None] = lambda _: None
        self.on_commit: Callable[[sqlite3.Connection], None] = lambda _: None
        self.open_connections: list[SimConnection] = []
        self.failed_calls = 0

    def trouble(self) -> str | None:
        """Return what is wrong now."""
        now = self.loop.now
        return next((one.kind for one in self.troubles if one.begins <= now < one.ends), None)

    def delay(self) -> float:
        """Return how long the next call takes."""
        return self.dice.uniform(*(SLOW_SECONDS if self.trouble() == "slow" else QUICK_SECONDS))

    def connect(self, path: Path, **options: Any) -> Connecting:
        """Stand in for ``aiosqlite.connect``."""
        return Connecting(self, path, options)

    def pull_plug(self) -> None:
        """Lose every connection, as the death of the process does; SQLite rolls back."""
        for connection in self.open_connections:
            connection.die()
        self.open_connections.clear()


class Connecting:
    """The awaitable that ``aiosqlite.connect`` returns."""

    def __init__(self, disk: Disk, path: Path, options: dict[str, Any]) -> None:
        self._disk = disk
        self._path = path
        self._options = options

    def __await__(self) -> Any:
        return self._open().__await__()

    async def _open(self) -> SimConnection:
        connection = SimConnection(self._disk, sqlite3.connect(self._path, **self._options))
        self._disk.open_connections.append(connection)
        return connection


class SimConnection:
    """A connection whose calls take their time, fail, or are the last thing the server did."""

    def __init__(self, disk: Disk, plain: sqlite3.Connection) -> None:
        self._disk = disk
        self._plain = plain
        self._free_at = 0.0
        self._is_dead = False
        plain.execute("PRAGMA synchronous = OFF")  # the simulated machine loses no power

    @property
    def row_factory(self) -> Any:
        """How rows are made."""
        return self._plain.row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._plain.row_factory = factory

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return not self._is_dead and self._plain.in_transaction

    # The calls

    async def execute(self, sql: str, params: Any = ()) -> Any:
        """Run one statement."""
        if sql.startswith("PRAGMA synchronous"):
            return None
        return await self._call(sql, lambda: self._plain.execute(sql, params))

    async def executemany(self, sql: str, params: Iterable[Any]) -> Any:
        """Run one statement for each of the params."""
        return await self._call(sql, lambda: self._plain.executemany(sql, params))

    async def execute_fetchall(self, sql: str, params: Any = ()) -> list[Any]:
        """Run one statement and return its rows."""
        if sql.startswith("PRAGMA synchronous"):
            return []
        rows: list[Any] = await self._call(sql, lambda: self._plain.execute(sql, params).fetchall())
        return rows

    async def executescript(self, sql: str) -> Any:
        """Run statements; only migrations do, and the world begins migrated."""
        return self._plain.executescript(sql)

    async def create_function(self, name: str, arguments: int, function: Any, **options: Any) -> None:
        """Add a function."""
        self._plain.create_function(name, arguments, function, **options)

    async def rollback(self) -> None:
        """Roll back what is open."""
        await self._call("ROLLBACK", self._plain.rollback)

    async def commit(self) -> None:
        """Commit what is open."""
        await self._call("COMMIT", self._plain.commit)

    async def close(self) -> None:
        """Close."""
        if not self._is_dead:
            self.die()
            self._disk.open_connections.remove(self)

    def die(self) -> None:
        """Be gone; what was not committed is not there."""
        if not self._is_dead:
            self._is_dead = True
            self._plain.close()

    @property
    def _conn(self) -> Careful:
        """What the database hands to a function that it has run on the connection's thread."""
        return Careful(self)

    async def _execute(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function on the connection's thread: its statements are calls, one after the other."""
        return await self._queued(lambda: function(*args))

    async def _call(self, sql: str, work: Callable[[], Any]) -> Any:
        return await self._queued(lambda: self.statement(sql, work))

    async def _queued(self, work: Callable[[], Any]) -> Any:
        loop = self._disk.loop
        future: asyncio.Future[Any] = loop.create_future()
        if self._is_dead:
            raise sqlite3.OperationalError("the server is dead")
        self._free_at = max(self._free_at, loop.now) + self._disk.delay()
        loop.call_at(self._free_at, self._perform, work, future)
        return await future

    def _perform(self, work: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        was_dead = self._is_dead
        try:
            outcome = work()
        except sqlite3.Error as error:
            outcome = error
        if was_dead or not self._is_dead:  # whoever waited for the last call of a life died with it
            _settle(future, outcome)

    def statement(self, sql: str, work: Callable[[], Any]) -> Any:
        """
        Do what a statement does, or what becomes of it.

        Raises:
            sqlite3.Error: the disk, or the server, is not what it was.

        """
        if self._is_dead:
            raise sqlite3.OperationalError("the server is dead")
        disk = self._disk
        dies = disk.crash_in is not None and disk.crash_in <= 0
        if disk.crash_in is not None:
            disk.crash_in -= 1
        word = sql.split(None, 1)[0].upper()
        if dies and disk.dice.random() < 0.5:
            disk.on_crash(f"before {word}")
            raise sqlite3.OperationalError("the server is dead")
        result = self._attempt(word, work)
        if dies:
            disk.on_crash(f"after {word}")
            raise sqlite3.OperationalError("the server is dead")
        return result

    def _attempt(self, word: str, work: Callable[[], Any]) -> Any:
        disk, kind = self._disk, self._disk.trouble()
        fails = (kind == "broken" and word != "ROLLBACK") or (kind == "full" and word in _WRITES)
        if fails and disk.dice.random() < 0.7:
            disk.failed_calls += 1
            if disk.dice.random() < 0.5 and self._plain.in_transaction:
                self._plain.rollback()  # as SQLite itself does on some failures
            raise sqlite3.OperationalError("database or disk is full" if kind == "full" else "disk I/O error")
        was_open = self._plain.in_transaction
        result = work()
        if was_open and word == "COMMIT":
            disk.on_commit(self._plain)
        return result

    def plain(self) -> sqlite3.Connection | None:
        """Return SQLite's own connection, None when it is gone."""
        return None if self._is_dead else self._plain


class Careful:
    """SQLite's connection as a function on its thread sees it: every statement may be the last."""

    def __init__(self, connection: SimConnection) -> None:
        self._connection = connection

    def execute(self, sql: str, params: Any = ()) -> Any:
        """Run one statement."""
        plain = self._connection.plain()
        return self._connection.statement(sql, lambda: plain and plain.execute(sql, params))

    def rollback(self) -> None:
        """Roll back what is open, if there still is anybody to."""
        plain = self._connection.plain()
        if plain is not None:
            plain.rollback()


def _settle(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
