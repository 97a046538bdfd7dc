"""Unused accounts at rest: who is due for which letter, and what signing in does to it."""

from __future__ import annotations

from importlib import resources

from protocol.limits import DAY_MS
from storage.accounts import Accounts
from storage.database import Database
from storage.privacy.inactivity import FIRST_MS, SECOND_MS, Ending, InactiveAccounts, day_of
from storage.sessions import Sessions
from tests.storage.builders import NOW, account, add_accounts

YEAR_MS = 365 * DAY_MS
LATER = day_of(NOW) + YEAR_MS


async def seen(db: Database, ident: str) -> None:
    """Make an account that was signed in to today."""
    await add_accounts(db, ident)
    await InactiveAccounts(db).seen(ident, NOW)


async def test_only_the_day_is_kept(db: Database) -> None:
    """Of a sign-in the day is kept; one to an account that is gone leaves nothing."""
    await seen(db, "anna")
    await InactiveAccounts(db).seen("nobody", NOW)
    rows = await db.rows("SELECT account_id, active_at_ms FROM account_privacy")
    assert [tuple(row) for row in rows] == [("anna", NOW // DAY_MS * DAY_MS)]


async def test_the_countdown(db: Database) -> None:
    """Thirty days before its time it is idle, then ending, then due, each only after the one before."""
    accounts = InactiveAccounts(db)
    await seen(db, "anna")
    assert await accounts.idle(YEAR_MS, LATER - FIRST_MS - 1) == []
    [ending] = await accounts.idle(YEAR_MS, LATER - FIRST_MS)
    assert ending == Ending("anna", LATER)
    assert await accounts.due(LATER) == []
    await accounts.warned(ending, 1)
    assert await accounts.idle(YEAR_MS, LATER) == []
    assert await accounts.ending(LATER - SECOND_MS - 1) == []
    assert await accounts.ending(LATER - SECOND_MS) == [ending]
    assert await accounts.due(LATER + YEAR_MS) == []
    await accounts.warned(ending, 2)
    assert await accounts.due(LATER - 1) == []
    assert await accounts.due(LATER) == [ending]
    assert await accounts.due_of_all(LATER) == (1, 1)
    await accounts.seen("anna", LATER)
    assert await accounts.due(LATER) == []
    assert await accounts.counting_down() == 0


async def test_nobody_is_hurried(db: Database) -> None:
    """Found late, as after a policy was shortened or a server was down, each letter gives its whole time."""
    accounts = InactiveAccounts(db)
    await seen(db, "anna")
    late = LATER + YEAR_MS
    [ending] = await accounts.idle(YEAR_MS, late)
    assert ending.end_ms == late + FIRST_MS
    await accounts.warned(ending, 1)
    [again] = await accounts.ending(ending.end_ms + DAY_MS)
    assert again.end_ms == ending.end_ms + DAY_MS + SECOND_MS


async def test_who_counts(db: Database) -> None:
    """Guests, bots and administrators do not; an account that was never signed in to does from its making."""
    for kind in ("guest", "bot", "admin", "user"):
        await Accounts(db).create(account(kind, kind=kind))
    found = await InactiveAccounts(db).idle(YEAR_MS, NOW + YEAR_MS)
    assert [ending.account_id for ending in found] == ["user"]


async def test_accounts_from_before(db: Database) -> None:
    """Accounts that are older than this rule count from the last session, not from their making."""
    await add_accounts(db, "anna", "ben")
    await Sessions(db).create(b"t", "anna", NOW + 9 * DAY_MS, NOW + 99 * DAY_MS)
    migration = (
        resources.files("storage").joinpath("migrations/0011_inactive_accounts.sql").read_text("utf-8")
    )
    async with db.transaction() as tx:
        await tx.execute(migration[migration.index("INSERT") :])
    rows = await db.rows("SELECT account_id, active_at_ms FROM account_privacy ORDER BY account_id")
    assert [tuple(row) for row in rows] == [("anna", day_of(NOW + 9 * DAY_MS)), ("ben", day_of(NOW))]
