"""Opening: a room goes on with exactly what it had, and nothing that was deleted or has expired."""

from __future__ import annotations

from msgspec.structs import replace

from protocol.events import ChatDeleted, ChatMessage
from protocol.limits import CHAT_REPLAY_MESSAGES, CHAT_REPLAY_MS, FALLBACK_MAX, NONCE_WINDOW_MS
from storage.database import Database
from storage.fold import gone_user
from storage.journal import Journal
from storage.opening import _CHUNK, _STREAM
from storage.playlists import Playlists
from storage.records import EventRow, OpenedRoom, RoomState, VoteRecord, Writes
from storage.rooms import RESUME_MS, Rooms
from tests.storage.builders import (
    NOW,
    add_accounts,
    add_room,
    begun,
    days,
    ended,
    erasure,
    item,
    logged,
    media,
    person,
    play,
    said,
    voted,
    waiting,
)


async def commit(db: Database, *rows: EventRow, seq: int | None = None) -> None:
    """Commit events together with the room's seq, as a beat does."""
    last = max(row.seq or 0 for row in rows) if seq is None else seq
    state = RoomState("r1", last, (), leave_after_play=False, fallback_next=0)
    await Journal(db).commit(Writes(events=list(rows), states=[state]))


async def opened(db: Database, now: int = NOW, *, resume_events: int = 512) -> OpenedRoom:
    """The room as it opens now."""
    found = await Rooms(db).open("r1", now, resume_events=resume_events)
    assert found is not None
    return found


def seqs(room: OpenedRoom) -> list[int]:
    """The seqs of the resume ring."""
    return [event.seq for event in room.events]


async def test_fresh_room(db: Database) -> None:
    """A room without a past opens empty."""
    record = await add_room(db)
    assert await opened(db) == OpenedRoom(record, {}, None, [], [], [], [], {}, {}, [], [], {}, [], [])


async def test_play_with_votes(db: Database) -> None:
    """The play on air comes with its DJ and its votes, not with those of the play before."""
    await add_room(db)
    await add_accounts(db, "anna")
    votes = [voted(which, "berta", 1, grabbed=True) for which in ("a", "b")]
    await Journal(db).commit(Writes(plays=[begun("a"), ended("a"), begun("b", "anna")], votes=votes))
    room = await opened(db)
    assert room.play == play("b", "anna")
    assert room.votes == [VoteRecord(*votes[1][:5])]


async def test_people(db: Database) -> None:
    """Everyone the room names by id is there, those without an account as gone."""
    await add_room(db, waitlist=[waiting("anna"), waiting("lost")])
    await add_accounts(db, "anna", "berta", "cleo")
    await Journal(db).commit(Writes(plays=[begun("a", "berta")]))
    await commit(db, logged(said(1, "cleo", "hi")), seq=1)
    async with db.transaction() as tx:
        await tx.execute("""UPDATE rooms SET waitlist = '[{"user_id":"anna"},{"user_id":"lost"}]'""")
    assert (await opened(db)).users == {
        "anna": person("anna"),
        "berta": person("berta"),
        "lost": gone_user("lost"),
    }


async def test_fallback(db: Database) -> None:
    """The fallback playlist's media come in order; a room whose playlist is deleted has none."""
    await add_accounts(db, "anna")
    await Playlists(db).create("anna", "p", "Mine", NOW)
    await Playlists(db).insert("anna", "p", [item("1"), item("2")], "end")
    await add_room(db, fallback_playlist="p")
    assert (await opened(db)).fallback == [media("1"), media("2")]
    assert (await opened(db)).room.settings.fallback
    await Playlists(db).delete("anna", "p")
    without = await opened(db)
    assert (without.fallback, without.room.fallback_playlist, without.room.settings.fallback) == (
        [],
        None,
        False,
    )


async def test_as_much_of_a_fallback_as_plays(db: Database) -> None:
    """No more of a playlist is read than a room falls back to, so that its place in it means the same."""
    await add_accounts(db, "anna")
    await Playlists(db).create("anna", "p", "Mine", NOW)
    items = [item(str(number)) for number in range(FALLBACK_MAX + 1)]
    await Playlists(db).insert("anna", "p", items, "end")
    await add_room(db, fallback_playlist="p")
    assert (await opened(db)).fallback == [one.media for one in items[:FALLBACK_MAX]]


async def test_chat_replay(db: Database) -> None:
    """The newest messages come oldest first, as many and as old as a joiner may see."""
    await add_room(db)
    await add_accounts(db, "anna")
    old = [logged(said(seq, "anna", "old", at=NOW - CHAT_REPLAY_MS)) for seq in (1, 2)]
    await commit(db, *old, logged(said(3, "anna", "new", at=NOW - CHAT_REPLAY_MS + 1)))
    assert [message.text for message in (await opened(db)).chat] == ["new"]
    await commit(db, *(logged(said(seq, "anna", "hi")) for seq in range(4, 64)))
    chat = (await opened(db)).chat
    assert [message.seq for message in chat] == list(range(64 - CHAT_REPLAY_MESSAGES, 64))
    assert chat[-1] == said(63, "anna", "hi")


async def test_deleted_and_expired_chat(db: Database) -> None:
    """Deleted messages are in the stream without text and not in the chat; expired ones in neither."""
    await add_room(db)
    rows = [logged(said(seq, "anna", "hi", at=NOW)) for seq in (1, 2, 3)]
    rows.append(logged(ChatDeleted(room="r1", seq=4, at_ms=NOW, by=person("mod"), ids=["c2"])))
    await commit(db, *rows)
    await Journal(db).commit(Writes(erasures=[erasure(before=4, ids=("c2",))]))
    room = await opened(db)
    assert [message.seq for message in room.chat] == [1, 3]
    assert seqs(room) == [1, 2, 3, 4]
    tombstone = room.events[1]
    assert isinstance(tombstone, ChatMessage)
    assert tombstone.text == ""
    assert (await opened(db, NOW + days(30))).chat == []


async def test_ring_is_what_was_told(db: Database) -> None:
    """Events come back equal to what members have seen."""
    await add_room(db)
    await add_accounts(db, "anna", "mod")
    told = [said(1, "anna", "hi"), ChatDeleted(room="r1", seq=2, at_ms=NOW, by=person("mod"), all=True)]
    await commit(db, *(logged(event) for event in told))
    assert (await opened(db)).events == told


async def test_mentions_come_back_as_names(db: Database) -> None:
    """Whom a message mentions stands in it by the name of the day, for joiners and in the ring."""
    await add_room(db)
    await add_accounts(db, "anna", "berta")
    mentioning = replace(said(1, "anna", "hi <@berta>"), mentions=["berta"])
    await commit(db, logged(mentioning))
    room = await opened(db)
    (told,) = room.events
    assert isinstance(told, ChatMessage)
    assert [message.text for message in (*room.chat, told)] == [f"hi @{person('berta').name}"] * 2


async def test_ring_bounds(db: Database) -> None:
    """The ring holds at most so many events, none older than the window."""
    await add_room(db)
    rows = [logged(said(1, "anna", "old", at=NOW - RESUME_MS - 1))]
    await commit(db, *rows, *(logged(said(seq, "anna", "hi", at=NOW - RESUME_MS)) for seq in range(2, 9)))
    assert seqs(await opened(db)) == [2, 3, 4, 5, 6, 7, 8]
    assert seqs(await opened(db, resume_events=3)) == [6, 7, 8]
    assert seqs(await opened(db, NOW + 1)) == []


async def test_ring_without_hole(db: Database) -> None:
    """The ring begins behind a hole, and is empty when the newest event itself is missing."""
    await add_room(db)
    await commit(db, *(logged(said(seq, "anna", "hi")) for seq in (1, 2, 4, 5)))
    assert seqs(await opened(db)) == [4, 5]
    await commit(db, logged(said(6, "anna", "hi")), seq=7)
    assert seqs(await opened(db)) == []


async def test_ring_reads_no_more_than_it_holds(db: Database) -> None:
    """The newest events are found as a range of numbers, however long the log is."""
    params = {"room": "r1", "epoch": "e1", "seq": 9, "now": NOW, "limit": 3}
    plan = [row["detail"] for row in await db.rows(f"EXPLAIN QUERY PLAN {_STREAM}", params)]
    assert plan[0] == "SEARCH events USING INDEX events_room (room_id=? AND category=? AND seq>?)"


async def test_ring_of_this_epoch(db: Database) -> None:
    """Events of an earlier epoch cannot be resumed over; their chat is still shown."""
    await add_room(db)
    await commit(db, logged(said(1, "anna", "one")), logged(said(2, "anna", "two")))
    await Rooms(db).set_epoch("r1", "e2")
    assert seqs(await opened(db)) == []
    await commit(db, logged(said(3, "anna", "three"), epoch="e2"))
    room = await opened(db)
    assert seqs(room) == [3]
    assert [message.text for message in room.chat] == ["one", "two", "three"]


async def test_nonces(db: Database) -> None:
    """The nonces of the last minutes come oldest first, more than one read holds, deleted or not."""
    await add_room(db)
    count = _CHUNK + 10
    old = logged(said(1, "anna", "old", at=NOW - NONCE_WINDOW_MS), nonce="old")
    rows = [logged(said(seq, "anna", "hi"), nonce=f"n{seq}") for seq in range(2, count)]
    await commit(db, old, *rows, logged(said(count, "anna", "without")))
    await Journal(db).commit(Writes(erasures=[erasure(before=3)]))
    nonces = (await opened(db)).nonces
    assert nonces[0] == ("anna", "n2", "c2", 2, NOW)
    assert [nonce[3] for nonce in nonces] == list(range(2, count))
