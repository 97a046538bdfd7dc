"""The opening handshake: which requests become WebSocket connections."""

from __future__ import annotations

import logging
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from protocol import SUBPROTOCOL, codec
from protocol.errors import CloseCode
from protocol.events import Closing
from protocol.limits import MESSAGE_BYTES
from roomserver.gateway.http import Answer, respond, text_page

try:
    from websockets.speedups import apply_mask  # in C
except ImportError:  # the library was built without it
    from websockets.utils import apply_mask

_QUIET = logging.getLogger("roomserver.websockets")
_QUIET.setLevel(logging.CRITICAL)
"""The library logs peers' addresses and frames; neither belongs in our logs."""

SOCKET_PATH = "/ws"

CLIENTS_OWN = 3000
"""Stands for every close code that a client makes up."""
_FIN_BINARY = 0x82
_MASKED = 0x80


class FrameLayer(ServerProtocol):
    """The library's frame layer, with one reading of RFC 6455 of our own."""

    _ends_with_head = False
    """Whether what was received last ends with a request's head."""

    def recv_frame(self, frame: Frame) -> None:
        """
        Process a frame. A close between two fragments is answered, like any close.

        Control frames may be injected in the middle of a message (RFC 6455, 5.4), and a close
        must be answered (5.5.1); the library fails the connection with 1002.
        """
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None
        super().recv_frame(frame)

    def whole_message(self, data: bytes) -> bytes | None:
        """
        Return the payload of data that is exactly one binary message with nothing before it.

        None means that the data is the library's business. Most of what comes in is such a
        message, and the library's parser, made for all the others, takes 9 µs for it; this 1.
        """
        length = len(data)
        if length < 6 or data[0] != _FIN_BINARY or self.state is not OPEN or self.reader.buffer:
            return None
        size, start = data[1] - _MASKED, 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        if start + 4 + size != length or size > (self.max_message_size or 0) or self.current_size is not None:
            return None
        return apply_mask(data[start + 4 :], data[start : start + 4])

    def receive_data(self, data: bytes | bytearray) -> None:
        """Feed the parser; see :meth:`forget_request` for what is noted beside it."""
        self._ends_with_head = data.endswith(b"\r\n\r\n")
        super().receive_data(data)

    def forget_request(self) -> None:
        """
        Let go of the handshake's request, which the library's parser holds for good.

        2.5 KiB of 8.4 a connection. Not when something came behind it, which no client may send
        before the answer (RFC 6455, 4.1): then the parser may be in the middle of a frame.
        """
        if self._ends_with_head:
            self.parser = super(ServerProtocol, self).parse()
            next(self.parser)

    @property
    def client_code(self) -> int:
        """
        The code with which the client closed; 1006 when it just went.

        Its own ones (3000 to 4999, RFC 6455, 7.4.2) are one: two thousand of them would be as many
        series of a metric, and those of this protocol are the server's to send.
        """
        return 1006 if self.close_rcvd is None else min(self.close_rcvd.code, CLIENTS_OWN)

    def let_go(self) -> None:
        """
        End for good. Nothing may be fed any more.

        The parser's frame holds the frame layer that holds the parser, and so does the traceback
        of what ended it. A server collects such circles rarely: it would grow by 1.7 KiB with
        every connection that ever was.
        """
        self.parser.close()
        self.parser_exc = self.handshake_exc = None


class RoomProtocol(FrameLayer):
    """
    The frame layer with this protocol's answer to a message that is too big:
    close code 4000, with the reason in band first, because proxies lose close reasons.
    """

    def __init__(self) -> None:
        super().__init__(subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=MESSAGE_BYTES, logger=_QUIET)

    def fail(self, code: int, reason: str = "") -> None:
        """Fail the connection; 1009 becomes 4000 with the limit in words."""
        if code == 1009:
            code, reason = CloseCode.BAD_REQUEST, f"expected at most {MESSAGE_BYTES} bytes a message"
            if self.state is OPEN:
                self.send_binary(codec.encode_event(Closing.wire, Closing(code=code, reason=reason)))
        super().fail(code, reason)


def refusal(request: Request, allowed_origins: Collection[str]) -> Answer | None:
    """
    Return why a request for the socket is refused, or None.

    A browser's ``Origin`` must be the server's own or on the list, or any page could act
    for the person who has it open. Bots send none, and are let in.
    """
    origins = request.headers.get_all("Origin")
    if origins and not _is_allowed(origins, request.headers.get_all("Host"), allowed_origins):
        message = "expected an Origin of this server, or one on its list\n"
        return respond(*text_page(message, HTTPStatus.FORBIDDEN))
    if "websocket" not in ",".join(request.headers.get_all("Upgrade")).lower():
        headers = {"Upgrade": "websocket"}
        message = "expected a WebSocket handshake\n"
        return respond(*text_page(message, HTTPStatus.UPGRADE_REQUIRED), headers)
    offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
    if SUBPROTOCOL not in (name.strip() for name in offered.split(",")):
        message = f"expected one of these subprotocols: {SUBPROTOCOL}\n"
        return respond(*text_page(message, HTTPStatus.BAD_REQUEST))
    return None


def _is_allowed(origins: list[str], hosts: list[str], allowed: Collection[str]) -> bool:
    if len(origins) != 1:
        return False
    try:
        parts = urlsplit(origins[0])
    except ValueError:
        return False
    same = parts.netloc != "" and [parts.netloc.lower()] == [host.lower() for host in hosts]
    own = parts.scheme in {"http", "https"} and same
    return own or origins[0] in allowed
