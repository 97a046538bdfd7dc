"""Results: what the methods answer, one struct per shape."""

from __future__ import annotations

from typing import Any

from protocol.events import ChatMessage, PlayCue, SkipTally, Snapshot, VoteTally
from protocol.notice import Notice
from protocol.privacy import Privacy, PrivacyRequest
from protocol.values import (
    Account,
    BlockedMedia,
    Bot,
    HistoryEntry,
    Id,
    LogEntry,
    Member,
    Members,
    Ms,
    Playlist,
    PlaylistItem,
    ResolvedMedia,
    RoomSummary,
    Sanction,
    User,
    Value,
    You,
)


class Empty(Value, frozen=True, kw_only=True):
    """Done; there is nothing to say."""


class AccountResult(Value, frozen=True, kw_only=True):
    """The own account."""

    account: Account


class ClockResult(Value, frozen=True, kw_only=True):
    """
    The four-timestamp probe, microseconds of the server's clock: ``t2_us`` when the
    request's frame was read, ``t3_us`` just before the answer is written.
    """

    t1_us: int
    t2_us: int
    t3_us: int


class RoomsResult(Value, frozen=True, kw_only=True):
    """A page of the directory."""

    rooms: list[RoomSummary]
    next_cursor: str | None = None


class RoomResult(Value, frozen=True, kw_only=True):
    """
    One room.

    ``chat_ttls_ms`` comes with a choice of ``chat_ttl_ms`` that does not hold for everybody: how long chat
    is kept instead of people under the law of a profile of the policy (``EU``, ``DEFAULT`` for those who
    named no country, ...), in milliseconds.
    """

    room: RoomSummary
    chat_ttls_ms: dict[str, int] | None = None


class JoinResult(Value, frozen=True, kw_only=True):
    """
    Where the room stands. ``recovered``: ``events`` are all that was missed, as
    notifications ``[2, name, params]``; otherwise ``snapshot`` is the state at ``seq``.
    """

    epoch: str
    seq: int
    recovered: bool
    snapshot: Snapshot | None = None
    events: list[tuple[int, str, dict[str, Any]]] | None = None
    you: You
    members: Members
    votes: VoteTally | None
    skip: SkipTally | None = None
    cue: PlayCue | None = None
    durations_ms: list[int | None]
    notice: Notice


class MembersResult(Value, frozen=True, kw_only=True):
    """A page of the members."""

    members: list[Member]
    next_cursor: str | None = None


class WaitingResult(Value, frozen=True, kw_only=True):
    """The user's index in the waitlist from 0, or nil when the turn began at once."""

    position: int | None


class SkipResult(Value, frozen=True, kw_only=True):
    """The play that is on now, or nil."""

    play_id: Id | None


class GrabResult(Value, frozen=True, kw_only=True):
    """Where the media went; ``added`` is false when it was already there."""

    playlist_id: Id
    added: bool


class SanctionsResult(Value, frozen=True, kw_only=True):
    """Mutes or bans in force."""

    sanctions: list[Sanction]


class LogResult(Value, frozen=True, kw_only=True):
    """A page of the moderation log."""

    entries: list[LogEntry]
    next_cursor: str | None = None


class BlockedResult(Value, frozen=True, kw_only=True):
    """A page of the block-list."""

    blocked: list[BlockedMedia]
    next_cursor: str | None = None


class UserResult(Value, frozen=True, kw_only=True):
    """A user's card."""

    user: User


class IgnoredResult(Value, frozen=True, kw_only=True):
    """Whom the caller ignores."""

    users: list[User]


class BotResult(Value, frozen=True, kw_only=True):
    """The new bot, and its token: shown this once, the server keeps a hash."""

    bot: Bot
    token: str


class BotsResult(Value, frozen=True, kw_only=True):
    """The own bots, the oldest first."""

    bots: list[Bot]


class FavoritesResult(Value, frozen=True, kw_only=True):
    """The own favourite rooms."""

    rooms: list[RoomSummary]


class ItemResult(Value, frozen=True, kw_only=True):
    """One item."""

    item: PlaylistItem


class ExportResult(Value, frozen=True, kw_only=True):
    """A page of a playlist as open JSON."""

    text: str
    next_cursor: str | None = None


class PlaylistsResult(Value, frozen=True, kw_only=True):
    """All own playlists."""

    playlists: list[Playlist]


class PlaylistResult(Value, frozen=True, kw_only=True):
    """One playlist."""

    playlist: Playlist


class ItemsResult(Value, frozen=True, kw_only=True):
    """A page of items; ``total`` counts all that match."""

    items: list[PlaylistItem]
    total: int
    next_cursor: str | None = None


class InsertResult(Value, frozen=True, kw_only=True):
    """What was added, and the ``source_id`` of those that were there already."""

    playlist: Playlist
    items: list[PlaylistItem]
    already: list[str]


class ResolveResult(Value, frozen=True, kw_only=True):
    """What a link leads to."""

    media: ResolvedMedia


class HistoryResult(Value, frozen=True, kw_only=True):
    """A page of finished plays."""

    plays: list[HistoryEntry]
    next_cursor: str | None = None


class ChatResult(Value, frozen=True, kw_only=True):
    """The message's id and its ``seq`` in the room's stream."""

    id: Id
    seq: int


class ChatHistoryResult(Value, frozen=True, kw_only=True):
    """Messages, newest first, and whether there are older ones."""

    messages: list[ChatMessage]
    more: bool


class DeleteResult(Value, frozen=True, kw_only=True):
    """How many messages the request removed from the log."""

    deleted: int


class StaffResult(Value, frozen=True, kw_only=True):
    """The member's role now."""

    member: Member


class PrivacyResult(Value, frozen=True, kw_only=True):
    """Where the account stands now; ``request`` is the one that was asked for by its id."""

    privacy: Privacy
    request: PrivacyRequest | None = None


class RequestResult(Value, frozen=True, kw_only=True):
    """
    The request is on record and will be carried out. ``url`` shows how far it is, also without
    a session: whoever knows the address may read it.
    """

    request_id: Id
    url: str


class ProofResult(Value, frozen=True, kw_only=True):
    """
    Where a proof of age can be sent, once and until ``expires_at_ms``: a file of one of ``types``
    of at most ``max_bytes``.
    """

    url: str
    expires_at_ms: Ms
    max_bytes: int
    types: list[str]


class NoticeResult(Value, frozen=True, kw_only=True):
    """The recording notice."""

    notice: Notice
