"""What waits for the next beat: which latest values replace each other, and who may know the words."""

from __future__ import annotations

import pytest

from protocol import codec
from protocol.events import (
    LATEST_EVENTS,
    LatestEvent,
    NoticeChanged,
    PlayCue,
    PlayStopped,
    RoomEvent,
    RoomMembers,
    SkipTally,
    VoteTally,
    WaitlistDurations,
)
from protocol.notice import Notice
from roomserver.batch import Batch, RoomBatch

NOTICE = Notice(rev=1, hash="h", url="/privacy", text="Chat is kept for 30 days.", categories=[])


def latest(number: int) -> list[LatestEvent]:
    """Return one latest value of each kind, told apart by a number."""
    return [
        RoomMembers(room="den", version=number, joined=[], left=[], population=number, guests=0),
        VoteTally(room="den", play_id="p", woots=number, mehs=0, grabs=0, changed=[]),
        PlayCue(room="den", dj=None, media=None, starts_at_ms=None, rev=number),
        SkipTally(room="den", play_id="p", votes=number, needed=9),
        WaitlistDurations(room="den", durations_ms=[number]),
        NoticeChanged(room="den", notice=NOTICE),
    ]


def test_every_kind_is_looked_at() -> None:
    """No latest value is added to the protocol without a word on whether it replaces."""
    assert {event.wire for event in latest(1)} == set(LATEST_EVENTS)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (RoomMembers, [1, 2, 3]),
        (VoteTally, [1, 2, 3]),
        (PlayCue, [3]),
        (SkipTally, [3]),
        (WaitlistDurations, [3]),
        (NoticeChanged, [3]),
    ],
)
def test_latest_values(kind: type[LatestEvent], told: list[int]) -> None:
    """Whole values replace each other; what only says the difference is told each time, in order."""
    room = RoomBatch()
    mine = [event for number in (1, 2, 3) for event in latest(number) if isinstance(event, kind)]
    for number in (1, 2, 3):
        for event in latest(number):
            room.add_latest(event)
    bytes_of = [codec.encode_event(event.wire, event) for event in mine]
    assert [one for one in room.latest.values() if one in bytes_of] == [bytes_of[one - 1] for one in told]


def test_a_cue_that_is_over() -> None:
    """Latest values come behind the events of a beat: a cue does not, when the play it told of has begun."""
    room = RoomBatch()
    *_, cue, tally, _, _ = latest(1)
    room.add_latest(cue)
    room.add_latest(tally)
    room.add(PlayStopped(room="den", seq=1, at_ms=0, waitlist=[], previous=None), b"stopped")
    assert list(room.latest) == [SkipTally.wire]
    room.add_latest(cue)
    room.add(RoomEvent(room="den", seq=2, at_ms=0), b"something else")
    assert list(room.latest) == [SkipTally.wire, PlayCue.wire]
    assert [told.encoded for told in room.events] == [b"stopped", b"something else"]


def test_an_empty_batch() -> None:
    """A batch with nothing in it is nothing to do; one with a room is."""
    batch = Batch()
    assert not batch
    batch.outcomes["chat.send", "ok"] += 1
    assert batch
