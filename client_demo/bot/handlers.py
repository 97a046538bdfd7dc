"""What a bot consists of: handlers of events, commands, and what it does every so often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from client_demo.bot.arguments import Signature
from client_demo.bot.cooldown import Uses
from protocol.roles import Role
from protocol.values import Scope

Function = Callable[..., Awaitable[None]]


class Handler(NamedTuple):
    """A function for each event of a type."""

    event_type: type[Any]
    function: Function
    signature: Signature

    @property
    def name(self) -> str:
        """The function's name, for messages."""
        return self.function.__name__


class Command(NamedTuple):
    """
    Something that people of a room can tell the bot to do.

    ``scope`` is what the bot itself needs for it: without it people are told so, where the
    server would refuse in the middle.
    """

    name: str
    function: Function
    signature: Signature
    aliases: tuple[str, ...]
    role: Role
    scope: Scope | None
    uses: Uses | None

    @property
    def help(self) -> str:
        """What it does, in one line."""
        lines = (self.function.__doc__ or "").strip().splitlines()
        return lines[0].rstrip(".") if lines else ""


class Repeating(NamedTuple):
    """A function for every so often; once for each room where it takes a room."""

    seconds: float
    function: Function
    signature: Signature
    per_room: bool
