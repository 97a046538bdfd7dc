"""The opening handshake."""

from __future__ import annotations

import pytest
import websockets
from websockets.datastructures import Headers
from websockets.http11 import Request

from roomserver.gateway.handshake import refusal
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
