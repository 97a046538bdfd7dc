"""Archived rooms at rest: closed whole, found, taken over once, due."""

from __future__ import annotations

import pytest

from protocol.roles import Role
from storage.archived import ArchivedRoom, ArchivedRooms
from storage.database import Database
from storage.errors import NotFoundError, RoomArchivedError
from storage.favorites import Favorites
from storage.journal import Journal
from storage.records import RoomTexts, Writes
from storage.rooms import Rooms
from storage.roster import Roster
from tests.storage.builders import NOW, add_accounts, begun, room, voted, waiting

UNTIL = NOW + 1000


async def archived(db: Database) -> ArchivedRooms:
    """Archive a room in which everything is on."""
    await add_accounts(db, "anna", "ben", "dj")
    texts = RoomTexts(name="Anna's", description="canary", welcome="canary", password_hash="h")
    record = room("r1", slug="den", texts=texts, waitlist=[waiting("ben")], fallback_playlist="p")
    await Rooms(db).create(record, "anna")
    await Favorites(db).add("ben", "r1", NOW)
    votes = [voted("p1", "ben", 1, grabbed=True), voted("p1", "anna", -1)]
    await Journal(db).commit(Writes(plays=[begun("p1", "dj")], votes=votes))
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO staff (room_id, account_id, role) VALUES ('r1', 'ben', 'bouncer')")
        await ArchivedRooms(db).archive(tx, "r1", NOW + 5, UNTIL)
    return ArchivedRooms(db)


async def test_closed(db: Database) -> None:
    """It cannot be opened, is in no list for people, and the operator sees until when it is kept."""
    store = await archived(db)
    for ref in ("r1", "den"):
        with pytest.raises(RoomArchivedError, match="archived") as refused:
            await Rooms(db).open(ref, NOW)
        assert refused.value.until_ms == UNTIL
        assert await store.find(ref) == ArchivedRoom("r1", "den", UNTIL)
    assert await Rooms(db).directory() == []
    assert await Favorites(db).list("ben") == []
    assert await Rooms(db).active() == []
    [entry] = await Roster(db).rooms("", 10)
    assert (entry.host, entry.deleted_at_ms) == (None, UNTIL)
    assert await store.count() == 1


async def test_nothing_goes_on(db: Database) -> None:
    """The play that was on ends with its score; texts, password, waitlist and fallback are gone."""
    await archived(db)
    play = await db.row("SELECT * FROM plays")
    assert play is not None
    assert (play["ended_at_ms"], play["end_reason"]) == (NOW + 5, "left")
    assert (play["woots"], play["mehs"], play["grabs"]) == (1, 1, 1)
    row = await db.row("SELECT * FROM rooms")
    assert row is not None
    assert (row["name"], row["description"], row["welcome"]) == ("den", "", "")
    assert (row["password_hash"], row["fallback_playlist"], row["waitlist"]) == (None, None, "[]")


async def test_archived_twice(db: Database) -> None:
    """Archiving again, as after a crash, does not lengthen its time."""
    store = await archived(db)
    async with db.transaction() as tx:
        await store.archive(tx, "r1", NOW + 9, UNTIL + 500)
    assert await store.find("r1") == ArchivedRoom("r1", "den", UNTIL)


async def test_reopened_once(db: Database) -> None:
    """One takes it over and is its host; the next is told that it is not archived."""
    store = await archived(db)
    assert await store.role_of("r1", "ben") is Role.BOUNCER
    assert await store.role_of("r1", "anna") is Role.USER
    async with db.transaction() as tx:
        await store.reopen(tx, "r1", "ben", "e2", UNTIL - 1)
    opened = await Rooms(db).open("den", NOW + 10)
    assert opened is not None
    assert opened.staff == {"ben": Role.HOST}
    assert opened.room.epoch == "e2"
    assert await store.find("den") is None
    with pytest.raises(NotFoundError):
        async with db.transaction() as tx:
            await store.reopen(tx, "r1", "anna", "e2", UNTIL - 1)


async def test_due(db: Database) -> None:
    """At its instant it is due and cannot be taken over any more; not a millisecond before."""
    store = await archived(db)
    assert await store.due(UNTIL - 1) == []
    assert await store.due(UNTIL) == [ArchivedRoom("r1", "den", UNTIL)]
    with pytest.raises(NotFoundError):
        async with db.transaction() as tx:
            await store.reopen(tx, "r1", "ben", "e2", UNTIL)
