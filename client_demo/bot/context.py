"""What a command knows: who asks, where, and how to answer."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from client_demo.sdk import Client, Room
from protocol.events import ChatMessage, Event
from protocol.limits import CHAT_CHARS
from protocol.roles import Role
from protocol.values import User

if TYPE_CHECKING:
    from client_demo.bot.runner import Runner

_E = TypeVar("_E", bound=Event)


def split(text: str, most: int = CHAT_CHARS) -> list[str]:
    """Return a text in parts that fit a message, broken between words where that is possible."""
    return textwrap.wrap(text, most, break_long_words=True, break_on_hyphens=False) or [""]


class Context:
    """The message that called a command, and everything it may need to answer."""

    def __init__(self, runner: Runner, room: Room, message: ChatMessage, rest: str) -> None:
        self._runner = runner
        self.room = room
        self.message = message
        self.rest = rest
        """What stands behind the command's name."""

    @property
    def user(self) -> User:
        """Who asks."""
        return self.message.user

    @property
    def client(self) -> Client:
        """The connection, for requests that have no verb here."""
        return self._runner.client

    @property
    def role(self) -> Role:
        """The role of whoever asks."""
        return role_of(self.room, self.user)

    async def say(self, text: str) -> None:
        """Say something in the room, in as many messages as it takes."""
        for part in split(text):
            await self.room.chat(part)

    async def reply(self, text: str) -> None:
        """Answer whoever asks: they are mentioned, and the first message points at theirs."""
        first, *more = split(f"@{self.user.name} {text}")
        await self.room.chat(first, reply_to=self.message.id)
        for part in more:
            await self.room.chat(part)

    async def wait_for(
        self,
        event_type: type[_E],
        check: Callable[[_E], bool] = lambda _event: True,
        *,
        timeout: float,  # noqa: ASYNC109 - it ends in None, not in an exception
    ) -> _E | None:
        """Return the next event of this room that passes the check; None when none came in time (seconds)."""
        return await self._runner.waiters.wait_for(event_type, self.room.id, check, timeout)


def role_of(room: Room, user: User) -> Role:
    """Return somebody's role in a room."""
    if user.kind == "admin":
        return Role.ADMIN
    member = room.members.get(user.id)
    if member is not None:
        return Role.from_wire(member.role)
    for staff in room.snapshot.staff:
        if staff.user.id == user.id:
            return Role.from_wire(staff.role)
    return Role.GUEST if user.kind == "guest" else Role.USER
