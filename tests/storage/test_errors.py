"""Errors hold data and say what was expected and what was there."""

from __future__ import annotations

import itertools
import pickle
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import aiosqlite
import pytest

from storage.database import Database
from storage.errors import (
    BadCursorError,
    LimitReachedError,
    NameTakenError,
    NewerSchemaError,
    NotFoundError,
    RoomExistsError,
    StorageError,
    StorageUnavailableError,
    UnusableDatabaseError,
    unavailable_on_failure,
)

CALLS_MIN = 20
"""Opening asks SQLite for more than this, or the test is about something else."""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (StorageUnavailableError(OSError("disk full")), "storage is unavailable: disk full"),
        (UnusableDatabaseError(Path("a.db"), "no"), "cannot use a.db as database: no"),
        (
            NewerSchemaError(Path("a.db"), 1, 2),
            "cannot use a.db as database: expected schema version 1 or older, got 2",
        ),
        (NotFoundError("playlist", "p"), "there is no playlist 'p'"),
        (NameTakenError("Anna"), "the name 'Anna' is taken, or looks like one that is"),
        (RoomExistsError("lounge"), "a room with the slug 'lounge' exists"),
        (LimitReachedError("items", 5000), "expected at most 5000 items"),
        (BadCursorError("x"), "expected a cursor of an earlier page, got 'x'"),
    ],
)
def test_sentence(error: StorageError, sentence: str) -> None:
    """Each error builds its sentence from its data, and survives pickling."""
    assert str(error) == sentence
    assert str(pickle.loads(pickle.dumps(error))) == sentence


@pytest.mark.parametrize("cause", [sqlite3.OperationalError("locked"), sqlite3.DatabaseError("malformed")])
def test_refusals_become_unavailable(cause: Exception) -> None:
    """What the database refuses is unavailability, with the cause kept."""
    with pytest.raises(StorageUnavailableError) as caught, unavailable_on_failure():
        raise cause
    assert caught.value.cause is cause


@pytest.mark.parametrize("bug", [sqlite3.IntegrityError("unique"), sqlite3.ProgrammingError("binding")])
def test_bugs_pass(bug: Exception) -> None:
    """Conflicts and wrong statements are not the disk's fault."""
    with pytest.raises(type(bug)), unavailable_on_failure():
        raise bug


@contextmanager
def _failing(number: int) -> Iterator[None]:
    """Let one call to SQLite fail, counted from the first."""
    calls = itertools.count()
    execute: Any = aiosqlite.Connection._execute

    async def once(self: aiosqlite.Connection, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if next(calls) == number:
            raise sqlite3.OperationalError("disk I/O error")
        return await execute(self, function, *args, **named)

    with mock.patch.object(aiosqlite.Connection, "_execute", once):
        yield


async def test_any_call_may_fail_while_opening(tmp_path: Path) -> None:
    """Whichever call it is, storage says so itself, nothing is spoilt, and the next try succeeds."""
    path = tmp_path / "roomserver.db"
    for number in itertools.count():
        try:
            with _failing(number):
                database = await Database.open(path)
        except StorageError:
            continue
        else:
            assert await database.rows("SELECT * FROM events") == []
            await database.close()
            assert number > CALLS_MIN
            return
