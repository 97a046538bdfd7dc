"""Plain HTTP on the WebSocket's port."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request

from roomserver.gateway.http import CONTENT_SECURITY_POLICY, Answer, Site, respond, text_page
from tests.support.server import House

TRACK = bytes(range(200))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with a web client, a track, a page, and a secret outside."""
    web, media = tmp_path / "web", tmp_path / "media"
    (web / "assets").mkdir(parents=True)
    media.mkdir()
    (tmp_path / "roomserver.db").write_bytes(b"secret")
    (web / "index.html").write_text("<title>rooms</title>", encoding="utf-8")
    (web / "app.js").write_text("run()", encoding="utf-8")
    (web / "assets" / "app-0123abcd.css").write_text("a{}", encoding="utf-8")
    (media / "track.wav").write_bytes(TRACK)
    return Site({"/healthz": lambda: text_page("ok\n")}, web, media)


def get(site: Site, path: str, *ranges: str, method: str = "GET") -> Answer:
    """Ask for a path."""
    headers = Headers()
    for one in ranges:
        headers["Range"] = one
    return site.answer(Request(path, headers, method))


def content(answer: Answer) -> bytes:
    """Return what an answer sends after its head."""
    if answer.file is None:
        return bytes(answer.head.body or b"")
    whole = answer.file.path.read_bytes()
    return whole[answer.file.offset : answer.file.offset + answer.file.length]


def assert_answered(answer: Answer, status: HTTPStatus) -> None:
    """Check status, length and the headers that every answer carries."""
    head = answer.head
    assert head.status_code == status
    assert head.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert head.headers["X-Content-Type-Options"] == "nosniff"
    assert head.headers["Connection"] == "close"
    assert int(head.headers["Content-Length"]) == len(content(answer))


@pytest.mark.parametrize(
    ("path", "kind", "cache"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/?room=lobby", "text/html; charset=utf-8", "no-cache"),
        ("/r/lobby", "text/html; charset=utf-8", "no-cache"),
        ("/app.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/assets/app-0123abcd.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/healthz", "text/plain; charset=utf-8", "no-store"),
        ("/media/track.wav", "audio/x-wav", "no-cache"),
    ],
)
def test_paths(site: Site, path: str, kind: str, cache: str) -> None:
    """What is there is served with its type; only files named by their content are kept for good."""
    answer = get(site, path)
    assert_answered(answer, HTTPStatus.OK)
    assert answer.head.headers["Content-Type"] == kind
    assert answer.head.headers["Cache-Control"] == cache


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/assets",
        "/assets/",
        "/media/",
        "/media/track.wav/",
        "/media/../roomserver.db",
        "/../roomserver.db",
        "/..",
        "//etc/passwd",
        "/media//etc/passwd",
        "/media/%2e%2e/roomserver.db",
        "/media/..%2froomserver.db",
        "/media/..\\roomserver.db",
        "/media/....//roomserver.db",
        "/media/track.wav\x00",
        "/" + "a" * 300,
        "/media/" + "a" * 300,
        "/media/" + "a/" * 3000 + "b",
        "",
        "*",
        "http://elsewhere/",
    ],
)
def test_nothing_else(site: Site, path: str) -> None:
    """No other path leads anywhere, least of all out of the folders."""
    answer = get(site, path)
    assert_answered(answer, HTTPStatus.NOT_FOUND)
    assert b"secret" not in content(answer)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/r/Lobby", "/r/lobby"),
        ("/r/lobby/", "/r/lobby"),
        ("/r/LOBBY//?a=1&b=%20", "/r/lobby?a=1&b=%20"),
        ("/r/lob%62y", "/r/lobby"),
        ("/r/%2F%2Fevil/", "/r/evil"),
        ("/r/lobby/?a\r\nSet-Cookie: b", "/r/lobby"),
        ("/r/", "/"),
        ("/r//?a", "/?a"),
    ],
)
def test_rooms_typed_otherwise(site: Site, path: str, place: str) -> None:
    """A room's address in capitals or with a slash at the end leads to the room, the query kept."""
    answer = get(site, path)
    assert_answered(answer, HTTPStatus.PERMANENT_REDIRECT)
    assert answer.head.headers["Location"] == place


@pytest.mark.parametrize(
    "word", ["a" * 33, "a_b", "a.b", "a/b", "caf%C3%A9", "%ff", "..%2froomserver.db", "../x", "a\x00"]
)
def test_what_no_room_is_called(site: Site, word: str) -> None:
    """The page says that there is no such room, and the status says so too."""
    answer = get(site, f"/r/{word}")
    assert_answered(answer, HTTPStatus.NOT_FOUND)
    assert content(answer) == content(get(site, "/r/lobby"))


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-", 0, 199),
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=199-", 199, 199),
        ("bytes=150-9999", 150, 199),
        ("bytes=-1", 199, 199),
        ("bytes=-50", 150, 199),
        ("bytes=-5000", 0, 199),
    ],
)
def test_ranges(site: Site, wanted: str, first: int, last: int) -> None:
    """A browser seeks by ranges: from, to, and the last so many bytes."""
    answer = get(site, "/media/track.wav", wanted)
    assert_answered(answer, HTTPStatus.PARTIAL_CONTENT)
    assert answer.head.headers["Content-Range"] == f"bytes {first}-{last}/200"
    assert content(answer) == TRACK[first : last + 1]


@pytest.mark.parametrize("wanted", ["bytes=200-", "bytes=200-300", "bytes=-0", "bytes=9999999999-"])
def test_unsatisfiable(site: Site, wanted: str) -> None:
    """A range without a byte is refused with the size."""
    answer = get(site, "/media/track.wav", wanted)
    assert_answered(answer, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    assert answer.head.headers["Content-Range"] == "bytes */200"


@pytest.mark.parametrize(
    "wanted",
    [
        ("bytes=-",),
        ("bytes=a-b",),
        ("lines=1-2",),
        ("bytes=0-1,5-6",),
        ("bytes=0-1", "bytes=5-6"),
        ("bytes=" + "9" * 5000 + "-",),
        ("bytes 0-1",),
    ],
)
def test_unknown_ranges(site: Site, wanted: tuple[str, ...]) -> None:
    """A range in a form that we do not know means the whole file, not an error."""
    answer = get(site, "/media/track.wav", *wanted)
    assert_answered(answer, HTTPStatus.OK)
    assert content(answer) == TRACK
    assert "Content-Range" not in answer.head.headers


def test_empty_file(site: Site, tmp_path: Path) -> None:
    """An empty file is served whole, and has no ranges."""
    (tmp_path / "media" / "empty.wav").touch()
    assert_answered(get(site, "/media/empty.wav"), HTTPStatus.OK)
    refused = get(site, "/media/empty.wav", "bytes=0-")
    assert_answered(refused, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)


@pytest.mark.parametrize("path", ["/", "/healthz", "/media/track.wav", "/nothing"])
def test_head(site: Site, path: str) -> None:
    """HEAD answers the head of GET, and nothing after it."""
    whole, head = get(site, path), get(site, path, method="HEAD")
    assert head.head.status_code == whole.head.status_code
    assert head.head.headers == whole.head.headers
    assert content(head) == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
def test_other_methods(site: Site, method: str) -> None:
    """The server takes nothing by HTTP."""
    answer = get(site, "/healthz", method=method)
    assert_answered(answer, HTTPStatus.METHOD_NOT_ALLOWED)
    assert answer.head.headers["Allow"] == "GET, HEAD"


def test_web_client_not_built(tmp_path: Path) -> None:
    """Without the built page the visitor is told what to do, and the rest works."""
    site = Site({}, tmp_path / "none", tmp_path)
    answer = get(site, "/")
    assert_answered(answer, HTTPStatus.SERVICE_UNAVAILABLE)
    assert b"make web" in content(answer)
    assert_answered(get(site, "/app.js"), HTTPStatus.NOT_FOUND)


def test_policy_forbids_by_default() -> None:
    """Scripts come from this server only; nothing inline, no frame around us."""
    answer = respond(*text_page("x"))
    policy = dict(part.split(" ", 1) for part in answer.head.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"


class Page(NamedTuple):
    """What came over the socket."""

    status: int
    headers: dict[str, str]
    body: bytes


async def fetch(port: int, request: bytes) -> Page:
    """Send bytes and read the answer to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(5):
        data = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return Page(int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body)


async def test_over_the_socket(house: House) -> None:
    """A track arrives whole and by range, pages and health too."""
    track = (house.data / "media" / "night-bus.wav").read_bytes()
    whole = await fetch(house.port, b"GET /media/night-bus.wav HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (whole.status, whole.body) == (200, track)
    part = await fetch(
        house.port, b"GET /media/night-bus.wav HTTP/1.1\r\nHost: x\r\nRange: bytes=1000-\r\n\r\n"
    )
    assert (part.status, part.body) == (206, track[1000:])
    head = await fetch(house.port, b"HEAD /media/night-bus.wav HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) == len(track)
    for path in ("/healthz", "/readyz", "/privacy", "/privacy.json"):
        page = await fetch(house.port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert page.status == 200
        assert int(page.headers["content-length"]) == len(page.body)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
        (b"POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", 405),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"GET /media/" + b"a" * 300 + b" HTTP/1.1\r\n\r\n", 404),
        (b"GET /media/night-bus.wav HTTP/1.1\r\nRange: bytes=" + b"9" * 5000 + b"-\r\n\r\n", 200),
        (b"GET /ws HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: http://a\r\n\r\n", 403),
        (b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n\r\n", 400),
    ],
)
async def test_strange_requests(house: House, request_: bytes, status: int) -> None:
    """Whatever comes: an answer in HTTP, no exception, and the server goes on."""
    assert (await fetch(house.port, request_)).status == status
    await (await house.guest()).synced()


async def test_draining_is_not_ready(house: House) -> None:
    """A load balancer sees that the server stops while it still answers."""
    house.server.operation.is_draining = True
    page = await fetch(house.port, b"GET /readyz HTTP/1.1\r\n\r\n")
    assert (page.status, page.body) == (503, b"draining\n")


async def test_reader_of_a_track_stops(house: House) -> None:
    """Who disconnects in the middle of a track leaves no connection behind."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1024)
    writer.write(b"GET /media/night-bus.wav HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readexactly(100)
    writer.transport.abort()
    wire = await house.guest()
    async with asyncio.timeout(5):
        while len(house.server.gateway) > 1:
            await wire.synced()
