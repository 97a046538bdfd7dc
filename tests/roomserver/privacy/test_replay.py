"""Bringing a database up to date with its ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomserver.privacy.replay import open_ledger, replay, seen
from storage.database import Database
from storage.privacy.keys import Keys
from storage.privacy.ledger import FILE, Ledger, LedgerError
from storage.privacy.requests import Basis
from tests.storage.builders import NOW, add_accounts


class Erasures:
    """Notes what is taken on."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, Basis]] = []

    async def take_on(self, request_id: str, account_id: str, basis: Basis) -> str:
        """Take an erasure on."""
        self.taken.append((request_id, account_id, basis))
        return request_id


@pytest.fixture(name="db")
async def _db(tmp_path: Path) -> Database:
    database = await Database.open(tmp_path / "x.db")
    await add_accounts(database, "anna", "ben", "cleo")
    return database


async def test_whom_the_ledger_knows(db: Database, tmp_path: Path) -> None:
    """Everybody whose erasure was begun or done is taken on, nobody whose was taken back, once."""
    ledger, erasures = Ledger.open(tmp_path, Keys(tmp_path)), Erasures()
    for kind, request, account in (
        ("intent", "r1", "anna"),
        ("done", "r1", "anna"),
        ("intent", "r2", "ben"),
        ("intent", "r3", "cleo"),
        ("void", "r3", "cleo"),
        ("intent", "r4", "nobody-here"),
    ):
        ledger.append(kind, request, account, NOW)  # type: ignore[arg-type]  # the words are right

    assert await replay(db, ledger, erasures.take_on) == 2
    assert erasures.taken == [("r1", "anna", "ledger"), ("r2", "ben", "ledger")]
    assert await seen(db) == 6
    assert await replay(db, ledger, erasures.take_on) == 0
    await db.close()


async def test_giving_a_ledger_up(db: Database, tmp_path: Path) -> None:
    """One that is older than the database is refused; given up, it is kept aside and a new one begins."""
    ledger = Ledger.open(tmp_path, Keys(tmp_path))
    ledger.append("intent", "r1", "anna", NOW)
    async with db.transaction() as tx:
        await tx.execute("UPDATE ledger_mark SET seq = 2")
    with pytest.raises(LedgerError):
        await open_ledger(db, tmp_path, Keys(tmp_path), accept_missing=False)
    fresh, gave_up = await open_ledger(db, tmp_path, Keys(tmp_path), accept_missing=True)

    assert (fresh.head, gave_up) == (0, True)
    assert (tmp_path / FILE).with_suffix(".damaged").is_file()
    assert await seen(db) == 0
    again, gave_up = await open_ledger(db, tmp_path, Keys(tmp_path), accept_missing=True)
    assert (again.head, gave_up) == (0, False)
    await db.close()
