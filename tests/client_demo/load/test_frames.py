"""The counting client's frames, held against the library's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as LibraryFrame
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from client_demo.load import frames
from protocol import SUBPROTOCOL

SIZES = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 70_000])


def library_frame(payload: bytes, opcode: Opcode = Opcode.BINARY) -> bytes:
    """Return a server's frame as the library writes it."""
    return LibraryFrame(opcode, payload).serialize(mask=False)


def shaken(request: bytes) -> tuple[ServerProtocol, bytes]:
    """Let the library's server answer a handshake."""
    server = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)])
    server.receive_data(request)
    (event,) = server.events_received()
    assert isinstance(event, Request)
    server.send_response(server.accept(event))
    return server, b"".join(server.data_to_send())


def test_handshake() -> None:
    """The library's server takes the handshake, and its answer is taken; what follows is kept."""
    server, answer = shaken(frames.request("example.org", "/ws"))
    assert server.state is OPEN
    assert frames.opened(answer + b"more") == b"more"
    assert frames.opened(answer[:-1]) is None


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"x" * 20_000]
)
def test_refused_handshake(answer: bytes) -> None:
    """An answer that opens no WebSocket is an error that says what came."""
    with pytest.raises(frames.HandshakeError):
        frames.opened(answer)


@given(SIZES)
def test_sent_frames(size: int) -> None:
    """The library's server reads what the client sends, of every size."""
    server, _ = shaken(frames.request("example.org", "/ws"))
    server.receive_data(frames.masked(b"y" * size))
    (event,) = server.events_received()
    assert isinstance(event, LibraryFrame)
    assert (event.opcode, event.data) == (Opcode.BINARY, b"y" * size)


@given(st.lists(SIZES, min_size=1, max_size=3), st.data())
def test_received_frames(sizes: list[int], data: st.DataObject) -> None:
    """Frames are found wherever the stream is cut."""
    stream = b"".join(library_frame(b"z" * size) for size in sizes) + library_frame(b"!", Opcode.PING)
    cut = data.draw(st.integers(0, len(stream)))
    first, rest = frames.split(stream[:cut])
    second, nothing = frames.split(rest + stream[cut:])
    assert nothing == b""
    expected = [(frames.BINARY, b"z" * size) for size in sizes] + [(frames.PING, b"!")]
    assert [tuple(frame) for frame in (*first, *second)] == expected
