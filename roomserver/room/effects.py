"""
Effects: what a command or a tick of a room asks the shell to do.

A closed union, consumed in one place. The shell commits them first and tells them after.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol.events import DirectEvent, LatestEvent, RoomEvent
from protocol.roles import Role
from protocol.values import (
    BlockedMedia,
    EndReason,
    Media,
    Play,
    RoomInfo,
    Sanction,
    SanctionKind,
    Settings,
    User,
    Value,
)


class Told(NamedTuple):
    """
    A durable event: log it, then send it to every member.

    ``own`` says that it concerns nobody but who did it, which its fields alone do not say.
    """

    event: RoomEvent
    actor_id: str | None
    nonce: str | None = None
    own: bool = False


class Latest(NamedTuple):
    """A latest-value event for every member; not logged, may be dropped on slow connections."""

    event: LatestEvent


class Direct(NamedTuple):
    """A notification to every connection of one user."""

    user_id: str
    event: DirectEvent


class PlayBegan(NamedTuple):
    """A play was announced."""

    play: Play


class PlayEnded(NamedTuple):
    """A play is over, with its score. One that was cut in its lead-in ended before its announced start."""

    play_id: str
    ended_at_ms: int
    end: EndReason
    by: str | None
    reason: str | None
    woots: int
    mehs: int
    grabs: int
    listeners: int


class Voted(NamedTuple):
    """A user's vote on a play is now this."""

    play_id: str
    user_id: str
    value: int
    grabbed: bool
    at_ms: int


class Grabbed(NamedTuple):
    """The media goes to a playlist."""

    playlist_id: str
    item_id: str
    media: Media


class ItemCycled(NamedTuple):
    """The played item goes to its playlist's end; the user's deck should be read again."""

    user_id: str
    playlist_id: str
    item_id: str


class TextsChanged(NamedTuple):
    """The room's texts and rules are now these."""

    info: RoomInfo
    settings: Settings
    password_hash: str | None
    fallback_playlist: str | None


class Appointed(NamedTuple):
    """A user's role is now this; None takes it away."""

    user_id: str
    role: Role | None


class MessagesErased(NamedTuple):
    """The text of earlier messages goes from the log and the ring: of ``ids``, of a user, or all."""

    before_seq: int
    ids: tuple[str, ...] | None
    user_id: str | None


class Sanctioned(NamedTuple):
    """A mute or ban is in force; ``address_key`` also keeps out who comes from there."""

    sanction: Sanction
    address_key: bytes | None


class Noted(NamedTuple):
    """
    What staff did and nobody is told, for the moderation log alone.

    ``action`` is a word of the log, an event's name where there is one.
    """

    action: str
    by: User
    at_ms: int
    user: User | None = None
    detail: str | None = None
    until_ms: int | None = None
    reason: str | None = None


class Lifted(NamedTuple):
    """A mute or ban is over before its time."""

    kind: SanctionKind
    user_id: str


class Expelled(NamedTuple):
    """A user's connections leave the room when this is told."""

    user_id: str


class Opined(NamedTuple):
    """A vote to skip, a report or a kept place changed, which is not told: store where the room stands."""


class Blocked(NamedTuple):
    """Media went on the block-list (``entry``) or off it (``entry`` None)."""

    source: str
    source_id: str
    entry: BlockedMedia | None


class Came(NamedTuple):
    """A user entered or left, for the presence log."""

    user_id: str
    entered: bool
    at_ms: int


Effect = (
    Told
    | Latest
    | Direct
    | PlayBegan
    | PlayEnded
    | Voted
    | Grabbed
    | ItemCycled
    | TextsChanged
    | Appointed
    | MessagesErased
    | Sanctioned
    | Noted
    | Lifted
    | Expelled
    | Blocked
    | Opined
    | Came
)


class Outcome(NamedTuple):
    """What a command answers, and its effects in order."""

    result: Value
    effects: list[Effect]
