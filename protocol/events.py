"""
Events: what the server says on its own, one frozen struct each.

:class:`RoomEvent` structs change what a room durably is and carry ``room``, ``seq`` and
``at_ms``. :class:`LatestEvent` structs replace each other and carry no ``seq``.
:class:`DirectEvent` structs go to one connection or user.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from protocol.limits import Limits, Rate
from protocol.values import (
    Booth,
    Id,
    Member,
    Ms,
    Play,
    Previous,
    RoleName,
    RoomInfo,
    Settings,
    StaffMember,
    User,
    Value,
    Votes,
)


class Event(Value, frozen=True, kw_only=True):
    """Base of all notifications of the server."""

    wire: ClassVar[str]


class RoomEvent(Event, frozen=True, kw_only=True):
    """A durable change of a room; ``seq`` rises by exactly 1 per event of the room."""

    room: Id
    seq: int
    at_ms: Ms


class LatestEvent(Event, frozen=True, kw_only=True):
    """A value that a later event of the same name replaces; may be merged or dropped."""

    room: Id


class DirectEvent(Event, frozen=True, kw_only=True):
    """A notification to one connection or user."""


# Room events


class PlayStarted(RoomEvent, frozen=True, kw_only=True):
    """A play is announced; it starts at ``play.started_at_ms``, for everyone at once."""

    wire = "play.started"
    play: Play
    waitlist: list[User]
    previous: Previous | None


class PlayStopped(RoomEvent, frozen=True, kw_only=True):
    """The booth is empty: nobody is next."""

    wire = "play.stopped"
    waitlist: list[User]
    previous: Previous | None


class PlayMoved(RoomEvent, frozen=True, kw_only=True):
    """The same play has a new timing vector."""

    wire = "play.moved"
    play: Play


class BoothLeaving(RoomEvent, frozen=True, kw_only=True):
    """The DJ will step down after this play, or has taken that back."""

    wire = "booth.leaving"
    after_play: bool
    user: User


class WaitlistChanged(RoomEvent, frozen=True, kw_only=True):
    """The waitlist is now this. ``drop``: left after the disconnect grace, or had no media at the turn."""

    wire = "waitlist.changed"
    waitlist: list[User]
    change: Literal["join", "leave", "add", "remove", "move", "clear", "drop"]
    user: User | None = None
    by: User | None = None


class WaitlistSettings(RoomEvent, frozen=True, kw_only=True):
    """The waitlist's switches are now this."""

    wire = "waitlist.settings"
    locked: bool
    cycle: bool
    by: User


class ChatMessage(RoomEvent, frozen=True, kw_only=True):
    """Somebody said something; ``mentions`` are user ids."""

    wire = "chat.message"
    id: Id
    user: User
    text: str
    mentions: list[Id]
    reply_to: Id | None = None
    emote: bool = False


class ChatDeleted(RoomEvent, frozen=True, kw_only=True):
    """Messages are gone: those of ``ids``, those of ``user`` (an id), or ``all``. Clients remove the text."""

    wire = "chat.deleted"
    by: User
    ids: list[Id] | None = None
    user: Id | None = None
    all: bool = False


class RoomUpdated(RoomEvent, frozen=True, kw_only=True):
    """The changed fields of the room's texts and rules."""

    wire = "room.updated"
    by: User
    name: str | None = None
    description: str | None = None
    welcome: str | None = None
    private: bool | None = None
    password: bool | None = None
    capacity: int | None = None
    waitlist_cap: int | None = None
    slow_mode_ms: Ms | None = None
    guests_chat: bool | None = None


class StaffChanged(RoomEvent, frozen=True, kw_only=True):
    """A user has a new role; ``user`` means none any more."""

    wire = "staff.changed"
    user: User
    role: RoleName
    by: User


class UserUpdated(RoomEvent, frozen=True, kw_only=True):
    """A user's public fields are now these."""

    wire = "user.updated"
    user: User


# Latest-value events


class RoomMembers(LatestEvent, frozen=True, kw_only=True):
    """Who came and went since the last version, batched. ``left`` are user ids."""

    wire = "room.members"
    version: int
    joined: list[Member]
    left: list[Id]
    population: int
    guests: int


class VoteTally(LatestEvent, frozen=True, kw_only=True):
    """The score of the current play; ``changed`` are (user id, value) pairs since the last tally."""

    wire = "vote.tally"
    play_id: Id
    woots: int
    mehs: int
    grabs: int
    changed: list[tuple[Id, int]]


# Direct notifications


class ServerInfo(Value, frozen=True, kw_only=True):
    """The server's name and version."""

    name: str
    version: str


class PolicyInfo(Value, frozen=True, kw_only=True):
    """The privacy policy in force."""

    rev: int
    hash: str
    url: str


class Hello(DirectEvent, frozen=True, kw_only=True):
    """The server's first message; ``clock_id`` changes when its clock restarted."""

    wire = "hello"
    protocol: int
    server: ServerInfo
    connection_id: Id
    server_time_ms: Ms
    clock_id: str
    limits: Limits
    rates: dict[str, Rate]
    policy: PolicyInfo
    features: list[str]


class Closing(DirectEvent, frozen=True, kw_only=True):
    """The server closes next; said in band because proxies lose close reasons."""

    wire = "closing"
    code: int
    reason: str
    retry_after_ms: Ms | None = None


class Resync(DirectEvent, frozen=True, kw_only=True):
    """The room has a new epoch; join again without ``resume``."""

    wire = "resync"
    room: Id
    epoch: str


class YouUpdated(DirectEvent, frozen=True, kw_only=True):
    """The receiver's own standing in a room; ``reason`` says why a place was lost."""

    wire = "you.updated"
    room: Id
    role: RoleName
    muted_until_ms: Ms | None = None
    waitlist_position: int | None = None
    reason: str | None = None


class PlaylistCycled(DirectEvent, frozen=True, kw_only=True):
    """The played item went to the playlist's end."""

    wire = "playlist.cycled"
    playlist_id: Id


class Announcement(DirectEvent, frozen=True, kw_only=True):
    """A message of the operator."""

    wire = "announcement"
    text: str


class Reconnect(DirectEvent, frozen=True, kw_only=True):
    """The server drains: reconnect after ``after_ms`` plus a random part of ``jitter_ms``."""

    wire = "reconnect"
    after_ms: Ms
    jitter_ms: Ms


class Snapshot(Value, frozen=True, kw_only=True):
    """What a room durably is at one ``seq``; see :mod:`protocol.reducer`."""

    room: RoomInfo
    settings: Settings
    booth: Booth
    waitlist: list[User]
    votes: Votes
    chat: list[ChatMessage]
    staff: list[StaffMember]


ROOM_EVENTS: dict[str, type[RoomEvent]] = {
    event.wire: event
    for event in (
        PlayStarted,
        PlayStopped,
        PlayMoved,
        BoothLeaving,
        WaitlistChanged,
        WaitlistSettings,
        ChatMessage,
        ChatDeleted,
        RoomUpdated,
        StaffChanged,
        UserUpdated,
    )
}
LATEST_EVENTS: dict[str, type[LatestEvent]] = {event.wire: event for event in (RoomMembers, VoteTally)}
DIRECT_EVENTS: dict[str, type[DirectEvent]] = {
    event.wire: event
    for event in (Hello, Closing, Resync, YouUpdated, PlaylistCycled, Announcement, Reconnect)
}
EVENTS: dict[str, type[Event]] = {**ROOM_EVENTS, **LATEST_EVENTS, **DIRECT_EVENTS}
"""Every event by its wire name. Clients ignore names they do not know."""
