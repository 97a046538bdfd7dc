"""A TCP proxy that does to connections what networks do: it drops, delays and half-opens them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from typing import Self

FAULTS = ("drop", "cut", "half-open", "delay", "heal")
WEIGHTS = (3, 2, 2, 3, 4)
CALM_SECONDS = (0.05, 0.6)
"""How long one state of the network lasts."""
DELAY_SECONDS = 0.15
CHUNK = 4096


class _Line:
    """One connection through the proxy."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.ends = (near, far)
        self.is_dead = False
        """Half open: both ends believe in it, and nothing passes any more."""
        self.cut_after: int | None = None
        """So many bytes pass, then the line is cut: in the middle of a message, as likely as not."""

    def drop(self) -> None:
        """End it without a word, towards both ends."""
        for end in self.ends:
            end.transport.abort()


class Proxy:
    """
    Passes bytes on, until its weather changes. The same seed brings the same weather.

    ``faults`` counts what happened to lines that were there.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._far_port = port
        self._random = random.Random(seed)
        self._lines: set[_Line] = set()
        self._delay = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server
        self.faults: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ws"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for line in list(self._lines):
            line.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def weather(self) -> None:
        """Change the weather until cancelled."""
        while True:
            await asyncio.sleep(self._random.uniform(*CALM_SECONDS))
            self._change(self._random.choices(FAULTS, WEIGHTS)[0])

    def clear(self) -> None:
        """Let everything pass that still can; lines that are dead stay so."""
        self._delay = 0.0

    def _change(self, fault: str) -> None:
        lines = list(self._lines)
        if fault in {"drop", "cut", "half-open"} and not lines:
            return
        self.faults[fault] += 1
        match fault:
            case "drop":
                for line in lines:
                    line.drop()
            case "cut":
                for line in lines:
                    line.cut_after = self._random.randrange(1, 400)
            case "half-open":
                for line in lines:
                    line.is_dead = True
            case "delay":
                self._delay = self._random.uniform(0, DELAY_SECONDS)
            case _:
                self.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._far_port)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(writer, far_writer)
        self._lines.add(line)
        both = [
            asyncio.create_task(self._pass_on(line, reader, far_writer)),
            asyncio.create_task(self._pass_on(line, far_reader, writer)),
        ]
        self._tasks.update(both)
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            line.drop()
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            self._tasks.difference_update(both)
            self._lines.discard(line)

    async def _pass_on(self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if line.is_dead:
                    continue
                if line.cut_after is not None:
                    writer.write(data[: line.cut_after])
                    await writer.drain()
                    return
                writer.write(data)
                await writer.drain()
