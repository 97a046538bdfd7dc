"""Requests with a body, and answers that wait or are long."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import cast

import h11
import pytest

from roomserver.gateway.http import HEAD_BYTES, Answer, respond, text_page
from roomserver.gateway.plain import BODY_BYTES, Posting, Responding

HEAD = b"POST /x?y HTTP/1.1\r\nHost: h\r\nA: one\r\nContent-Length: 5\r\n\r\n"


class Wire:
    """A transport that remembers."""

    def __init__(self) -> None:
        self.sent = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        """Keep what is written."""
        self.sent += data

    def close(self) -> None:
        """Note the end."""
        self.is_closed = True

    def is_closing(self) -> bool:
        """Say whether it has ended."""
        return self.is_closed


def responding(wire: Wire) -> Responding:
    """Return a response on a wire whose reader is never slow."""
    return Responding(cast("asyncio.Transport", wire), lambda: False)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_request_in_pieces(size: int) -> None:
    """However it is cut, the request is there when its last byte is, and not before."""
    posting, data = Posting(), HEAD + b"hello"
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    answers = [posting.feed(piece) for piece in pieces]
    request = answers[-1]

    assert Posting.begins(data)
    assert answers[:-1] == [None] * (len(pieces) - 1)
    assert request is not None
    assert (request.method, request.path, request.headers["A"]) == ("POST", "/x?y", "one")


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * (HEAD_BYTES + 1),
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n" + b"x" * (BODY_BYTES + 1),
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\n\r\n",
    ],
)
def test_what_is_none(data: bytes) -> None:
    """No host, too big a head or body, contradicting lengths."""
    with pytest.raises(h11.RemoteProtocolError):
        Posting().feed(data)


def test_what_the_frame_layer_reads() -> None:
    """A GET is none of its business."""
    assert not Posting.begins(b"GET / HTTP/1.1\r\n")


async def test_an_answer_to_come() -> None:
    """It is sent when it is made, and the connection ends behind it."""
    wire, made = Wire(), asyncio.Event()

    async def later() -> Answer:
        await made.wait()
        return respond(*text_page("here\n"))

    responding(wire).begin(later())
    await asyncio.sleep(0)
    assert wire.sent == b""
    made.set()
    for _ in range(4):
        await asyncio.sleep(0)

    assert wire.sent.endswith(b"here\n")
    assert wire.is_closed


async def test_an_answer_that_fails() -> None:
    """A page that raises is a plain 503 without a word of why."""
    wire = Wire()

    async def later() -> Answer:
        raise ValueError("secret")

    responding(wire).begin(later())
    for _ in range(4):
        await asyncio.sleep(0)

    assert str(HTTPStatus.SERVICE_UNAVAILABLE.value).encode() in wire.sent.splitlines()[0]
    assert b"secret" not in wire.sent


async def test_a_client_that_went(tmp_path: Path) -> None:
    """To somebody who is gone nothing is sent."""
    wire = Wire()

    async def later() -> Answer:
        return respond(*text_page("here\n"))

    responding(wire).begin(later())
    wire.close()
    for _ in range(4):
        await asyncio.sleep(0)

    assert wire.sent == b""


def test_a_file_on_its_way() -> None:
    """What a path takes is kept up to its limit; more is read, for the sender to hear of it, and dropped."""
    head = b"POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
    for length, body in ((10, b"x" * 10), (11, None)):
        posting = Posting({"/up": 10}.get)  # type: ignore[arg-type]  # every path here is known
        assert posting.feed(head % length + b"x" * 4) is None
        assert posting.is_upload
        assert posting.feed(b"x" * (length - 4)) is not None
        assert posting.body == body


def test_a_file_without_end() -> None:
    """What is far longer than it may be is not read to its end."""
    posting = Posting(lambda _: 10)
    posting.feed(b"POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n")
    for _ in range(16):
        assert posting.feed(b"x" * 1024 * 1024) is None
    with pytest.raises(h11.RemoteProtocolError):
        posting.feed(b"x" * 1024)


def test_a_path_that_takes_no_file() -> None:
    """Its body is not kept, and is nothing that takes time."""
    posting = Posting()
    posting.feed(HEAD + b"hello")
    assert not posting.is_upload
    assert posting.body == b""
