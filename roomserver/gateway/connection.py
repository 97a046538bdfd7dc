"""
One connection: bytes in, values out; frames in, bytes out.

The WebSocket rules are the library's (its sans-I/O `ServerProtocol`); ours are the limits: time to shake
hands and to authenticate, pings, slow readers, refused fragments. No task or timer per connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from h11 import RemoteProtocolError
from websockets.exceptions import InvalidMessage
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN

from protocol import codec
from protocol.errors import CloseCode
from protocol.events import Closing
from roomserver.gateway.addresses import ClientAddress
from roomserver.gateway.flood import CLOSING_BYTES, CONTROLS_MAX, Controls, slices
from roomserver.gateway.frames import binary_frame
from roomserver.gateway.gate import Gate
from roomserver.gateway.handshake import SOCKET_PATH, RoomProtocol
from roomserver.gateway.http import HEAD_BYTES, Answer, head_too_big, malformed
from roomserver.gateway.life import (
    CLOSE_MS,
    FULL_BYTES,
    HANDSHAKE_MS,
    HIGH_WATER_BYTES,
    OVER,
    RESPONSE_MS,
    SLOW_BYTES,
    STALLED_MS,
    UPLOAD_MS,
    Life,
)
from roomserver.gateway.peer import Peer
from roomserver.gateway.plain import Later, Posting, Responding
from roomserver.useragent import UNKNOWN, agent_of

_NO_PROTOCOL = RoomProtocol()


class Connection(asyncio.Protocol):
    """A client's connection, from accept to the last byte."""

    __slots__ = (
        "_awaits_pong_since",
        "_close_code",
        "_controls",
        "_gate",
        "_life",
        "_paused_for",
        "_posting",
        "_protocol",
        "_received_ms",
        "_responding",
        "_stage_bytes",
        "_stalled_since",
        "_transport",
        "agent",
        "client",
        "is_closing",
        "on_pace",
        "peer",
    )

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.client: ClientAddress
        """Where it comes from; set by the gate, again when a proxy says for whom it speaks."""
        self._stage_bytes = 0
        self._controls: Controls | None = None
        self._protocol = RoomProtocol()
        self._transport: asyncio.Transport
        self.peer: Peer | None = None
        self.is_closing = False
        self.on_pace: Callable[[], None] | None = None
        """Called when the client keeps up no more, and when it does again."""
        self._close_code: int | None = None
        self._paused_for: frozenset[str] = frozenset()
        """Reasons for which reading is paused: ``writing`` (slow reader), ``peer`` (too much in hand)."""
        self._stalled_since: int | None = None
        self._received_ms = self._now_ms()
        self._awaits_pong_since: int | None = None
        self._life = Life("handshake", self._received_ms + HANDSHAKE_MS)
        self.agent = UNKNOWN
        self._posting: Posting | None = None
        self._responding: Responding | None = None

    def _now_ms(self) -> int:
        return self._gate.now_us() // 1000

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the client has a few seconds for the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self._gate.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take a packet."""
        self._received_ms = (read_at_us := self._gate.now_us()) // 1000
        if (message := self._protocol.whole_message(data)) is not None:
            if not self.is_closing:
                self._take_message(message, read_at_us)
            return
        for piece in (data,) if self._life.stage == "handshake" else slices(data):
            if self._life.stage == "open" or self._may_talk(piece):
                self._feed(piece, read_at_us)

    def _feed(self, data: bytes, read_at_us: int) -> None:
        """Feed the frame layer and handle what comes out of it."""
        if self._posting is not None or (self._life.stage == "handshake" and Posting.begins(data)):
            self._take_post(data)
            return
        self._protocol.receive_data(data)
        if isinstance(self._protocol.handshake_exc, InvalidMessage) and not self.is_closing:
            self._send_answer(malformed())
            return
        if self._protocol.state is OPEN:
            # Pongs come before later answers; not when the client closes, for it asked before that.
            self._flush()
        for event in self._protocol.events_received():
            if self.is_closing:
                break
            if isinstance(event, Frame):
                self._take_frame(event, read_at_us)
            else:
                self._take_request(cast("Request", event))
        self._flush()

    def _may_talk(self, data: bytes) -> bool:
        """Bound the head of a request, and what is read from whoever was answered or is being closed."""
        stage, self._stage_bytes = self._life.stage, self._stage_bytes + len(data)
        is_post = self._posting is not None or Posting.begins(data)  # whose head h11 bounds
        if stage == "handshake" and self._stage_bytes > HEAD_BYTES and not is_post:
            self._send_answer(head_too_big(HEAD_BYTES))
        elif stage == "closing" and self._stage_bytes > CLOSING_BYTES:
            self.pause_reading("closing")
            return False
        return self._life.stage != "response"

    def eof_received(self) -> bool:
        """Note that the client stopped sending; the transport closes itself."""
        self._protocol.receive_eof()
        self._protocol.data_to_send()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """End, whoever wanted it."""
        del exc  # a lost network is no news
        if self._close_code is None:
            self._close_code = self._protocol.client_code
        self._end()
        self._gate.closed(self, self._close_code)
        self._protocol.let_go()
        # The wheel may know us for another minute: without what is heavy.
        self._life, self._protocol, self._stalled_since, self._posting = OVER, _NO_PROTOCOL, None, None

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read."""
        self._stalled_since = self._now_ms()
        self._pace_changed()
        self.pause_reading("writing")

    def resume_writing(self) -> None:
        """Go on when the client has caught up."""
        self._stalled_since = None
        self._pace_changed()
        self.resume_reading("writing")
        if self._responding is not None:
            self._responding.go_on()

    def _pace_changed(self) -> None:
        if self.on_pace is not None:
            self.on_pace()

    # The peer's side

    def send(self, payload: bytes) -> None:
        """Send one or more MessagePack values as one message."""
        self.send_frame(binary_frame(payload))

    def send_frame(self, frame: bytes) -> None:
        """Send a ready frame, which may be shared with other connections."""
        if self.is_closing:
            return
        self._transport.write(frame)
        if self._stalled_since is not None and self._transport.get_write_buffer_size() > FULL_BYTES:
            self.close(CloseCode.SLOW_CONSUMER, "unsent data over the limit")

    @property
    def write(self) -> Callable[[bytes], None]:
        """Sends a ready frame to a client that :attr:`keeps_up`, without another look at it."""
        return self._transport.write

    @property
    def keeps_up(self) -> bool:
        """Whether the client has taken what was sent, nearly, and is here to stay."""
        return self._stalled_since is None and not self.is_closing

    @property
    def stage(self) -> str:
        """Where in its life it is: handshake, response, authentication, open or closing."""
        if self._life.stage == "authentication" and self.peer is not None and self.peer.is_authenticated:
            return "open"  # the deadline looks at it later
        return "closing" if self.is_closing and self._life.stage != "response" else self._life.stage

    @property
    def unsent_bytes(self) -> int:
        """How many bytes of messages the client has not taken yet; a page or a file is none."""
        return 0 if self._responding else self._transport.get_write_buffer_size()

    @property
    def is_slow(self) -> bool:
        """Whether latest-value events should be left out."""
        return self._stalled_since is not None and self._transport.get_write_buffer_size() > SLOW_BYTES

    def close(self, code: CloseCode, reason: str, retry_after_ms: int | None = None) -> None:
        """Close with a code, said in band first; the client has two seconds for its half."""
        if self.is_closing:
            return
        if self._protocol.state is OPEN:
            closing = Closing(code=code, reason=reason, retry_after_ms=retry_after_ms)
            self._transport.write(binary_frame(codec.encode_event(Closing.wire, closing)))
            self._protocol.send_close(code, reason)
            self._flush()
        else:
            self._flush()
            self._transport.close()
        self._close_code, self._stage_bytes = code, 0
        self._enter("closing", CLOSE_MS)
        self._end()

    def abort(self) -> None:
        """Drop the connection without another word."""
        self._end()
        self._transport.abort()

    def pause_reading(self, reason: str) -> None:
        """Stop reading for a reason."""
        if not self._paused_for and not self._transport.is_closing():
            self._transport.pause_reading()
        self._paused_for |= {reason}

    def resume_reading(self, reason: str) -> None:
        """Read again unless there is another reason not to."""
        self._paused_for -= {reason}
        if not self._paused_for and not self._transport.is_closing():
            self._transport.resume_reading()

    @property
    def peer_address(self) -> str:
        """The address at the other end of the connection, perhaps a proxy's; empty for a Unix socket."""
        peername = self._transport.get_extra_info("peername")
        return str(peername[0]) if peername else ""

    def _enter(self, stage: str, duration_ms: int) -> None:
        until_ms = self._now_ms() + duration_ms
        self._life = Life(stage, until_ms)
        self._gate.watch(self, until_ms)

    def check(self, now_ms: int) -> int | None:
        """Enforce what is due; return when to look again, None when the connection is gone."""
        if self._life.until_ms is not None and now_ms >= self._life.until_ms:
            return self._overdue(now_ms)
        if self._stalled_since is not None and now_ms >= self._stalled_since + STALLED_MS:
            if self.is_closing or self.peer is None:
                self.abort()
                return None
            self.close(CloseCode.SLOW_CONSUMER, "no progress in ten seconds")
            return None
        if self.peer is None or self.is_closing:
            return self._life.until_ms
        return self._check_liveness(now_ms)

    def _overdue(self, now_ms: int) -> int | None:
        if self._life.stage == "authentication" and self.peer is not None:
            if self.peer.is_authenticated:
                self._life = Life("open", None)
                return self._check_liveness(now_ms)
            self.close(CloseCode.AUTH_TIMEOUT, "expected a session.* request in time")
            return None
        self.abort()
        return None

    def _check_liveness(self, now_ms: int) -> int | None:
        bounds = self._gate.limits
        if self._awaits_pong_since is not None:
            if self._received_ms > self._awaits_pong_since:
                self._awaits_pong_since = None
            elif (
                now_ms >= self._awaits_pong_since + bounds.pong_timeout_ms
                and "writing" not in self._paused_for
            ):
                self.close(CloseCode.NO_PONG, "no answer to a ping")
                return None
        is_due = self._awaits_pong_since is None and self._protocol.state is OPEN  # not when half closed
        if is_due and now_ms >= self._received_ms + bounds.ping_interval_ms:
            self._awaits_pong_since = now_ms
            self._protocol.send_ping(b"")
            self._flush()
        next_ping_at = self._received_ms + bounds.ping_interval_ms
        # A stalled client must be noticed in time even while its pings are fine.
        return max(min(next_ping_at, now_ms + STALLED_MS), now_ms + 1000)

    # Frames and requests

    def _take_frame(self, frame: Frame, read_at_us: int) -> None:
        if frame.opcode is Opcode.BINARY and frame.fin:
            self._take_message(frame.data, read_at_us)
        elif frame.opcode is Opcode.TEXT:
            self.close(CloseCode.BAD_REQUEST, "expected binary messages, got text")
        elif frame.opcode in {Opcode.BINARY, Opcode.CONT}:
            self.close(CloseCode.BAD_REQUEST, "expected whole messages, got a fragment")
        elif frame.opcode is Opcode.CLOSE:
            self._close_code = self._protocol.client_code
            self._end()
        else:
            self._take_control(frame, read_at_us // 1000)

    def _take_control(self, frame: Frame, now_ms: int) -> None:
        if frame.opcode is Opcode.PONG:
            self._awaits_pong_since = None
        if (controls := self._controls or Controls()).is_flood(now_ms):
            self.close(CloseCode.RATE_LIMITED, f"expected at most {CONTROLS_MAX} pings in ten seconds")
        self._controls = controls

    def _take_message(self, data: bytes | bytearray | memoryview, read_at_us: int) -> None:
        assert self.peer is not None, "frames come after the handshake"
        bounds = self._gate.limits
        try:
            values = list(codec.decode(bytes(data), max_bytes=bounds.message_bytes, nesting=bounds.nesting))
        except codec.MalformedMessageError as exc:
            self.close(CloseCode.BAD_REQUEST, str(exc)[:120])
            return
        self.peer.received(values, read_at_us)

    def _take_request(self, request: Request) -> None:
        if request.path.partition("?")[0] != SOCKET_PATH:
            self._send_answer(self._gate.answer(self, request))
            return
        if (refused := self._gate.refuse(self, request)) is not None:
            self._send_answer(refused)
            return
        self.agent = agent_of(request.headers)
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()
        if self._protocol.state is OPEN:
            self._protocol.forget_request()
            self._enter("authentication", self._gate.limits.auth_timeout_ms)
            self.peer = self._gate.welcome(self)

    def _take_post(self, data: bytes) -> None:
        self._posting = posting = self._posting or Posting(self._gate.body_limit)
        try:
            request = None if self.is_closing else posting.feed(data)
        except RemoteProtocolError:
            self._send_answer(malformed())
            return
        if request is not None:
            self._send_answer(self._gate.answer(self, request, posting.body))
        elif posting.is_upload and self._life.stage == "handshake":
            self._enter("upload", UPLOAD_MS)

    def _send_answer(self, answer: Answer | Later) -> None:
        self.is_closing = True
        self._enter("response", RESPONSE_MS)
        self._responding = Responding(self._transport, lambda: self._stalled_since is not None)
        self._responding.begin(answer)

    def _flush(self) -> None:
        """Write what the frame layer wants to say: handshake, pongs, close frames."""
        writes = self._protocol.data_to_send()
        if not writes or self._transport.is_closing():
            return
        ends = writes[-1] == b""
        data = b"".join(writes)
        if data:
            self._transport.write(data)
        if ends and self._responding is None:
            # A server closes the TCP connection as soon as both close frames are out, and
            # at once when it fails the connection.
            self._end()
            self._transport.close()

    def _end(self) -> None:
        self.is_closing = True
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.lost()
        self.on_pace = None  # its owner is the peer, and the wheel may know us for another minute
