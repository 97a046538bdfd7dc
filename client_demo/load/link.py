"""One member's connection: what it asks, and what it counts of what it is told."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast

from client_demo.load import frames
from client_demo.load.chunks import Chunk, Reader, Told
from client_demo.load.figures import Figures
from client_demo.load.follower import Follower
from protocol import codec
from protocol.commands import Command


def now_us() -> int:
    """Return the clock of all workers of this machine, in µs."""
    return time.monotonic_ns() // 1000


class Refused(Exception):  # noqa: N818 - it says what happened, as the protocol's own ``Rejected``
    """The server refused a request; the text is the error's code."""


class Watcher(Protocol):
    """Who wants to know what a link is told: the scenario."""

    def heard(self, told: Told) -> None:
        """Take an event that is no chat message."""
        ...


class Bench(NamedTuple):
    """What all links of a worker share."""

    figures: Figures
    reader: Reader
    watcher: Watcher


Then = Callable[[dict[str, Any]], None]
"""Takes a result at once, before the events behind it are counted."""


class _Ask(NamedTuple):
    planned_us: int
    future: asyncio.Future[dict[str, Any]] | None
    then: Then | None = None


class Link(asyncio.Protocol):
    """
    A connection.

    ``followers`` holds the rooms it is in, by id. ``peaks`` counts what it is told by name
    and second, if it is a witness.
    """

    __slots__ = (
        "_asks",
        "_bench",
        "_data",
        "_hello",
        "_is_open",
        "_leaving",
        "_next_id",
        "_request",
        "followers",
        "peaks",
        "token",
        "transport",
        "user_id",
    )

    def __init__(self, bench: Bench, request: bytes) -> None:
        self._bench = bench
        self._request = request
        self._data = b""
        self._is_open = False
        self._leaving = False
        self._next_id = 0
        self._asks: dict[int, _Ask] = {}
        self._hello: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.followers: dict[str, Follower] = {}
        self.peaks: Counter[tuple[str, int]] | None = None
        self.token = ""
        self.user_id = ""
        self.transport: asyncio.Transport

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        received_us = now_us()
        counts = self._bench.figures.counts
        counts["bytes_in"] += len(data)
        if self._data:
            data = self._data + data
            self._data = b""
        if not self._is_open:
            try:
                rest = frames.opened(data)
            except frames.HandshakeError as error:
                self._fail(error)
                return
            if rest is None:
                self._data = data
                return
            self._is_open, data = True, rest
        chunk, self._data = self._bench.reader.read(data)
        counts["frames_in"] += chunk.frames
        self._take(chunk, received_us)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note an end that nobody here wanted."""
        error = exc or ConnectionResetError("the server closed the connection")
        if not self._leaving:
            self._bench.figures.counts["lost"] += 1
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not self._hello.done():
            self._hello.set_exception(error)
            self._hello.exception()  # whoever connects gets it; nobody may be waiting any more
        asks, self._asks = self._asks, {}
        for ask in asks.values():
            if ask.future is not None and not ask.future.done():
                ask.future.set_exception(error)

    # What came

    def _take(self, chunk: Chunk, received_us: int) -> None:
        figures = self._bench.figures
        # Answers first: a join result comes before the events of its room, if they came in one piece.
        for answer in chunk.answers:
            self._take_answer(answer, received_us)
        for room, first, last in chunk.runs:
            follower = self.followers.get(room)
            if follower is not None:
                follower.take(first, last)
                figures.counts["deliveries"] += last - first + 1
        for planned_us, count in chunk.stamps:
            figures.latency["fanout"].record(received_us - planned_us, count)
        for told in chunk.told:
            self._take_told(told, received_us)
        for control in chunk.controls:
            if control.opcode == frames.PING:
                self.transport.write(frames.masked(control.payload, frames.PONG))
            elif control.opcode == frames.CLOSE:
                self.transport.close()

    def _take_answer(self, answer: codec.Response, received_us: int) -> None:
        figures = self._bench.figures
        ask = self._asks.pop(answer.id, None)
        if ask is None:
            return
        if answer.error is not None:
            code = str(answer.error.get("code"))
            figures.counts["refused"] += 1
            figures.errors[code] += 1
            if ask.future is not None and not ask.future.done():
                ask.future.set_exception(Refused(code))
            return
        result = answer.result or {}
        if ask.then is not None:
            ask.then(result)
        if ask.future is not None:
            if not ask.future.done():
                ask.future.set_result(result)
            return
        figures.counts["answered"] += 1
        figures.latency["ack"].record(received_us - ask.planned_us)

    def _take_told(self, told: Told, received_us: int) -> None:
        figures = self._bench.figures
        figures.told[told.name] += 1
        figures.told_bytes[told.name] += told.size
        if told.name == "hello" and not self._hello.done():
            self._hello.set_result(None)
        if told.name == "closing":
            figures.errors[f"closing {told.params.get('code')}"] += 1
        if self.peaks is not None:
            self.peaks[told.name, received_us // 1_000_000] += 1
        self._bench.watcher.heard(told)

    # What it does

    async def greeted(self) -> None:
        """Wait for the server's first word."""
        await self._hello

    def send(self, command: Command, planned_us: int) -> None:
        """Send a request whose answer is counted from its planned instant."""
        self._write(command, _Ask(planned_us, None))

    async def ask(self, command: Command, then: Then | None = None) -> dict[str, Any]:
        """
        Send a request and return its result; ``then`` gets it at once.

        Raises:
            Refused: the server refused it.
            OSError: the connection is gone.

        """
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._write(command, _Ask(0, future, then))
        return await future

    def _write(self, command: Command, ask: _Ask) -> None:
        if self.transport.is_closing():
            if ask.future is not None:
                ask.future.set_exception(ConnectionResetError("the connection is closed"))
            return
        self._next_id += 1
        self._asks[self._next_id] = ask
        data = frames.masked(codec.encode_request(self._next_id, command))
        counts = self._bench.figures.counts
        counts["bytes_out"] += len(data)
        self.transport.write(data)

    def drop(self) -> None:
        """End the connection as a lost network would: without a word, with whatever was under way."""
        self._leaving = True
        self._bench.figures.counts["cut_off"] += sum(ask.future is None for ask in self._asks.values())
        self.transport.abort()

    def stall(self) -> None:
        """Stop reading."""
        self.transport.pause_reading()
