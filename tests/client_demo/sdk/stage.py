"""A server that does what each test says, for the Python client."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from websockets.asyncio.server import Server, ServerConnection

from client_demo.sdk import (
    Client,
    Patience,
)
from client_demo.sdk.rooms import RoomView
from protocol import codec
from protocol.events import ChatMessage, Hello, PolicyInfo, ServerInfo
from protocol.limits import Limits
from roomserver.api.rooms import DEFAULT_SETTINGS

USER = {"id": "ann", "name": "ann", "kind": "guest", "created_at_ms": 0}
SESSION = {"user": USER, "token": "secret", "expires_at_ms": 1, "policy_accepted_rev": None}
ROOM = {"id": "r1", "slug": "den", "name": "Den", "description": "", "welcome": "", "created_at_ms": 0}
SNAPSHOT = {
    "room": ROOM,
    "settings": msgspec.to_builtins(DEFAULT_SETTINGS),
    "booth": {"dj": None, "play": None, "leave_after_play": False},
    "waitlist": [],
    "votes": {"play_id": None, "woots": 0, "mehs": 0, "grabs": 0},
    "chat": [],
    "staff": [],
}
HELLO: dict[str, Any] = msgspec.to_builtins(
    Hello(
        protocol=1,
        server=ServerInfo(name="stage", version="0"),
        connection_id="c1",
        server_time_ms=0,
        clock_id="k1",
        limits=Limits(),
        rates={},
        policy=PolicyInfo(rev=1, hash="h", url="/privacy"),
        features=[],
    )
)
SOON = 5.0
HASTY = Patience(back_off_seconds=0.02, back_off_max_seconds=0.1)


def joined(
    seq: int, *, epoch: str = "e1", events: list[Any] | None = None, room: str = "r1"
) -> dict[str, Any]:
    """Return a join result: with events it is recovered, without it is a snapshot."""
    result: dict[str, Any] = {
        "epoch": epoch,
        "seq": seq,
        "recovered": events is not None,
        "you": {"role": "guest"},
        "members": {"version": 0, "population": 1, "guests": 1, "members": []},
        "votes": None,
        "durations_ms": [],
        "notice": {"rev": 1, "hash": "h", "url": "/privacy", "text": "t", "categories": []},
    }
    if events is None:
        return result | {"snapshot": SNAPSHOT | {"room": ROOM | {"id": room}}}
    return result | {"events": events}


def said(seq: int, room: str = "r1") -> list[Any]:
    """Return the notification of a message."""
    params = {
        "room": room,
        "seq": seq,
        "at_ms": seq,
        "id": f"m{seq}",
        "user": USER,
        "text": f"{seq}",
        "mentions": [],
    }
    return [2, "chat.message", params]


class Actor:
    """The server's end of one connection, played by the test."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.ended = asyncio.Event()
        self._requests: list[codec.Request] = []

    async def asked(self, method: str) -> codec.Request:
        """Take the next request, which must be this one; the clock is answered by the way."""
        while True:
            if not self._requests:
                async with asyncio.timeout(SOON):
                    data = await self.socket.recv()
                assert isinstance(data, bytes)
                values = codec.decode(data, max_bytes=2**16)
                self._requests += [codec.parse_request(value) for value in values]
            request = self._requests.pop(0)
            if request.method == "clock.sync" != method:
                t1_us = request.params["t1_us"]
                await self.say([1, request.id, None, {"t1_us": t1_us, "t2_us": t1_us, "t3_us": t1_us}])
                continue
            assert request.method == method
            return request

    async def say(self, *values: list[Any]) -> None:
        """Send values as one message."""
        await self.socket.send(b"".join(codec.encode_value(value) for value in values))

    async def answer(self, method: str, result: dict[str, Any], *more: list[Any]) -> codec.Request:
        """Answer the next request, in one message with whatever follows."""
        request = await self.asked(method)
        await self.say([1, request.id, None, result], *more)
        return request

    async def refuse(self, method: str, code: str, *, temporary: bool = False, **facts: Any) -> None:
        """Refuse the next request."""
        request = await self.asked(method)
        error = {"code": code, "message": "no", "temporary": temporary, **facts}
        await self.say([1, request.id, error, None])

    async def close(self, code: int, **facts: Any) -> None:
        """Say in band why, and close."""
        await self.say([2, "closing", {"code": code, "reason": "because", **facts}])
        await self.socket.close(code)
        self.ended.set()

    def drop(self) -> None:
        """Let the network fail."""
        self.socket.transport.abort()
        self.ended.set()

    async def log_in(self) -> None:
        """Accept a guest."""
        await self.answer("session.guest", SESSION)

    async def take_back(self, *results: dict[str, Any]) -> list[codec.Request]:
        """Accept a client that comes back, and let it into its rooms."""
        resumed = await self.answer("session.resume", SESSION)
        assert resumed.params == {"token": "secret"}
        return [await self.answer("room.join", result) for result in results]


class Stage:
    """A server without a will of its own."""

    def __init__(self) -> None:
        self.actors: asyncio.Queue[Actor] = asyncio.Queue()
        self.all: list[Actor] = []
        self.server: Server

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/ws"

    async def handle(self, socket: ServerConnection) -> None:
        """Hand a connection to the test."""
        actor = Actor(socket)
        self.all.append(actor)
        self.actors.put_nowait(actor)
        await actor.ended.wait()

    async def actor(self) -> Actor:
        """Wait for the next connection."""
        async with asyncio.timeout(SOON):
            return await self.actors.get()


async def beginning(stage: Stage, client: Client, seq: int = 5) -> tuple[Actor, RoomView]:
    """Let the client become a guest in a room."""
    actor = await stage.actor()
    playing = asyncio.create_task(actor.log_in())
    await client.guest("ann")
    await playing
    entering = asyncio.create_task(actor.answer("room.join", joined(seq)))
    view = await client.join("den")
    await entering
    return actor, view


async def next_texts(client: Client, count: int) -> list[str]:
    """Return the next messages; anything else is a failure."""
    texts = []
    async with asyncio.timeout(SOON):
        for _ in range(count):
            event = await client.next_event()
            assert isinstance(event, ChatMessage)
            texts.append(event.text)
    return texts


def nothing_more(client: Client) -> bool:
    """Say whether the application has seen every event."""
    return client._inbox._events.empty()
