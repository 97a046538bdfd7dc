"""Anything at all, fed to the codec and to a connection: what fuzzers of both kinds drive."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from protocol import SUBPROTOCOL, codec, limits
from protocol.errors import Rejected
from roomserver.clock import ServerClock
from roomserver.gateway.connection import Connection
from roomserver.gateway.door import Entrance
from roomserver.gateway.gateway import Gateway
from roomserver.gateway.handshake import CLIENTS_OWN
from roomserver.gateway.http import Site, text_page
from tests.attacks.echo import EchoConnection, EchoGateway

HEAD = "\r\n".join(
    (
        "GET /ws HTTP/1.1", "Host: a", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}", "", "",
    )
).encode()  # fmt: skip
OUTPUT_FACTOR = 64
"""A client is never answered with more than so many times what it sent, plus a constant."""
OUTPUT_BYTES = 4096
CODES = {*range(1000, 1015), CLIENTS_OWN, 4000, 4007, 4101}
"""How a connection may end that was fed nonsense; 1006 when it just ends."""


def feed_codec(data: bytes) -> list[codec.Request]:
    """
    Read bytes as a client's message and return its requests, none when it is malformed.

    Every end is one that the protocol names: malformed, refused, or a command.
    """
    try:
        values = list(codec.decode(data, max_bytes=limits.MESSAGE_BYTES, nesting=limits.NESTING))
        requests = [codec.parse_request(value) for value in values]
    except codec.MalformedMessageError:
        return []
    for request in requests:
        try:
            codec.parse_command(request)
        except Rejected as rejected:
            codec.encode_error(1, rejected)  # what refuses can be said
    return requests


class Sink(asyncio.Transport):
    """A transport that swallows and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Count."""
        self.written += len(data)

    def get_write_buffer_size(self) -> int:
        """Everything is taken at once."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There are none."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Come from somewhere."""
        return ("192.0.2.1", 1) if name == "peername" else default

    def pause_reading(self) -> None:
        """Nothing is read by itself."""

    def resume_reading(self) -> None:
        """Nothing is read by itself."""

    def is_closing(self) -> bool:
        """Say whether it was closed."""
        return self.is_over

    def close(self) -> None:
        """Be closed."""
        self.is_over = True

    def abort(self) -> None:
        """Be closed."""
        self.is_over = True


class Counter:
    """A peer that parses what it gets, as a session would, and answers nothing."""

    is_authenticated = True

    def __init__(self) -> None:
        self.values = 0
        self.losses = 0

    def received(self, values: list[list[Any]], read_at_us: int) -> None:
        """Count the requests."""
        for value in values:
            try:
                codec.parse_request(value)
            except codec.MalformedMessageError:
                continue
            self.values += 1

    def lost(self) -> None:
        """Count the ends."""
        self.losses += 1


def feed_connection(data: bytes, *, is_open: bool, cut: int, is_echo: bool = False) -> Sink:
    """
    Feed a connection bytes in two pieces, behind a handshake or instead of one, and end it.

    Nothing may be raised; the answer is bounded; the peer is told of the end once.
    """
    peers: list[Counter] = []

    def welcome(_: Connection) -> Counter:
        peers.append(Counter())
        return peers[-1]

    gateway = EchoGateway() if is_echo else _gateway(welcome)
    connection = EchoConnection(gateway) if isinstance(gateway, EchoGateway) else Connection(gateway)
    sink = Sink()
    connection.connection_made(sink)
    if is_open:
        connection.data_received(HEAD)
    for piece in (data[:cut], data[cut:]):
        if piece and not sink.is_over:
            connection.data_received(piece)
    connection.connection_lost(None)
    assert sink.written <= OUTPUT_FACTOR * (len(data) + len(HEAD)) + OUTPUT_BYTES, sink.written
    assert [peer.losses for peer in peers] == [1] * len(peers)
    assert connection._close_code is None or connection._close_code in CODES or is_echo
    return sink


def _gateway(welcome: Any) -> Gateway:
    site = Site({"/": lambda: text_page("a page\n")}, Path("/nowhere"), Path("/nowhere"))
    return Gateway(ServerClock("fuzz"), limits.Limits(), site, Entrance.unlimited(), welcome)
