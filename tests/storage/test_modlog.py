"""The moderation log: who did what to whom, why and when; nobody's own affairs, nothing expired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from protocol.events import (
    ChatDeleted,
    MemberBanned,
    MemberKicked,
    MemberMuted,
    MemberUnmuted,
    PlayStarted,
    PlayStopped,
    RoomEvent,
    RoomUpdated,
    StaffChanged,
    WaitlistChanged,
    WaitlistSettings,
)
from protocol.values import LogEntry, Previous, Rules, User
from storage.database import Database
from storage.errors import BadCursorError
from storage.fold import gone_user
from storage.journal import Journal
from storage.modlog import LogPage, ModLog
from storage.records import Writes
from tests.storage.builders import NOW, add_accounts, add_room, begun, days, ended, logged, person, play, said

ANNA, MOD = person("anna"), person("mod")


def previous(play_id: str, end: Any, by: User | None, reason: str | None = None) -> Previous:
    """How a play ended."""
    return Previous(play_id=play_id, woots=0, mehs=0, grabs=0, listeners=1, end=end, by=by, reason=reason)


async def record(db: Database, *told: RoomEvent) -> None:
    """Log events."""
    await Journal(db).commit(Writes(events=[logged(event) for event in told]))


async def page(db: Database, cursor: str | None = None, limit: int = 50, now: int = NOW) -> LogPage:
    """A page of the log."""
    return await ModLog(db).page("r1", cursor, limit, now)


def stamp(seq: int) -> dict[str, Any]:
    """What every event carries."""
    return {"room": "r1", "seq": seq, "at_ms": NOW + seq}


@pytest.fixture(autouse=True)
async def _room(db: Database) -> None:
    await add_room(db)
    await add_accounts(db, "anna", "mod")


async def test_entry(db: Database) -> None:
    """An entry has everything that is known of an act."""
    await record(db, MemberBanned(**stamp(1), user=ANNA, by=MOD, until_ms=NOW + 9, reason="rude"))
    assert (await page(db)).entries == [
        LogEntry(
            seq=1, at_ms=NOW + 1, action="member.banned", by=MOD, user=ANNA, reason="rude", until_ms=NOW + 9
        )
    ]


@pytest.mark.parametrize(
    ("event", "user", "detail"),
    [
        (MemberKicked(**stamp(1), user=ANNA, by=MOD), ANNA, None),
        (MemberUnmuted(**stamp(1), user=ANNA, by=MOD), ANNA, None),
        (StaffChanged(**stamp(1), user=ANNA, role="manager", by=MOD), ANNA, "manager"),
        (WaitlistChanged(**stamp(1), waitlist=[], change="remove", user=ANNA, by=MOD), ANNA, "remove"),
        (WaitlistChanged(**stamp(1), waitlist=[], change="clear", by=MOD), None, "clear"),
        (RoomUpdated(**stamp(1), by=MOD, name="Hall", rules=Rules(afk_ms=1)), None, "name, rules"),
        (ChatDeleted(**stamp(1), by=MOD, all=True), None, "all"),
        (ChatDeleted(**stamp(1), by=MOD, ids=["c1", "c2"]), None, "2 messages"),
        (ChatDeleted(**stamp(1), by=MOD, user="anna"), ANNA, None),
    ],
)
async def test_acts(db: Database, event: RoomEvent, user: User | None, detail: str | None) -> None:
    """Whom and what an act concerned is said in words of the wire."""
    await record(db, event)
    [entry] = (await page(db)).entries
    assert (entry.action, entry.by, entry.user, entry.detail) == (event.wire, MOD, user, detail)


async def test_skips(db: Database) -> None:
    """A skip by staff is an act, with its reason; a DJ's own, a vote's and a leaver's are not."""
    endings: Sequence[tuple[str, Any, User | None, str | None]] = [
        ("a", "skipped", MOD, "loud"),
        ("b", "skipped", ANNA, None),
        ("c", "skipped", None, "vote"),
        ("d", "left", MOD, None),
        ("e", "finished", None, None),
    ]
    for number, (play_id, *how) in enumerate(endings, 1):
        await Journal(db).commit(Writes(plays=[begun(play_id, "anna"), ended(play_id)]))
        told = PlayStarted(**stamp(number), play=play("next"), waitlist=[], previous=previous(play_id, *how))
        await record(db, told)
    await record(db, PlayStopped(**stamp(9), waitlist=[], previous=previous("a", "skipped", MOD)))
    entries = (await page(db)).entries
    assert [(one.seq, one.action, one.by, one.reason) for one in entries] == [
        (9, "booth.skip", MOD, None),
        (1, "booth.skip", MOD, "loud"),
    ]


async def test_whose_play(db: Database) -> None:
    """A skip concerns who played, as long as their play is on record; the fallback's concerns nobody."""
    await Journal(db).commit(Writes(plays=[begun("a", "anna"), ended("a"), begun("b"), ended("b")]))
    for seq, play_id in enumerate("ab", 1):
        told = PlayStopped(**stamp(seq), waitlist=[], previous=previous(play_id, "skipped", MOD))
        await record(db, told)
    assert [one.user for one in (await page(db)).entries] == [None, ANNA]
    async with db.transaction() as tx:
        await tx.execute("UPDATE plays SET expires_at_ms = ?", (NOW,))
    assert [one.user for one in (await page(db)).entries] == [None, None]


async def test_whose_message(db: Database) -> None:
    """A deletion of one message concerns who said it, as long as that is on record."""
    await record(db, said(1, "anna", "rude"), ChatDeleted(**stamp(2), by=MOD, ids=["c1"]))
    await record(db, ChatDeleted(**stamp(3), by=MOD, ids=["unknown"]))
    assert [one.user for one in (await page(db)).entries] == [None, ANNA]
    later = await page(db, now=NOW + days(200))
    assert [one.user for one in later.entries] == [None, None]


async def test_own_messages(db: Database) -> None:
    """Who takes back what they said themselves moderates nobody, however long the record of it is gone."""
    await record(db, said(1, "anna", "oops"), said(2, "anna", "oops again"), said(3, "mod", "hm"))
    await record(db, ChatDeleted(**stamp(4), by=ANNA, ids=["c1"]))
    await record(db, ChatDeleted(**stamp(5), by=ANNA, user="anna"))
    await record(db, ChatDeleted(**stamp(6), by=MOD, ids=["c2"]))
    await record(db, ChatDeleted(**stamp(7), by=MOD, ids=["c3"]))
    marked = logged(ChatDeleted(**stamp(8), by=ANNA, ids=["unrecorded"]))
    payload = f'{marked.payload[:-1]},"own":true}}'
    await Journal(db).commit(Writes(events=[marked._replace(payload=payload)]))
    assert [(one.seq, one.by, one.user) for one in (await page(db)).entries] == [(6, MOD, ANNA)]


async def test_noted(db: Database) -> None:
    """What nobody was told stands between what was, page by page."""
    await record(db, MemberKicked(**stamp(1), user=ANNA, by=MOD))
    payload = '{"by": {"$user": "mod"}, "user": {"$user": "anna"}, "detail": "shadow", "after": 1}'
    told = logged(MemberMuted(**stamp(9), user=ANNA, by=MOD, until_ms=NOW))
    await Journal(db).commit(Writes(events=[told._replace(seq=None, epoch=None, payload=payload)]))
    await record(db, MemberUnmuted(**stamp(2), user=ANNA, by=MOD))
    pages = []
    cursor = None
    for _ in range(3):
        found = await page(db, cursor, limit=1)
        pages += found.entries
        cursor = found.next_cursor
    assert [(one.seq, one.action, one.user, one.detail) for one in pages] == [
        (2, "member.unmuted", ANNA, None),
        (1, "member.muted", ANNA, "shadow"),
        (1, "member.kicked", ANNA, None),
    ]
    assert cursor is None


async def test_no_acts(db: Database) -> None:
    """What members do for themselves is not moderation."""
    await record(
        db,
        said(1, "anna", "hi"),
        WaitlistChanged(**stamp(2), waitlist=[], change="leave", user=ANNA),
    )
    assert (await page(db)).entries == []


async def test_guard_time(db: Database) -> None:
    """A switch that went back by itself is there, by nobody."""
    await record(db, WaitlistSettings(**stamp(1), locked=False, cycle=True, by=None))
    [entry] = (await page(db)).entries
    assert entry.by is None


async def test_pages(db: Database) -> None:
    """The cursor leads through everything once, newest first, while new acts come in."""
    await record(db, *(MemberKicked(**stamp(seq), user=ANNA, by=MOD) for seq in range(1, 6)))
    first = await page(db, limit=2)
    await record(db, MemberKicked(**stamp(6), user=ANNA, by=MOD))
    second = await page(db, first.next_cursor, limit=2)
    third = await page(db, second.next_cursor, limit=2)
    assert [one.seq for each in (first, second, third) for one in each.entries] == [5, 4, 3, 2, 1]
    assert third.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1" * 19])
async def test_strange_cursor(db: Database, cursor: str) -> None:
    """A cursor that no page has given out is refused."""
    with pytest.raises(BadCursorError):
        await page(db, cursor)


async def test_expiry(db: Database) -> None:
    """Acts stay for a year, to the millisecond."""
    await record(db, MemberMuted(**stamp(1), user=ANNA, by=MOD, until_ms=NOW))
    assert len((await page(db, now=NOW + days(365))).entries) == 1
    assert (await page(db, now=NOW + 1 + days(365))).entries == []


async def test_gone(db: Database) -> None:
    """People whose account is gone are named so."""
    await record(db, MemberKicked(**stamp(1), user=person("lost"), by=person("left")))
    [entry] = (await page(db)).entries
    assert (entry.user, entry.by) == (gone_user("lost"), gone_user("left"))


async def test_other_rooms(db: Database) -> None:
    """A room's log is its own."""
    await record(db, MemberKicked(**{**stamp(1), "room": "r2"}, user=ANNA, by=MOD))
    assert (await page(db)).entries == []
