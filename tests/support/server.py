"""A real server on loopback, and raw clients that may misbehave."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from protocol import SUBPROTOCOL, codec
from protocol.limits import Limits
from protocol.values import Media
from roomserver.config import (
    AdminConfig,
    AuthConfig,
    Config,
    DrainConfig,
    ListenConfig,
    RatesConfig,
    RoomsConfig,
    StorageConfig,
)
from roomserver.demo import synthesise
from roomserver.server import Server

_T = TypeVar("_T")

PATIENCE_SECONDS = 10.0
"""How long a test waits for what must happen."""
PASSWORD = "correct horse battery"
ADULT = {"year": 1990, "month": 5, "day": 17}
SONG = {"source": "direct", "source_id": "/media/song.ogg", "title": "A song", "duration_ms": 180_000}
CHEAP = AuthConfig(argon2_time_cost=1, argon2_memory_kib=32)


def rss_kib(pid: int | None = None) -> int:
    """Return a process's resident memory."""
    for line in Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("a process has a size")


class Refused(Exception):  # noqa: N818 - an answer, as in the protocol
    """A request was answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error


class Wire:
    """
    A raw client: sends what it is told, right or wrong, and remembers all it hears.

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
    async def to(cls, port: int, **options: Any) -> Wire:
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
                    pytest.fail(f"the connection ended with {self.socket.close_code}")
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

    def became(self, session: dict[str, Any]) -> Wire:
        """Note the session."""
        self.user, self.token = session["user"], session["token"]
        return self

    async def synced(self) -> Wire:
        """Return once everything sent before is answered and told."""
        await self.ask("room.get", room="lobby")
        return self


async def assert_closed(wire: Wire, code: int) -> dict[str, Any]:
    """Check that the server said in band why it closes, closed with that code, and said nothing more."""
    assert await wire.closed() == code
    last = wire.heard[-1]
    assert isinstance(last, codec.Notification), "the last word is a notification"
    assert last.name == "closing"
    assert last.params["code"] == code
    assert last.params["reason"]
    return last.params


def masked(payload: bytes, opcode: int = 2) -> bytes:
    """Return a client's frame; the mask is zero, so the payload can be read in it."""
    length = len(payload)
    assert length < 65536, "a client message is short"
    head = bytes((0x80 | opcode, 0x80 | length)) if length < 126 else bytes((0x80 | opcode, 0xFE))
    return head + (length.to_bytes(2, "big") if length >= 126 else b"") + bytes(4) + payload


class RawSocket:
    """
    A client on bare TCP, which answers no ping by itself and reads only when it is told.

    With a small ``receive_buffer`` the server notices soon that nobody reads.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def guest(cls, port: int, receive_buffer: int = 4096) -> RawSocket:
        """Connect, shake hands and become a guest."""
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        self = cls(*await asyncio.open_connection(sock=plain, limit=1024))
        head = (
            "GET /ws HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}", "", "",
        )  # fmt: skip
        self.writer.write("\r\n".join(head).encode())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.reader.readuntil(b"\r\n\r\n")
        self.ask(1, "session.guest", {})
        await self.read_until(b"expires_at_ms")
        return self

    def ask(self, request_id: int, method: str, params: dict[str, Any]) -> None:
        """Send a request."""
        self.writer.write(masked(codec.encode_value([0, request_id, method, params])))

    async def read_until(self, part: bytes) -> None:
        """Read until something was said."""
        seen = b""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while part not in seen:
                data = await self.reader.read(4096)
                assert data, "the server ended the connection"
                seen = seen[-200:] + data

    async def read_to_end(self) -> bytes:
        """Read all that is left."""
        chunks = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(ConnectionResetError):
                while data := await self.reader.read(65536):
                    chunks.append(data)
        return b"".join(chunks)

    async def abort(self) -> None:
        """Disconnect without a word."""
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()


class House:
    """A server of this test's own process, and everyone who visits it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server: Server
        self.caught: list[dict[str, Any]] = []
        """What only the loop's last resort caught: bugs of the server, always."""
        self._wires: list[Wire] = []
        self._raws: list[RawSocket] = []

    @property
    def port(self) -> int:
        """Where the server listens."""
        return self.server.port

    @property
    def url(self) -> str:
        """The endpoint for clients."""
        return f"ws://127.0.0.1:{self.port}/ws"

    async def open(
        self,
        *,
        limits: Limits | None = None,
        rooms: RoomsConfig | None = None,
        rates: RatesConfig | None = None,
        origins: tuple[str, ...] = (),
        port: int = 0,
        admin: str = "",
    ) -> House:
        """Start the server on this house's data."""
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.caught.append(context))
        config = Config(
            listen=ListenConfig(port=port, origins=list(origins)),
            admin=AdminConfig(listen=admin),
            storage=StorageConfig(data=str(self.data), web=str(self.data / "web")),
            rooms=rooms or RoomsConfig(),
            rates=rates or RatesConfig(),
            drain=DrainConfig(notice_ms=0),
            auth=CHEAP,
        )
        self.server = await Server.start(config, limits or Limits())
        return self

    async def close(self) -> None:
        """Disconnect everyone and stop the server."""
        for wire in self._wires:
            wire.socket.transport.abort()
            await wire.closed()
        for raw in self._raws:
            await raw.abort()
        self._wires.clear()
        self._raws.clear()
        await self.server.close()

    async def restart(self) -> None:
        """Stop, and start again on the same data and port."""
        port = self.port
        await self.close()
        await self.open(port=port)

    async def wire(self, **options: Any) -> Wire:
        """Let a stranger connect."""
        wire = await Wire.to(self.port, **options)
        self._wires.append(wire)
        return wire

    async def guest(self, name: str | None = None) -> Wire:
        """Let a guest in."""
        wire = await self.wire()
        params = {} if name is None else {"name": name}
        return wire.became(await wire.ask("session.guest", **params))

    async def user(self, name: str) -> Wire:
        """Let somebody register."""
        wire = await self.wire()
        params = {"username": name, "password": PASSWORD, "birth": ADULT, "accept_policy": True}
        return wire.became(await wire.ask("session.register", **params))

    async def raw_guest(self) -> RawSocket:
        """Let a guest in who reads only when told."""
        raw = await RawSocket.guest(self.port)
        self._raws.append(raw)
        return raw

    async def again(self, wire: Wire) -> Wire:
        """Let the same session connect once more."""
        other = await self.wire()
        return other.became(await other.ask("session.resume", token=wire.token))


@pytest.fixture(scope="session")
def demo_media(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Media]]:
    """Return the demo tracks, which take a second to make, once for all tests."""
    folder = tmp_path_factory.mktemp("demo") / "media"
    return folder, synthesise(folder)


@pytest.fixture
def data(demo_media: tuple[Path, list[Media]], tmp_path: Path) -> Path:
    """Return a fresh data folder in which the demo tracks are made already."""
    folder = tmp_path / "data"
    shutil.copytree(demo_media[0], folder / "media", copy_function=os.link)
    return folder


@pytest.fixture
async def house(data: Path) -> AsyncIterator[House]:
    """Return a running server, which must not have had an exception that nothing handled."""
    home = await House(data).open()
    yield home
    await home.close()
    assert home.caught == []
