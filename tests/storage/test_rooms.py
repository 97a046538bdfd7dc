"""Rooms at rest: made once per slug, found, listed."""

from __future__ import annotations

import asyncio
import sqlite3

import msgspec
import pytest

from protocol.roles import Role
from storage.database import Database
from storage.errors import LimitReachedError, NotFoundError, RoomExistsError
from storage.fold import gone_user
from storage.journal import Journal
from storage.playlists import Playlists
from storage.records import PlayEnd, PlayRow, ReservedRecord, RoomState, RoomTexts, StaffRow, Standing, Writes
from storage.rooms import Rooms
from tests.storage.builders import (
    NOW,
    add_accounts,
    add_room,
    begun,
    ended,
    logged,
    media,
    play,
    room,
    said,
    settings,
    waiting,
)


async def test_reads_back(db: Database) -> None:
    """A room is opened as it was made, its creator being host."""
    await add_accounts(db, "anna")
    await Playlists(db).create("anna", "p", "Mine", NOW)
    record = room(
        texts=RoomTexts(name="N", description="D", welcome="W", password_hash="h"),
        settings=settings(
            password=True, private=True, locked=True, slow_mode_ms=5, cycle=False, fallback=True
        ),
        waitlist=[waiting("anna"), msgspec.structs.replace(waiting("anna"), media=media("m"))],
        leave_after_play=True,
        fallback_playlist="p",
        fallback_next=4,
        seq=9,
    )
    await Rooms(db).create(record, "anna")
    opened = await Rooms(db).open(record.slug, NOW)
    assert opened is not None
    assert opened.room == record
    assert opened.staff == {"anna": Role.HOST}


async def test_slug_taken(db: Database) -> None:
    """A slug belongs to one room, and is no other room's id."""
    await add_room(db, "r1", slug="lounge")
    with pytest.raises(RoomExistsError, match="'r1'"):
        await add_room(db, "r2", slug="r1")
    with pytest.raises(RoomExistsError, match="'lounge'"):
        await add_room(db, "r2", slug="lounge")
    with pytest.raises(sqlite3.IntegrityError):
        await add_room(db, "r1", slug="other")


async def test_find(db: Database) -> None:
    """A room is found by id and by slug; a slug cannot hide another room's id."""
    await add_room(db, "a", slug="b")
    await add_room(db, "b", slug="c")
    rooms = Rooms(db)
    assert [await rooms.find(ref) for ref in ("a", "b", "c", "d")] == ["a", "b", "b", None]
    assert await rooms.open("d", NOW) is None


async def test_set_epoch(db: Database) -> None:
    """A new epoch leaves seq where it is."""
    await add_room(db, seq=7)
    await Rooms(db).set_epoch("r1", "e2")
    opened = await Rooms(db).open("r1", NOW)
    assert opened is not None
    assert (opened.room.epoch, opened.room.seq) == ("e2", 7)
    with pytest.raises(NotFoundError, match="there is no room 'x'"):
        await Rooms(db).set_epoch("x", "e2")


async def test_renumber(db: Database) -> None:
    """Rooms that name an account by a role or by what it said get a new epoch, but for some."""
    await add_accounts(db, "anna")
    for ident in ("staffed", "r1", "strange", "open"):
        await add_room(db, ident, slug=ident)
    for ident in ("staffed", "open"):
        await Journal(db).commit(Writes(staff=[StaffRow(ident, "anna", Role.BOUNCER)]))
    await Journal(db).commit(Writes(events=[logged(said(1, "anna", "hi"), actor="anna")]))
    assert await Rooms(db).renumber("anna", "e2", ["open"]) == 2
    opened = [await Rooms(db).open(ident, NOW) for ident in ("staffed", "r1", "strange", "open")]
    assert [one is not None and one.room.epoch == "e2" for one in opened] == [True, True, False, False]


async def test_at_most(db: Database) -> None:
    """Nobody makes more rooms than they may, also by asking for several at once; others' do not count."""
    await add_accounts(db, "anna")
    await add_room(db, "r0")
    rooms = Rooms(db)
    made = await asyncio.gather(
        *(rooms.create(room(f"r{number}"), "anna", 2) for number in range(1, 5)), return_exceptions=True
    )
    assert [str(error) for error in made if error is not None] == 2 * ["expected at most 2 rooms"]
    assert all(error is None or isinstance(error, LimitReachedError) for error in made)
    await rooms.create(room("r9"), "anna")


async def test_active(db: Database) -> None:
    """After a restart run the rooms with a play, somebody waiting or a kept place, no others."""
    for ident in ("idle", "keeping", "over", "playing", "waiting"):
        await add_room(db, ident)
    plays: list[PlayRow | PlayEnd] = [begun("1", room_id="over"), ended("1"), begun("2", room_id="playing")]
    place = ReservedRecord(user_id="u", position=0, until_ms=NOW, media=media("1"))
    kept = Standing(reservations=[place])
    states = [
        RoomState("waiting", 1, (waiting("u"),), leave_after_play=False, fallback_next=0),
        RoomState("keeping", 1, (), leave_after_play=False, fallback_next=0, standing=kept),
        RoomState("idle", 1, (), leave_after_play=False, fallback_next=0, standing=Standing(nth=2)),
    ]
    await Journal(db).commit(Writes(plays=plays, states=states))
    assert await Rooms(db).active() == ["keeping", "playing", "waiting"]


async def test_directory(db: Database) -> None:
    """The directory shows public rooms with what they play and who."""
    await add_accounts(db, "anna")
    await add_room(db, "a")
    await add_room(db, "hidden", settings=settings(private=True))
    texts = RoomTexts(name="B", description="x", welcome="", password_hash="h")
    await add_room(db, "b", created_at_ms=NOW + 1, texts=texts)
    await add_room(db, "c", created_at_ms=NOW + 2)
    await add_room(db, "d", created_at_ms=NOW + 3)
    plays: list[PlayRow | PlayEnd] = [
        begun("0", "anna", room_id="a"),
        ended("0"),
        begun("1", "anna", room_id="a"),
    ]
    plays += [begun("2", room_id="b"), begun("3", "gone", room_id="c")]
    await Journal(db).commit(Writes(plays=plays))
    listed = await Rooms(db).directory()
    assert [(each.id, each.password, each.play and each.play.id) for each in listed] == [
        ("a", False, "1"),
        ("b", True, "2"),
        ("c", False, "3"),
        ("d", False, None),
    ]
    assert listed[0].play == play("1", "anna")
    assert listed[1].name == "B"
    assert listed[2].play is not None
    assert listed[2].play.dj == gone_user("gone")
