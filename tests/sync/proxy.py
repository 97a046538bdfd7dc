"""A TCP proxy that delays both directions, unevenly and in order, as a network does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, NamedTuple, Self


class Delay(NamedTuple):
    """One way of a path, in milliseconds: the shortest time, and what queues add at most."""

    base_ms: float
    jitter_ms: float = 0.0


class DelayedProxy:
    """Listens on a port of its own and carries every connection to the server, late. ``async with``."""

    def __init__(self, server_port: int, up: Delay, down: Delay, seed: int) -> None:
        self._server_port = server_port
        self._up, self._down = up, down
        self._random = random.Random(seed)
        self._listener: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near, far = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._writers += (writer, far)
        for source, sink, delay in ((reader, far, self._up), (near, writer, self._down)):
            queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
            self._spawn(self._read(source, queue, delay))
            self._spawn(_deliver(queue, sink))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(
        self, source: asyncio.StreamReader, queue: asyncio.Queue[tuple[float, bytes]], delay: Delay
    ) -> None:
        loop = asyncio.get_running_loop()
        data = b"."
        while data:
            try:
                data = await source.read(65_536)
            except ConnectionError:
                data = b""
            late_ms = delay.base_ms + self._random.uniform(0, delay.jitter_ms)
            queue.put_nowait((loop.time() + late_ms / 1000, data))


async def _deliver(queue: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
    """Write what has waited long enough, in order: what is held up holds up what follows."""
    loop = asyncio.get_running_loop()
    while True:
        due, data = await queue.get()
        await asyncio.sleep(max(0.0, due - loop.time()))
        if not data or sink.is_closing():
            sink.close()
            return
        sink.write(data)
