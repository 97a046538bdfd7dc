"""
Records: what crosses the border between the server and the database.

Plain data without behaviour. ``Writes`` is what one beat changes; the journal commits it
in one transaction. Instants are milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from protocol.events import ChatMessage, RoomEvent
from protocol.roles import Role
from protocol.values import (
    BlockedMedia,
    EndReason,
    Media,
    Play,
    PlaylistItem,
    Sanction,
    SanctionKind,
    Settings,
    User,
    UserKind,
)


class StoredAccount(NamedTuple):
    """An account with what others never see."""

    id: str
    kind: UserKind
    name: str
    password_hash: str | None
    email: str | None
    country: str | None
    avatar_url: str | None
    bio: str | None
    policy_rev: int | None
    active_playlist: str | None
    created_at_ms: int

    @classmethod
    def bare(cls, ident: str, kind: UserKind, name: str, created_at_ms: int) -> StoredAccount:
        """Return an account with nothing but its name."""
        return cls(ident, kind, name, None, None, None, None, None, None, None, created_at_ms)

    def to_user(self, *, with_bio: bool = False) -> User:
        """Return what others see; the bio only where a user card asks for it."""
        return User(
            id=self.id,
            name=self.name,
            kind=self.kind,
            avatar_url=self.avatar_url,
            bio=self.bio if with_bio else None,
            created_at_ms=self.created_at_ms,
        )


class WaitingRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in a waitlist: plays from a playlist (None: the active one), or one media once."""

    user_id: str
    playlist_id: str | None = None
    media: Media | None = None


class ReservedRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place kept for somebody who was away for too long, and what they had queued up with."""

    user_id: str
    position: int
    until_ms: int
    playlist_id: str | None = None
    media: Media | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a room keeps between commands beside the waitlist: places, the turn, guard times."""

    reservations: list[ReservedRecord] = []
    nth: int = 1
    """The how-manieth play of the DJ's turn the current one is."""
    playlist_id: str | None = None
    """The playlist that the DJ chose for the turn; None: the active one."""
    skip_votes: list[str] = []
    reports: dict[str, str] = {}
    locked_at_ms: int = 0
    cycle_off_at_ms: int = 0
    chat_ttl_set_at_ms: int = 0


class RoomTexts(msgspec.Struct, frozen=True, kw_only=True):
    """A room's texts and the hash of its password."""

    name: str
    description: str
    welcome: str
    password_hash: str | None


class RoomRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A room at rest: everything needed to open it as it was."""

    id: str
    slug: str
    created_at_ms: int
    epoch: str
    seq: int
    texts: RoomTexts
    settings: Settings
    waitlist: list[WaitingRecord]
    leave_after_play: bool
    fallback_playlist: str | None
    fallback_next: int
    standing: Standing = Standing()


class VoteRecord(NamedTuple):
    """A user's vote on a play, and whether they grabbed it."""

    play_id: str
    account_id: str
    value: int
    grabbed: bool
    at_ms: int


class OpenedRoom(NamedTuple):
    """A room with what belongs to it: for the owner to open it. ``events`` is the resume ring's part."""

    room: RoomRecord
    staff: dict[str, Role]
    play: Play | None
    votes: list[VoteRecord]
    chat: list[ChatMessage]
    events: list[RoomEvent]
    nonces: list[tuple[str, str, str, int, int]]
    """(user id, nonce, message id, seq, at_ms) of the messages of the last minutes."""
    users: dict[str, User]
    """Everyone named by id above: staff, waiting, DJ."""
    ends: dict[int, int]
    """When the record of each of ``chat`` and ``events`` is over, by seq."""
    fallback: list[Media]
    sanctions: list[Sanction]
    addresses: dict[str, bytes]
    """Ids of banned guests to the keyed hash of where they came from."""
    blocked: list[BlockedMedia]
    recent: list[tuple[str, str, int]]
    """(source, source id, started_at_ms) of the last plays of DJs, oldest first."""


class ListedRoom(NamedTuple):
    """A room as the directory shows it at rest."""

    id: str
    slug: str
    name: str
    description: str
    private: bool
    password: bool
    created_at_ms: int
    play: Play | None


class Deck(NamedTuple):
    """The top of a playlist, and how many items it has in all."""

    playlist_id: str
    items: list[PlaylistItem]
    size: int


class EventRow(NamedTuple):
    """
    A row of the log with its promise. What is of a room's stream has ``epoch`` and ``seq``.

    ``media_expires_at_ms`` is when titles and pictures in it go; None where it has none.
    """

    category: str
    kind: str
    room_id: str | None
    epoch: str | None
    seq: int | None
    actor_id: str | None
    at_ms: int
    nonce: str | None
    payload: str
    """JSON, people folded to ids by :func:`storage.fold.fold`."""
    expires_at_ms: int
    policy_rev: int
    media_expires_at_ms: int | None = None


class EventDraft(NamedTuple):
    """Something that happened, before the recorder decides over it; fields as in :class:`EventRow`."""

    category: str
    kind: str
    room_id: str | None
    epoch: str | None
    seq: int | None
    actor_id: str | None
    at_ms: int
    nonce: str | None
    payload: str
    media_source: str | None = None
    """Whose titles and pictures are in it."""

    def row(self, expires_at_ms: int, policy_rev: int, media_expires_at_ms: int | None = None) -> EventRow:
        """Return the row with its promise."""
        return EventRow(*self[:-1], expires_at_ms, policy_rev, media_expires_at_ms)


class RoomState(NamedTuple):
    """The small part of a room that changes often."""

    room_id: str
    seq: int
    waitlist: tuple[WaitingRecord, ...]
    leave_after_play: bool
    fallback_next: int
    standing: Standing = Standing()


class ConnectionRow(NamedTuple):
    """
    Where an account connected from, with its promise.

    ``address`` as it is stays until ``raw_until_ms``; ``network`` and ``address_key``, a keyed
    hash, as long as the row. ``browser`` and ``os`` are families.
    """

    account_id: str
    at_ms: int
    address: str | None
    network: str | None
    address_key: bytes | None
    browser: str
    os: str
    raw_until_ms: int | None
    expires_at_ms: int
    policy_rev: int


class PlayRow(NamedTuple):
    """A play that begins, with its promise; its title and picture go sooner."""

    room_id: str
    play: Play
    expires_at_ms: int
    policy_rev: int
    media_expires_at_ms: int


class VoteRow(NamedTuple):
    """A vote with its promise; fields as in :class:`VoteRecord`."""

    play_id: str
    account_id: str
    value: int
    grabbed: bool
    at_ms: int
    expires_at_ms: int
    policy_rev: int


class PlayEnd(NamedTuple):
    """A play that is over."""

    play_id: str
    ended_at_ms: int
    end: EndReason
    by: str | None
    reason: str | None
    woots: int
    mehs: int
    grabs: int
    listeners: int


class SettingsRow(NamedTuple):
    """A room's texts and rules."""

    room_id: str
    texts: RoomTexts
    settings: Settings
    fallback_playlist: str | None


class StaffRow(NamedTuple):
    """A role granted, or taken (``role`` None)."""

    room_id: str
    account_id: str
    role: Role | None


class CycleRow(NamedTuple):
    """A played item that goes to its playlist's end."""

    playlist_id: str
    item_id: str


class GrabRow(NamedTuple):
    """Media that goes to a playlist's end, unless it is there already."""

    item_id: str
    playlist_id: str
    media: Media


class ChatErasure(NamedTuple):
    """
    Messages whose text goes: those of ``ids``, of ``user_id``, or all (both None).

    Only messages before ``before_seq``, the deletion's own place in the stream: one beat may
    hold a deletion and a message said after it. ``pseudonym`` is what may stand for the user.
    """

    room_id: str
    before_seq: int
    ids: tuple[str, ...] | None
    user_id: str | None
    pseudonym: str | None = None


class SanctionRow(NamedTuple):
    """A mute or ban that begins, or is lifted (``sanction`` None)."""

    room_id: str
    kind: SanctionKind
    account_id: str
    sanction: Sanction | None
    address_key: bytes | None


class BlockRow(NamedTuple):
    """Media that goes on a block-list, or off it (``entry`` None)."""

    room_id: str
    source: str
    source_id: str
    entry: BlockedMedia | None


@dataclass(slots=True)
class Writes:
    """
    What one beat changes, committed in one transaction.

    Lists are applied in the order of the fields, and each in its own order: a play may
    begin and end within one beat.
    """

    events: list[EventRow] = field(default_factory=list)
    erasures: list[ChatErasure] = field(default_factory=list)
    plays: list[PlayRow | PlayEnd] = field(default_factory=list)
    votes: list[VoteRow] = field(default_factory=list)
    settings: list[SettingsRow] = field(default_factory=list)
    staff: list[StaffRow] = field(default_factory=list)
    sanctions: list[SanctionRow] = field(default_factory=list)
    blocks: list[BlockRow] = field(default_factory=list)
    cycles: list[CycleRow] = field(default_factory=list)
    grabs: list[GrabRow] = field(default_factory=list)
    connections: list[ConnectionRow] = field(default_factory=list)
    states: list[RoomState] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Say whether there is anything to commit."""
        return any(
            (
                self.events,
                self.erasures,
                self.plays,
                self.votes,
                self.settings,
                self.staff,
                self.sanctions,
                self.blocks,
                self.cycles,
                self.grabs,
                self.connections,
                self.states,
            )
        )
