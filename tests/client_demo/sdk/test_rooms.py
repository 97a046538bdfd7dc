"""A room as a client sees it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_demo.sdk.rooms import Resynced, RoomView
from protocol.events import (
    ChatMessage,
    PlayCue,
    PlayStopped,
    RoomEvent,
    RoomMembers,
    SkipTally,
    StaffChanged,
    UserErased,
    UserUpdated,
    VoteTally,
    WaitlistDurations,
    WaitlistSettings,
    YouUpdated,
)
from protocol.results import JoinResult
from protocol.values import Media, Member, User
from tests.client_demo.sdk.stage import SNAPSHOT, joined, said

ANN = User(id="ann", name="ann", kind="user", created_at_ms=0)
BOB = User(id="bob", name="bob", kind="user", created_at_ms=0)
TRACK = Media(source="direct", source_id="/media/a.ogg", title="A", duration_ms=60_000)


def result_of(raw: dict[str, Any]) -> JoinResult:
    """Return a join result."""
    return msgspec.convert(raw, JoinResult)


def entered(seq: int = 5) -> RoomView:
    """Return the view after a first join."""
    view = RoomView("den", "sesame")
    view.joined(result_of(joined(seq)))
    return view


def message(seq: int) -> ChatMessage:
    """Return the message with this number."""
    return msgspec.convert(said(seq)[2], ChatMessage)


def test_joined() -> None:
    """A first join gives the whole state and a position."""
    view = entered()
    assert (view.id, view.epoch, view.seq, view.has_gap) == ("r1", "e1", 5, False)
    assert view.snapshot.room.slug == "den"
    assert (view.population, view.guests) == (1, 1)


def test_next_event() -> None:
    """The next event is applied and is news; a repeat is not."""
    view = entered()
    assert view.take(message(6))
    assert [one.id for one in view.snapshot.chat] == ["m6"]
    before = view.snapshot
    assert not view.take(message(6))
    assert not view.take(message(2))
    assert view.snapshot is before
    assert not view.has_gap


def test_gap() -> None:
    """Behind a gap nothing is applied, not even what would be next, until the room was joined again."""
    view = entered()
    assert not view.take(message(8))
    assert view.has_gap
    assert not view.take(message(6))
    assert (view.seq, view.snapshot.chat) == (5, [])
    news = view.rejoined(result_of(joined(8, events=[said(6), said(7), said(8)])))
    assert news == [message(6), message(7), message(8)]
    assert (view.seq, view.has_gap) == (8, False)
    assert [one.seq for one in view.snapshot.chat] == [6, 7, 8]
    assert view.take(message(9))


def test_resuming_with_repeats() -> None:
    """Events that arrived while the resume was under way are news only once."""
    view = entered()
    view.take(message(6))
    assert view.rejoined(result_of(joined(7, events=[said(6), said(7)]))) == [message(7)]


def test_rejoin_command() -> None:
    """A rejoin says where the view stands, and brings the room's password; after a resync only that."""
    view = entered()
    command = view.rejoin_command()
    assert (command.room, command.password) == ("den", "sesame")
    assert command.resume is not None
    assert (command.resume.epoch, command.resume.seq) == ("e1", 5)
    view.forget_position()
    assert view.rejoin_command().resume is None


def test_not_recovered() -> None:
    """A snapshot replaces everything, and the application is told so."""
    view = entered()
    view.take(message(6))
    view.take(message(9))
    (news,) = view.rejoined(result_of(joined(40, epoch="e2")))
    assert isinstance(news, Resynced)
    assert news.snapshot == view.snapshot
    assert (view.epoch, view.seq, view.has_gap, view.snapshot.chat) == ("e2", 40, False, [])


def test_unknown_events() -> None:
    """An event this client does not know counts, live and resumed, and is no news when resumed."""
    view = entered()
    view.take(RoomEvent(room="r1", seq=6, at_ms=0))
    unknown = [2, "room.sparkled", {"room": "r1", "seq": 7, "at_ms": 0, "glitter": 1}]
    assert view.rejoined(result_of(joined(8, events=[unknown, said(8)]))) == [message(8)]
    assert view.seq == 8


def test_members() -> None:
    """Who comes and goes is counted by name, in big rooms by number only."""
    view = entered()
    bob = Member(user=BOB, role="user")
    view.take(RoomMembers(room="r1", version=1, joined=[bob], left=[], population=2, guests=1))
    assert view.members == {"bob": bob}
    assert (view.population, view.guests) == (2, 1)
    view.take(RoomMembers(room="r1", version=2, joined=[], left=["bob", "nobody"], population=1, guests=1))
    assert view.members == {}
    view.take(RoomMembers(room="r1", version=3, joined=[], left=[], population=900, guests=300))
    assert (view.population, view.guests, view.seq) == (900, 300, 5)


def test_members_of_a_join() -> None:
    """Every join brings everyone who is there, whatever was missed."""
    view = entered()
    raw = joined(5, events=[])
    raw["members"]["members"] = [{"user": msgspec.to_builtins(ANN), "role": "host"}]
    view.rejoined(result_of(raw))
    assert list(view.members) == ["ann"]
    assert view.members["ann"].role == "host"


def test_votes() -> None:
    """A tally changes the votes of its play only and has no place in the numbering."""
    view = RoomView("den")
    votes = SNAPSHOT | {"votes": {"play_id": "p1", "woots": 0, "mehs": 0, "grabs": 0}}
    view.joined(result_of(joined(5) | {"snapshot": votes}))
    view.take(VoteTally(room="r1", play_id="p1", woots=3, mehs=1, grabs=0, changed=[]))
    assert view.snapshot.votes.woots == 3
    view.take(VoteTally(room="r1", play_id="p0", woots=9, mehs=9, grabs=9, changed=[]))
    assert view.snapshot.votes.woots == 3
    assert view.seq == 5


def test_latest_values() -> None:
    """Latest values stand beside the snapshot, each replaced by the next, all of them by a join."""
    view = entered()
    view.take(SkipTally(room="r1", play_id="p1", votes=1, needed=3))
    view.take(WaitlistDurations(room="r1", durations_ms=[1000, None]))
    view.take(PlayCue(room="r1", play_id="p2", dj=BOB, media=TRACK, starts_at_ms=9, rev=1))
    assert view.skip_tally is not None
    assert (view.skip_tally.votes, view.durations_ms) == (1, [1000, None])
    assert view.cue is not None
    assert view.cue.dj == BOB
    view.take(PlayCue(room="r1", dj=None, media=None, starts_at_ms=None, rev=2))
    assert view.cue is None, "taken back"
    assert view.seq == 5
    view.rejoined(result_of(joined(5, events=[])))
    assert view.skip_tally is None
    assert view.cue is None
    assert view.durations_ms == []


def test_a_play_ends_what_was_about_the_last_one() -> None:
    """With the end of a play the vote to skip it and what was to come next are over."""
    view = entered()
    view.take(SkipTally(room="r1", play_id="p1", votes=1, needed=3))
    view.take(PlayCue(room="r1", play_id="p2", dj=BOB, media=TRACK, starts_at_ms=9, rev=1))
    view.take(PlayStopped(room="r1", seq=6, at_ms=0, waitlist=[], previous=None))
    assert (view.skip_tally, view.cue) == (None, None)


def test_own_standing() -> None:
    """The own role, mute and place are kept current."""
    view = entered()
    view.take(YouUpdated(room="r1", role="bouncer", muted_until_ms=None, waitlist_position=2))
    assert (view.you.role, view.you.waitlist_position) == ("bouncer", 2)


def test_people_change() -> None:
    """A new role and a new name reach the members; of who is erased nothing stays."""
    view = entered()
    member = Member(user=BOB, role="user")
    view.take(RoomMembers(room="r1", version=1, joined=[member], left=[], population=2, guests=1))
    view.take(PlayCue(room="r1", play_id="p2", dj=BOB, media=TRACK, starts_at_ms=9, rev=1))
    view.take(StaffChanged(room="r1", seq=6, at_ms=0, user=BOB, role="bouncer", by=ANN))
    assert view.members["bob"].role == "bouncer"
    rob = User(id="bob", name="rob", kind="user", created_at_ms=0)
    view.take(UserUpdated(room="r1", seq=7, at_ms=0, user=rob))
    assert view.members["bob"] == Member(user=rob, role="bouncer")
    view.take(UserErased(room="r1", seq=8, at_ms=0, user_id="bob"))
    assert "bob" not in repr((view.members, view.cue, view.snapshot))


def test_finding_somebody() -> None:
    """People are found by id, name and mention, whether they are there or spoke lately."""
    view = entered()
    bob = Member(user=BOB, role="user")
    view.take(RoomMembers(room="r1", version=1, joined=[bob], left=[], population=2, guests=1))
    view.take(message(6))
    assert [view.user(ref) for ref in ("bob", "BOB", "@bob")] == [BOB, BOB, BOB]
    assert view.user("@ann") == message(6).user
    assert view.user("nobody") is None


@pytest.mark.parametrize("locked", [True, False])
def test_other_events(locked: bool) -> None:
    """Events reach the snapshot by the shared reducer."""
    view = entered()
    view.take(WaitlistSettings(room="r1", seq=6, at_ms=0, locked=locked, cycle=False, by=ANN))
    assert (view.snapshot.settings.locked, view.snapshot.settings.cycle) == (locked, False)


@given(st.lists(st.integers(6, 14), max_size=25))
def test_any_order(seqs: list[int]) -> None:
    """However events repeat, jump and overtake: the view is always what its own ``seq`` says."""
    view = entered()
    for seq in seqs:
        view.take(message(seq))
        assert [one.seq for one in view.snapshot.chat] == list(range(6, view.seq + 1))
    missing = [said(seq) for seq in range(view.seq + 1, 16)]
    view.rejoined(result_of(joined(15, events=missing)))
    assert [one.seq for one in view.snapshot.chat] == list(range(6, 16))
