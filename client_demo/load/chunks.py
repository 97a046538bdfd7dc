"""
What came off the wire in one piece, read once for everyone who got the same bytes.

A room's members get the same frames, so a thousand connections mostly read the same piece:
it is parsed for the first and looked up for the others.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import msgpack

from client_demo.load.frames import BINARY, Frame, split
from protocol import codec

STAMP_MARK = "~"
"""Begins a text that carries the instant at which it was planned to be sent."""
_REMEMBERED = 256
_BUFFER_BYTES = 64 * 1024 * 1024


class Run(NamedTuple):
    """Events of a room's stream that follow on one another."""

    room: str
    first: int
    last: int


class Told(NamedTuple):
    """A latest-value or direct event."""

    name: str
    params: dict[str, Any]
    size: int


class Chunk(NamedTuple):
    """What a piece of the stream says."""

    runs: list[Run]
    stamps: list[tuple[int, int]]
    """(planned instant in µs, how many events carry it)."""
    answers: list[codec.Response]
    told: list[Told]
    controls: list[Frame]
    frames: int


def stamped(planned_us: int, size: int) -> str:
    """Return a text of ``size`` characters that carries an instant."""
    text = f"{STAMP_MARK}{planned_us:x}{STAMP_MARK}"
    return text + "x" * max(0, size - len(text))


def stamp_of(text: object) -> int | None:
    """Return the instant that a text carries."""
    if not isinstance(text, str) or not text.startswith(STAMP_MARK):
        return None
    number, end, _ = text[1:].partition(STAMP_MARK)
    try:
        return int(number, 16) if end else None
    except ValueError:
        return None


class Reader:
    """Parses pieces, and remembers the last ones."""

    def __init__(self) -> None:
        self._remembered: dict[bytes, Chunk] = {}

    def read(self, data: bytes) -> tuple[Chunk, bytes]:
        """Return what the whole frames say, and the bytes behind them."""
        known = self._remembered.get(data)
        if known is not None:
            return known, b""
        frames, rest = split(data)
        chunk = parse(frames)
        if not rest:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[data] = chunk
        return chunk, rest


def parse(frames: list[Frame]) -> Chunk:
    """Return what frames say."""
    chunk = Chunk([], [], [], [], [], len(frames))
    stamps: Counter[int] = Counter()
    for frame in frames:
        if frame.opcode != BINARY:
            chunk.controls.append(frame)
            continue
        for value, size in _values(frame.payload):
            _take(chunk, stamps, codec.parse_reply(value), size)
    chunk.stamps.extend(stamps.items())
    return chunk


def _values(payload: bytes) -> list[tuple[list[Any], int]]:
    # Without the checks of codec.decode, which bound what strangers send.
    unpacker = msgpack.Unpacker(raw=False, max_buffer_size=_BUFFER_BYTES)
    unpacker.feed(payload)
    values = []
    before = 0
    for value in unpacker:
        after = unpacker.tell()
        values.append((value, after - before))
        before = after
    return values


def _take(chunk: Chunk, stamps: Counter[int], value: codec.Response | codec.Notification, size: int) -> None:
    if isinstance(value, codec.Response):
        chunk.answers.append(value)
        return
    params = value.params
    seq, room = params.get("seq"), params.get("room")
    if not isinstance(seq, int) or not isinstance(room, str):
        chunk.told.append(Told(value.name, params, size))
        return
    runs = chunk.runs
    if runs and runs[-1].room == room and runs[-1].last + 1 == seq:
        runs[-1] = runs[-1]._replace(last=seq)
    else:
        runs.append(Run(room, seq, seq))
    stamp = stamp_of(_stamped_text(value))
    if stamp is not None:
        stamps[stamp] += 1
    if value.name not in _PLAIN:
        chunk.told.append(Told(value.name, params, size))


_PLAIN = {"chat.message"}
"""Events of the stream that no scenario looks into."""


def _stamped_text(event: codec.Notification) -> object:
    if event.name == "chat.message":
        return event.params.get("text")
    previous = event.params.get("previous")  # a skip carries its instant as its reason
    return previous.get("reason") if isinstance(previous, dict) else None
