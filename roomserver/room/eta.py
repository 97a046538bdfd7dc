"""
How long the waitlist is: what each waiting user would play next, as durations.

A latest value: it follows from playlists, which change without the room, and every client
can make an ETA from it.
"""

from __future__ import annotations

from protocol.events import WaitlistDurations
from protocol.media import span_ms
from roomserver.room.booth import media_of
from roomserver.room.effects import Effect, Latest
from roomserver.room.state import RoomState


def durations(state: RoomState) -> list[int | None]:
    """Return for each waiting user how long their next play takes, None where it is not known."""
    return [
        None if (media := media_of(state, place)) is None else span_ms(media)[1] for place in state.waitlist
    ]


def note_durations(state: RoomState, now: int) -> None:
    """Have the durations told soon, if they are not what was told last."""
    if state.batches.durations_due_ms is None and durations(state) != state.batches.durations:
        state.batches.durations_due_ms = now + state.tuning.tally_ms


def tell_durations(state: RoomState, now: int) -> list[Effect]:
    """Tell the durations, when that is due."""
    batches = state.batches
    if batches.durations_due_ms is None or now < batches.durations_due_ms:
        return []
    batches.durations_due_ms = None
    batches.durations = durations(state)
    return [Latest(WaitlistDurations(room=state.info.id, durations_ms=batches.durations))]
