"""
An echo on the gateway: the frame layer as it is deployed, with another opinion of messages.

The room protocol refuses text, fragments and messages over 16 KiB, which a conformance suite
is made of. The echo takes all three and leaves everything below them as it is: the transport,
parsing, masking, pings, closing, our own frame builder, the deadlines.
"""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request

from protocol.limits import Limits
from roomserver.clock import ServerClock
from roomserver.gateway import connection as frame_layer
from roomserver.gateway.connection import Connection
from roomserver.gateway.door import Entrance
from roomserver.gateway.frames import binary_frame
from roomserver.gateway.gateway import Gateway
from roomserver.gateway.handshake import FrameLayer
from roomserver.gateway.http import Answer, Site, text_page

MESSAGE_BYTES = 64 * 1024 * 1024
"""More than the largest message of the suite (9.1.6 and 9.2.6: 16 MiB)."""
_TEXT = 0x81


class Silent:
    """A peer that wants nothing: the connection itself echoes."""

    is_authenticated = True

    def received(self, values: list[list[Any]], read_at_us: int) -> None:
        """Messages never come this far."""
        raise AssertionError("the echo answers before values are read")

    def lost(self) -> None:
        """Nothing is held."""


class EchoConnection(Connection):
    """A connection that says everything back: whole or in fragments, text or binary."""

    __slots__ = ("_kind", "_parts")

    def __init__(self, gate: EchoGateway) -> None:
        super().__init__(gate)
        # The suite offers no subprotocol; the deployed server insists on its own.
        self._protocol = FrameLayer(max_size=MESSAGE_BYTES)  # type: ignore[assignment]  # another handshake
        self._parts: list[bytes] = []
        self._kind = Opcode.BINARY

    def _take_message(self, data: bytes | bytearray | memoryview, read_at_us: int) -> None:
        self.send_frame(binary_frame(bytes(data)))

    def _take_frame(self, frame: Frame, read_at_us: int) -> None:
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            super()._take_frame(frame, read_at_us)
            return
        if frame.opcode is not Opcode.CONT:
            self._kind = Opcode(frame.opcode)
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return
        message, self._parts = b"".join(self._parts), []
        if self._kind is Opcode.TEXT and not _is_utf8(message):
            self._protocol.fail(CloseCode.INVALID_DATA, "expected UTF-8")
            return
        echo = binary_frame(message)
        self.send_frame(bytes((_TEXT,)) + echo[1:] if self._kind is Opcode.TEXT else echo)


def _is_utf8(message: bytes) -> bool:
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


class EchoGateway(Gateway):
    """A gateway whose connections echo."""

    def __init__(self) -> None:
        site = Site({"/": lambda: text_page("an echo\n", HTTPStatus.OK)}, Path("/nowhere"), Path("/nowhere"))
        super().__init__(ServerClock("echo"), Limits(), site, Entrance.unlimited(), lambda _: Silent())

    def connect(self) -> Connection:
        """Return the protocol of a new connection."""
        return EchoConnection(self)

    def refuse(self, connection: Connection, request: Request) -> Answer | None:
        """Let everybody in."""
        return None


async def serve(port: int) -> None:
    """Echo until the standard input ends."""
    loop = asyncio.get_running_loop()
    gateway = EchoGateway()
    gateway.start()
    listener = await loop.create_server(gateway.connect, "127.0.0.1", port)
    print(f"echo on {listener.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    listener.close()
    await gateway.drain("over", patience_seconds=0.5)


def main() -> None:
    """Run the echo with the limits of a room taken off: the suite sends back 16 MiB at once."""
    import uvloop  # noqa: PLC0415 - tests that import the echo choose their own loop

    frame_layer.FULL_BYTES = MESSAGE_BYTES  # type: ignore[attr-defined]  # as the connection sees it
    uvloop.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))


if __name__ == "__main__":
    main()
