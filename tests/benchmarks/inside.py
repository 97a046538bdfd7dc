"""
The whole server without a network: real parts, real SQLite, transports that only count.

What the kernel does for a socket is left out, so that what is ours can be seen, counted and
compared. Used by the counting tests and by ``python -m tests.benchmarks.inside``.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, cast

from client_demo.load import frames
from protocol import codec
from protocol.commands import ChatSend, Command, RoomJoin, SessionGuest
from roomserver.api.rooms import fresh_record
from roomserver.config import AuthConfig, Config, ListenConfig, RatesConfig, StorageConfig
from roomserver.gateway.connection import Connection
from roomserver.hub import Hub
from roomserver.server import Server
from storage.rooms import Rooms

TEXT = "x" * 120


class CountingTransport(asyncio.Transport):
    """Takes what is written and counts it, as a socket whose peer reads at once."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.writes = 0
        self.written = 0
        self.heard: list[bytes] | None = None

    def write(self, data: Any) -> None:
        """Count a write."""
        self.writes += 1
        self.written += len(data)
        if self.heard is not None:
            self.heard.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        """Return that nothing waits."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Take limits that never matter."""

    def is_closing(self) -> bool:
        """Return that it is open."""
        return False

    def pause_reading(self) -> None:
        """Take note."""

    def resume_reading(self) -> None:
        """Take note."""

    def close(self) -> None:
        """Take note."""

    def abort(self) -> None:
        """Take note."""


class Guest:
    """A client on a counting transport."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.transport = CountingTransport()
        self.connection: Connection = server.gateway.connect()
        self.connection.connection_made(self.transport)
        self.connection.data_received(frames.request("localhost", "/ws"))
        self._next_id = 0

    def send(self, command: Command) -> None:
        """Send a request."""
        self._next_id += 1
        self.connection.data_received(frames.masked(codec.encode_request(self._next_id, command)))

    async def ask(self, command: Command) -> dict[str, Any]:
        """Send a request and wait for its result."""
        heard = self.transport.heard = []
        self.send(command)
        wanted = self._next_id
        async with asyncio.timeout(20):
            while True:
                for frame in frames.split(b"".join(heard))[0]:
                    for value in codec.decode(frame.payload, max_bytes=2**24, nesting=64):
                        if value[0] == codec.RESPONSE and value[1] == wanted:
                            self.transport.heard = None
                            assert value[2] is None, value
                            return cast("dict[str, Any]", value[3])
                await asyncio.sleep(0)

    def chat(self, room: str, text: str = TEXT) -> None:
        """Say something, without waiting."""
        self.send(ChatSend(room=room, text=text))


class Inside:
    """A server and its guests."""

    def __init__(self, server: Server, rooms: list[str]) -> None:
        self.server = server
        self.rooms = rooms
        self.guests: list[list[Guest]] = []
        """By room."""

    @property
    def hub(self) -> Hub:
        """The server's rooms."""
        return self.server.hub

    async def fill(self, members: int) -> None:
        """Let so many guests into each room."""
        for room in self.rooms:
            guests = [Guest(self.server) for _ in range(members)]
            for guest in guests:
                await guest.ask(SessionGuest())
                await guest.ask(RoomJoin(room=room))
            self.guests.append(guests)

    async def told(self) -> None:
        """Wait until everything that was sent is committed and told."""
        await self.server.beat.barrier()

    def writes(self) -> int:
        """Return how often anything was written to anybody."""
        return sum(guest.transport.writes for guests in self.guests for guest in guests)

    def all_guests(self) -> Iterable[Guest]:
        """Return everyone."""
        return (guest for guests in self.guests for guest in guests)


def config_for(folder: Path) -> Config:
    """Return the configuration of a measured server: as shipped, but for cheap passwords and free chat."""
    return Config(
        listen=ListenConfig(port=0),
        storage=StorageConfig(data=str(folder), web=str(folder / "web")),
        auth=AuthConfig(argon2_time_cost=1, argon2_memory_kib=32),
        rates=RatesConfig(chat="100000/1"),
    )


@contextlib.asynccontextmanager
async def inside(rooms: int, members: int) -> AsyncIterator[Inside]:
    """Run a server with rooms full of guests."""
    with tempfile.TemporaryDirectory() as folder:
        server = await Server.start(config_for(Path(folder)))
        slugs = await make_rooms(server, rooms)
        here = Inside(server, slugs)
        await here.fill(members)
        await here.told()
        try:
            yield here
        finally:
            await server.close()


async def make_rooms(server: Server, count: int) -> list[str]:
    """Make rooms of the operator's; return their ids."""
    store = Rooms(server._database)
    ids = []
    for number in range(count):
        record = fresh_record(f"Room {number}", f"room-{number}", 1)
        await store.create(record, None)
        ids.append(record.id)
    return ids
