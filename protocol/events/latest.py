"""Latest-value events: a later one replaces an earlier one."""

from __future__ import annotations

from protocol.events.base import LatestEvent
from protocol.notice import Notice
from protocol.values import Id, Media, Member, User


class RoomMembers(LatestEvent, frozen=True, kw_only=True):
    """
    Who came and went since the last version, batched. ``left`` are user ids.
    ``version`` goes up by one each time: whoever misses one, as a slow connection may, holds a wrong
    list until it joins again with ``resume``, which brings the whole; one that is not newer is old.
    In a room over the announced size ``joined`` has staff, DJs and waiting users only, ``left``
    also others who were named before the room was that big. When it is no longer that big, one
    event has everybody who is here in ``joined``, and is ``complete``: it replaces the list, and
    those in it whom a client did not know have not just come.
    """

    wire = "room.members"
    version: int
    joined: list[Member]
    left: list[Id]
    population: int
    guests: int
    complete: bool = False


class PlayCue(LatestEvent, frozen=True, kw_only=True):
    """
    What plays next, about twelve seconds ahead, so that players can load it.

    A later one, with the next ``rev``, replaces it when what comes next has changed.
    ``media`` nil: what was announced will not play, and nothing else will. The play that
    starts at ``starts_at_ms`` carries the id ``play_id`` unless the order changes until then;
    ``play.started`` and ``play.stopped`` end every cue.
    """

    wire = "play.cue"
    play_id: Id | None = None
    dj: User | None
    media: Media | None
    starts_at_ms: int | None
    rev: int


class NoticeChanged(LatestEvent, frozen=True, kw_only=True):
    """
    What the server records of the receiver in a room is now this: the policy changed, the host
    chose another time, or a bot came or went.
    """

    wire = "notice.changed"
    room: Id
    notice: Notice


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
