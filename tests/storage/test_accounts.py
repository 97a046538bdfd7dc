"""Accounts: names are unique as they read, and others see little."""

from __future__ import annotations

import sqlite3

import pytest

from protocol.roles import Role
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import NameTakenError, NotFoundError
from storage.journal import Journal
from storage.playlists import Playlists
from storage.records import StaffRow, StoredAccount, Writes
from storage.sessions import Sessions
from tests.storage.builders import NOW, account, add_accounts, add_room, person

FULL = StoredAccount(
    "u1", "user", "Anna", "hash", "a@example.org", "DE", "https://x/a.png", "hello", 1, None, NOW
)


async def stored(db: Database, ident: str) -> StoredAccount:
    """The account of this id, which exists."""
    found = await Accounts(db).by_id(ident)
    assert found is not None
    return found


async def test_reads_back(db: Database) -> None:
    """An account is found by id and by any spelling of its name, with all its fields."""
    accounts = Accounts(db)
    await accounts.create(FULL)
    assert await accounts.by_id("u1") == FULL
    assert await accounts.by_name("ＡNNA") == FULL
    assert await accounts.by_id("nobody") is None
    assert await accounts.by_name("nobody") is None


async def test_name_taken(db: Database) -> None:
    """A name that reads like another's is refused, the refused name being told."""
    await Accounts(db).create(FULL)
    with pytest.raises(NameTakenError, match="'aNNa'"):
        await Accounts(db).create(account("u2", "aNNa"))
    assert await Accounts(db).by_id("u2") is None


async def test_id_taken_is_a_bug(db: Database) -> None:
    """Two accounts of one id are a bug of the caller, not a taken name."""
    await Accounts(db).create(FULL)
    with pytest.raises(sqlite3.IntegrityError):
        await Accounts(db).create(account("u1", "Berta"))


async def test_users(db: Database) -> None:
    """Many are read at once; unknown ids are left out."""
    await add_accounts(db, "a", "b")
    assert await Accounts(db).users(["a", "b", "a", "nobody"]) == {"a": person("a"), "b": person("b")}
    assert await Accounts(db).users([]) == {}
    assert len(await Accounts(db).users(["a", *(f"x{n}" for n in range(50_000))])) == 1


async def test_rename(db: Database) -> None:
    """A new spelling of the own name is fine, the name of another is not."""
    accounts = Accounts(db)
    await add_accounts(db, "Anna", "Berta")
    await accounts.update("Anna", name="ANNA")
    assert (await stored(db, "Anna")).name == "ANNA"
    with pytest.raises(NameTakenError, match="'berta'"):
        await accounts.update("Anna", name="berta")
    await accounts.update("Anna", name="Cleo")
    assert await accounts.by_name("anna") is None


async def test_update(db: Database) -> None:
    """Given fields change, the empty string removes, the others stay."""
    accounts = Accounts(db)
    await accounts.create(FULL)
    await accounts.update("u1", bio="", email="b@example.org")
    assert await accounts.by_id("u1") == FULL._replace(bio=None, email="b@example.org")
    await accounts.update("u1")
    await accounts.update("u1", avatar_url="", password_hash="other")
    assert (await stored(db, "u1")).avatar_url is None
    assert (await stored(db, "u1")).password_hash == "other"


async def test_policy_and_kind(db: Database) -> None:
    """Acceptance and kind are recorded."""
    await add_accounts(db, "a")
    await Accounts(db).accept_policy("a", 2)
    await Accounts(db).set_kind("a", "bot")
    assert (await stored(db, "a")).policy_rev == 2
    assert (await stored(db, "a")).kind == "bot"


async def test_delete(db: Database) -> None:
    """With an account go its sessions, playlists and roles, and nobody else's."""
    await add_room(db)
    await add_accounts(db, "a", "b")
    for ident in ("a", "b"):
        await Sessions(db).create(ident.encode(), ident, NOW, NOW + 1)
        await Playlists(db).create(ident, f"p-{ident}", "Mine", NOW)
        await Journal(db).commit(Writes(staff=[StaffRow("r1", ident, Role.MANAGER)]))
    await Accounts(db).delete("a")
    for table in ("accounts", "sessions", "playlists", "staff"):
        assert len(await db.rows(f"SELECT * FROM {table}")) == 1
    assert await Sessions(db).find(b"b", NOW) is not None


async def test_changes_of_nobody(db: Database) -> None:
    """A change of an unknown account says so."""
    accounts = Accounts(db)
    for change in (
        accounts.update("x", name="X"),
        accounts.update("x", bio="b"),
        accounts.accept_policy("x", 1),
        accounts.set_kind("x", "bot"),
        accounts.delete("x"),
    ):
        with pytest.raises(NotFoundError, match="there is no user 'x'"):
            await change


async def test_lookalike_is_taken(db: Database) -> None:
    """A name that looks like another's is refused, on creating and on renaming; the own one may change."""
    accounts = Accounts(db)
    await accounts.create(account("u1", "paypal"))
    await accounts.create(account("u2", "berta"))
    with pytest.raises(NameTakenError, match="looks like one"):
        await accounts.create(account("u3", "PaypaI"))
    with pytest.raises(NameTakenError, match="раураӏ"):
        await accounts.update("u2", name="раураӏ")
    assert (await stored(db, "u2")).name == "berta"
    assert await accounts.is_taken("paypa1")
    assert not await accounts.is_taken("paypals")
    await accounts.update("u1", name="PaypaI")
    await accounts.update("u1", name="other")
    await accounts.create(account("u3", "Paypal"))
