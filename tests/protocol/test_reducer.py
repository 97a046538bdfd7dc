"""The snapshot reducer, event by event; that it equals the server is the law in the room's tests."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from protocol import limits
from protocol.events import (
    LATEST_EVENTS,
    ROOM_EVENTS,
    BoothLeaving,
    ChatDeleted,
    ChatMessage,
    Event,
    MemberBanned,
    MemberKicked,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    MemberWaitlistBanned,
    MemberWaitlistUnbanned,
    NoticeChanged,
    PlayCue,
    PlayMoved,
    PlayStarted,
    PlayStopped,
    RoomEvent,
    RoomMembers,
    RoomUpdated,
    SkipTally,
    Snapshot,
    StaffChanged,
    UserErased,
    UserUpdated,
    VoteTally,
    WaitlistChanged,
    WaitlistDurations,
    WaitlistSettings,
)
from protocol.reducer import _STEPS, NO_VOTES, apply, recent
from protocol.values import Booth, Play, RoomInfo, Rules, StaffMember, User, Votes
from tests.support.people import person, song
from tests.support.rooms import SETTINGS

ANNA, BEN = person("Anna"), person("Ben")
PLAY = Play(id="p", dj=ANNA, media=song(), started_at_ms=5, duration_ms=1000, position_ms=0, velocity=1.0)
STAMP: dict[str, Any] = {"room": "lobby", "seq": 1, "at_ms": 10}


def message(name: str, user: User = ANNA, at_ms: int = 10) -> ChatMessage:
    """Return a message whose id is its text."""
    return ChatMessage(room="lobby", seq=1, at_ms=at_ms, id=name, user=user, text=name, mentions=[])


SNAPSHOT = Snapshot(
    room=RoomInfo(id="lobby", slug="lobby", name="Lobby", description="d", welcome="w", created_at_ms=1),
    settings=SETTINGS,
    booth=Booth(dj=ANNA, play=PLAY, leave_after_play=True),
    waitlist=[BEN],
    votes=Votes(play_id="p", woots=1, mehs=2, grabs=3),
    chat=[message("one"), message("two", BEN), message("three")],
    staff=[StaffMember(user=ANNA, role="host"), StaffMember(user=BEN, role="bouncer")],
)


def changed(event: Event) -> dict[str, Any]:
    """Return the fields of the snapshot that an event changes."""
    after = apply(SNAPSHOT, event)
    return {
        name: getattr(after, name)
        for name in Snapshot.__struct_fields__
        if getattr(after, name) != getattr(SNAPSHOT, name)
    }


WITHOUT_STEP: dict[type[RoomEvent], dict[str, Any]] = {
    MemberMuted: {"until_ms": 20},
    MemberUnmuted: {},
    MemberKicked: {},
    MemberBanned: {},
    MemberUnbanned: {},
    MemberWaitlistBanned: {"until_ms": 20},
    MemberWaitlistUnbanned: {},
}
"""Durable events about people: what follows for booth and waitlist is told by events of its own."""


def test_every_room_event() -> None:
    """Every durable event but those about people has a step, and of the latest values only the tally."""
    assert set(_STEPS) == {*ROOM_EVENTS.values(), VoteTally} - set(WITHOUT_STEP)
    assert set(LATEST_EVENTS.values()) - set(_STEPS) == {
        NoticeChanged,
        PlayCue,
        RoomMembers,
        SkipTally,
        WaitlistDurations,
    }


def test_play_started() -> None:
    """A new play takes the booth, clears the score and brings its waitlist."""
    play = replace(PLAY, id="q", dj=BEN)

    assert changed(PlayStarted(**STAMP, play=play, waitlist=[], previous=None)) == {
        "booth": Booth(dj=BEN, play=play, leave_after_play=False),
        "waitlist": [],
        "votes": Votes(play_id="q", woots=0, mehs=0, grabs=0),
    }


def test_play_stopped() -> None:
    """The booth empties."""
    assert changed(PlayStopped(**STAMP, waitlist=[], previous=None)) == {
        "booth": Booth(dj=None, play=None, leave_after_play=False),
        "waitlist": [],
        "votes": NO_VOTES,
    }


def test_play_moved() -> None:
    """The same play has a new vector, and keeps what else is said of it."""
    moved = replace(PLAY, position_ms=500)

    assert changed(PlayMoved(**STAMP, play=moved)) == {
        "booth": Booth(dj=ANNA, play=moved, leave_after_play=True)
    }


def test_booth_leaving() -> None:
    """The DJ's intention is kept."""
    assert changed(BoothLeaving(**STAMP, after_play=False, user=ANNA)) == {
        "booth": Booth(dj=ANNA, play=PLAY, leave_after_play=False)
    }


def test_waitlist() -> None:
    """The waitlist and its switches are replaced."""
    assert changed(WaitlistChanged(**STAMP, waitlist=[], change="clear")) == {"waitlist": []}
    settings = replace(SETTINGS, locked=True, cycle=True)
    for by in (ANNA, None):
        event = WaitlistSettings(**STAMP, locked=True, cycle=True, by=by)
        assert changed(event) == {"settings": settings}


def test_chat_message() -> None:
    """Messages go to the end; the oldest fall out."""
    assert changed(message("four"))["chat"][-1] == message("four")
    full = replace(SNAPSHOT, chat=[message(f"{n}") for n in range(limits.CHAT_REPLAY_MESSAGES)])

    assert [m.id for m in apply(full, message("new")).chat] == [*(f"{n}" for n in range(1, 50)), "new"]


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"ids": ["one", "nothing"]}, ["two", "three"]),
        ({"user": "anna"}, ["two"]),
        ({"all": True}, []),
        ({"ids": ["nothing"]}, ["one", "two", "three"]),
    ],
)
def test_chat_deleted(fields: dict[str, Any], left: list[str]) -> None:
    """What was deleted is gone."""
    assert [m.id for m in apply(SNAPSHOT, ChatDeleted(**STAMP, by=BEN, **fields)).chat] == left


def test_room_updated() -> None:
    """Only the given fields change, false and empty ones too."""
    event = RoomUpdated(**STAMP, by=ANNA, welcome="", private=True, capacity=5)

    assert changed(event) == {
        "room": replace(SNAPSHOT.room, welcome=""),
        "settings": replace(SETTINGS, private=True, capacity=5),
    }


def test_rules_updated() -> None:
    """Changed rules come whole, those that went back to off too."""
    strict = replace(SNAPSHOT, settings=replace(SETTINGS, rules=Rules(repeat_plays=3, afk_ms=5)))
    event = RoomUpdated(**STAMP, by=ANNA, rules=Rules(afk_ms=7))

    assert apply(strict, event).settings.rules == Rules(afk_ms=7)
    assert apply(strict, replace(event, rules=None)) == strict


def test_staff_changed() -> None:
    """A new role goes to the end; ``user`` takes it away."""
    assert changed(StaffChanged(**STAMP, user=ANNA, role="cohost", by=BEN)) == {
        "staff": [StaffMember(user=BEN, role="bouncer"), StaffMember(user=ANNA, role="cohost")]
    }
    assert changed(StaffChanged(**STAMP, user=BEN, role="user", by=ANNA)) == {
        "staff": [StaffMember(user=ANNA, role="host")]
    }


def test_user_updated() -> None:
    """A user is renamed wherever the snapshot names them, and nobody else is."""
    renamed = replace(ANNA, name="Annette")
    after = apply(SNAPSHOT, UserUpdated(**STAMP, user=renamed))

    assert after.booth.play is not None
    assert (after.booth.dj, after.booth.play.dj) == (renamed, renamed)
    assert [m.user for m in after.chat] == [renamed, BEN, renamed]
    assert [member.user for member in after.staff] == [renamed, BEN]
    assert after.waitlist == [BEN]


def test_user_erased() -> None:
    """Of an erased user neither words nor role stay; booth and waitlist are told by their own events."""
    assert changed(UserErased(**STAMP, user_id="anna")) == {
        "chat": [message("two", BEN)],
        "staff": [StaffMember(user=BEN, role="bouncer")],
    }


def test_a_mention_of_an_erased_user() -> None:
    """Whoever was erased is not named in what others said either."""
    mentioning = replace(message("two", BEN), text="oh @anna!", mentions=["anna", "ben"])
    after = apply(replace(SNAPSHOT, chat=[mentioning]), UserErased(**STAMP, user_id="anna"))
    assert after.chat == [replace(mentioning, text="oh @deleted!", mentions=["ben"])]


def test_vote_tally() -> None:
    """A tally replaces the score of its own play, and no other's."""
    tally = VoteTally(room="lobby", play_id="p", woots=9, mehs=8, grabs=7, changed=[])

    assert changed(tally) == {"votes": Votes(play_id="p", woots=9, mehs=8, grabs=7)}
    assert changed(replace(tally, play_id="older")) == {}


def test_no_effect() -> None:
    """Events without a step leave the snapshot as it is."""
    members = RoomMembers(room="lobby", version=1, joined=[], left=[], population=0, guests=0)

    assert apply(SNAPSHOT, members) is SNAPSHOT
    for event, fields in WITHOUT_STEP.items():
        by = {"by": BEN} if "by" in event.__struct_fields__ else {}
        told: dict[str, Any] = {**STAMP, "user": ANNA, **by, **fields}
        assert apply(SNAPSHOT, event(**told)) is SNAPSHOT


def test_recent() -> None:
    """A snapshot seen at an instant has no chat older than a joiner may see."""
    aged = replace(SNAPSHOT, chat=[message("old", at_ms=9), message("new", at_ms=10)])

    assert recent(aged, 9 + limits.CHAT_REPLAY_MS) is aged
    assert [m.id for m in recent(aged, 10 + limits.CHAT_REPLAY_MS).chat] == ["new"]
    assert recent(aged, 11 + limits.CHAT_REPLAY_MS).chat == []
