"""Room events: durable changes, numbered by ``seq``."""

from __future__ import annotations

from typing import Literal

from protocol.events.base import RoomEvent
from protocol.values import Id, Ms, Play, Previous, RoleName, Rules, User


class PlayStarted(RoomEvent, frozen=True, kw_only=True):
    """A play is announced; it starts at ``play.started_at_ms``, for everyone at once."""

    wire = "play.started"
    play: Play
    waitlist: list[User]
    previous: Previous | None


class PlayStopped(RoomEvent, frozen=True, kw_only=True):
    """The booth is empty: nobody is next. What played ends at ``stops_at_ms``, for everyone at once."""

    wire = "play.stopped"
    waitlist: list[User]
    previous: Previous | None
    stops_at_ms: Ms | None = None
    """Nil in what was recorded by servers that did not say it: at once."""


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
    by: User | None
    """Nil when a guard time ran out."""


class ChatMessage(RoomEvent, frozen=True, kw_only=True):
    """Somebody said something; ``mentions`` are user ids, or the word ``everyone``."""

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
    chat_ttl_ms: int | None = None
    rules: Rules | None = None
    fallback: bool | None = None


class MemberMuted(RoomEvent, frozen=True, kw_only=True):
    """A user cannot chat until ``until_ms``."""

    wire = "member.muted"
    user: User
    until_ms: Ms
    by: User
    reason: str | None = None


class MemberUnmuted(RoomEvent, frozen=True, kw_only=True):
    """A user can chat again."""

    wire = "member.unmuted"
    user: User
    by: User


class MemberKicked(RoomEvent, frozen=True, kw_only=True):
    """A user was put out of the room."""

    wire = "member.kicked"
    user: User
    by: User
    reason: str | None = None


class MemberBanned(RoomEvent, frozen=True, kw_only=True):
    """A user was put out and stays out until ``until_ms``, or for good when it is left out."""

    wire = "member.banned"
    user: User
    by: User
    until_ms: Ms | None = None
    reason: str | None = None


class MemberUnbanned(RoomEvent, frozen=True, kw_only=True):
    """A user may come in again."""

    wire = "member.unbanned"
    user: User
    by: User


class MemberWaitlistBanned(RoomEvent, frozen=True, kw_only=True):
    """A user may not queue up until ``until_ms``, or for good when it is left out."""

    wire = "member.waitlist_banned"
    user: User
    by: User
    until_ms: Ms | None = None
    reason: str | None = None


class MemberWaitlistUnbanned(RoomEvent, frozen=True, kw_only=True):
    """A user may queue up again."""

    wire = "member.waitlist_unbanned"
    user: User
    by: User


class StaffChanged(RoomEvent, frozen=True, kw_only=True):
    """A user has a new role; ``user`` means none any more."""

    wire = "staff.changed"
    user: User
    role: RoleName
    by: User


class UserErased(RoomEvent, frozen=True, kw_only=True):
    """
    A user's account was erased. Clients drop everything they hold of that user: messages, names,
    pictures, also what they keep on disk. In a message of others whose `mentions` hold the user every
    `@name` becomes `@deleted`, but for `@djs`, `@staff` and `@everyone`, and the id goes.
    """

    wire = "user.erased"
    user_id: Id


class UserUpdated(RoomEvent, frozen=True, kw_only=True):
    """A user's public fields are now these."""

    wire = "user.updated"
    user: User
