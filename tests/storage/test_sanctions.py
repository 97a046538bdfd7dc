"""Mutes, bans and block-lists: put and lifted in order, there after opening again, gone with the room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.limits import REPEAT_PLAYS_MAX
from protocol.roles import Role
from protocol.values import BlockedMedia, Rules, Sanction, SanctionKind
from storage.database import Database
from storage.fold import gone_user
from storage.journal import Journal
from storage.records import (
    BlockRow,
    OpenedRoom,
    PlayEnd,
    PlayRow,
    ReservedRecord,
    RoomState,
    RoomTexts,
    SanctionRow,
    SettingsRow,
    StaffRow,
    Standing,
    Writes,
)
from storage.rooms import Rooms
from tests.storage.builders import (
    NOW,
    add_accounts,
    add_room,
    begun,
    ended,
    logged,
    person,
    said,
    settings,
    voted,
)
from tests.support.people import song

HERE = b"0123456789abcdef"


def put(
    user: str, kind: SanctionKind = "ban", *, room_id: str = "r1", key: bytes | None = None, **fields: Any
) -> SanctionRow:
    """A mute or ban by ``mod``, for good unless told otherwise."""
    given: dict[str, Any] = {"until_ms": None, "at_ms": NOW, "by": person("mod"), **fields}
    return SanctionRow(room_id, kind, user, Sanction(user=person(user), kind=kind, **given), key)


def lift(user: str, kind: SanctionKind = "ban") -> SanctionRow:
    """The end of one."""
    return SanctionRow("r1", kind, user, None, None)


def entry(ident: str, at_ms: int = NOW) -> BlockedMedia:
    """An entry of the block-list."""
    return BlockedMedia(source="youtube", source_id=ident, title=f"T {ident}", by=person("mod"), at_ms=at_ms)


def block(ident: str, *, on: bool = True, room_id: str = "r1", at_ms: int = NOW) -> BlockRow:
    """A change of the block-list."""
    return BlockRow(room_id, "youtube", ident, entry(ident, at_ms) if on else None)


async def opened(db: Database, now: int = NOW) -> OpenedRoom:
    """The room as it opens."""
    found = await Rooms(db).open("r1", now)
    assert found is not None
    return found


async def prepare(db: Database) -> None:
    """A room and its people."""
    await add_room(db)
    await add_accounts(db, "anna", "berta", "mod")


async def test_survive(db: Database, path: Path) -> None:
    """Everything a room's rules need is there after the database was closed and opened again."""
    await prepare(db)
    rules = Rules(afk_ms=5, repeat_plays=3, vote_skip_percent=50)
    texts = RoomTexts(name="Name", description="", welcome="", password_hash=None)
    kept = ReservedRecord(user_id="berta", position=2, until_ms=NOW + 9, playlist_id="list", media=song())
    standing = Standing(
        reservations=[kept],
        nth=2,
        playlist_id="p1",
        skip_votes=["anna"],
        reports={"anna": "error"},
        locked_at_ms=7,
    )
    await Journal(db).commit(
        Writes(
            sanctions=[
                put("anna", "mute", until_ms=NOW + 5, reason="spam", shadow=True),
                put("anna", "waitlist_ban", until_ms=NOW + 6),
                put("berta", key=HERE),
            ],
            blocks=[block("x"), block("y", at_ms=NOW + 1)],
            settings=[SettingsRow("r1", texts, settings(rules=rules), None)],
            plays=[begun("a", "anna"), ended("a"), begun("b", "berta", at=NOW + 1)],
            states=[RoomState("r1", 4, (), leave_after_play=False, fallback_next=0, standing=standing)],
        )
    )
    before = await opened(db)
    await db.close()
    again = await Database.open(path)
    try:
        room = await opened(again)
    finally:
        await again.close()
    assert room == before
    assert {(one.kind, one.user.id, one.until_ms, one.reason, one.shadow) for one in room.sanctions} == {
        ("mute", "anna", NOW + 5, "spam", True),
        ("waitlist_ban", "anna", NOW + 6, None, False),
        ("ban", "berta", None, None, False),
    }
    assert {one.by for one in room.sanctions} == {person("mod")}
    assert room.addresses == {"berta": HERE}
    assert room.blocked == [entry("x"), entry("y", NOW + 1)]
    assert room.room.settings.rules == rules
    assert room.room.standing == standing
    assert room.users["berta"] == person("berta")
    assert room.recent == [("youtube", "m-a", NOW), ("youtube", "m-b", NOW + 1)]


async def test_order_in_a_beat(db: Database) -> None:
    """Put and lifted in one beat, the last one counts."""
    await prepare(db)
    rows = [put("anna"), lift("anna"), put("berta"), lift("berta"), put("berta", until_ms=NOW + 1, key=HERE)]
    blocks = [block("x"), block("x", on=False), block("y", on=False), block("y")]
    await Journal(db).commit(Writes(sanctions=rows, blocks=blocks))
    room = await opened(db)
    assert [(one.user.id, one.until_ms) for one in room.sanctions] == [("berta", NOW + 1)]
    assert room.blocked == [entry("y")]


async def test_replaced(db: Database) -> None:
    """A second one of a kind replaces the first, its address too; other kinds and rooms are apart."""
    await prepare(db)
    await add_room(db, "r2")
    await Journal(db).commit(Writes(sanctions=[put("anna", key=HERE), put("anna", "mute", until_ms=NOW + 1)]))
    await Journal(db).commit(Writes(sanctions=[put("anna", reason="again"), put("anna", room_id="r2")]))
    await Journal(db).commit(Writes(sanctions=[lift("anna", "mute")]))
    room = await opened(db)
    assert [(one.kind, one.reason) for one in room.sanctions] == [("ban", "again")]
    assert room.addresses == {}
    other = await Rooms(db).open("r2", NOW)
    assert other is not None
    assert len(other.sanctions) == 1


async def test_over(db: Database) -> None:
    """What has run out does not come back, to the millisecond."""
    await prepare(db)
    await Journal(db).commit(Writes(sanctions=[put("anna", until_ms=NOW + 5, key=HERE)]))
    assert len((await opened(db, NOW + 4)).sanctions) == 1
    room = await opened(db, NOW + 5)
    assert (room.sanctions, room.addresses) == ([], {})


async def test_people_who_are_gone(db: Database) -> None:
    """A ban of an account that is no more stays, under the name of nobody."""
    await add_room(db)
    await Journal(db).commit(Writes(sanctions=[put("lost")], blocks=[block("x")]))
    room = await opened(db)
    assert [(one.user, one.by) for one in room.sanctions] == [(gone_user("lost"), gone_user("mod"))]
    assert room.blocked[0].by == gone_user("mod")


async def test_recent_plays(db: Database) -> None:
    """As many plays of DJs come back as a rule can look at, oldest first; the fallback's do not count."""
    await prepare(db)
    count = REPEAT_PLAYS_MAX + 5
    plays = [
        row
        for number in range(count)
        for row in (begun(f"p{number}", "anna", at=NOW + number), ended(f"p{number}"))
    ]
    await Journal(db).commit(Writes(plays=[*plays, begun("fallback", at=NOW + count)]))
    recent = (await opened(db)).recent
    assert [source_id for _, source_id, _ in recent] == [f"m-p{number}" for number in range(5, count)]


async def test_never_heard(db: Database) -> None:
    """A play that was cut before it began does not come back as one that was played."""
    await prepare(db)
    plays: list[PlayRow | PlayEnd] = [
        begun("a", "anna", at=NOW + 2000),
        ended("a")._replace(ended_at_ms=NOW),
        begun("b", "anna", at=NOW + 1500),
    ]
    await Journal(db).commit(Writes(plays=plays))
    assert [source_id for _, source_id, _ in (await opened(db)).recent] == ["m-b"]


async def test_deleted_with_the_room(db: Database) -> None:
    """After a room's deletion no table holds a row of it, and other rooms have theirs."""
    await prepare(db)
    await add_room(db, "r2")
    for room_id, play_id in (("r1", "a"), ("r2", "b")):
        await Journal(db).commit(
            Writes(
                events=[logged(said(1, "anna", "hi"))._replace(room_id=room_id)],
                sanctions=[put("anna", room_id=room_id)],
                blocks=[block("x", room_id=room_id)],
                staff=[StaffRow(room_id, "anna", Role.BOUNCER)],
                plays=[begun(play_id, "anna", room_id=room_id)],
                votes=[voted(play_id, "berta", 1)],
            )
        )
    tables = [row[0] for row in await db.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    before = {table: await _count(db, table) for table in tables}
    await Rooms(db).delete("r1")
    after = {table: await _count(db, table) for table in tables}
    of_rooms = ("rooms", "events", "sanctions", "blocked_media", "staff", "plays", "votes")
    assert {table: before[table] - after[table] for table in of_rooms} == dict.fromkeys(of_rooms, 1)
    assert all(before[table] == after[table] for table in tables if table not in of_rooms)
    assert await Rooms(db).open("r1", NOW) is None
    assert await Rooms(db).find("slug-r1") is None
    await add_room(db, "r3", slug="slug-r1")


async def _count(db: Database, table: str) -> int:
    row = await db.row(f"SELECT count(*) FROM {table}")
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("kind", ["kick", "shadow", ""])
async def test_strange_kind(db: Database, kind: Any) -> None:
    """A kind that is none is refused: a bug, not a ban."""
    await prepare(db)
    with pytest.raises(Exception, match="CHECK"):
        await Journal(db).commit(Writes(sanctions=[put("anna", kind)]))
