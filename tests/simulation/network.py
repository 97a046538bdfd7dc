"""
A network that delays, cuts and forgets.

A link is one TCP connection: bytes of one direction stay in order, those of different links
do not. Each link has dice of its own, so that what happens on one says nothing of another.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, NamedTuple, Protocol

from protocol import codec
from tests.simulation.loop import LIFE, VirtualLoop

DELAY_SECONDS = (0.001, 0.06)
SPIKE_SECONDS = (0.2, 1.5)
SPIKE_ODDS = 0.02
HALF_SECONDS = (0.001, 8.0)
"""How long a connection may be half closed."""
KERNEL_BYTES = 32 * 1024
"""What a kernel takes for a client that does not read, before the server's own buffer grows."""


TICK_SECONDS = 1e-6
"""Two packets of a link never arrive at the same instant: timers of one instant have no order."""
PONG = b"\x8a\x80\x00\x00\x00\x00"
"""What every client answers to a ping: an empty, masked pong."""


class End(Protocol):
    """The client's end of a link."""

    link: Link | None

    def said(self, link: Link, values: list[codec.Response | codec.Notification]) -> None:
        """The server said this in one message."""
        ...

    def cut(self, link: Link) -> None:
        """The link is gone."""
        ...


class Moment(NamedTuple):
    """What the server wrote at once on one link, read."""

    link: Link
    values: list[codec.Response | codec.Notification]


class Link:
    """
    One connection between a client and the server.

    ``on_write`` sees every message at the moment the server writes it, before the network
    has its way with it.
    """

    def __init__(
        self, loop: VirtualLoop, dice: random.Random, tab: End, on_write: Callable[[Moment], None]
    ) -> None:
        self._loop = loop
        self._dice = dice
        self.tab = tab
        self._on_write = on_write
        self.life = 0
        self.is_half_open = False
        """Bytes vanish, and nobody is told."""
        self.is_cut = False
        self.is_calm = False
        self.number = 0
        self._up_at = self._down_at = 0.0
        self.asked: dict[int, Any] = {}
        """The client's requests on this link that are not answered yet."""
        # Bytes that are under way do not die with the server.
        self._outside: Context = copy_context()
        self._outside.run(LIFE.set, 0)
        self._context: Context = copy_context()
        self.transport: SimTransport
        self._protocol: asyncio.BaseProtocol

    def open(self, factory: Callable[[], asyncio.BaseProtocol], life: int) -> None:
        """Connect to a listener; the server's side runs in its own life."""
        self.life = life
        self._context.run(LIFE.set, life)
        self.transport = SimTransport(self)
        self._protocol = self._context.run(factory)
        self.transport.set_protocol(self._protocol)
        self._inside(self._protocol.connection_made, self.transport)

    def _inside(self, call: Callable[..., Any], *args: Any) -> None:
        self._context.run(call, *args)

    def _delay(self) -> float:
        if self.is_calm:
            return DELAY_SECONDS[0]
        spread = SPIKE_SECONDS if self._dice.random() < SPIKE_ODDS else DELAY_SECONDS
        return self._dice.uniform(*spread)

    # Client to server

    def send(self, data: bytes) -> None:
        """Send bytes to the server, sometimes in two pieces."""
        if len(data) > 1 and not self.is_calm and self._dice.random() < 0.1:
            at = self._dice.randrange(1, len(data))
            self._send_up(data[:at])
            data = data[at:]
        self._send_up(data)

    def _send_up(self, data: bytes) -> None:
        self._up_at = max(self._up_at + TICK_SECONDS, self._loop.now + self._delay())
        self._loop.call_at(self._up_at, self._arrive, data, context=self._outside)

    def _arrive(self, data: bytes) -> None:
        if not self.is_cut and not self.is_half_open and self.life >= 0:
            self.transport.feed(data)

    # Server to client

    def written(self, data: bytes) -> None:
        """Take what the server writes."""
        if self.is_cut or self.life < 0:
            return
        pings = self.transport.reader.pings
        values = self.transport.reader.read(data)
        if values:
            self._on_write(Moment(self, values))
        pings = self.transport.reader.pings - pings
        if self.is_half_open:
            self.transport.hold(len(data))
            return
        self._down_at = max(self._down_at + TICK_SECONDS, self._loop.now + self._delay())
        self._loop.call_at(self._down_at, self._deliver, values, pings, context=self._outside)

    def _deliver(self, values: list[codec.Response | codec.Notification], pings: int) -> None:
        if self.is_cut or self.is_half_open:
            return
        for _ in range(pings):
            self.send(PONG)
        if values:
            self.tab.said(self, values)

    # Ends

    def cut(self) -> None:
        """Break the connection: what is under way is lost, and both ends are told."""
        if not self.is_cut:
            self.is_cut = True
            self._loop.call_later(self._delay(), self._end_cut, context=self._outside)
            self._loop.call_later(self._delay(), self._lost, context=self._outside)

    def closed_by_server(self) -> None:
        """End after everything the server wrote has arrived."""
        self._down_at = max(self._down_at + TICK_SECONDS, self._loop.now + self._delay())
        self._loop.call_at(self._down_at, self._finish, context=self._outside)
        self._loop.call_soon(self._lost, context=self._outside)

    def _finish(self) -> None:
        if not self.is_cut and not self.is_half_open:
            self.is_cut = True
            self._end_cut()

    def die(self) -> None:
        """Lose the server: what the kernel has may still arrive, the process hears nothing more."""
        self.life = -1
        if self._dice.random() < 0.5:
            self._loop.call_later(self._delay(), self._finish, context=self._outside)
        else:
            self._down_at = max(self._down_at + TICK_SECONDS, self._loop.now + self._delay())
            self._loop.call_at(self._down_at, self._finish, context=self._outside)

    def _end_cut(self) -> None:
        self.tab.cut(self)

    def _lost(self) -> None:
        if not self.is_calm and self._dice.random() < 0.5:
            # The client's half closes first; ours lasts until what was written has gone out.
            self.transport.half_close()
            self._loop.call_later(
                self._dice.uniform(*HALF_SECONDS), self.transport.lose, context=self._outside
            )
        else:
            self.transport.lose()


class SimTransport(asyncio.Transport):
    """The server's end: the part of a transport that the gateway uses."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self.reader = FrameReader()
        self._protocol: asyncio.BaseProtocol | None = None
        self._is_closing = False
        self._is_lost = False
        self._is_paused = False
        self._pending: deque[bytes] = deque()
        self._held = 0
        self._high = 64 * 1024

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Note whose bytes these are."""
        self._protocol = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Everybody comes from one address."""
        return ("127.0.0.1", 1) if name == "peername" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Note when the protocol is told to pause."""
        self._high = self._high if high is None else high

    def get_write_buffer_size(self) -> int:
        """Return what the kernel would not take."""
        return max(0, self._held - KERNEL_BYTES)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes to the client."""
        if not self._is_lost and not self._is_closing:
            self._link.written(bytes(data))

    def hold(self, size: int) -> None:
        """Keep bytes that nobody takes."""
        was_full = self.get_write_buffer_size() > self._high
        self._held += size
        if not was_full and self.get_write_buffer_size() > self._high and self._protocol is not None:
            self._protocol.pause_writing()

    def pause_reading(self) -> None:
        """Keep what arrives."""
        self._is_paused = True

    def resume_reading(self) -> None:
        """Hand over what was kept."""
        self._is_paused = False
        while self._pending and not self._is_paused:
            self._hand_over(self._pending.popleft())

    def feed(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._is_lost:
            return
        if self._is_paused:
            self._pending.append(data)
        else:
            self._hand_over(data)

    def _hand_over(self, data: bytes) -> None:
        assert isinstance(self._protocol, asyncio.Protocol)
        if not self._is_closing:
            self._link._inside(self._protocol.data_received, data)

    def is_closing(self) -> bool:
        """Say whether it ends."""
        return self._is_closing or self._is_lost

    def close(self) -> None:
        """End once everything written has gone out."""
        if not self._is_closing:
            self._is_closing = True
            if self.get_write_buffer_size() == 0:
                self._link.closed_by_server()

    def abort(self) -> None:
        """End at once."""
        self._is_closing = True
        self._link.closed_by_server()

    def half_close(self) -> None:
        """Tell the protocol that the client sends nothing more."""
        if not self._is_lost and not self._is_closing and self._link.life >= 0:
            assert isinstance(self._protocol, asyncio.Protocol)
            self._link._inside(self._protocol.eof_received)
            self._is_closing = True

    def lose(self) -> None:
        """Tell the protocol, once, that it is over."""
        if not self._is_lost:
            self._is_lost = self._is_closing = True
            if self._protocol is not None and self._link.life >= 0:
                self._link._inside(self._protocol.connection_lost, None)


class FrameReader:
    """Reads what a server writes: the answer to the handshake, then whole unmasked frames."""

    def __init__(self) -> None:
        self.is_open = False
        self.pings = 0
        self.close_code: int | None = None

    def read(self, data: bytes) -> list[codec.Response | codec.Notification]:
        """Return the values in a write."""
        if not self.is_open:
            head, _, data = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 "), head
            self.is_open = True
        values: list[codec.Response | codec.Notification] = []
        while data:
            opcode, length, start = data[0] & 0x0F, data[1], 2
            if length == 126:
                length, start = int.from_bytes(data[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(data[2:10], "big"), 10
            payload, data = data[start : start + length], data[start + length :]
            assert len(payload) == length, "the server writes whole frames"
            if opcode == 2:
                decoded = codec.decode(payload, max_bytes=2**24, nesting=32)
                values += [codec.parse_reply(value) for value in decoded]
            elif opcode == 9:
                self.pings += 1
            elif opcode == 8:
                self.close_code = int.from_bytes(payload[:2], "big")
        return values
