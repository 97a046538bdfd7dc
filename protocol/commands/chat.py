"""Commands of chat and moderation."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol import limits
from protocol.commands.base import RoomCommand, SanctionMs
from protocol.values import Cursor, Id, Limit, Ms, Reason, SanctionKind


class ChatSend(RoomCommand, frozen=True, kw_only=True):
    """
    Say something; the same ``nonce`` within five minutes answers the first result.
    ``reply_to`` is a message of the same room that it still has, else ``not_found``.
    """

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


class ModMute(RoomCommand, frozen=True, kw_only=True):
    """Silence a user for a while; ``shadow`` lets them believe they are heard."""

    method = "mod.mute"
    user: Id
    duration_ms: SanctionMs
    reason: Reason | None = None
    shadow: bool = False


class ModUnmute(RoomCommand, frozen=True, kw_only=True):
    """Let a muted user speak again."""

    method = "mod.unmute"
    user: Id


class ModKick(RoomCommand, frozen=True, kw_only=True):
    """Put a user out of the room; they may come back."""

    method = "mod.kick"
    user: Id
    reason: Reason | None = None


class ModBan(RoomCommand, frozen=True, kw_only=True):
    """Put a user out and keep them out, for a while or for good (nil)."""

    method = "mod.ban"
    user: Id
    duration_ms: SanctionMs | None
    reason: Reason | None = None


class ModUnban(RoomCommand, frozen=True, kw_only=True):
    """Let a banned user in again."""

    method = "mod.unban"
    user: Id


class ModWaitlistBan(RoomCommand, frozen=True, kw_only=True):
    """Keep a user out of waitlist and booth, for a while or for good (nil)."""

    method = "mod.waitlist_ban"
    user: Id
    duration_ms: SanctionMs | None
    reason: Reason | None = None


class ModWaitlistUnban(RoomCommand, frozen=True, kw_only=True):
    """Let a user queue up again."""

    method = "mod.waitlist_unban"
    user: Id


class ModList(RoomCommand, frozen=True, kw_only=True):
    """List who is muted or banned, with the time left."""

    method = "mod.list"
    kind: SanctionKind


class ModLog(RoomCommand, frozen=True, kw_only=True):
    """Page through what staff did, newest first."""

    method = "mod.log"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT
