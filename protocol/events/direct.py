"""Direct notifications: to one connection or user."""

from __future__ import annotations

from typing import Literal

from protocol.events.base import DirectEvent
from protocol.events.room import ChatMessage
from protocol.limits import Limits, Rate
from protocol.values import Id, Ms, RoleName, Value


class ServerInfo(Value, frozen=True, kw_only=True):
    """The server's name and version."""

    name: str
    version: str


class PolicyInfo(Value, frozen=True, kw_only=True):
    """
    The privacy policy in force; ``contact`` is a mail or web address at which its operator is reached.

    ``hash`` is of all that the policy decides, for everybody: ``privacy.status`` names the same. A
    notice has a ``hash`` of its own, of what is recorded of one person in one place.
    """

    rev: int
    hash: str
    url: str
    contact: str | None = None


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


class ChatEcho(DirectEvent, frozen=True, kw_only=True):
    """The receiver's own message, which only the receiver sees; shown like any other."""

    wire = "chat.echo"
    message: ChatMessage


class RoomClosed(DirectEvent, frozen=True, kw_only=True):
    """
    The receiver is out of the room, or it was deleted; ``note`` is the reason that staff gave.

    A room whose host was erased without an heir is ``archived``: nobody is in it, and at
    ``until_ms`` it is deleted unless one of its staff takes it over (``room.claim``).
    """

    wire = "room.closed"
    room: Id
    reason: Literal["kicked", "banned", "deleted", "archived"]
    until_ms: Ms | None = None
    note: str | None = None


class PolicyChanged(DirectEvent, frozen=True, kw_only=True):
    """
    The privacy policy has a new revision, in force from ``effective_at_ms``; a ``material``
    one must be accepted by then, or chat and the booth stay closed.
    """

    wire = "policy.changed"
    rev: int
    effective_at_ms: Ms
    material: bool
    summary: str
    url: str


class PrivacyExportReady(DirectEvent, frozen=True, kw_only=True):
    """The archive that was asked for can be fetched at ``url``, once, until ``expires_at_ms``."""

    wire = "privacy.export_ready"
    request_id: Id
    url: str
    expires_at_ms: Ms


class Announcement(DirectEvent, frozen=True, kw_only=True):
    """A message of the operator."""

    wire = "announcement"
    text: str


class Reconnect(DirectEvent, frozen=True, kw_only=True):
    """The server drains: reconnect after ``after_ms`` plus a random part of ``jitter_ms``."""

    wire = "reconnect"
    after_ms: Ms
    jitter_ms: Ms
