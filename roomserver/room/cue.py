"""
The cue: what plays next, told ahead so that every player has it loaded at the start.

A latest value: it follows from the waitlist and from playlists, and is told again with the
next ``rev`` whenever the answer changes, until ``play.started`` makes it certain.
"""

from __future__ import annotations

from protocol.events import PlayCue
from protocol.values import Media, User
from roomserver.room.booth import next_up
from roomserver.room.effects import Effect, Latest
from roomserver.room.state import RoomState


def current(state: RoomState) -> PlayCue | None:
    """Return the cue that holds, for who enters; None when nothing is announced."""
    cue = state.batches.cue
    return None if cue is None or cue.media is None else cue


def note_cue(state: RoomState, now: int) -> None:
    """Have the cue told when its time comes, or soon if it is not what was told last."""
    batches = state.batches
    if state.turn is None:
        batches.cue_due_ms = None
        return
    opens_at = state.turn.play.ends_at_ms - state.tuning.cue_ms
    if now < opens_at:
        batches.cue_due_ms = opens_at
    elif batches.cue_due_ms is None and next_up(state) != _told(state):
        batches.cue_due_ms = now + state.tuning.tally_ms


def tell_cue(state: RoomState, now: int) -> list[Effect]:
    """Tell what comes next, when that is due and not told yet."""
    note_cue(state, now)
    batches = state.batches
    if batches.cue_due_ms is None or now < batches.cue_due_ms:
        return []
    batches.cue_due_ms = None
    coming = next_up(state)
    if coming == _told(state):
        return []
    assert state.turn is not None, "without a play nothing is due"
    batches.cue_rev += 1
    dj, media = (None, None) if coming is None else coming
    batches.cue = PlayCue(
        room=state.info.id,
        play_id=None if media is None else state.new_id(),
        dj=dj,
        media=media,
        starts_at_ms=None if media is None else state.turn.play.ends_at_ms,
        rev=batches.cue_rev,
    )
    return [Latest(batches.cue)]


def _told(state: RoomState) -> tuple[User | None, Media] | None:
    cue = state.batches.cue
    return None if cue is None or cue.media is None else (cue.dj, cue.media)
