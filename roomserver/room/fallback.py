"""The fallback playlist: what a room plays when nobody DJs, while its owner changes it."""

from __future__ import annotations

from msgspec.structs import replace

from protocol import limits
from protocol.events import RoomUpdated
from protocol.results import Empty
from protocol.values import User
from roomserver.room.booth import wake
from roomserver.room.effects import Outcome
from roomserver.room.inputs import FallbackRead
from roomserver.room.registry import handles
from roomserver.room.state import RoomState


@handles(FallbackRead)
def fallback_read(state: RoomState, actor: User, command: FallbackRead, now: int) -> Outcome:
    """Play from now on what the fallback playlist holds, from where it was as far as it reaches."""
    if command.items is None:
        if state.fallback_playlist is None:
            return Outcome(Empty(), [])
        end_fallback(state)
        told = state.tell(RoomUpdated, now, actor, by=actor, fallback=False)
        return Outcome(Empty(), [state.settings_changed(), told])
    # As many as are read when the room is opened, or the place in them would mean another one then.
    state.fallback = command.items[: limits.FALLBACK_MAX]
    state.fallback_next = state.fallback_next % len(state.fallback) if state.fallback else 0
    return Outcome(Empty(), wake(state, now))


def end_fallback(state: RoomState) -> None:
    """Have no fallback playlist any more; what plays now goes on."""
    state.fallback_playlist, state.fallback, state.fallback_next = None, (), 0
    state.settings = replace(state.settings, fallback=False)
