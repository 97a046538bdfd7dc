"""
Integrity: a damaged file is refused before anything is written to it.

SQLite notices damage only in the pages it happens to read. A server that starts on a damaged
file would serve what is left, and write into what is not.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import aiosqlite

from storage.errors import StorageUnavailableError, UnusableDatabaseError

CHECKED_BYTES = 256 * 1024 * 1024
"""Files up to this size are read through at every start (about half a second)."""


async def require_whole(connection: aiosqlite.Connection, path: Path) -> None:
    """
    Read the file through, having changed nothing; a bigger one is taken as it is.

    Raises:
        UnusableDatabaseError: it is damaged.
        StorageUnavailableError: it cannot be read now.

    """
    try:
        [(pages,)] = await connection.execute_fetchall("PRAGMA page_count")
        [(page_bytes,)] = await connection.execute_fetchall("PRAGMA page_size")
        if pages * page_bytes > CHECKED_BYTES:
            return
        rows = list(await connection.execute_fetchall("PRAGMA quick_check(1)"))
    except sqlite3.OperationalError as error:
        raise StorageUnavailableError(error) from error
    except sqlite3.DatabaseError as error:
        raise UnusableDatabaseError(path, str(error)) from error
    found = str(rows[0][0])
    if found != "ok":
        problem = " ".join(found.replace("*", " ").split())
        raise UnusableDatabaseError(path, f"it is damaged ({problem}); restore a backup")
