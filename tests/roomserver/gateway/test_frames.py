"""Server frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from roomserver.gateway.frames import JOINED_BYTES_MAX, binary_frame, joined_frames


def read_by_library(data: bytes) -> list[bytes]:
    """Return the messages that a client of the library reads."""
    client = ClientProtocol(parse_uri("ws://localhost/"), max_size=None)
    client.state = OPEN
    # The parser starts with the handshake; set it to frames as after one.
    client.parser = client.parse()
    next(client.parser)
    client.receive_data(data)
    events = client.events_received()
    frames = [event for event in events if isinstance(event, Frame)]
    assert all(frame.fin and frame.opcode is Opcode.BINARY for frame in frames)
    return [bytes(frame.data) for frame in frames]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_lengths(length: int) -> None:
    """All three forms of the length are read back by another implementation."""
    payload = bytes(index % 251 for index in range(length))
    assert read_by_library(binary_frame(payload)) == [payload]


@pytest.mark.parametrize(("length", "head"), [(125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_shortest_form(length: int, head: int) -> None:
    """The length has its shortest form, as the RFC demands, and no mask."""
    frame = binary_frame(bytes(length))
    assert len(frame) == head + length
    assert frame[0] == 0x82
    assert frame[1] < 128


def test_joined() -> None:
    """Values of one beat travel in one message."""
    assert read_by_library(joined_frames([b"a", b"bc", b"d"])) == [b"abcd"]
    assert joined_frames([]) == b""


def test_split() -> None:
    """Messages end before they get larger than clients take, and a huge value goes alone."""
    half = bytes(JOINED_BYTES_MAX // 2)
    assert [len(m) for m in read_by_library(joined_frames([half, half, b"x"]))] == [JOINED_BYTES_MAX, 1]
    huge = bytes(JOINED_BYTES_MAX + 1)
    assert [len(m) for m in read_by_library(joined_frames([b"x", huge, b"y"]))] == [1, len(huge), 1]


@given(st.lists(st.integers(1, 100_000), max_size=12))
def test_order(sizes: list[int]) -> None:
    """However it is split: everything arrives once, in order, and no value is cut."""
    values = [bytes([index]) * size for index, size in enumerate(sizes)]
    messages = read_by_library(joined_frames(values))
    assert b"".join(messages) == b"".join(values)
    assert all(len(message) <= JOINED_BYTES_MAX for message in messages)
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    position = 0
    for message in messages:
        position += len(message)
        assert position in ends
