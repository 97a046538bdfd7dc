"""The recorder: every row carries its promise, and what must not be recorded leaves its number only."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from protocol.events import ChatMessage
from protocol.limits import DAY_MS, HOUR_MS
from storage.chatlog import ChatLog
from storage.database import Database
from storage.fold import fold, unfold
from storage.journal import Journal
from storage.opening import open_room
from storage.privacy.hooks import Decision, Hook, HookChain, RecordContext
from storage.privacy.logtables import TOMBSTONE_KIND
from storage.privacy.policy import Recording
from storage.privacy.policyfile import policy_of
from storage.privacy.recorder import InForce, Place, Recorder
from storage.privacy.registry import CATEGORIES
from storage.privacy.subjects import Subject, Subjects
from storage.records import EventDraft, EventRow, VoteRecord, Writes
from tests.storage.builders import EPOCH, NOW, add_accounts, add_room, erasure, play, said

DEN = Place("r1", "den", None)


def recorder(document: dict[str, Any] | None = None, *hooks: Hook, **people: Subject) -> Recorder:
    """Return a recorder by a policy, with hooks, who knows people."""
    subjects = Subjects()
    for ident, subject in people.items():
        subjects.note(ident, subject)
    return Recorder(InForce(policy_of(document or {}), 3), HookChain(hooks, timer=lambda: 0), subjects)


def draft(seq: int, user: str = "anna", text: str = "hi", **changes: Any) -> EventDraft:
    """A message before it is recorded."""
    message = said(seq, user, text, **changes)
    return EventDraft("chat", "chat.message", "r1", EPOCH, seq, user, message.at_ms, f"n{seq}", fold(message))


def row_of(by: Recorder, one: EventDraft, place: Place = DEN, role: str | None = None) -> EventRow:
    """Record something that has a number."""
    row = by.event(one, place, role)
    assert row is not None, "what has a number keeps its place"
    return row


def days_of(row: EventRow) -> float:
    """Return how long a row is kept."""
    return (row.expires_at_ms - row.at_ms) / DAY_MS


def test_a_row_carries_its_promise() -> None:
    """Category, revision and end are decided at capture."""
    row = row_of(recorder(), draft(1))
    assert (row.category, row.policy_rev, days_of(row)) == ("chat", 3, 30)


def test_the_author_decides_and_the_room() -> None:
    """A row follows its author's country, kind, role and choice, and its room."""
    by = recorder(
        {"role": {"guest": {"chat": {"ttl": "12h"}}, "bot": {"chat": {"ttl": "7d"}}}},
        anna=Subject("user", "US"),
        gast=Subject("guest"),
        robot=Subject("bot", "US"),
        shy=Subject("user", "US", 5 * HOUR_MS),
    )
    long = Place("r1", "den", 60 * DAY_MS)
    assert days_of(row_of(by, draft(1, "anna"), long)) == 60
    assert days_of(row_of(by, draft(1, "unknown"), long)) == 30
    assert days_of(row_of(by, draft(1, "gast"), long)) == 0.5
    assert days_of(row_of(by, draft(1, "robot"), long)) == 7
    assert days_of(row_of(by, draft(1, "shy"), long)) == 5 / 24


@pytest.mark.parametrize("ttl_ms", [1, 1000, 90 * DAY_MS])
def test_times_at_the_edges(ttl_ms: int) -> None:
    """The shortest time and the longest are kept to the millisecond."""
    by = recorder(anna=Subject("user", "US"))
    assert row_of(by, draft(1), Place("r1", "den", ttl_ms)).expires_at_ms == NOW + ttl_ms


def test_nothing_is_recorded_at_zero() -> None:
    """A room that records nothing leaves a numbered tombstone: no author, no words, no nonce."""
    row = row_of(recorder(), draft(1, text="my secret"), Place("r1", "den", 0))
    assert (row.actor_id, row.nonce, row.seq) == (None, None, 1)
    assert "secret" not in row.payload
    assert "anna" not in row.payload
    told = unfold(row.kind, row.payload, room="r1", seq=1, at_ms=NOW, users={})
    assert isinstance(told, ChatMessage)
    assert told.text == ""


def test_what_has_no_number_leaves_nothing() -> None:
    """Presence and sign-ins that are not recorded are not there at all."""
    by = recorder({"category": {"presence": {"record": "drop"}, "signin": {"ttl": "0s"}}})
    for category in ("presence", "signin"):
        one = EventDraft(category, "x", "r1", None, None, "anna", NOW, None, "{}")
        assert by.event(one, DEN) is None


def test_another_event_becomes_unreadable() -> None:
    """A tombstone of anything but a message names no kind; resuming stops at it."""
    by = recorder({"category": {"video": {"record": "drop"}}})
    one = EventDraft("video", "booth.leaving", "r1", EPOCH, 4, "anna", NOW, None, '{"after_play":true}')
    row = row_of(by, one)
    assert (row.kind, row.payload, row.actor_id) == (TOMBSTONE_KIND, "{}", None)


def test_pseudonyms() -> None:
    """A pseudonym stands for a person in one room, everywhere in the row, and leads to nobody."""
    by = recorder({"role": {"guest": {"chat": {"record": "pseudonymise"}}}}, gast=Subject("guest"))
    one, again = row_of(by, draft(1, "gast")), row_of(by, draft(2, "gast"))
    elsewhere = row_of(by, draft(3, "gast")._replace(room_id="r2"), Place("r2", "hall", None))
    assert one.actor_id == again.actor_id != elsewhere.actor_id
    assert one.actor_id == by.pseudonym("r1", "gast")
    assert "gast" not in one.payload
    assert recorder().pseudonym("r1", "gast") != one.actor_id, "another process has other pseudonyms"
    assert row_of(by, draft(4, "anna")).actor_id == "anna"


def test_titles_have_a_time_of_their_own() -> None:
    """What a provider lets us keep for less is marked so."""
    by = recorder({"provider": {"soundcloud": {"media": {"ceiling": "7d"}}}})
    one = EventDraft("video", "play.started", "r1", EPOCH, 1, "anna", NOW, None, "{}", "soundcloud")
    assert row_of(by, one).media_expires_at_ms == NOW + 7 * DAY_MS
    assert row_of(by, one._replace(media_source="youtube")).media_expires_at_ms == NOW + 28 * DAY_MS
    assert row_of(by, draft(1)).media_expires_at_ms is None
    assert by.play(play("p", "anna"), DEN).media_expires_at_ms == NOW + 28 * DAY_MS


def test_plays_and_votes() -> None:
    """A play on air needs its row, if only for as long; a vote that is not recorded has none."""
    open_, closed = recorder(), recorder({"category": {"video": {"record": "drop"}, "votes": {"ttl": "0s"}}})
    vote = VoteRecord("p", "anna", 1, grabbed=False, at_ms=NOW)
    assert open_.play(play("p", "anna"), DEN).expires_at_ms == NOW + 90 * DAY_MS
    assert closed.play(play("p", "anna"), DEN).expires_at_ms == NOW
    recorded = open_.vote(vote, DEN)
    assert recorded is not None
    assert recorded.expires_at_ms == NOW + 30 * DAY_MS
    assert closed.vote(vote, DEN) is None


class Shortening(Hook):
    """Keeps everything for an hour."""

    categories = frozenset({"chat", "votes", "video"})

    def before_record(self, context: RecordContext) -> Decision:
        """Shorten, or refuse what names itself secret."""
        if context.body.get("text") == "secret":
            return Decision(Recording.DROP)
        return Decision(ttl_ms=HOUR_MS)


def test_hooks_shorten_and_never_lengthen() -> None:
    """A hook's time counts where it is shorter, but not below what must be kept."""
    by = recorder({}, Shortening())
    assert row_of(by, draft(1)).expires_at_ms == NOW + HOUR_MS
    assert row_of(by, draft(1), Place("r1", "den", 1000)).expires_at_ms == NOW + 1000
    floored = recorder({"category": {"chat": {"floor": "2h"}}}, Shortening())
    assert row_of(floored, draft(1)).expires_at_ms == NOW + 2 * HOUR_MS
    assert by.play(play("p", "anna"), DEN).expires_at_ms == NOW + HOUR_MS
    vote = by.vote(VoteRecord("p", "anna", 1, grabbed=False, at_ms=NOW), DEN)
    assert vote is not None
    assert vote.expires_at_ms == NOW + HOUR_MS


async def test_seq_stays_contiguous(db: Database) -> None:
    """
    Of messages that a hook had dropped a restart keeps the numbers: resuming goes on over them,
    and no history shows them.
    """
    await add_accounts(db, "anna")
    await add_room(db)
    by = recorder({}, Shortening())
    texts = ["one", "secret", "three"]
    rows = [row_of(by, draft(seq, text=text)) for seq, text in enumerate(texts, 1)]
    async with db.transaction() as tx:
        await tx.execute("UPDATE rooms SET seq = 3")
    await Journal(db).commit(Writes(events=rows))
    opened = await open_room(db, "r1", NOW + 1000, resume_events=10, resume_ms=120_000)
    assert opened is not None
    assert [event.seq for event in opened.events] == [1, 2, 3]
    assert [message.text for message in opened.chat] == ["one", "three"]
    page = await ChatLog(db).page("r1", None, 10, NOW + 1000)
    assert [message.text for message in page.messages] == ["three", "one"]


async def test_resuming_stops_at_what_is_unknown(db: Database) -> None:
    """An event of which nothing was recorded cannot be told again: who missed it needs a snapshot."""
    await add_room(db)
    by = recorder({"category": {"video": {"record": "drop"}}})
    lost = EventDraft("video", "booth.leaving", "r1", EPOCH, 2, "anna", NOW, None, "{}")
    async with db.transaction() as tx:
        await tx.execute("UPDATE rooms SET seq = 3")
    await Journal(db).commit(Writes(events=[row_of(by, one) for one in (draft(1), lost, draft(3))]))
    opened = await open_room(db, "r1", NOW + 1000, resume_events=10, resume_ms=120_000)
    assert opened is not None
    assert [event.seq for event in opened.events] == [3]


async def test_deleting_what_a_pseudonym_said(db: Database) -> None:
    """Deleting a user's messages reaches those that were recorded under a pseudonym."""
    await add_room(db)
    by = recorder({"role": {"guest": {"chat": {"record": "pseudonymise"}}}}, gast=Subject("guest"))
    rows = [row_of(by, draft(1, "gast", "one")), row_of(by, draft(2, "anna", "two"))]
    gone = erasure(before=9, user="gast")._replace(pseudonym=by.pseudonym("r1", "gast"))
    await Journal(db).commit(Writes(events=rows))
    await Journal(db).commit(Writes(erasures=[gone]))
    page = await ChatLog(db).page("r1", None, 10, NOW)
    assert [message.text for message in page.messages] == ["two"]


def mixed_events(count: int) -> Iterator[EventDraft]:
    """Yield random happenings of every category that expires."""
    dice = random.Random(7)
    expiring = [name for name, category in CATEGORIES.items() if category.ttl_ms]
    for seq in range(1, count + 1):
        category = dice.choice(expiring)
        numbered = dice.random() < 0.5
        body = {"id": f"m{seq}", "text": "hi"} if category == "chat" else {}
        kind = "chat.message" if category == "chat" else "x"
        yield EventDraft(
            category, kind, dice.choice(["r1", "r2"]), EPOCH, seq if numbered else None,
            dice.choice(["anna", "gast", None]), NOW + seq, None, msgspec.json.encode(body).decode(),
        )  # fmt: skip


async def test_ten_thousand_events(db: Database) -> None:
    """Of any mixture of happenings every row has a category, a revision, and an end not in the past."""
    by = recorder({}, gast=Subject("guest"))
    drafts = list(mixed_events(10_000))
    rows = [row for one in drafts if (row := by.event(one, DEN)) is not None]
    await Journal(db).commit(Writes(events=rows))
    bad = await db.row(
        "SELECT count(*) AS n FROM events WHERE policy_rev <> 3 OR expires_at_ms < at_ms OR category = ''"
    )
    assert bad is not None
    assert bad["n"] == 0
    assert len(rows) == len(drafts)


def test_recording_costs_little() -> None:
    """A category without hooks is never decoded, and what the policy says is worked out once."""
    by = recorder()
    calls = itertools.count()
    by.hooks.decide = lambda *_: next(calls)  # type: ignore[assignment, method-assign]
    for seq in range(1, 1001):
        row_of(by, draft(seq))
    assert next(calls) == 0
    assert [key[0] for key in by._cache] == ["chat"]
