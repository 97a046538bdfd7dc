"""The journal: a beat is all there or not at all, in its own order, and erased text is gone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import ITEMS_PER_PLAYLIST
from protocol.roles import Role
from storage.database import Database, Transaction
from storage.errors import StorageUnavailableError
from storage.journal import _ERASE_ALL, _ERASE_IDS, _ERASE_USER, Journal
from storage.playlists import Playlists
from storage.privacy.notice import POLICY_REV
from storage.records import (
    ChatErasure,
    CycleRow,
    EventDraft,
    GrabRow,
    RoomState,
    RoomTexts,
    SettingsRow,
    StaffRow,
    VoteRecord,
    Writes,
)
from storage.rooms import Rooms
from tests.storage.builders import (
    NOW,
    add_accounts,
    add_room,
    begun,
    days,
    ended,
    erasure,
    holds,
    item,
    logged,
    media,
    said,
    settings,
    voted,
    waiting,
)

_TABLES = ("events", "plays", "votes", "staff", "playlist_items")


def beat() -> Writes:
    """A beat with something in every list."""
    return Writes(
        events=[logged(said(1, "anna", "hi")), logged(said(2, "anna", "oops"))],
        erasures=[erasure(before=3, ids=("c2",))],
        plays=[begun("a", "anna"), ended("a"), begun("b", "berta", at=NOW + 1)],
        votes=[voted("b", "anna", 1, grabbed=True)],
        settings=[
            SettingsRow(
                "r1",
                RoomTexts(name="New", description="", welcome="", password_hash="h"),
                settings(locked=True),
                "p1",
            )
        ],
        staff=[StaffRow("r1", "anna", Role.MANAGER)],
        cycles=[CycleRow("p1", "i1")],
        grabs=[GrabRow("i3", "p1", media("m3"))],
        states=[RoomState("r1", 2, (waiting("anna"),), leave_after_play=True, fallback_next=3)],
    )


async def prepare(db: Database) -> None:
    """A room, two people, and a playlist of two items."""
    await add_room(db)
    await add_accounts(db, "anna", "berta")
    await Playlists(db).create("anna", "p1", "Mine", NOW)
    await Playlists(db).insert("anna", "p1", [item("i1"), item("i2")], "end")


async def contents(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that a beat can touch."""
    return {
        table: [tuple(row) for row in await db.rows(f"SELECT * FROM {table}")]
        for table in (*_TABLES, "rooms")
    }


async def items(db: Database, playlist_id: str = "p1") -> list[str]:
    """The items of a playlist in order."""
    return [each.id for each in (await Playlists(db).items("anna", playlist_id, None, 100)).items]


async def payloads(db: Database) -> list[dict[str, Any]]:
    """The payloads of the log in order."""
    return [json.loads(row["payload"]) for row in await db.rows("SELECT payload FROM events ORDER BY seq")]


async def texts(db: Database) -> list[str]:
    """The texts of the log's messages in order."""
    return [payload["text"] for payload in await payloads(db)]


async def test_commits_every_list(db: Database) -> None:
    """Everything in a beat is there afterwards."""
    await prepare(db)
    await Journal(db).commit(beat())
    opened = await Rooms(db).open("r1", NOW)
    assert opened is not None
    assert [message.text for message in opened.chat] == ["hi"]
    assert opened.play is not None
    assert opened.play.id == "b"
    assert opened.votes == [VoteRecord("b", "anna", 1, grabbed=True, at_ms=NOW)]
    assert opened.staff == {"anna": Role.MANAGER}
    assert opened.room.texts.name == "New"
    assert opened.room.settings == settings(locked=True, password=True, fallback=True)
    assert (opened.room.seq, opened.room.waitlist) == (2, [waiting("anna")])
    assert (opened.room.leave_after_play, opened.room.fallback_next) == (True, 3)
    assert await items(db) == ["i2", "i1", "i3"]


async def test_carries_the_promise(db: Database) -> None:
    """Each row of the log says until when it stays, and under which policy."""
    await prepare(db)
    await Journal(db).commit(beat())
    for table, expires in (("events", days(30)), ("votes", days(30)), ("plays", days(90))):
        row = await db.row(f"SELECT min(expires_at_ms), min(policy_rev) FROM {table}")
        assert row is not None
        assert tuple(row) == (NOW + expires, POLICY_REV)


async def test_empty_beat(db: Database) -> None:
    """Nothing to write is fine."""
    await Journal(db).commit(Writes())
    await Journal(db).record([])


async def test_refused_beat_leaves_nothing(db: Database) -> None:
    """When the database refuses, nothing of the beat is applied, and it can be tried again."""
    await prepare(db)
    before = await contents(db)
    await db.set_read_only(True)
    with pytest.raises(StorageUnavailableError):
        await Journal(db).commit(beat())
    assert await contents(db) == before
    await db.set_read_only(False)
    await Journal(db).commit(beat())
    assert await contents(db) != before


async def test_failure_in_the_middle_leaves_nothing(db: Database) -> None:
    """A statement that fails after others have run takes them back too."""
    await prepare(db)
    before = await contents(db)
    writes = beat()
    writes.staff.append(StaffRow("no-such-room", "anna", Role.MANAGER))
    with pytest.raises(sqlite3.IntegrityError):
        await Journal(db).commit(writes)
    assert await contents(db) == before


async def test_failing_statement_of_many(db: Database) -> None:
    """The rows before a failing one in the same list are taken back as well."""
    await prepare(db)
    before = await contents(db)
    twice = Writes(events=[logged(said(1, "anna", "hi")), logged(said(1, "anna", "same seq"))])
    with pytest.raises(sqlite3.IntegrityError):
        await Journal(db).commit(twice)
    assert await contents(db) == before


async def test_plays_of_one_beat(db: Database) -> None:
    """Plays begin and end in the order given, several within one beat."""
    await prepare(db)
    await Journal(db).commit(Writes(plays=[begun("a"), ended("a"), begun("b"), ended("b"), begun("c")]))
    rows = await db.rows("SELECT id, woots, ended_at_ms IS NULL AS on_air FROM plays ORDER BY id")
    assert [tuple(row) for row in rows] == [("a", 2, 0), ("b", 2, 0), ("c", 0, 1)]


async def test_second_play_on_air_is_a_bug(db: Database) -> None:
    """A room cannot play two things at once."""
    await prepare(db)
    with pytest.raises(sqlite3.IntegrityError):
        await Journal(db).commit(Writes(plays=[begun("a"), begun("b")]))


async def test_later_vote_replaces(db: Database) -> None:
    """A user has one vote per play, the last."""
    await Journal(db).commit(Writes(votes=[voted("p", "a", 1)]))
    later = [
        voted("p", "a", -1, at=NOW + 1),
        voted("p", "a", 0, grabbed=True, at=NOW + 2),
    ]
    await Journal(db).commit(Writes(votes=later))
    rows = await db.rows("SELECT value, grabbed, at_ms, expires_at_ms FROM votes")
    assert [tuple(row) for row in rows] == [(0, 1, NOW + 2, NOW + 2 + days(30))]


async def test_staff_in_order(db: Database) -> None:
    """Roles granted, changed and taken in one beat end as the last says."""
    await prepare(db)
    changes = [
        StaffRow("r1", "anna", Role.RESIDENT),
        StaffRow("r1", "anna", Role.COHOST),
        StaffRow("r1", "berta", Role.BOUNCER),
        StaffRow("r1", "berta", None),
    ]
    await Journal(db).commit(Writes(staff=changes))
    opened = await Rooms(db).open("r1", NOW)
    assert opened is not None
    assert opened.staff == {"anna": Role.COHOST}


async def test_staff_keep_their_order(db: Database) -> None:
    """Staff are read in the order in which they got their roles, whatever their ids are."""
    await prepare(db)
    order = [("zed", Role.COHOST), ("anna", Role.COHOST), ("berta", Role.HOST)]
    for account_id, role in [("anna", Role.BOUNCER), *order]:
        await Journal(db).commit(Writes(staff=[StaffRow("r1", account_id, role)]))
    opened = await Rooms(db).open("r1", NOW)
    assert opened is not None
    assert list(opened.staff.items()) == order


async def test_cycle(db: Database) -> None:
    """A played item goes to the end; one that is gone, or of another playlist, is ignored."""
    await prepare(db)
    await Playlists(db).create("anna", "p2", "Other", NOW)
    cycles = [CycleRow("p1", "i1"), CycleRow("p1", "gone"), CycleRow("p2", "i2"), CycleRow("gone", "i2")]
    await Journal(db).commit(Writes(cycles=cycles))
    assert await items(db) == ["i2", "i1"]


async def test_grab(db: Database) -> None:
    """A grab goes to the end, unless the media is there or the playlist is gone."""
    await prepare(db)
    grabs = [
        GrabRow("new", "p1", media("m")),
        GrabRow("again", "p1", media("m")),
        GrabRow("had", "p1", media("i1")),
        GrabRow("lost", "gone", media("m")),
    ]
    await Journal(db).commit(Writes(grabs=grabs))
    assert await items(db) == ["i1", "i2", "new"]


async def test_grab_into_a_full_playlist(db: Database) -> None:
    """A grab never makes a playlist longer than it may be."""
    await prepare(db)
    async with db.transaction() as tx:
        await tx.executemany(
            "INSERT INTO playlist_items VALUES (?, 'p1', ?, 'youtube', ?, '{}', 0)",
            [(f"x{n}", n, f"x{n}") for n in range(10, ITEMS_PER_PLAYLIST + 8)],
        )
    await Journal(db).commit(Writes(grabs=[GrabRow("new", "p1", media("m"))]))
    assert (await Playlists(db).find("anna", "p1")).size == ITEMS_PER_PLAYLIST


async def chat(db: Database) -> None:
    """Five messages of two people, one of them a reply that mentions somebody."""
    await add_room(db)
    await add_accounts(db, "anna", "berta")
    messages = [
        said(1, "anna", "one"),
        said(2, "berta", "two", mentions=["anna"], reply_to="c1"),
        said(3, "anna", "three"),
        said(4, "berta", "four"),
        said(5, "anna", "five"),
    ]
    await Journal(db).commit(Writes(events=[logged(message) for message in messages]))


@pytest.mark.parametrize(
    ("deletion", "left"),
    [
        (erasure(before=9, ids=("c1", "c4", "unknown")), ["", "two", "three", "", "five"]),
        (erasure(before=9, user="anna"), ["", "two", "", "four", ""]),
        (erasure(before=9), ["", "", "", "", ""]),
        (erasure(before=3), ["", "", "three", "four", "five"]),
        (erasure(before=3, ids=("c1", "c3")), ["", "two", "three", "four", "five"]),
        (erasure(before=3, user="anna"), ["", "two", "three", "four", "five"]),
        (erasure(before=9, room_id="other"), ["one", "two", "three", "four", "five"]),
        (erasure(before=9, ids=("c1",), room_id="other"), ["one", "two", "three", "four", "five"]),
        (erasure(before=9, user="anna", room_id="other"), ["one", "two", "three", "four", "five"]),
        (erasure(before=9, ids=()), ["one", "two", "three", "four", "five"]),
    ],
)
async def test_erasure(db: Database, deletion: ChatErasure, left: list[str]) -> None:
    """Exactly the messages meant lose their text, none said after the deletion."""
    await chat(db)
    await Journal(db).commit(Writes(erasures=[deletion]))
    assert await texts(db) == left


async def test_erased_message_keeps_its_place_only(db: Database) -> None:
    """What is left of a message is its id and author; whom it spoke to is gone as well."""
    await chat(db)
    await Journal(db).commit(Writes(erasures=[erasure(before=9, ids=("c2",))]))
    assert (await payloads(db))[1] == {
        "id": "c2",
        "user": {"$user": "berta"},
        "text": "",
        "mentions": [],
        "deleted": True,
    }


async def test_message_after_a_deletion_in_one_beat(db: Database) -> None:
    """A deletion does not reach a message said after it in the same beat."""
    await chat(db)
    events = [logged(said(6, "anna", "six")), logged(said(8, "anna", "eight"))]
    await Journal(db).commit(Writes(events=events, erasures=[erasure(before=7, user="anna")]))
    assert (await texts(db))[-2:] == ["", "eight"]


@pytest.mark.parametrize(
    ("sql", "index"),
    [(_ERASE_IDS, "events_message"), (_ERASE_USER, "events_actor"), (_ERASE_ALL, "events_room")],
)
async def test_erasure_reads_no_more_than_it_must(db: Database, sql: str, index: str) -> None:
    """Each deletion finds its messages by an index, however long the log is."""
    await add_room(db)
    params = {"room": "r1", "before": 1, "ids": "[]", "user": "u", "pseudonym": None}
    async with db.transaction() as tx:
        assert index in await _plan(tx, sql, params)


async def _plan(tx: Transaction, sql: str, params: dict[str, Any]) -> str:
    return " ".join(row["detail"] for row in await tx.rows(f"EXPLAIN QUERY PLAN {sql}", params))


CANARY = "canary-in-the-coal-mine"
BIRDS = 40


async def sing(db: Database) -> None:
    """Say the canary often enough that some of it survives where deletion only frees the space."""
    await add_room(db)
    events = [logged(said(seq, "anna", f"{CANARY} {seq}" * (seq % 3 + 1))) for seq in range(1, BIRDS + 1)]
    await Journal(db).commit(Writes(events=events))
    assert await db.checkpoint()


@pytest.mark.parametrize(
    "deletion",
    [
        erasure(before=99, ids=tuple(f"c{seq}" for seq in range(1, BIRDS + 1))),
        erasure(before=99, user="anna"),
        erasure(before=99),
    ],
)
async def test_erased_text_leaves_the_files(db: Database, path: Path, deletion: ChatErasure) -> None:
    """After a checkpoint no file holds the bytes of an erased text; before the deletion, one does."""
    await sing(db)
    assert await holds(path, CANARY)
    await Journal(db).commit(Writes(erasures=[deletion]))
    assert await db.checkpoint()
    assert not await holds(path, CANARY)


async def test_without_secure_delete_it_would_stay(db: Database, path: Path) -> None:
    """The control: with secure_delete off, the same deletion leaves the text in the file."""
    async with db.transaction() as tx:
        await tx.rows("PRAGMA secure_delete = OFF")
    await sing(db)
    await Journal(db).commit(Writes(erasures=[erasure(before=99)]))
    assert await db.checkpoint()
    assert await holds(path, CANARY)


async def test_record(db: Database) -> None:
    """Rows outside rooms are recorded with their category's promise."""
    rows = [EventDraft("signin", "session.login", None, None, None, "anna", NOW, None, "{}")] * 2
    await Journal(db).record(rows)
    stored = await db.rows("SELECT category, seq, expires_at_ms FROM events")
    assert [tuple(row) for row in stored] == [("signin", None, NOW + days(90))] * 2


async def test_views(db: Database) -> None:
    """The operator's view of the chat shows texts, and nothing of deleted ones."""
    await chat(db)
    await Journal(db).commit(Writes(erasures=[erasure(before=9, user="anna")]))
    rows = await db.rows("SELECT text FROM chat_events ORDER BY seq")
    assert [row["text"] for row in rows] == ["", "two", "", "four", ""]


async def test_big_beat_is_few_statements(db: Database) -> None:
    """A beat of many messages costs a handful of statements."""
    await add_room(db)
    statements: list[str] = []
    await db._writer.set_trace_callback(statements.append)
    events = [logged(said(seq, "anna", "hi")) for seq in range(1, 101)]
    states = [RoomState("r1", 100, (), leave_after_play=False, fallback_next=0)]
    await Journal(db).commit(Writes(events=events, states=states))
    others = [statement for statement in statements if "INSERT INTO events" not in statement]
    assert len(others) == 3, others
