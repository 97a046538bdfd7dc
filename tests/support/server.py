"""A real server on loopback, and raw clients that may misbehave."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from protocol import SUBPROTOCOL, codec
from protocol.limits import Limits
from roomserver.config import AdminConfig, ListenConfig, PrivacyConfig, RatesConfig, RoomsConfig
from roomserver.server import Server
from roomserver.testing.server import CHEAP, PASSWORD, lay_out, local_config
from roomserver.testing.wire import PATIENCE_SECONDS, Refused, Wire

__all__ = [
    "ADULT",
    "CHEAP",
    "PASSWORD",
    "PATIENCE_SECONDS",
    "SONG",
    "House",
    "RawSocket",
    "Refused",
    "Wire",
    "assert_closed",
    "data",
    "house",
    "masked",
    "rss_kib",
]

ADULT = {"year": 1990, "month": 5, "day": 17}
SONG = {"source": "direct", "source_id": "/media/song.ogg", "title": "A song", "duration_ms": 180_000}


def rss_kib(pid: int | None = None) -> int:
    """Return a process's resident memory."""
    for line in Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("a process has a size")


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
        return await cls.over(plain, "127.0.0.1", port)

    @classmethod
    async def over(cls, plain: socket.socket, host: str, port: int) -> RawSocket:
        """Do so over a socket that is there already."""
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, (host, port))
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
        privacy: PrivacyConfig | None = None,
        origins: tuple[str, ...] = (),
        port: int = 0,
        admin: str = "",
    ) -> House:
        """Start the server on this house's data."""
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self.caught.append(context))
        config = local_config(
            self.data,
            listen=ListenConfig(port=port, origins=list(origins)),
            admin=AdminConfig(listen=admin),
            rooms=rooms or RoomsConfig(),
            rates=rates or RatesConfig(),
            privacy=privacy or PrivacyConfig(),
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


@pytest.fixture
def data(room_server_tracks: Path, tmp_path: Path) -> Path:
    """Return a fresh data folder in which the demo tracks are made already."""
    return lay_out(tmp_path / "data", room_server_tracks)


@pytest.fixture
async def house(data: Path) -> AsyncIterator[House]:
    """Return a running server, which must not have had an exception that nothing handled."""
    home = await House(data).open()
    yield home
    await home.close()
    assert home.caught == []
