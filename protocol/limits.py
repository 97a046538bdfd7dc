"""
Limits of the wire, each in one place, announced to clients in ``hello``.

Sizes are bytes, durations milliseconds, lengths characters after normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

MESSAGE_BYTES = 16 * 1024
"""Largest client message. Discord takes 4 KiB; ours must hold 100 playlist items in one call."""

NESTING = 8
"""Deepest nesting of a client value, the envelope's array included."""

REQUEST_ID_MAX = 2**32 - 1
"""Request ids are uint32, as in MessagePack-RPC."""

CHAT_CHARS = 256
"""plug.dj's limit, and close to every peer's."""

NAME_CHARS = 24
PASSWORD_CHARS_MIN = 8
PASSWORD_CHARS_MAX = 128
ROOM_NAME_CHARS = 64
ROOM_DESCRIPTION_CHARS = 500
ROOM_WELCOME_CHARS = 256
TITLE_CHARS = 128
"""u-wave's limit for artists and titles, and of playlist names."""

URL_CHARS = 1024
REASON_CHARS = 128
NONCE_CHARS = 64
BIO_CHARS = 200
EMAIL_CHARS = 254

MEDIA_DURATION_MIN_MS = SECOND_MS
MEDIA_DURATION_MAX_MS = 24 * HOUR_MS

PAGE_DEFAULT = 50
PAGE_MAX = 100
INSERT_MAX = 100
PLAYLISTS_PER_USER = 100
ITEMS_PER_PLAYLIST = 5000
ROOMS_PER_USER = 10
FAVORITES_PER_USER = 200
BOTS_PER_USER = 10
WAITLIST_CAP_DEFAULT = 50
WAITLIST_CAP_MAX = 200
CAPACITY_DEFAULT = 1000
CAPACITY_MAX = 10_000
SLOW_MODE_MAX_MS = HOUR_MS
CHAT_TTL_MAX_MS = 90 * DAY_MS
"""The longest that a room's host may have chat kept; the policy may allow less."""
CHAT_TTL_PAUSE_MS = HOUR_MS
"""How long a room's choice stands before the next: each one reaches what was said before."""

NONCE_WINDOW_MS = 5 * MINUTE_MS
"""A repeated ``nonce`` answers the first result this long (Centrifugo keeps the same five minutes)."""

CHAT_REPLAY_MESSAGES = 50
CHAT_REPLAY_MS = 15 * MINUTE_MS
"""What a joiner sees of the past: at most so many messages, none older than this."""

SANCTION_MAX_MS = 365 * DAY_MS
SHORT_BAN_MS = DAY_MS
"""The longest ban a bouncer may give; longer ones need a manager (plug.dj)."""
GUEST_BAN_MS = 7 * DAY_MS
"""The longest a guest's address stays banned: addresses change hands."""
BLOCK_TITLE_MS = 28 * DAY_MS
"""How long a block-list keeps titles, as rooms do those of plays; the id of the source stays."""
REPEAT_PLAYS_MAX = 200
REPEAT_MAX_MS = 7 * DAY_MS
PLAYS_PER_TURN_MAX = 10
ACCOUNT_AGE_MAX_MS = 30 * DAY_MS
AFK_WARNING_MS = MINUTE_MS
"""How long before the removal somebody who waits is warned."""
AFK_MIN_MS = 2 * AFK_WARNING_MS
RESERVED_MS = HOUR_MS
"""How long a place is reserved for whom the grace ran out (basicBot's !dc remembers an hour too)."""
UNPLAYABLE_PLAYERS_MIN = 3
"""Fewer players than this cannot declare media unplayable: one bad connection is no proof."""
BLOCKED_MEDIA_MAX = 1000
IGNORED_MAX = 500
FALLBACK_MAX = 500
"""The first so many items of a playlist play when nobody DJs."""

SELF_TTL_MAX_MS = 365 * DAY_MS
"""The longest a user can wish their own chat to be kept; the policy's own time is shorter."""
EXPORT_TTL_MS = 7 * DAY_MS
"""How long the archive of an export waits to be fetched."""
EXPORT_EVERY_MS = DAY_MS
"""An account gets at most one export in this time."""
AGE_REPORTS_PER_DAY = 5
"""How many users somebody may report as too young in a day."""
AGE_REPORTS_TO_FREEZE = 2
"""Reports of different people that freeze an account; one of an administrator is enough."""
ROOM_ARCHIVE_MS = 30 * DAY_MS
"""How long a room whose host was erased waits for somebody to take it over."""
PROOF_BYTES = 5 * 1024 * 1024
"""Largest proof of age: a photograph of a document."""
AGE_PROOF_MS = 14 * DAY_MS
"""How long a frozen account has to prove its age before it is erased."""

CONNECTIONS_PER_USER = 20
"""Tabs, telephones and bots of one account; the next connection is closed with 4006."""

PRESENCE_MAX_MS = 5 * SECOND_MS
"""The longest that joins and leaves are gathered in a big room; one of 4000 members reaches it."""

BIG_ROOM_MEMBERS = 200
"""
Above this population ``room.members`` names staff, DJs and waiting users only: join fan-out is O(n²).

Whoever was named before is still told when they leave. Back at this population or below, one
``room.members`` names everybody.
"""
MEMBER_LIST_MS = 10 * SECOND_MS
"""The shortest time between two ``room.members`` that name everybody in a room."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits a client needs to know, sent in ``hello``."""

    message_bytes: int = MESSAGE_BYTES
    nesting: int = NESTING
    chat_chars: int = CHAT_CHARS
    name_chars: int = NAME_CHARS
    password_chars_min: int = PASSWORD_CHARS_MIN
    page_max: int = PAGE_MAX
    insert_max: int = INSERT_MAX
    playlists_per_user: int = PLAYLISTS_PER_USER
    items_per_playlist: int = ITEMS_PER_PLAYLIST
    media_duration_max_ms: int = MEDIA_DURATION_MAX_MS
    rooms_per_user: int = ROOMS_PER_USER
    bots_per_user: int = BOTS_PER_USER
    rooms_per_connection: int = 20
    connections_per_user: int = CONNECTIONS_PER_USER
    open_requests: int = 64
    """Requests a connection may have unanswered; more are answered ``too_many``."""
    big_room_members: int = BIG_ROOM_MEMBERS
    ping_interval_ms: int = 25 * SECOND_MS
    pong_timeout_ms: int = 20 * SECOND_MS
    auth_timeout_ms: int = 10 * SECOND_MS
    resume_events: int = 512
    resume_ms: int = 120 * SECOND_MS
    """A room can be resumed while the gap fits in this many events and this much time."""
    sync_report_ms: int = 30 * SECOND_MS
    """A player reports how it keeps time about once in this long, at a moment of its own."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A token bucket: ``burst`` tokens, one more every ``per_ms`` milliseconds."""

    burst: int
    per_ms: int


RATES: dict[str, Rate] = {
    "chat": Rate(burst=5, per_ms=1000),
    "vote": Rate(burst=10, per_ms=500),
    "queue": Rate(burst=10, per_ms=1000),
    "playlist": Rate(burst=20, per_ms=250),
    "moderate": Rate(burst=20, per_ms=500),
    "join": Rate(burst=20, per_ms=500),
    "read": Rate(burst=30, per_ms=100),
    "privacy": Rate(burst=10, per_ms=1000),
    "auth": Rate(burst=5, per_ms=6000),
    "clock": Rate(burst=40, per_ms=250),
}
"""
The rate classes of methods. Buckets belong to a user (to a connection before it has one).

``auth`` is slow because each attempt costs an argon2 hash; ``clock`` holds two bursts of
8 join probes and the steady 3 every 15 s with room to spare.
"""

_SAME_FOR_BOTS = {"join", "auth", "clock", "privacy"}
"""Coming in and the clock cost the same whoever does it."""


def bot_rates(rates: Mapping[str, Rate]) -> dict[str, Rate]:
    """
    Return the rates of bots, which come with their session.

    Twice those of people: a bot answers for a whole room.
    """
    return {
        name: rate if name in _SAME_FOR_BOTS else Rate(burst=2 * rate.burst, per_ms=max(1, rate.per_ms // 2))
        for name, rate in rates.items()
    }


BOT_RATES = bot_rates(RATES)
