"""Commands of bots as accounts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol import limits
from protocol.commands.base import Command, Username
from protocol.values import HttpUrl, Id, Scope


class BotCreate(Command, frozen=True, kw_only=True):
    """Make a bot of the caller. Its token is in the answer and nowhere else."""

    method = "bot.create"
    name: Username
    scopes: Annotated[list[Scope], Meta(max_length=20)]
    avatar_url: HttpUrl | None = None
    bio: Annotated[str, Meta(max_length=limits.BIO_CHARS)] | None = None


class BotList(Command, frozen=True, kw_only=True):
    """List the own bots."""

    method = "bot.list"


class BotRevoke(Command, frozen=True, kw_only=True):
    """End a bot for good: its token, its connections and its account."""

    method = "bot.revoke"
    bot_id: Id
