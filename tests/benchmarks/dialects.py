"""
How the counting client talks to each server: to enter, to say something, to stay alive.

Counting is the same for all: every message carries a mark, and the client counts marks in
what it receives.
"""

from __future__ import annotations

from typing import Protocol

from client_demo.load import frames
from protocol import SUBPROTOCOL, codec
from protocol.commands import ChatSend, RoomJoin, SessionGuest

MARK = b"~~m~~"
TEXT = 1


def message(stamp_us: int, size: int) -> bytes:
    """Return a message of so many bytes that carries the instant at which it was planned."""
    head = MARK + f"{stamp_us:016x}".encode()
    return head + b"x" * (size - len(head))


class Dialect(Protocol):
    """One client's end of a server's language."""

    path: str
    subprotocol: str | None

    def entering(self) -> list[bytes]:
        """Return what is sent to come in, step by step: the next step when the one before is answered."""
        ...

    def entered(self, received: bytes, step: int) -> bool:
        """Say whether what was received answers a step."""
        ...

    def saying(self, text: bytes) -> bytes:
        """Return the bytes that say something to everyone."""
        ...

    def replying(self, opcode: int, payload: bytes) -> bytes:
        """Return what a frame must be answered with, for the connection to live; empty when nothing."""
        ...


class Plain:
    """A WebSocket server that tells everyone what anybody says."""

    path = "/"
    subprotocol: str | None = None

    def entering(self) -> list[bytes]:
        """Nothing is said to come in."""
        return []

    def entered(self, received: bytes, step: int) -> bool:
        """Nothing is answered."""
        del received, step
        return True

    def saying(self, text: bytes) -> bytes:
        """Return the text as a message."""
        return frames.masked(text)

    def replying(self, opcode: int, payload: bytes) -> bytes:
        """Answer pings."""
        return frames.masked(payload, frames.PONG) if opcode == frames.PING else b""


class Nats(Plain):
    """NATS' own protocol inside WebSocket frames; everyone subscribes to one subject."""

    def entering(self) -> list[bytes]:
        """Connect and subscribe."""
        options = b'{"verbose":false,"pedantic":false,"lang":"x","version":"0"}'
        return [frames.masked(b"CONNECT %b\r\nSUB room 1\r\nPING\r\n" % options)]

    def entered(self, received: bytes, step: int) -> bool:
        """Wait for the pong."""
        del step
        return b"PONG\r\n" in received

    def saying(self, text: bytes) -> bytes:
        """Publish."""
        return frames.masked(b"PUB room %d\r\n%b\r\n" % (len(text), text))

    def replying(self, opcode: int, payload: bytes) -> bytes:
        """Answer its own pings and WebSocket's."""
        if payload == b"PING\r\n":
            return frames.masked(b"PONG\r\n")
        return super().replying(opcode, payload)


class SocketIo(Plain):
    """Engine.IO 4 and Socket.IO 5 over WebSocket."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def entering(self) -> list[bytes]:
        """Connect to the main namespace."""
        return [frames.masked(b"40", TEXT)]

    def entered(self, received: bytes, step: int) -> bool:
        """Wait for the namespace."""
        del step
        return b'40{"sid"' in received

    def saying(self, text: bytes) -> bytes:
        """Emit an event."""
        return frames.masked(b'42["m","%b"]' % text, TEXT)

    def replying(self, opcode: int, payload: bytes) -> bytes:
        """Answer its own pings and WebSocket's."""
        if payload == b"2":
            return frames.masked(b"3", TEXT)
        return super().replying(opcode, payload)


class Roomserver(Plain):
    """Ours: a guest in a room, messages with rules, order and a log."""

    path = "/ws"
    subprotocol: str | None = SUBPROTOCOL

    def __init__(self, room: str) -> None:
        self._room = room
        self._next_id = 10

    def entering(self) -> list[bytes]:
        """Become a guest and join."""
        join = codec.encode_request(2, RoomJoin(room=self._room))
        return [frames.masked(codec.encode_request(1, SessionGuest())), frames.masked(join)]

    def entered(self, received: bytes, step: int) -> bool:
        """Wait for the session, then for the join result."""
        return (b"policy_accepted_rev", b"durations_ms")[step] in received

    def saying(self, text: bytes) -> bytes:
        """Send a chat message."""
        self._next_id += 1
        command = ChatSend(room=self._room, text=text.decode())
        return frames.masked(codec.encode_request(self._next_id, command))
