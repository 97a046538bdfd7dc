"""Commands of rooms: directory, entering, settings, staff."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol import limits
from protocol.commands.base import (
    Command,
    Description,
    IdOrNone,
    RoomCommand,
    RoomName,
    RoomPassword,
    Welcome,
)
from protocol.values import Cursor, Id, Limit, Ms, Slug, StaffRoleName


class RoomList(Command, frozen=True, kw_only=True):
    """List public rooms by population."""

    method = "room.list"
    query: Annotated[str, Meta(max_length=limits.ROOM_NAME_CHARS)] | None = None
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT


class RoomGet(RoomCommand, frozen=True, kw_only=True):
    """Read one room's row of the directory."""

    method = "room.get"


class RoomCreate(Command, frozen=True, kw_only=True):
    """Make a room; the caller becomes its host."""

    method = "room.create"
    name: RoomName
    slug: Slug | None = None
    description: Description = ""
    private: bool = False


class Resume(Command, frozen=True, kw_only=True):
    """The last position of a room's stream that a client has applied."""

    epoch: Annotated[str, Meta(max_length=32)]
    seq: Ms


class RoomJoin(RoomCommand, frozen=True, kw_only=True):
    """Enter a room, or resume it."""

    method = "room.join"
    password: RoomPassword | None = None
    resume: Resume | None = None


class RoomLeave(RoomCommand, frozen=True, kw_only=True):
    """Leave a room for good: with the user's last connection, booth, waitlist and presence end at once."""

    method = "room.leave"


class RulesUpdate(Command, frozen=True, kw_only=True):
    """The rules that change; see :class:`protocol.values.Rules`. Zero switches a rule off."""

    max_duration_ms: Annotated[int, Meta(ge=0, le=limits.MEDIA_DURATION_MAX_MS)] | None = None
    repeat_plays: Annotated[int, Meta(ge=0, le=limits.REPEAT_PLAYS_MAX)] | None = None
    repeat_ms: Annotated[int, Meta(ge=0, le=limits.REPEAT_MAX_MS)] | None = None
    plays_per_turn: Annotated[int, Meta(ge=1, le=limits.PLAYS_PER_TURN_MAX)] | None = None
    afk_ms: Annotated[int, Meta(ge=0, le=limits.DAY_MS)] | None = None
    vote_skip_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    vote_skip_min: Annotated[int, Meta(ge=1, le=1000)] | None = None
    lock_max_ms: Annotated[int, Meta(ge=0, le=limits.DAY_MS)] | None = None
    cycle_off_max_ms: Annotated[int, Meta(ge=0, le=limits.DAY_MS)] | None = None
    chat_age_ms: Annotated[int, Meta(ge=0, le=limits.ACCOUNT_AGE_MAX_MS)] | None = None
    link_age_ms: Annotated[int, Meta(ge=0, le=limits.ACCOUNT_AGE_MAX_MS)] | None = None
    dj_age_ms: Annotated[int, Meta(ge=0, le=limits.ACCOUNT_AGE_MAX_MS)] | None = None


class RoomUpdate(RoomCommand, frozen=True, kw_only=True):
    """Change a room's texts and rules; an empty password removes it."""

    method = "room.update"
    name: RoomName | None = None
    description: Description | None = None
    welcome: Welcome | None = None
    private: bool | None = None
    password: RoomPassword | None = None
    capacity: Annotated[int, Meta(ge=1, le=limits.CAPACITY_MAX)] | None = None
    waitlist_cap: Annotated[int, Meta(ge=1, le=limits.WAITLIST_CAP_MAX)] | None = None
    slow_mode_ms: Annotated[int, Meta(ge=0, le=limits.SLOW_MODE_MAX_MS)] | None = None
    guests_chat: bool | None = None
    rules: RulesUpdate | None = None
    fallback: IdOrNone | None = None
    """A playlist of the caller that plays when nobody DJs; an empty text takes it away."""
    chat_ttl_ms: Annotated[int, Meta(ge=-1, le=limits.CHAT_TTL_MAX_MS)] | None = None
    """How long what is said is kept, 0: not at all, -1: as long as the server's policy says; once an hour.
    Of whom the law lets it be kept less long, less holds: the result's ``chat_ttls_ms`` says for whom."""


class RoomDelete(RoomCommand, frozen=True, kw_only=True):
    """Delete a room for good; ``confirm`` is its slug."""

    method = "room.delete"
    confirm: Annotated[str, Meta(max_length=32)]


class RoomTransfer(RoomCommand, frozen=True, kw_only=True):
    """Make another account the host; the old host becomes a cohost."""

    method = "room.transfer"
    user: Id


class RoomClaim(RoomCommand, frozen=True, kw_only=True):
    """Become the host of an archived room, as one of its staff: it opens again."""

    method = "room.claim"


class RoomMembers(RoomCommand, frozen=True, kw_only=True):
    """Page through everyone in a room."""

    method = "room.members"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT


class FavoriteSet(RoomCommand, frozen=True, kw_only=True):
    """Mark a room as a favourite, or take the mark away."""

    method = "favorite.set"
    on: bool


class FavoriteList(Command, frozen=True, kw_only=True):
    """List the own favourite rooms."""

    method = "favorite.list"


class StaffSet(RoomCommand, frozen=True, kw_only=True):
    """Grant a role; ``user`` takes it away."""

    method = "staff.set"
    user: Id
    role: StaffRoleName
