"""Peer: ``websockets`` and its ``broadcast()``, as its documentation shows it; without compression."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

everyone: set[ServerConnection] = set()


async def handle(connection: ServerConnection) -> None:
    """Tell everyone what anybody says."""
    everyone.add(connection)
    try:
        async for message in connection:
            broadcast(everyone, message)
    finally:
        everyone.discard(connection)


async def main() -> None:
    """Serve on the port given."""
    async with serve(handle, "127.0.0.1", int(sys.argv[1]), compression=None, max_queue=None) as server:
        print("ready", flush=True)
        await server.serve_forever()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
