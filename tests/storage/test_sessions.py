"""Sessions: valid until they end or expire."""

from __future__ import annotations

import pytest

from storage.accounts import Accounts
from storage.database import Database
from storage.errors import NameTakenError, NotFoundError
from storage.sessions import SESSION_TTL_MS, FoundSession, Sessions
from tests.storage.builders import NOW, account, add_accounts


async def test_found_until_it_expires(db: Database) -> None:
    """A session is found with its account until the millisecond it expires."""
    await add_accounts(db, "anna")
    sessions = Sessions(db)
    await sessions.create(b"hash", "anna", NOW, NOW + 10)
    assert await sessions.find(b"hash", NOW + 9) == FoundSession(account("anna"), NOW + 10)
    assert await sessions.find(b"hash", NOW + 10) is None
    assert await sessions.find(b"other", NOW) is None


async def test_of_nobody(db: Database) -> None:
    """A session needs an account."""
    with pytest.raises(NotFoundError):
        await Sessions(db).create(b"hash", "nobody", NOW, NOW + 10)


async def test_live_on(db: Database) -> None:
    """A session of the usual length lasts as long again; a short one, and one that is gone, do not."""
    await add_accounts(db, "anna")
    sessions, later = Sessions(db), NOW + SESSION_TTL_MS - 1
    await sessions.create(b"usual", "anna", NOW, NOW + SESSION_TTL_MS)
    await sessions.create(b"short", "anna", NOW, NOW + SESSION_TTL_MS - 1)
    for _ in range(2):
        assert await sessions.live_on(b"usual", later)
        assert await sessions.find(b"usual", NOW) == FoundSession(account("anna"), later + SESSION_TTL_MS)
        later += SESSION_TTL_MS // 2
    assert not await sessions.live_on(b"usual", NOW)
    assert not await sessions.live_on(b"short", NOW)
    assert not await sessions.live_on(b"gone", NOW)


async def test_end(db: Database) -> None:
    """An ended session is unknown; ending it again says there was none."""
    await add_accounts(db, "anna")
    sessions = Sessions(db)
    await sessions.create(b"hash", "anna", NOW, NOW + 10)
    assert await sessions.end(b"hash")
    assert not await sessions.end(b"hash")
    assert await sessions.find(b"hash", NOW) is None


async def test_end_all(db: Database) -> None:
    """All sessions of one account end, and only those."""
    await add_accounts(db, "anna", "berta")
    sessions = Sessions(db)
    for token, owner in ((b"1", "anna"), (b"2", "anna"), (b"3", "berta")):
        await sessions.create(token, owner, NOW, NOW + 10)
    assert await sessions.end_all("anna") == 2
    assert await sessions.find(b"3", NOW) is not None


async def test_guest(db: Database) -> None:
    """A guest gets account and session together, or neither when the name is taken."""
    sessions = Sessions(db)
    guest = account("g1", "Guest 1", kind="guest")
    await sessions.create_with_account(b"1", guest, NOW + 10)
    assert await sessions.find(b"1", NOW) == FoundSession(guest, NOW + 10)
    with pytest.raises(NameTakenError):
        await sessions.create_with_account(b"2", account("g2", "guest 1", kind="guest"), NOW + 10)
    assert await sessions.find(b"2", NOW) is None
    assert await Accounts(db).by_id("g2") is None
