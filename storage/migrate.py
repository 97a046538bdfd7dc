"""
Numbered migrations: ``migrations/NNNN_name.sql``, applied in order, each with its record at once.

The record is SQLite's ``user_version``; ``application_id`` marks the file as ours, so that
another program's database is refused, never migrated.
"""

from __future__ import annotations

import re
import sqlite3
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import aiosqlite

from storage.errors import NewerSchemaError, StorageUnavailableError, UnusableDatabaseError

APPLICATION_ID = 0x726F6F6D
"""``room`` in ASCII."""

_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class Migration(NamedTuple):
    """A step from schema version ``version - 1`` to ``version``."""

    version: int
    name: str
    sql: str


def load_migrations() -> list[Migration]:
    """Return the packaged migrations in order."""
    found = sorted(
        Migration(int(match[1]), entry.name, entry.read_text("utf-8"))
        for entry in resources.files("storage").joinpath("migrations").iterdir()
        if (match := _FILE.fullmatch(entry.name))
    )
    versions = [migration.version for migration in found]
    assert versions == list(range(1, len(found) + 1)), f"expected migrations 1, 2, 3 …, got {versions}"
    return found


async def check(connection: aiosqlite.Connection, path: Path, migrations: list[Migration]) -> int:
    """
    Return the schema version of the file, 0 for a new one, having changed nothing.

    Raises:
        NewerSchemaError: a later version of the program has migrated it.
        UnusableDatabaseError: it is damaged, not a database, or another program's.
        StorageUnavailableError: it cannot be read now.

    """
    try:
        application_id = await _integer(connection, "PRAGMA application_id")
        version = await _integer(connection, "PRAGMA user_version")
        tables = await _integer(connection, "SELECT count(*) FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        raise StorageUnavailableError(error) from error
    except sqlite3.DatabaseError as error:
        raise UnusableDatabaseError(path, str(error)) from error
    if (application_id or version or tables) and application_id != APPLICATION_ID:
        raise UnusableDatabaseError(
            path, f"expected application id {APPLICATION_ID:#x}, got {application_id:#x}"
        )
    if version > len(migrations):
        raise NewerSchemaError(path, len(migrations), version)
    return version


async def apply(
    connection: aiosqlite.Connection, path: Path, version: int, migrations: list[Migration]
) -> None:
    """
    Bring a checked file from ``version`` to the newest schema.

    Raises:
        UnusableDatabaseError: a step failed; it left nothing behind, the steps before it stay.

    """
    for migration in migrations[version:]:
        # executescript commits an open transaction before it starts, whatever the isolation
        # level: only a BEGIN inside the script puts the step and its record in one transaction.
        script = (
            f"BEGIN IMMEDIATE;\n{migration.sql}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\n"
            f"PRAGMA user_version = {migration.version};\nCOMMIT;"
        )
        try:
            await connection.executescript(script)
        except sqlite3.Error as error:
            await connection.rollback()
            raise UnusableDatabaseError(path, f"migration {migration.name} failed: {error}") from error


async def _integer(connection: aiosqlite.Connection, sql: str) -> int:
    rows = list(await connection.execute_fetchall(sql))
    value: int = rows[0][0]
    return value
