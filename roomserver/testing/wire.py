"""A raw client: what was sent and heard, value by value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self, TypeVar

import websockets
from websockets.asyncio.client import ClientConnection, connect

from protocol import SUBPROTOCOL, codec

_T = TypeVar("_T")

PATIENCE_SECONDS = 10.0
"""How long a test waits for what must happen."""


class Refused(Exception):  # noqa: N818 - an answer, as in the protocol
    """A request was answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error


class Wire:
    """
    Sends what it is told, right or wrong, and remembers all it hears.

    ``heard`` are the responses and notifications in order; ``sizes`` says how many came
    with each message.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[codec.Response | codec.Notification] = []
        self.sizes: list[int] = []
        self.user: dict[str, Any] = {}
        self.token = ""
        self._last_id = 0
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def to(cls, port: int, **options: Any) -> Self:
        """Connect to a server of this machine."""
        options.setdefault("subprotocols", [SUBPROTOCOL])
        options.setdefault("compression", None)
        return cls(await connect(f"ws://127.0.0.1:{port}/ws", ping_interval=None, **options))

    async def _read(self) -> None:
        try:
            with suppress(websockets.ConnectionClosed):
                async for data in self.socket:
                    assert isinstance(data, bytes), "the server sends no text"
                    values = [codec.parse_reply(v) for v in codec.decode(data, max_bytes=2**24, nesting=32)]
                    self.heard += values
                    self.sizes.append(len(values))
                    self._news.set()
        finally:
            self._news.set()

    async def until(self, found: Callable[[], _T | None]) -> _T:
        """Wait for something to be heard; fail when the connection ends first."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                self._news.clear()
                result = found()
                if result is not None:
                    return result
                if self._reader.done():
                    raise AssertionError(f"expected more, the connection ended with {self.socket.close_code}")
                await self._news.wait()

    # Sending

    async def send(self, *values: object) -> None:
        """Send values as one message."""
        await self.socket.send(b"".join(codec.encode_value(value) for value in values))

    async def post(self, method: str, **params: Any) -> int:
        """Send a request and return its id."""
        self._last_id += 1
        await self.send([0, self._last_id, method, params])
        return self._last_id

    async def answer(self, request_id: int) -> codec.Response:
        """Wait for the first answer to a request."""
        return await self.until(
            lambda: next(
                (one for one in self.heard if isinstance(one, codec.Response) and one.id == request_id), None
            )
        )

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request and return its result."""
        response = await self.answer(await self.post(method, **params))
        if response.error is not None:
            raise Refused(response.error)
        assert response.result is not None, "exactly one of error and result is nil"
        return response.result

    async def refused(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request that must be refused and return its error."""
        response = await self.answer(await self.post(method, **params))
        assert response.error is not None, f"{method} was answered {response.result}"
        return response.error

    # Hearing

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what was heard under a name so far."""
        return [one.params for one in self.heard if isinstance(one, codec.Notification) and one.name == name]

    async def hear(self, name: str, **wanted: Any) -> dict[str, Any]:
        """Wait for a notification with these fields."""

        def found() -> dict[str, Any] | None:
            matching = (p for p in self.events(name) if all(p.get(key) == wanted[key] for key in wanted))
            return next(matching, None)

        return await self.until(found)

    async def closed(self) -> int | None:
        """Wait for the end and return its code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.wait([self._reader])
        return self.socket.close_code

    async def leave(self) -> None:
        """Disconnect."""
        await self.socket.close()
        await self.closed()

    # The common beginnings

    def became(self, session: dict[str, Any]) -> Self:
        """Note the session."""
        self.user, self.token = session["user"], session["token"]
        return self

    async def synced(self) -> Self:
        """Return once everything sent before is answered and told."""
        await self.ask("room.get", room="lobby")
        return self
