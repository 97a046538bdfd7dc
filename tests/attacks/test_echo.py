"""The frame layer on its own: what a conformance suite asks, in small, on every run of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.attacks.autobahn.run import summary
from tests.attacks.echo import EchoGateway
from tests.support.server import masked

TEXT, BINARY, CONT, CLOSE, PING = 1, 2, 0, 8, 9
_FIN = 0x80


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """Return a client's frame."""
    whole = masked(payload, opcode)
    return whole if fin else bytes((whole[0] & ~_FIN,)) + whole[1:]


@pytest.fixture
async def client() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Return both ends of a connection to an echo, the handshake done."""
    gateway = EchoGateway()
    listener = await asyncio.get_running_loop().create_server(gateway.connect, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
    head = ("GET /ws HTTP/1.1", "Host: a", "Upgrade: websocket", "Connection: Upgrade")
    keys = ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13", "", "")
    writer.write("\r\n".join((*head, *keys)).encode())
    await reader.readuntil(b"\r\n\r\n")
    yield reader, writer
    writer.transport.abort()
    listener.close()
    await gateway.drain("over", patience_seconds=1)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ([frame(BINARY, b"hi")], b"\x82\x02hi"),
        ([frame(TEXT, b"hi")], b"\x81\x02hi"),
        ([frame(TEXT, b"h", fin=False), frame(CONT, b"i")], b"\x81\x02hi"),
        # A ping between fragments is answered first, and so is one before a message.
        ([frame(TEXT, b"h", fin=False), frame(PING, b"p"), frame(CONT, b"i")], b"\x8a\x01p\x81\x02hi"),
        ([frame(PING, b"p"), frame(BINARY, b"hi")], b"\x8a\x01p\x82\x02hi"),
        # What came before a close is carried out, and a close between fragments is answered.
        ([frame(BINARY, b"hi"), frame(CLOSE, b"\x03\xe8")], b"\x82\x02hi\x88\x02\x03\xe8"),
        ([frame(TEXT, b"h", fin=False), frame(CLOSE, b"\x03\xe8")], b"\x88\x02\x03\xe8"),
        ([frame(TEXT, b"\xff")], b"\x88\x10\x03\xefexpected UTF-8"),
    ],
)
async def test_frames(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter], sent: list[bytes], answer: bytes
) -> None:
    """Frames of one packet are answered in the order and with the bytes that RFC 6455 names."""
    reader, writer = client
    writer.write(b"".join(sent))
    async with asyncio.timeout(5):
        assert await reader.readexactly(len(answer)) == answer


def test_summary() -> None:
    """The table counts outcomes by group; a case or a close that did not pass is named."""
    good = {"behavior": "OK", "behaviorClose": "OK"}
    index = {
        "1.1.1": good,
        "1.1.2": good | {"behavior": "FAILED"},
        "10.1": good | {"behavior": "NON-STRICT"},
        "7.1.5": good | {"behaviorClose": "WRONG CODE"},
    }
    table, failed = summary(index)
    assert table.splitlines()[2:] == ["| 1 | 2 | 1 | 0 | 0 | 1 |", "| 7 | 1 | 1 | 0 | 0 | 0 |",
                                      "| 10 | 1 | 0 | 1 | 0 | 0 |"]  # fmt: skip
    assert failed == ["1.1.2: FAILED, close OK", "7.1.5: OK, close WRONG CODE"]
