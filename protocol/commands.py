"""
Commands: one frozen struct per method, named after it.

``METHODS`` in :mod:`protocol.methods` binds them to their results, rates and notes.
Unknown fields are refused, so that typos surface.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from protocol import limits
from protocol.values import Cursor, Id, Limit, Media, Ms, Position, Reason, Slug, StaffRoleName

RoomRef = Id
"""A room's id or slug."""

Username = Annotated[str, Meta(min_length=2, max_length=limits.NAME_CHARS)]
Password = Annotated[str, Meta(min_length=limits.PASSWORD_CHARS_MIN, max_length=limits.PASSWORD_CHARS_MAX)]
AnyPassword = Annotated[str, Meta(max_length=limits.PASSWORD_CHARS_MAX)]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+\Z", max_length=limits.EMAIL_CHARS)]
EmailOrNone = Annotated[str, Meta(pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?\Z", max_length=limits.EMAIL_CHARS)]
"""An empty text removes it. A union with a literal would put the pattern on the literal too."""
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
HttpUrlOrNone = Annotated[str, Meta(pattern=r"^(https?://.*)?\Z", max_length=limits.URL_CHARS)]
RoomName = Annotated[str, Meta(min_length=1, max_length=limits.ROOM_NAME_CHARS)]
RoomPassword = Annotated[str, Meta(max_length=limits.PASSWORD_CHARS_MAX)]
Description = Annotated[str, Meta(max_length=limits.ROOM_DESCRIPTION_CHARS)]
Welcome = Annotated[str, Meta(max_length=limits.ROOM_WELCOME_CHARS)]
PlaylistName = Annotated[str, Meta(min_length=1, max_length=limits.TITLE_CHARS)]
ItemIds = Annotated[list[Id], Meta(min_length=1, max_length=limits.PAGE_MAX)]
Micros = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all commands."""

    method: ClassVar[str]


class RoomCommand(Command, frozen=True, kw_only=True):
    """Base of the commands that a room handles; ``room`` is its id or slug."""

    room: RoomRef


# Session and account


class Birth(Command, frozen=True, kw_only=True):
    """A birth date: evaluated by the age screen and forgotten."""

    year: Annotated[int, Meta(ge=1900, le=9999)]
    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=31)]


class SessionGuest(Command, frozen=True, kw_only=True):
    """Start a session without an account."""

    method = "session.guest"
    name: Username | None = None


class SessionRegister(Command, frozen=True, kw_only=True):
    """Make an account and log in."""

    method = "session.register"
    username: Username
    password: Password
    birth: Birth
    accept_policy: bool
    email: Email | None = None
    country: CountryCode | None = None


class SessionLogin(Command, frozen=True, kw_only=True):
    """Log in with a password."""

    method = "session.login"
    username: Annotated[str, Meta(max_length=limits.NAME_CHARS)]
    password: AnyPassword


class SessionResume(Command, frozen=True, kw_only=True):
    """Log in with a token."""

    method = "session.resume"
    token: Annotated[str, Meta(max_length=200)]


class SessionLogout(Command, frozen=True, kw_only=True):
    """End this session, or every session of the account."""

    method = "session.logout"
    everywhere: bool = False


class AccountGet(Command, frozen=True, kw_only=True):
    """Read the own account."""

    method = "account.get"


class AccountUpdate(Command, frozen=True, kw_only=True):
    """Change the own account; a new password needs the current one. An empty text removes it."""

    method = "account.update"
    username: Username | None = None
    password: Password | None = None
    current_password: AnyPassword | None = None
    email: EmailOrNone | None = None
    avatar_url: HttpUrlOrNone | None = None
    bio: Annotated[str, Meta(max_length=limits.BIO_CHARS)] | None = None


class ClockSync(Command, frozen=True, kw_only=True):
    """Probe the server's clock; answered at once, outside every queue."""

    method = "clock.sync"
    t1_us: Micros


# Rooms


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


class RoomMembers(RoomCommand, frozen=True, kw_only=True):
    """Page through everyone in a room."""

    method = "room.members"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT


# Booth and waitlist


class WaitlistJoin(RoomCommand, frozen=True, kw_only=True):
    """Queue up with the active playlist, another playlist, or one media once."""

    method = "waitlist.join"
    playlist_id: Id | None = None
    media: Media | None = None


class WaitlistLeave(RoomCommand, frozen=True, kw_only=True):
    """Give up the own place."""

    method = "waitlist.leave"


class WaitlistAdd(RoomCommand, frozen=True, kw_only=True):
    """Queue up a member with their active playlist."""

    method = "waitlist.add"
    user: Id
    position: Position | None = None


class WaitlistRemove(RoomCommand, frozen=True, kw_only=True):
    """Take a user out of the waitlist."""

    method = "waitlist.remove"
    user: Id


class WaitlistMove(RoomCommand, frozen=True, kw_only=True):
    """Move a user to an index of the waitlist; an index past the end means the end."""

    method = "waitlist.move"
    user: Id
    position: Position


class WaitlistLock(RoomCommand, frozen=True, kw_only=True):
    """Lock or unlock the waitlist; with ``clear`` also empty it."""

    method = "waitlist.lock"
    on: bool
    clear: bool = False


class WaitlistCycle(RoomCommand, frozen=True, kw_only=True):
    """Say whether a DJ goes back to the waitlist's end after a play."""

    method = "waitlist.cycle"
    on: bool


class WaitlistClear(RoomCommand, frozen=True, kw_only=True):
    """Empty the waitlist; the current DJ stays."""

    method = "waitlist.clear"


class BoothSkip(RoomCommand, frozen=True, kw_only=True):
    """End a play now; ``requeue_at`` gives its DJ a place in the waitlist."""

    method = "booth.skip"
    play_id: Id
    reason: Reason | None = None
    requeue_at: Position | None = None


class BoothLeave(RoomCommand, frozen=True, kw_only=True):
    """Step down now, or after this play; ``on: false`` takes "after this play" back."""

    method = "booth.leave"
    after_play: bool
    on: bool = True


# Votes, playlists, history


class VoteCast(RoomCommand, frozen=True, kw_only=True):
    """Woot (1), meh (-1) or take the vote back (0)."""

    method = "vote.cast"
    play_id: Id
    value: Literal[1, 0, -1]


class VoteGrab(RoomCommand, frozen=True, kw_only=True):
    """Copy the current media to a playlist of the caller, the active one by default."""

    method = "vote.grab"
    play_id: Id
    playlist_id: Id | None = None


class PlaylistList(Command, frozen=True, kw_only=True):
    """List the own playlists."""

    method = "playlist.list"


class PlaylistCreate(Command, frozen=True, kw_only=True):
    """Make a playlist; the first one becomes the active one."""

    method = "playlist.create"
    name: PlaylistName


class PlaylistRename(Command, frozen=True, kw_only=True):
    """Rename a playlist."""

    method = "playlist.rename"
    playlist_id: Id
    name: PlaylistName


class PlaylistDelete(Command, frozen=True, kw_only=True):
    """Delete a playlist and its items."""

    method = "playlist.delete"
    playlist_id: Id


class PlaylistActivate(Command, frozen=True, kw_only=True):
    """Choose the playlist that turns in the booth are played from."""

    method = "playlist.activate"
    playlist_id: Id


class PlaylistShuffle(Command, frozen=True, kw_only=True):
    """Shuffle a playlist."""

    method = "playlist.shuffle"
    playlist_id: Id


class PlaylistItems(Command, frozen=True, kw_only=True):
    """Page through a playlist, or search in it."""

    method = "playlist.items"
    playlist_id: Id
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT
    query: Annotated[str, Meta(max_length=limits.TITLE_CHARS)] | None = None


class After(Command, frozen=True, kw_only=True):
    """A place in a playlist: behind this item."""

    after: Id


Place = Literal["start", "end"] | After


class PlaylistInsert(Command, frozen=True, kw_only=True):
    """Add media to a playlist; those already in it are named, not added again."""

    method = "playlist.insert"
    playlist_id: Id
    items: Annotated[list[Media], Meta(min_length=1, max_length=limits.INSERT_MAX)]
    at: Place = "end"


class PlaylistMove(Command, frozen=True, kw_only=True):
    """Move items, which keep the order given."""

    method = "playlist.move"
    playlist_id: Id
    item_ids: ItemIds
    at: Place


class PlaylistRemove(Command, frozen=True, kw_only=True):
    """Remove items."""

    method = "playlist.remove"
    playlist_id: Id
    item_ids: ItemIds


class HistoryRoom(RoomCommand, frozen=True, kw_only=True):
    """Page through a room's finished plays, newest first."""

    method = "history.room"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT


class HistoryUser(Command, frozen=True, kw_only=True):
    """Page through the own finished plays, newest first."""

    method = "history.user"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT


# Chat, staff, privacy


class ChatSend(RoomCommand, frozen=True, kw_only=True):
    """Say something; the same ``nonce`` within five minutes answers the first result."""

    method = "chat.send"
    text: Annotated[str, Meta(min_length=1, max_length=4 * limits.CHAT_CHARS)]
    nonce: Annotated[str, Meta(min_length=1, max_length=limits.NONCE_CHARS)] | None = None
    reply_to: Id | None = None
    emote: bool = False


class ChatDelete(RoomCommand, frozen=True, kw_only=True):
    """Delete one message, all of a user, or all; exactly one of ``id``, ``user``, ``all``."""

    method = "chat.delete"
    id: Id | None = None
    user: Id | None = None
    all: bool = False


class ChatHistory(RoomCommand, frozen=True, kw_only=True):
    """Read older messages, newest first."""

    method = "chat.history"
    before_seq: Ms | None = None
    limit: Limit = limits.PAGE_DEFAULT


class StaffSet(RoomCommand, frozen=True, kw_only=True):
    """Grant a role; ``user`` takes it away."""

    method = "staff.set"
    user: Id
    role: StaffRoleName


class PrivacyNotice(Command, frozen=True, kw_only=True):
    """Read the recording notice, of a room where rooms differ."""

    method = "privacy.notice"
    room: RoomRef | None = None
