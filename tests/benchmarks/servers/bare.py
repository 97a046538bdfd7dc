"""
The floor: what is left when everything but the system calls is taken away.

A loop over ``send(2)`` in Python, and one over a transport's ``write``. No rules, no order, no
log, no slow readers: what a server in Python cannot be below, beside the peers in the same run.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import cast

import uvloop
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

by_transport = sys.argv[2] == "transport"
everyone: dict[Member, Callable[[bytes], object]] = {}


class Member(asyncio.Protocol):
    """A connection."""

    def __init__(self) -> None:
        self.protocol = ServerProtocol()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Let a member in, or tell everyone what it says."""
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.protocol.send_response(self.protocol.accept(event))
                for answer in self.protocol.data_to_send():
                    self.transport.write(answer)
                everyone[self] = self.transport.write if by_transport else _sending(self.transport)
            elif isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                frame = Frame(Opcode.BINARY, event.data).serialize(mask=False)
                for write in everyone.values():
                    write(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        del exc
        everyone.pop(self, None)


def _sending(transport: asyncio.Transport) -> Callable[[bytes], object]:
    # A descriptor of its own, for the transport's may be somebody else's once it is closed.
    number = transport.get_extra_info("socket").fileno()
    own = socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM)
    own.setblocking(False)
    return own.send


async def main() -> None:
    """Serve on the port given."""
    server = await asyncio.get_running_loop().create_server(Member, "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await server.serve_forever()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
