"""
The booth's state machine as a table.

``TRANSITIONS`` holds every legal (phase, trigger); ``MISSES`` holds the error of every
other. Together they cover each cell, which a test walks.
"""

from __future__ import annotations

import enum

from protocol.errors import ErrorCode, Rejected


class Phase(enum.StrEnum):
    """What the booth does."""

    EMPTY = "empty"
    FALLBACK = "fallback"
    PLAYING = "playing"


class Trigger(enum.StrEnum):
    """What may happen to the booth. The first three end an advance; the others are commands."""

    TURN = "a DJ's media is up"
    FILL = "the fallback playlist is up"
    STOP = "nobody is next"
    SKIP = "skip"
    LEAVE = "leave the booth"
    VOTE = "vote"
    GRAB = "grab"


TRANSITIONS: dict[tuple[Phase, Trigger], Phase] = {
    (Phase.EMPTY, Trigger.TURN): Phase.PLAYING,
    (Phase.EMPTY, Trigger.FILL): Phase.FALLBACK,
    (Phase.FALLBACK, Trigger.TURN): Phase.PLAYING,
    (Phase.FALLBACK, Trigger.FILL): Phase.FALLBACK,
    (Phase.FALLBACK, Trigger.STOP): Phase.EMPTY,
    (Phase.FALLBACK, Trigger.SKIP): Phase.FALLBACK,
    (Phase.FALLBACK, Trigger.VOTE): Phase.FALLBACK,
    (Phase.FALLBACK, Trigger.GRAB): Phase.FALLBACK,
    (Phase.PLAYING, Trigger.TURN): Phase.PLAYING,
    (Phase.PLAYING, Trigger.FILL): Phase.FALLBACK,
    (Phase.PLAYING, Trigger.STOP): Phase.EMPTY,
    (Phase.PLAYING, Trigger.SKIP): Phase.PLAYING,
    (Phase.PLAYING, Trigger.LEAVE): Phase.PLAYING,
    (Phase.PLAYING, Trigger.VOTE): Phase.PLAYING,
    (Phase.PLAYING, Trigger.GRAB): Phase.PLAYING,
}
"""The phase after a trigger. Skip and leave keep it: the advance that follows changes it."""

MISSES: dict[tuple[Phase, Trigger], ErrorCode] = {
    (Phase.EMPTY, Trigger.STOP): ErrorCode.CONFLICT,
    (Phase.EMPTY, Trigger.SKIP): ErrorCode.STALE_PLAY,
    (Phase.EMPTY, Trigger.LEAVE): ErrorCode.NOT_WAITING,
    (Phase.EMPTY, Trigger.VOTE): ErrorCode.STALE_PLAY,
    (Phase.EMPTY, Trigger.GRAB): ErrorCode.STALE_PLAY,
    (Phase.FALLBACK, Trigger.LEAVE): ErrorCode.NOT_WAITING,
}
"""Why a trigger is refused in a phase."""


def after(phase: Phase, trigger: Trigger, **facts: object) -> Phase:
    """
    Return the phase that follows; ``facts`` go with the error of a miss.

    Raises:
        Rejected: the trigger is not legal in this phase; nothing has changed.

    """
    following = TRANSITIONS.get((phase, trigger))
    if following is None:
        raise Rejected(MISSES[phase, trigger], f"the booth is {phase}: cannot {trigger}", **facts)
    return following
