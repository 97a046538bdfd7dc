"""
The counting client: the same for every server.

Members only count marks in the bytes they receive, so it costs the same whatever the server
speaks. It runs in the bench's own process, on another core than the server.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from typing import cast

from client_demo.load import frames
from client_demo.load.histogram import Histogram
from tests.benchmarks.dialects import MARK, Dialect

CONNECTING_MAX = 32


def now_us() -> int:
    """Return the clock that stamps and receipts share."""
    return time.monotonic_ns() // 1000


class Count:
    """What all members got."""

    def __init__(self) -> None:
        self.received = 0
        self.bytes_in = 0
        self.latency = Histogram()


class Member(asyncio.Protocol):
    """A member of the room."""

    def __init__(self, dialect: Dialect, count: Count, request: bytes) -> None:
        self.dialect = dialect
        self._count = count
        self._request = request
        self._steps = dialect.entering()
        self._step = 0
        self._seen = b""
        self._tail = b""
        self.inside: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_open = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count, once inside."""
        if not self.inside.done():
            self._enter(data)
            return
        count = self._count
        count.bytes_in += len(data)
        marks = data.count(MARK)
        if self._tail and MARK in self._tail + data[: len(MARK) - 1]:
            marks += 1
        self._tail = data[-len(MARK) + 1 :]
        if marks:
            count.received += marks
            at = data.rfind(MARK) + len(MARK)
            stamp = data[at : at + 16]
            if len(stamp) == 16:
                count.latency.record(now_us() - int(stamp, 16), marks)
        elif len(data) < 140:
            self._reply(data)

    def _reply(self, data: bytes) -> None:
        for frame in frames.split(data)[0]:
            answer = self.dialect.replying(frame.opcode, frame.payload)
            if answer:
                self.transport.write(answer)

    def _enter(self, data: bytes) -> None:
        self._seen += data
        if not self._is_open:
            rest = frames.opened(self._seen)
            if rest is None:
                return
            self._is_open, self._seen = True, rest
            self._next(0)
        while self._step < len(self._steps) and self.dialect.entered(self._seen, self._step):
            self._step += 1
            self._next(self._step)
        if self._step == len(self._steps):
            self.inside.set_result(None)

    def _next(self, step: int) -> None:
        if step < len(self._steps):
            self.transport.write(self._steps[step])

    def connection_lost(self, exc: Exception | None) -> None:
        """Note an end before everybody was in."""
        if not self.inside.done():
            self.inside.set_exception(exc or ConnectionResetError())


async def enter(port: int, members: int, make: Callable[[], Dialect], count: Count) -> list[Member]:
    """Let members in."""
    slots = asyncio.Semaphore(CONNECTING_MAX)
    loop = asyncio.get_running_loop()

    async def one() -> Member:
        async with slots:
            dialect = make()
            request = frames.request(f"127.0.0.1:{port}", dialect.path, dialect.subprotocol)
            new = functools.partial(Member, dialect, count, request)
            _, member = await loop.create_connection(new, "127.0.0.1", port)
            async with asyncio.timeout(30):
                await member.inside
            return member

    return list(await asyncio.gather(*(one() for _ in range(members))))
