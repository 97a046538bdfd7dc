"""Property-based: no bytes make the codec or a connection fail in a way that has no name."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from protocol import codec
from tests.attacks.harness import feed_codec, feed_connection
from tests.support.server import masked
from tests.support.wire import packed

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
VALUES = st.tuples(
    st.sampled_from([0, 1, 2, 3]),
    st.integers(0, 2**32) | ANYTHING,
    st.sampled_from(["chat.send", "room.join", "session.login", "playlist.insert", "nothing"]) | ANYTHING,
    st.dictionaries(st.sampled_from(["room", "text", "items", "at", "resume"]), ANYTHING, max_size=3)
    | ANYTHING,
).map(list)
OPCODES = st.sampled_from([0, 1, 2, 3, 8, 9, 10, 11])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Draw frames of a client, each possibly wrong in one way."""
    whole = b""
    for _ in range(draw(st.integers(1, 6))):
        payload = draw(st.binary(max_size=200) | VALUES.map(packed))
        frame = bytearray(masked(payload[:60_000], draw(OPCODES)))
        frame[0] ^= draw(st.sampled_from([0, 0, 0, 0x80, 0x40, 0x20, 0x10]))
        frame[1] ^= draw(st.sampled_from([0, 0, 0, 0x80, 0x01]))
        whole += frame
    return whole


@given(
    st.binary(max_size=300) | st.lists(VALUES, max_size=3).map(lambda values: b"".join(map(packed, values)))
)
@example(b"\xdd\xff\xff\xff\xff")
@example(b"\x91" * 300)
def test_codec(data: bytes) -> None:
    """Bytes are malformed, refused or a command; what was read can be said again and read the same."""
    for request in feed_codec(data):
        if request.id is not None:
            again = codec.encode_value([0, request.id, request.method, request.params])
            [value] = codec.decode(again, max_bytes=2**20, nesting=64)
            assert repr(codec.parse_request(value)) == repr(request)


@given(frames(), st.integers(0, 400))
def test_frames(data: bytes, cut: int) -> None:
    """Frames are answered, refused with a code, or close the connection; none is an exception."""
    feed_connection(data, is_open=True, cut=cut)


@given(frames(), st.integers(0, 400))
def test_frames_of_the_echo(data: bytes, cut: int) -> None:
    """The same without the room protocol's refusals: text and fragments go all the way."""
    feed_connection(data, is_open=True, cut=cut, is_echo=True)


@given(
    st.binary(max_size=300)
    | st.lists(st.text(st.characters(codec="latin-1"), max_size=40), max_size=8).map(
        lambda lines: "\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode("latin-1")
    ),
    st.integers(0, 300),
)
def test_heads(data: bytes, cut: int) -> None:
    """A request's head is answered or refused, whatever it is."""
    feed_connection(data, is_open=False, cut=cut)
