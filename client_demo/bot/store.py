"""A small key-value store that outlives the bot: one SQLite file, a table for each store."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, MutableMapping
from contextlib import closing
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

_T = TypeVar("_T")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


class Shelf:
    """
    The file behind a bot's stores, opened when it is first used.

    Without a path everything is kept in memory and gone with the bot. A store works at once,
    without waiting: a lookup costs microseconds, a change one small write.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._tables: set[str] = set()

    def connection(self, table: str) -> sqlite3.Connection:
        """Return the open file, with this table in it."""
        connection = self._open()
        if table not in self._tables:
            connection.execute(
                f'CREATE TABLE IF NOT EXISTS "{table}" (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT'
            )
            self._tables.add(table)
        return connection

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        self._connection = connection = sqlite3.connect(
            ":memory:" if self.path is None else self.path, isolation_level=None
        )
        # Deleted bytes are gone: somebody who was erased is to be in no file.
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        self._tables = {row[0] for row in rows}
        return connection

    def forget(self, key: str) -> None:
        """Remove a key from every store there is, also those of earlier days: somebody was erased."""
        connection = self._open()
        for table in self._tables:
            connection.execute(f'DELETE FROM "{table}" WHERE key = ?', (key,))  # noqa: S608 - names are checked
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; using a store opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._tables = set()


class Store(MutableMapping[str, _T], Generic[_T]):
    """
    A dictionary that outlives the bot. Values are anything JSON can hold, of one type.

    Keys that are user ids are forgotten with the user.
    """

    def __init__(self, shelf: Shelf, name: str, value_type: type[_T]) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"expected a name of small letters, digits and underscores, got {name!r}")
        self._shelf = shelf
        self._name = name
        self._decoder = msgspec.json.Decoder(value_type)

    def _rows(self, sql: str, *params: object) -> list[tuple[str, str]]:
        connection = self._shelf.connection(self._name)
        with closing(connection.execute(sql.replace("{}", f'"{self._name}"'), params)) as cursor:
            return cursor.fetchall()

    def __getitem__(self, key: str) -> _T:
        rows = self._rows("SELECT key, value FROM {} WHERE key = ?", key)
        if not rows:
            raise KeyError(key)
        return self._decoder.decode(rows[0][1])

    def __setitem__(self, key: str, value: _T) -> None:
        encoded = msgspec.json.encode(value).decode()
        self._decoder.decode(encoded)  # what would not be read again is refused now
        self._rows(
            "INSERT INTO {} (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key,
            encoded,
        )

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._rows("DELETE FROM {} WHERE key = ?", key)

    def __iter__(self) -> Iterator[str]:
        return iter([key for key, _ in self._rows("SELECT key, value FROM {} ORDER BY key")])

    def __len__(self) -> int:
        return len(self._rows("SELECT key, value FROM {}"))

    def top(self, count: int) -> list[tuple[str, _T]]:
        """Return the entries with the greatest values, the greatest first; for numbers."""
        rows = self._rows("SELECT key, value FROM {} ORDER BY CAST(value AS REAL) DESC, key LIMIT ?", count)
        return [(key, self._decoder.decode(value)) for key, value in rows]
