"""
Value types shared by commands, results and events.

A field with a default of None is optional on the wire: it is left out, never sent as nil.
Fields without a default are always present, and nil where the type says ``| None``.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol import limits

# Patterns end in \Z: $ would let a line feed through.
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]
"""An opaque identifier: URL-safe, at most 32 characters."""

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
"""A room's address in URLs."""

HttpUrl = Annotated[str, Meta(pattern=r"^https?://.*\Z", max_length=limits.URL_CHARS)]
"""An address of the web, on one line."""

Ms = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""An instant (Unix epoch, the server's clock) or a duration in milliseconds, exact in JavaScript."""

Limit = Annotated[int, Meta(ge=1, le=limits.PAGE_MAX)]
Position = Annotated[int, Meta(ge=0, le=limits.ITEMS_PER_PLAYLIST)]
Cursor = Annotated[str, Meta(max_length=200)]
Reason = Annotated[str, Meta(max_length=limits.REASON_CHARS)]

UserKind = Literal["guest", "user", "bot", "admin"]
RoleName = Literal["guest", "user", "resident", "bouncer", "manager", "cohost", "host", "admin"]
StaffRoleName = Literal["user", "resident", "bouncer", "manager", "cohost"]
"""What ``staff.set`` grants; ``user`` takes a role away, ``host`` only changes by transfer."""

AccountState = Literal["active", "frozen", "banned", "erasing"]
"""``frozen``, ``banned``: may look at itself, export and erase, no more. ``erasing``: nobody gets in."""

SanctionKind = Literal["mute", "ban", "waitlist_ban"]
Scope = Literal["chat.read", "chat.write", "vote", "dj", "moderate", "manage"]
"""What an owner lets a bot do; see :mod:`protocol.scopes`."""

MediaProblem = Literal["unavailable", "blocked", "error"]
PlayerKind = Literal["html5", "youtube", "webaudio"]
"""What plays: a browser's media element, YouTube's frame, or samples that Web Audio schedules."""

EndReason = Literal["finished", "skipped", "left", "replaced", "unplayable"]
"""Why a play ended. ``replaced``: a DJ took over from the room's fallback playlist."""


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of everything the server sends."""


class User(Value, frozen=True, kw_only=True):
    """A person, guest or bot as others see them. ``bio`` comes only with account results."""

    id: Id
    name: str
    kind: UserKind
    avatar_url: str | None = None
    bio: str | None = None
    created_at_ms: Ms


SYSTEM = User(id="system", name="system", kind="admin", created_at_ms=0)
"""Who acts where no member does: the server itself, or its operator from outside. No account."""


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """
    Something playable. ``source_id`` is a video id, or for ``direct`` an http(s) URL
    or a path under ``/media/`` of this server.
    """

    source: Literal["direct", "youtube", "soundcloud"]
    source_id: Annotated[str, Meta(min_length=1, max_length=limits.URL_CHARS)]
    title: Annotated[str, Meta(min_length=1, max_length=limits.TITLE_CHARS)]
    duration_ms: Annotated[int, Meta(ge=limits.MEDIA_DURATION_MIN_MS, le=limits.MEDIA_DURATION_MAX_MS)]
    artist: Annotated[str, Meta(max_length=limits.TITLE_CHARS)] | None = None
    thumbnail_url: HttpUrl | None = None
    start_ms: Ms | None = None
    end_ms: Ms | None = None


class ResolvedMedia(Value, frozen=True, kw_only=True):
    """What a link leads to; media but for the length, which may be unknown."""

    source: Literal["direct", "youtube", "soundcloud"]
    source_id: str
    title: str
    duration_ms: Ms | None = None
    artist: str | None = None
    thumbnail_url: str | None = None
    start_ms: Ms | None = None


class Play(Value, frozen=True, kw_only=True):
    """
    One turn in the booth as a timing vector.

    At server time ``t`` the media position is ``position_ms + velocity * (t - started_at_ms)``;
    ``started_at_ms`` may lie in the future. ``dj`` is nil while the fallback playlist plays.
    ``duration_ms`` is what is left to play from ``position_ms`` on.
    """

    id: Id
    dj: User | None
    media: Media
    started_at_ms: Ms
    duration_ms: Ms
    position_ms: Ms
    velocity: float

    @property
    def ends_at_ms(self) -> int:
        """The instant at which the media is over."""
        return self.started_at_ms + self.duration_ms


class Score(Value, frozen=True, kw_only=True):
    """
    What the room thought of a play; ``listeners`` counts the distinct members who were there.

    ``skipped``: somebody, or a vote, ended it before its time.
    """

    woots: int
    mehs: int
    grabs: int
    listeners: int
    skipped: bool


class Previous(Value, frozen=True, kw_only=True):
    """The play that just ended: its score, how it ended, and who ended it."""

    play_id: Id
    woots: int
    mehs: int
    grabs: int
    listeners: int
    end: EndReason
    by: User | None = None
    reason: str | None = None


class Booth(Value, frozen=True, kw_only=True):
    """Who plays what. ``leave_after_play``: the DJ steps down when this play ends."""

    dj: User | None
    play: Play | None
    leave_after_play: bool


class Votes(Value, frozen=True, kw_only=True):
    """The score of the current play so far; all zero and ``play_id`` nil when nobody plays."""

    play_id: Id | None
    woots: int
    mehs: int
    grabs: int


class Rules(Value, frozen=True, kw_only=True):
    """
    The rules a room plays by. Media rules hold when somebody queues up and again at the turn.

    Zero means that a rule is off. Durations are milliseconds.
    """

    max_duration_ms: Ms = 0
    """Longest media."""
    repeat_plays: int = 0
    """Media among the last so many plays is refused."""
    repeat_ms: Ms = 0
    """Media that was played this recently is refused; the room remembers its last 200 plays."""
    plays_per_turn: int = 1
    """How many items a DJ plays before the turn passes on."""
    afk_ms: Ms = 0
    """Who waits without any sign of life for this long loses the place, warned a minute ahead."""
    vote_skip_percent: int = 0
    """Share of the listening users that skips a play."""
    vote_skip_min: int = 2
    """But never fewer than so many."""
    lock_max_ms: Ms = 0
    """A locked waitlist unlocks by itself after this long."""
    cycle_off_max_ms: Ms = 0
    """Cycling comes back on by itself after this long."""
    chat_age_ms: Ms = 0
    """Age an account must have to chat; guests have none and may not while this is on."""
    link_age_ms: Ms = 0
    """Age an account must have to post links."""
    dj_age_ms: Ms = 0
    """Age an account must have to join the waitlist."""


class Settings(Value, frozen=True, kw_only=True):
    """What staff can change about a room. ``password`` says whether one is set, never which."""

    private: bool
    password: bool
    capacity: int
    waitlist_cap: int
    slow_mode_ms: Ms
    guests_chat: bool
    locked: bool
    cycle: bool
    rules: Rules = Rules()
    fallback: bool = False
    """Whether a playlist plays when nobody DJs."""
    chat_ttl_ms: int = -1
    """How long the room has chat kept; 0: not at all, -1: as long as the server's policy says."""


class RoomInfo(Value, frozen=True, kw_only=True):
    """A room's identity and texts."""

    id: Id
    slug: Slug
    name: str
    description: str
    welcome: str
    created_at_ms: Ms


class StaffMember(Value, frozen=True, kw_only=True):
    """A user with a role in a room."""

    user: User
    role: RoleName


class Member(Value, frozen=True, kw_only=True):
    """A user who is in a room now."""

    user: User
    role: RoleName


class Members(Value, frozen=True, kw_only=True):
    """
    Who is in a room. In rooms over the announced size ``members`` holds staff, DJs and
    waiting users only; ``population`` (guests included) and ``guests`` are always exact.
    """

    version: int
    population: int
    guests: int
    members: list[Member]


class You(Value, frozen=True, kw_only=True):
    """The caller's own standing in a room; ``waitlist_position`` is an index from 0."""

    role: RoleName
    muted_until_ms: Ms | None = None
    waitlist_position: int | None = None
    vote: int | None = None
    grabbed: bool = False


class RoomSummary(Value, frozen=True, kw_only=True):
    """A row of the directory."""

    id: Id
    slug: Slug
    name: str
    description: str
    private: bool
    password: bool
    population: int
    guests: int
    dj: User | None
    play: Play | None


class Account(Value, frozen=True, kw_only=True):
    """The caller's own account. The country is as declared, ISO 3166-1 alpha-2."""

    user: User
    email: str | None = None
    country: str | None = None


class Session(Value, frozen=True, kw_only=True):
    """
    A login. The token is a secret; it is shown once and kept by the client. In a ``state`` other
    than active only the account itself can be looked at, exported and erased.

    ``scopes`` and ``rates`` come with a bot's session alone: what its token is good for, and
    the rates that hold for it instead of those of ``hello``.
    """

    user: User
    token: str
    expires_at_ms: Ms
    policy_accepted_rev: int | None
    state: AccountState = "active"
    scopes: list[Scope] | None = None
    rates: dict[str, limits.Rate] | None = None


class Bot(Value, frozen=True, kw_only=True):
    """
    A bot of the caller: an account without a password that its token logs in.

    ``token_expires_at_ms`` moves on with every login; ``online`` says whether it is connected.
    """

    user: User
    scopes: list[Scope]
    token_expires_at_ms: Ms | None
    online: bool


class Playlist(Value, frozen=True, kw_only=True):
    """A playlist of the caller; exactly one is active."""

    id: Id
    name: str
    active: bool
    size: int


class PlaylistItem(Value, frozen=True, kw_only=True):
    """A playlist's entry: the media with an id of its own."""

    id: Id
    media: Media


class HistoryEntry(Value, frozen=True, kw_only=True):
    """A finished play. ``dj`` is nil for the fallback playlist."""

    play_id: Id
    room: Id
    dj: User | None
    media: Media
    started_at_ms: Ms
    ended_at_ms: Ms
    end: EndReason
    reason: str | None = None
    score: Score


class Sanction(Value, frozen=True, kw_only=True):
    """A mute or ban in force; ``until_ms`` is nil for good."""

    user: User
    kind: SanctionKind
    until_ms: Ms | None
    by: User
    at_ms: Ms
    reason: str | None = None
    shadow: bool = False


class LogEntry(Value, frozen=True, kw_only=True):
    """Who did what to whom, why, when: an event of the room that staff caused."""

    seq: int
    at_ms: Ms
    action: str
    by: User | None
    user: User | None = None
    reason: str | None = None
    until_ms: Ms | None = None
    detail: str | None = None


class BlockedMedia(Value, frozen=True, kw_only=True):
    """Media that a room refuses."""

    source: Literal["direct", "youtube", "soundcloud"]
    source_id: str
    title: str
    by: User
    at_ms: Ms
