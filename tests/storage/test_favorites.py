"""Favourite rooms: found again, bounded, and gone with their account and their room."""

from __future__ import annotations

import sqlite3

import pytest

from protocol.limits import FAVORITES_PER_USER
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import LimitReachedError
from storage.favorites import Favorites
from storage.journal import Journal
from storage.records import Writes
from tests.storage.builders import NOW, add_accounts, add_room, begun, settings


async def ids(favorites: Favorites, account_id: str = "anna") -> list[str]:
    """The favourites' ids in order."""
    return [room.id for room in await favorites.list(account_id)]


async def test_add_and_remove(db: Database) -> None:
    """A room is marked once, the last one first; each account has its own."""
    await add_accounts(db, "anna", "berta")
    for ident in ("r1", "r2", "r3"):
        await add_room(db, ident)
    favorites = Favorites(db)
    await favorites.add("anna", "r1", NOW)
    await favorites.add("anna", "r2", NOW + 1)
    await favorites.add("anna", "r1", NOW + 2)
    await favorites.add("berta", "r3", NOW)
    assert await ids(favorites) == ["r2", "r1"]
    await favorites.remove("anna", "r2")
    await favorites.remove("anna", "r3")
    assert await ids(favorites) == ["r1"]
    assert await ids(favorites, "berta") == ["r3"]


async def test_rows(db: Database) -> None:
    """A row is that of the directory, of private rooms too, with the current play and its DJ."""
    await add_accounts(db, "anna", "dora")
    await add_room(db, "r1", settings=settings(private=True))
    await Journal(db).commit(Writes(plays=[begun("p1", "dora")]))
    favorites = Favorites(db)
    await favorites.add("anna", "r1", NOW)
    [row] = await favorites.list("anna")
    assert (row.slug, row.private, row.password) == ("slug-r1", True, False)
    assert row.play is not None
    assert (row.play.id, row.play.dj and row.play.dj.id) == ("p1", "dora")


async def test_limit(db: Database) -> None:
    """An account has at most so many; marking one again is still allowed."""
    await add_accounts(db, "anna")
    favorites = Favorites(db)
    for number in range(FAVORITES_PER_USER + 1):
        await add_room(db, f"r{number}")
    for number in range(FAVORITES_PER_USER):
        await favorites.add("anna", f"r{number}", NOW)
    with pytest.raises(LimitReachedError, match="at most 200 favourites"):
        await favorites.add("anna", f"r{FAVORITES_PER_USER}", NOW)
    await favorites.add("anna", "r0", NOW)
    await favorites.remove("anna", "r0")
    await favorites.add("anna", f"r{FAVORITES_PER_USER}", NOW)


async def test_gone_with_account_and_room(db: Database) -> None:
    """Neither a deleted account nor a deleted room leaves a mark."""
    await add_accounts(db, "anna", "berta")
    await add_room(db, "r1")
    await add_room(db, "r2")
    favorites = Favorites(db)
    for account_id in ("anna", "berta"):
        for room_id in ("r1", "r2"):
            await favorites.add(account_id, room_id, NOW)
    await Accounts(db).delete("anna")
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM rooms WHERE id = 'r1'")
    rows = await db.rows("SELECT account_id, room_id FROM favorites")
    assert [tuple(row) for row in rows] == [("berta", "r2")]


async def test_unknown_room(db: Database) -> None:
    """A room that does not exist cannot be marked."""
    await add_accounts(db, "anna")
    with pytest.raises(sqlite3.IntegrityError):
        await Favorites(db).add("anna", "r9", NOW)
