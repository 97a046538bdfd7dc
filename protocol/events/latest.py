"""Latest-value events: a later one replaces an earlier one."""

from __future__ import annotations

from protocol.events.base import LatestEvent
from protocol.values import Id, Member


class RoomMembers(LatestEvent, frozen=True, kw_only=True):
    """Who came and went since the last version, batched. ``left`` are user ids."""

    wire = "room.members"
    version: int
    joined: list[Member]
    left: list[Id]
    population: int
    guests: int


class SkipTally(LatestEvent, frozen=True, kw_only=True):
    """How many of the users that are needed want the play skipped."""

    wire = "skip.tally"
    play_id: Id
    votes: int
    needed: int


class WaitlistDurations(LatestEvent, frozen=True, kw_only=True):
    """How long the next play of each waiting user takes, in the waitlist's order; nil: not known."""

    wire = "waitlist.durations"
    durations_ms: list[int | None]


class VoteTally(LatestEvent, frozen=True, kw_only=True):
    """The score of the current play; ``changed`` are (user id, value) pairs since the last tally."""

    wire = "vote.tally"
    play_id: Id
    woots: int
    mehs: int
    grabs: int
    changed: list[tuple[Id, int]]
