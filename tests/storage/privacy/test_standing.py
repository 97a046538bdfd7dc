"""Where accounts stand, and the log that proves their choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.limits import AGE_PROOF_MS
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import NotFoundError
from storage.privacy.keys import Keys
from storage.privacy.standing import ACTIVE, Choice, Standings
from tests.storage.builders import NOW, account, add_accounts


@pytest.fixture(name="standings")
def _standings(db: Database, tmp_path: Path) -> Standings:
    return Standings(db, Keys(tmp_path))


async def log_of(db: Database) -> list[tuple[str, int, str]]:
    """Return the log of choices."""
    rows = await db.rows("SELECT choice, value, source FROM consent_log ORDER BY id")
    return [tuple(row) for row in rows]


async def test_nothing_said(db: Database, standings: Standings) -> None:
    """An account without a row is active with every default."""
    await add_accounts(db, "anna")

    assert await standings.of("anna") == ACTIVE


async def test_freeze_and_release(db: Database, standings: Standings) -> None:
    """Freezing starts the time to prove one's age; proven, reports freeze no more."""
    await add_accounts(db, "anna")
    async with db.transaction() as tx:
        assert await standings.freeze(tx, "anna", NOW) == NOW + AGE_PROOF_MS
        assert await standings.freeze(tx, "anna", NOW + 5) is None
    assert (await standings.of("anna")).state == "frozen"
    assert [stored.id for stored, _ in await standings.frozen()] == ["anna"]

    async with db.transaction() as tx:
        assert await standings.release(tx, "anna", NOW)
        assert not await standings.release(tx, "anna", NOW)
        assert await standings.freeze(tx, "anna", NOW) is None
    assert (await standings.of("anna")).state == "active"


async def test_overdue(db: Database, standings: Standings) -> None:
    """Whose time is over exactly now is due, a millisecond before nobody is."""
    await add_accounts(db, "anna", "ben")
    async with db.transaction() as tx:
        await standings.freeze(tx, "anna", NOW)

    assert await standings.overdue(NOW + AGE_PROOF_MS - 1) == []
    assert await standings.overdue(NOW + AGE_PROOF_MS) == ["anna"]


async def test_choices_are_logged(db: Database, standings: Standings) -> None:
    """The latest choice counts, and all of them stay in the log."""
    await add_accounts(db, "anna")
    await standings.choose("anna", "marketing", Choice(True, "chosen", NOW))
    await standings.choose("anna", "marketing", Choice(False, "gpc", NOW + 1))
    await standings.accept("anna", 3, NOW + 2)

    standing = await standings.of("anna")
    stored = await Accounts(db).by_id("anna")
    assert standing.marketing == Choice(False, "gpc", NOW + 1)
    assert standing.improvement is None
    assert stored is not None
    assert stored.policy_rev == 3
    assert await log_of(db) == [("marketing", 1, "chosen"), ("marketing", 0, "gpc"), ("policy", 3, "chosen")]


async def test_the_log_outlives_the_account(db: Database, standings: Standings) -> None:
    """With the account its standing goes; the log stays, and holds no id."""
    await add_accounts(db, "anna")
    await standings.choose("anna", "improvement", Choice(True, "chosen", NOW))
    await Accounts(db).delete("anna")

    assert await standings.of("anna") == ACTIVE
    assert await log_of(db) == [("improvement", 1, "chosen")]
    [row] = await db.rows("SELECT subject FROM consent_log")
    assert row["subject"] != b"anna"


async def test_own_time(db: Database, standings: Standings) -> None:
    """The own time for chat is kept with the account, zero too, and can be taken back."""
    await add_accounts(db, "anna", "ben", "cleo")
    await standings.set_chat_ttl("anna", 0)
    await standings.set_chat_ttl("ben", 5000)
    await standings.set_chat_ttl("cleo", 5000)
    await standings.set_chat_ttl("cleo", None)

    assert await standings.self_ttls() == {"anna": 0, "ben": 5000}


async def test_purposes(db: Database, standings: Standings) -> None:
    """Only who said yes, or said nothing where that means yes, is used for a purpose; nobody frozen is."""
    for name, country in (
        ("yes", "DE"),
        ("no", "US"),
        ("silent-us", "US"),
        ("silent-de", "DE"),
        ("cold", "US"),
    ):
        await Accounts(db).create(account(name)._replace(country=country))
    await Accounts(db).create(account("guest", kind="guest")._replace(country="US"))
    await standings.choose("yes", "improvement", Choice(True, "chosen", NOW))
    await standings.choose("no", "improvement", Choice(False, "chosen", NOW))
    async with db.transaction() as tx:
        await standings.freeze(tx, "cold", NOW)

    assert await standings.allowed("improvement", by_default=frozenset({"US"})) == ["yes", "silent-us"]
    assert await standings.allowed("marketing", by_default=frozenset()) == []


async def test_of_nobody(standings: Standings) -> None:
    """Nothing is kept of an account that does not exist."""
    with pytest.raises(NotFoundError):
        await standings.set_chat_ttl("nobody", 5)
    with pytest.raises(NotFoundError):
        await standings.accept("nobody", 1, NOW)
