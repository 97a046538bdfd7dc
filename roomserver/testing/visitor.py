"""Somebody in a test: joins, talks, and waits for what is told."""

from __future__ import annotations

from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection

from protocol import codec, commands
from protocol.commands import Command
from protocol.events import ChatMessage, Event
from protocol.methods import METHODS
from protocol.results import ChatResult, JoinResult
from protocol.values import Media
from roomserver.testing.wire import Refused, Wire

_E = TypeVar("_E", bound=Event)


class Visitor(Wire):
    """
    A person with a connection of their own.

    :meth:`next` and :meth:`hears` go through what was told in order: each returns what comes
    after the last one it returned, and waits for it if need be. So a test that gets the answer
    it expects has also seen that no other came before it.
    """

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__(socket)
        self.room = ""
        """The id of the room joined last; what is said and done is said and done there."""
        self._seen: dict[type[Event], int] = {}

    @property
    def id(self) -> str:
        """The user's id."""
        return str(self.user["id"])

    @property
    def name(self) -> str:
        """The user's name."""
        return str(self.user["name"])

    async def call(self, command: Command) -> Any:
        """
        Send a command and return its result in the shape the table of methods names.

        Raises:
            Refused: the server said no; ``error`` says why.

        """
        response = await self.answer(await self._post(command))
        if response.error is not None:
            raise Refused(response.error)
        assert response.result is not None, "exactly one of error and result is nil"
        return codec.read(response.result, METHODS[command.method].result)

    async def _post(self, command: Command) -> int:
        self._last_id += 1
        await self.socket.send(codec.encode_request(self._last_id, command))
        return self._last_id

    async def join(self, room: str = "lobby", password: str | None = None) -> JoinResult:
        """Enter a room."""
        result: JoinResult = await self.call(commands.RoomJoin(room=room, password=password))
        assert result.snapshot is not None, "a first join has a snapshot"
        self.room = result.snapshot.room.id
        return result

    async def chat(self, text: str) -> ChatResult:
        """Say something in the room."""
        result: ChatResult = await self.call(commands.ChatSend(room=self.room, text=text))
        return result

    async def queue(self, title: str = "A song", duration_ms: int = 180_000) -> None:
        """Join the waitlist with a track; with nobody else there the turn begins at once."""
        source_id = "/media/" + "".join(char if char.isalnum() else "-" for char in title.lower()) + ".ogg"
        media = Media(source="direct", source_id=source_id, title=title, duration_ms=duration_ms)
        await self.call(commands.WaitlistJoin(room=self.room, media=media))

    async def next(self, event_type: type[_E], **wanted: object) -> _E:
        """
        Return the next event of a type, with these fields.

        Those without them are passed over, and are not returned later either.
        """

        def found() -> _E | None:
            told = self.events(event_type.wire)
            for index in range(self._seen.get(event_type, 0), len(told)):
                self._seen[event_type] = index + 1
                event = codec.read(told[index], event_type)
                if all(getattr(event, field) == value for field, value in wanted.items()):
                    return event
            return None

        return await self.until(found)

    async def hears(self, *, by: str | None = None) -> ChatMessage:
        """Return the next message of somebody else; with ``by`` the next one of theirs."""
        while True:
            message = await self.next(ChatMessage)
            if message.user.name == (by or message.user.name) and message.user.id != self.id:
                return message
