"""
Replay: what the ledger knows and the database does not.

A database that is older than the ledger, such as a restored backup, still has people who were
erased since. They are erased again before anybody is let in. A ledger that is older than the
database, or does not hold together, cannot vouch for that: the server refuses to start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from storage.database import Database
from storage.privacy.keys import Keys
from storage.privacy.ledger import FILE, Ledger, LedgerError
from storage.privacy.requests import Basis

log = structlog.get_logger("erasure")

_PAGE = 5000

TakeOn = Callable[[str, str, Basis], Awaitable[str]]
"""Begins an erasure by request id, account id and basis."""


async def seen(database: Database) -> int:
    """Return how many entries of the ledger the database has seen."""
    row = await database.row("SELECT seq FROM ledger_mark")
    assert row is not None, "the mark is made with the schema"
    return int(row["seq"])


async def open_ledger(
    database: Database, folder: Path, keys: Keys, *, accept_missing: bool
) -> tuple[Ledger, bool]:
    """
    Open the ledger of a data folder and check it against the database; say whether one was given up.

    ``accept_missing`` starts a new one where it is damaged or gone, and keeps the old aside.

    Raises:
        LedgerError: it is damaged, or older than the database.
        OSError: it cannot be read.

    """
    try:
        ledger = Ledger.open(folder, keys)
        ledger.check(await seen(database))
    except LedgerError as error:
        if not accept_missing:
            raise
        log.warning("ledger given up", cause=type(error).__name__)
        path = folder / FILE
        if path.exists():
            path.replace(path.with_suffix(".damaged"))
        ledger = Ledger.open(folder, keys)
        async with database.transaction() as tx:
            await tx.execute("UPDATE ledger_mark SET seq = 0")
        return ledger, True
    return ledger, False


async def replay(database: Database, ledger: Ledger, take_on: TakeOn) -> int:
    """
    Take on again the erasures of everybody who should not be in the database; return how many.

    Raises:
        StorageUnavailableError: try again.

    """
    if ledger.head == await seen(database):
        return 0
    subjects = ledger.subjects()
    after, found = "", 0
    while True:
        rows = await database.rows(
            "SELECT id FROM accounts WHERE id > :after ORDER BY id LIMIT :limit",
            {"after": after, "limit": _PAGE},
        )
        for row in rows:
            request_id = subjects.get(ledger.subject_of(row["id"]))
            if request_id is not None:
                await take_on(request_id, row["id"], "ledger")
                found += 1
        if len(rows) < _PAGE:
            break
        after = rows[-1]["id"]
    async with database.transaction() as tx:
        await tx.execute("UPDATE ledger_mark SET seq = :seq", {"seq": ledger.head})
    log.info("ledger replayed", erasures=found)
    return found
