"""Reading what came off the wire."""

from __future__ import annotations

from typing import Any

from client_demo.load.chunks import Reader, Run, stamp_of, stamped
from protocol import codec
from roomserver.gateway.frames import binary_frame

ROOM, OTHER = "room1", "room2"


def chat(seq: int, text: str = "hello", room: str = ROOM) -> bytes:
    """Return a message of a room's stream."""
    return codec.encode_event("chat.message", {"room": room, "seq": seq, "at_ms": 1, "text": text})


def read(*values: bytes) -> Any:
    """Return what one frame of values says."""
    chunk, rest = Reader().read(binary_frame(b"".join(values)))
    assert rest == b""
    return chunk


def test_runs() -> None:
    """Events that follow on one another are one run; another room or a jump begins a new one."""
    chunk = read(chat(5), chat(6), chat(1, room=OTHER), chat(2, room=OTHER), chat(9))
    assert chunk.runs == [Run(ROOM, 5, 6), Run(OTHER, 1, 2), Run(ROOM, 9, 9)]


def test_stamps() -> None:
    """Instants that messages carry are found, with how many carry each."""
    chunk = read(chat(1, stamped(1000, 40)), chat(2, stamped(1000, 40)), chat(3, stamped(2000, 40)), chat(4))
    assert chunk.stamps == [(1000, 2), (2000, 1)]


def test_stamp() -> None:
    """A stamp survives its text and fills it to the size; other texts carry none."""
    assert stamp_of(stamped(123_456_789, 120)) == 123_456_789
    assert len(stamped(123_456_789, 120)) == 120
    assert [stamp_of(text) for text in ("hello", "~zz~", "~12", None, 5)] == [None] * 5


def test_skips_are_stamped() -> None:
    """A play that began by a skip carries the instant of the skip as its reason."""
    params = {"room": ROOM, "seq": 3, "at_ms": 1, "play": {"id": "p"}, "previous": {"reason": stamped(77, 0)}}
    chunk = read(codec.encode_event("play.started", params))
    assert chunk.stamps == [(77, 1)]
    assert [told.name for told in chunk.told] == ["play.started"]


def test_answers_and_latest_values() -> None:
    """Answers and events without a number are told apart from the stream, with their size."""
    tally = codec.encode_event("vote.tally", {"room": ROOM, "woots": 1})
    chunk = read(codec.encode_result(4, {"id": "x"}), tally)
    assert chunk.answers == [codec.Response(4, None, {"id": "x"})]
    assert [(told.name, told.size) for told in chunk.told] == [("vote.tally", len(tally))]
    assert chunk.runs == []


def test_read_once() -> None:
    """A piece that everyone gets is parsed for the first only."""
    reader = Reader()
    piece = binary_frame(chat(5))
    first, _ = reader.read(piece)
    again, _ = reader.read(bytes(bytearray(piece)))
    assert again is first


def test_cut_pieces() -> None:
    """A piece that ends within a frame says what is whole, gives back the rest, and is not remembered."""
    reader = Reader()
    stream = binary_frame(chat(5)) + binary_frame(chat(6))
    chunk, rest = reader.read(stream[:-3])
    assert chunk.runs == [Run(ROOM, 5, 5)]
    more, nothing = reader.read(rest + stream[-3:])
    assert (more.runs, nothing) == ([Run(ROOM, 6, 6)], b"")


def test_memory_is_bounded() -> None:
    """A run of any length remembers a few hundred pieces."""
    reader = Reader()
    for seq in range(1000):
        reader.read(binary_frame(chat(seq)))
    assert len(reader._remembered) <= 256
