"""Accounts and sessions as an operator looks through them."""

from __future__ import annotations

import pytest

from storage.accounts import Accounts
from storage.database import Database
from storage.roster import Roster
from storage.sessions import Sessions
from tests.storage.builders import NOW, account


@pytest.fixture
async def roster(db: Database) -> Roster:
    """Return a roster of three accounts, one of them with sessions."""
    accounts, sessions = Accounts(db), Sessions(db)
    for nth, name in enumerate(("Ann", "Hannah", "bob")):
        await accounts.create(account(name, at=NOW + nth))
    ann = await accounts.by_name("ann")
    assert ann is not None
    await sessions.create(b"1", ann.id, NOW, NOW + 100)
    await sessions.create(b"2", ann.id, NOW + 1, NOW + 200)
    return Roster(db)


async def test_accounts(roster: Roster) -> None:
    """Newest first; expired sessions do not count; any spelling of a part of the name is found."""
    entries = await roster.accounts(None, "", 10, NOW + 150)
    assert [(entry.name, entry.sessions) for entry in entries] == [("bob", 0), ("Hannah", 0), ("Ann", 1)]
    found = await roster.accounts("user", "aNN", 10, NOW)
    assert [entry.name for entry in found] == ["Hannah", "Ann"]
    assert [entry.name for entry in await roster.accounts("user", "", 1, NOW)] == ["bob"]
    assert await roster.accounts("bot", "", 10, NOW) == []
    assert await roster.accounts(None, "%", 10, NOW) == []


async def test_sessions(roster: Roster) -> None:
    """Valid ones, oldest first."""
    ann = (await roster.accounts(None, "ann", 10, NOW))[-1]
    assert [one.token_hash for one in await roster.sessions(ann.id, NOW)] == [b"1", b"2"]
    assert [one.expires_at_ms for one in await roster.sessions(ann.id, NOW + 100)] == [NOW + 200]
    assert await roster.sessions("nobody", NOW) == []
    assert await roster.roles(ann.id) == []
