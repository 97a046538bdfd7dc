"""Rows from the future become rows of now, once, and nothing else changes."""

from __future__ import annotations

import pytest

from protocol.limits import DAY_MS, HOUR_MS
from storage.database import Database
from storage.journal import Journal
from storage.privacy.ahead import BATCH, bring_back
from storage.records import ConnectionRow, Writes
from tests.storage.builders import NOW, add_accounts, add_room, begun, ended, logged, said, voted

LATER = NOW - 300 * DAY_MS
"""When the clock is right again: what the builders stamp with their NOW is of the future."""
_LOG = {"events": "at_ms", "plays": "started_at_ms", "votes": "at_ms", "connections": "at_ms"}
_PARTS = {"events": "media_expires_at_ms", "plays": "media_expires_at_ms", "connections": "raw_until_ms"}


async def fill(db: Database) -> None:
    """Record something of every kind, more of one than fits a batch."""
    await add_accounts(db, "anna")
    await add_room(db)
    address = ConnectionRow(
        "anna", NOW, "203.0.113.9", "203.0.113.0/24", None, "x", "y", NOW + DAY_MS, NOW + 9, 1
    )
    await Journal(db).commit(
        Writes(
            events=[logged(said(seq, "anna", "hi")) for seq in range(1, BATCH + 100)],
            plays=[begun("a"), ended("a"), begun("b")],
            votes=[voted("a", "anna", 1)],
            connections=[address],
        )
    )


async def kept(db: Database, table: str, column: str) -> set[tuple[int, int]]:
    """Return when the rows of a table are of, and how long after that something ends."""
    at = _LOG[table]
    rows = await db.rows(
        f"SELECT DISTINCT {at} AS at, {column} - {at} AS n FROM {table} WHERE {column} IS NOT NULL"
    )
    return {(row["at"], row["n"]) for row in rows}


async def test_brought_back(db: Database) -> None:
    """Each row is of now, and lives for as long as it was promised from then on."""
    await fill(db)
    before = {table: {n for _, n in await kept(db, table, "expires_at_ms")} for table in _LOG}
    parts = {table: {n for _, n in await kept(db, table, column)} for table, column in _PARTS.items()}

    assert await bring_back(db, LATER) == BATCH + 99 + 1 + 1 + 1
    for table in _LOG:
        after = await kept(db, table, "expires_at_ms")
        assert {n for _, n in after} == before[table]
        # The play that is on goes by its own beginning.
        assert {at for at, _ in after} == ({LATER, NOW} if table == "plays" else {LATER})
    for table, column in _PARTS.items():
        assert {n for _, n in await kept(db, table, column)} == parts[table]


async def test_once(db: Database) -> None:
    """A second time changes nothing: a crash in between may repeat it."""
    await fill(db)
    await bring_back(db, LATER)
    assert await bring_back(db, LATER + HOUR_MS) == 0


@pytest.mark.parametrize("now_ms", [NOW, NOW + DAY_MS])
async def test_rows_of_the_past(db: Database, now_ms: int) -> None:
    """What is of now or before stays as it is."""
    await fill(db)
    before = {table: await kept(db, table, "expires_at_ms") for table in _LOG}
    assert await bring_back(db, now_ms) == 0
    assert {table: await kept(db, table, "expires_at_ms") for table in _LOG} == before
