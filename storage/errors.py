"""
What can go wrong in storage. Exceptions hold data and build their sentence.

::

    StorageError
     ├── StorageUnavailableError   the disk or the file refuses; nothing was applied
     ├── UnusableDatabaseError     the file is not ours to open
     │    └── NewerSchemaError     it belongs to a later version of this program
     ├── NotFoundError             there is no such thing, or it is somebody else's
     ├── NameTakenError            another account has this name
     ├── RoomExistsError           another room has this slug
     ├── RoomArchivedError         the room waits for a new host, and is closed until then
     ├── LimitReachedError         more than the limit allows
     ├── BadCursorError            a page cursor that was never given out
     ├── LedgerError               the ledger of erasures cannot vouch for them, see privacy.ledger
     ├── DamagedKeyError           a key's file is not one, see privacy.keys
     ├── HookFailedError           a privacy hook did not do its part, see privacy.keeping
     └── HeldError                 it must not be destroyed yet, see privacy.holds

:class:`sqlite3.IntegrityError` passes through where no aggregate gives it a meaning: it is a bug.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BUGS = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)


class StorageError(Exception):
    """Base of everything storage raises on its own account."""


class StorageUnavailableError(StorageError):
    """The database cannot be read or written now: full disk, read-only file, lock, I/O error."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(cause)
        self.cause = cause

    def __str__(self) -> str:
        return f"storage is unavailable: {self.cause}"


class UnusableDatabaseError(StorageError):
    """The file is not a database of this program, or is damaged. It was left as it is."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"cannot use {self.path} as database: {self.problem}"


class NewerSchemaError(UnusableDatabaseError):
    """The file has a schema that this program does not know yet."""

    def __init__(self, path: Path, expected: int, got: int) -> None:
        super().__init__(path, f"expected schema version {expected} or older, got {got}")
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple[type[NewerSchemaError], tuple[Path, int, int]]:
        return type(self), (self.path, self.expected, self.got)


class NotFoundError(StorageError):
    """There is no such thing for this caller; somebody else's looks the same as none."""

    def __init__(self, kind: str, ident: str) -> None:
        super().__init__(kind, ident)
        self.kind = kind
        self.id = ident

    def __str__(self) -> str:
        return f"there is no {self.kind} {self.id!r}"


class NameTakenError(StorageError):
    """Another account has this name, or one that looks the same."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"the name {self.name!r} is taken, or looks like one that is"


class RoomExistsError(StorageError):
    """Another room has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug

    def __str__(self) -> str:
        return f"a room with the slug {self.slug!r} exists"


class RoomArchivedError(StorageError):
    """The room's host was erased and nobody inherited it; ``until_ms`` is when it is deleted."""

    def __init__(self, room_id: str, until_ms: int) -> None:
        super().__init__(room_id, until_ms)
        self.room_id = room_id
        self.until_ms = until_ms

    def __str__(self) -> str:
        return f"expected a room with a host, got {self.room_id!r}, which is archived"


class LimitReachedError(StorageError):
    """More ``kind`` than ``limit`` were asked for; nothing was added."""

    def __init__(self, kind: str, limit: int) -> None:
        super().__init__(kind, limit)
        self.kind = kind
        self.limit = limit

    def __str__(self) -> str:
        return f"expected at most {self.limit} {self.kind}"


class BadCursorError(StorageError):
    """A cursor that no page has given out."""

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor)
        self.cursor = cursor

    def __str__(self) -> str:
        return f"expected a cursor of an earlier page, got {self.cursor!r}"


@contextmanager
def unavailable_on_failure() -> Iterator[None]:
    """Raise what the database refuses as :class:`StorageUnavailableError`; let bugs and conflicts pass."""
    try:
        yield
    except _BUGS:
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        raise StorageUnavailableError(error) from error
