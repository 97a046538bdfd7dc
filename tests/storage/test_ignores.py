"""Ignored users: bounded, and gone with either account."""

from __future__ import annotations

import pytest

from protocol.limits import IGNORED_MAX
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import LimitReachedError
from storage.ignores import Ignores
from tests.storage.builders import add_accounts


async def names(ignores: Ignores, account_id: str) -> list[str]:
    """The names of whom an account ignores."""
    return [user.name for user in await ignores.list(account_id)]


async def test_add_and_remove(db: Database) -> None:
    """Each account has its own list, by name; adding twice is once, removing nobody is fine."""
    await add_accounts(db, "anna", "berta", "cleo")
    ignores = Ignores(db)
    for ignored in ("cleo", "berta", "cleo"):
        await ignores.add("anna", ignored)
    assert await names(ignores, "anna") == ["berta", "cleo"]
    assert await names(ignores, "berta") == []
    await ignores.remove("anna", "cleo")
    await ignores.remove("anna", "cleo")
    assert await names(ignores, "anna") == ["berta"]


async def test_gone_with_the_account(db: Database) -> None:
    """A deleted account is ignored by nobody and ignores nobody."""
    await add_accounts(db, "anna", "berta")
    ignores = Ignores(db)
    await ignores.add("anna", "berta")
    await Accounts(db).delete("berta")
    assert await names(ignores, "anna") == []


async def test_limit(db: Database) -> None:
    """There is a limit, which one who is ignored already does not meet."""
    many = [f"u{number}" for number in range(IGNORED_MAX + 1)]
    await add_accounts(db, "anna", *many)
    ignores = Ignores(db)
    for ignored in many[:-1]:
        await ignores.add("anna", ignored)
    with pytest.raises(LimitReachedError):
        await ignores.add("anna", many[-1])
    await ignores.add("anna", many[0])
