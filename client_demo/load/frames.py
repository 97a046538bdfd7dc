"""
The WebSocket of a client that only counts: frames in, frames out, nothing else.

A load tester shares the machine with the server it measures, so each microsecond of its own
is one that the server does not get. This client checks what it needs to stay in step and
trusts the rest: the server's conformance is tested elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from protocol import SUBPROTOCOL

BINARY = 2
CLOSE = 8
PING = 9
PONG = 10

_KEY = "bG9hZCB0ZXN0ZXIga2V5IQ=="
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ACCEPT = base64.b64encode(hashlib.sha1((_KEY + _GUID).encode()).digest())  # noqa: S324 - RFC 6455, 4.2.2
_HEAD_BYTES_MAX = 16 * 1024


class Frame(NamedTuple):
    """A frame of the server."""

    opcode: int
    payload: bytes


class HandshakeError(Exception):
    """The server did not open a WebSocket; the text is its answer's first line."""


def request(host: str, path: str, subprotocol: str | None = SUBPROTOCOL) -> bytes:
    """Return the opening handshake."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {_KEY}",
        "Sec-WebSocket-Version: 13",
        *([] if subprotocol is None else [f"Sec-WebSocket-Protocol: {subprotocol}"]),
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def opened(data: bytes) -> bytes | None:
    """
    Return what follows the server's handshake, None while it is not whole.

    Raises:
        HandshakeError: it refused.

    """
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        if len(data) > _HEAD_BYTES_MAX:
            raise HandshakeError("expected a response of a web server")
        return None
    first = head.partition(b"\r\n")[0].decode("latin-1")
    if " 101 " not in first or _ACCEPT not in head:
        raise HandshakeError(first)
    return rest


def masked(payload: bytes, opcode: int = BINARY) -> bytes:
    """
    Return a client's frame.

    The mask is zero, which RFC 6455 permits and which leaves the payload as it is: masks
    protect proxies from pages, and there is no page here.
    """
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | opcode, 0x80 | length))
    elif length < 65536:
        head = bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0xFF)) + length.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


def split(data: bytes) -> tuple[list[Frame], bytes]:
    """Return the whole frames, and the bytes of the one that is not whole yet."""
    frames: list[Frame] = []
    at, end = 0, len(data)
    while end - at >= 2:
        length, start = data[at + 1], at + 2
        if length == 126:
            length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        elif length == 127:
            length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
        if start > end or start + length > end:
            break
        frames.append(Frame(data[at] & 0x0F, data[start : start + length]))
        at = start + length
    return frames, data[at:]
