"""The opening handshake."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest
import websockets
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

from client_demo.load import frames
from protocol.limits import MESSAGE_BYTES
from roomserver.gateway.handshake import RoomProtocol, refusal
from tests.support.server import House

LISTED = {"https://radio.example"}


def asked(*fields: tuple[str, str], host: str = "rooms.example") -> int | None:
    """Return the status with which a handshake is refused, None when it is let in."""
    headers = Headers([("Host", host), ("Upgrade", "websocket"), ("Sec-WebSocket-Protocol", "roomserver.v1")])
    for name, value in fields:
        headers[name] = value
    answer = refusal(Request("/ws", headers), LISTED)
    return None if answer is None else answer.head.status_code


@pytest.mark.parametrize(
    "origins",
    [
        (),
        ("https://rooms.example",),
        ("http://rooms.example",),
        ("https://ROOMS.example",),
        ("https://radio.example",),
    ],
)
def test_let_in(origins: tuple[str, ...]) -> None:
    """Bots without an origin, the server's own pages, and pages of listed sites."""
    assert asked(*(("Origin", origin) for origin in origins)) is None


@pytest.mark.parametrize(
    "origins",
    [
        ("https://evil.example",),
        ("null",),
        ("",),
        ("https://rooms.example.evil.example",),
        ("https://rooms.example:8443",),
        ("https://user@rooms.example",),
        ("file://rooms.example",),
        ("rooms.example",),
        ("http://",),
        ("http://[",),
        ("http://radio.example",),
        ("https://rooms.example", "https://evil.example"),
        ("https://rooms.example", "https://rooms.example"),
        ("https://rooms.example https://evil.example",),
    ],
)
def test_foreign_origins(origins: tuple[str, ...]) -> None:
    """Any other page is refused: it would act for the person who has it open."""
    assert asked(*(("Origin", origin) for origin in origins)) == 403


def test_no_host() -> None:
    """Without a host nothing is the server's own."""
    assert asked(("Origin", "http://"), host="") == 403


def test_own_origin_on_a_port() -> None:
    """The port is part of the origin."""
    assert asked(("Origin", "http://localhost:8080"), host="localhost:8080") is None
    assert asked(("Origin", "http://localhost"), host="localhost:8080") == 403


def test_no_upgrade() -> None:
    """A plain GET is told to upgrade."""
    answer = refusal(Request("/ws", Headers()), ())
    assert answer is not None
    assert answer.head.status_code == 426
    assert answer.head.headers["Upgrade"] == "websocket"


@pytest.mark.parametrize("offered", [None, "", "chat", "roomserver.v2, chat", "roomserver.v11"])
def test_no_supported_subprotocol(offered: str | None) -> None:
    """A client that offers nothing we speak is told what we do."""
    headers = Headers({"Upgrade": "websocket"})
    if offered is not None:
        headers["Sec-WebSocket-Protocol"] = offered
    answer = refusal(Request("/ws", headers), ())
    assert answer is not None
    assert answer.head.status_code == 400
    assert b"roomserver.v1" in (answer.head.body or b"")


@pytest.mark.parametrize("offered", ["roomserver.v1", "chat, roomserver.v1", " roomserver.v1 ,x"])
def test_among_others(offered: str) -> None:
    """Ours may stand among others."""
    headers = Headers({"Upgrade": "WebSocket", "Sec-WebSocket-Protocol": offered})
    assert refusal(Request("/ws", headers), ()) is None


async def refused(house: House, **options: object) -> tuple[int, bytes]:
    """Return how a real handshake is refused."""
    with pytest.raises(websockets.InvalidStatus) as status:
        await house.wire(**options)
    response = status.value.response
    return response.status_code, bytes(response.body or b"")


async def test_over_the_socket(house: House) -> None:
    """The library's client meets the same answers, and a good handshake gets our subprotocol."""
    assert (await refused(house, origin="https://evil.example"))[0] == 403
    status, body = await refused(house, subprotocols=None)
    assert (status, b"roomserver.v1" in body) == (400, True)
    status, body = await refused(house, subprotocols=["roomserver.v0"])
    assert (status, b"roomserver.v1" in body) == (400, True)
    own = await house.wire(origin=f"http://127.0.0.1:{house.port}", subprotocols=["x", "roomserver.v1"])
    assert own.socket.subprotocol == "roomserver.v1"
    compressed = await house.wire(compression="deflate")
    assert compressed.socket.protocol.extensions == []
    await compressed.ask("session.guest")


def opened() -> RoomProtocol:
    """Return a frame layer whose handshake is done."""
    layer = RoomProtocol()
    layer.receive_data(frames.request("rooms.example", "/ws"))
    (request,) = layer.events_received()
    assert isinstance(request, Request)
    layer.send_response(layer.accept(request))
    layer.data_to_send()
    return layer


MESSAGES = st.builds(
    lambda size, mask: Frame(Opcode.BINARY, b"z" * size).serialize(mask=mask),
    st.sampled_from([0, 1, 125, 126, 127, 16_384, 16_385, 70_000]),
    st.just(True),
)


@given(MESSAGES)
def test_whole_messages(data: bytes) -> None:
    """Taking a message by the short way is taking it by the library's; what is too big is the library's."""
    payload = opened().whole_message(data)
    layer = opened()
    layer.receive_data(data)
    events = layer.events_received()
    if payload is None:
        assert len(data) > MESSAGE_BYTES
        assert layer.close_sent is not None
    else:
        (event,) = events
        assert isinstance(event, Frame)
        assert (event.opcode, event.fin, bytes(event.data)) == (Opcode.BINARY, True, payload)


@given(MESSAGES, st.integers(0, 2**20), st.integers(1, 255))
def test_anything_else_is_the_librarys(data: bytes, place: int, bits: int) -> None:
    """A message with a byte too many or too few, or another head, never goes the short way."""
    cut, head = place % len(data), data[0] ^ bits
    layer = opened()
    unmasked = data[:1] + bytes((data[1] & 0x7F,)) + data[2:]
    for other in (data[:cut], data + b"\x82", bytes((head,)) + data[1:], unmasked):
        assert layer.whole_message(other) is None


def test_not_behind_a_part() -> None:
    """A message behind the beginning of another is no message, and before the handshake nothing is."""
    data = Frame(Opcode.BINARY, b"hello").serialize(mask=True)
    layer = opened()
    layer.receive_data(data[:3])
    assert layer.whole_message(data) is None
    layer = opened()
    layer.receive_data(Frame(Opcode.BINARY, b"part", fin=False).serialize(mask=True))
    assert layer.whole_message(data) is None
    assert RoomProtocol().whole_message(data) is None


def test_the_request_is_forgotten() -> None:
    """An open connection does not keep its request, and reads on; in the middle of a frame it waits."""
    layer = RoomProtocol()
    layer.receive_data(frames.request("rooms.example", "/ws"))
    (request,) = layer.events_received()
    kept = weakref.ref(request)
    assert isinstance(request, Request)
    layer.send_response(layer.accept(request))
    layer.forget_request()
    del request
    assert kept() is None
    layer.receive_data(Frame(Opcode.BINARY, b"hello").serialize(mask=True))
    (event,) = layer.events_received()
    assert isinstance(event, Frame)
    assert event.data == b"hello"


def test_a_frame_behind_the_request() -> None:
    """What an impatient client sends behind its request is read as if the request were still held."""
    data = Frame(Opcode.BINARY, b"hello").serialize(mask=True)
    layer = RoomProtocol()
    layer.receive_data(frames.request("rooms.example", "/ws") + data[:3])
    (request,) = layer.events_received()
    assert isinstance(request, Request)
    layer.send_response(layer.accept(request))
    layer.forget_request()
    layer.receive_data(data[3:])
    (event,) = layer.events_received()
    assert isinstance(event, Frame)
    assert event.data == b"hello"


def shaken() -> RoomProtocol:
    """Return an open layer as the gateway leaves it."""
    layer = opened()
    layer.forget_request()
    return layer


ENDS = {
    "silence": b"",
    "close": Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True),
    "part of a frame": Frame(Opcode.BINARY, b"hello").serialize(mask=True)[:3],
    "unmasked": Frame(Opcode.BINARY, b"hello").serialize(mask=False),
    "too big": Frame(Opcode.BINARY, bytes(MESSAGE_BYTES + 1)).serialize(mask=True),
}


@pytest.mark.parametrize("eof", [False, True], ids=["cut", "eof"])
@pytest.mark.parametrize("last", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("begin", [RoomProtocol, shaken], ids=["handshake", "open"])
def test_nothing_is_left(begin: Callable[[], RoomProtocol], last: bytes, *, eof: bool) -> None:
    """However a connection ends, its frame layer goes at once: no circle waits for the collector."""
    layer = begin()
    layer.receive_data(last)
    if eof:
        layer.receive_eof()
    left = weakref.ref(layer)
    gc.disable()
    try:
        layer.let_go()
        del layer
        assert left() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("sent", "counted"),
    [(None, 1006), (1000, 1000), (1001, 1001), (2999, 1006), (3000, 3000), (4103, 3000), (4999, 3000)],
)
def test_codes_of_a_client_are_one(sent: int | None, counted: int) -> None:
    """Nobody makes a metric of two thousand series, or counts as what the server closes with."""
    layer = shaken()
    if sent is not None:
        layer.receive_data(Frame(Opcode.CLOSE, sent.to_bytes(2)).serialize(mask=True))
    assert layer.client_code == counted
