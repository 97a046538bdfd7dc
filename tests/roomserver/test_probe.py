"""Looking at files behind links: what is found, and where it never goes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from protocol.errors import ErrorCode, Rejected
from roomserver import probe
from roomserver.probe import Dial, Probed, Prober, Streams, dial, is_allowed, system_lookup

PUBLIC = "93.184.216.34"
OTHER = "2606:2800:220:1:248:1893:25c8:1946"
AUDIO = "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 123\r\n\r\n"


class Site:
    """
    A real HTTP server on loopback that stands for the whole internet.

    ``pages`` maps a verb and path to the bytes to answer. ``asked`` are the requests that
    came, ``dialled`` the addresses that the prober wanted to connect to.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.heads: list[str] = []
        self._server: asyncio.Server

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def close(self) -> None:
        """Stop."""
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        request = head.split(" HTTP/1.1", 1)[0]
        self.asked.append(request)
        page = self.pages.get(request, "HTTP/1.1 404 Not Found\r\n\r\n")
        if page == "silence":
            await reader.read()
        writer.write(page.encode("latin-1"))
        writer.close()

    async def connect(self, address: str, port: int, _tls_host: str | None) -> Streams:
        """Connect here, whatever the address."""
        self.dialled.append((address, port))
        return await dial("127.0.0.1", self._server.sockets[0].getsockname()[1], None)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """The whole internet."""
    internet = Site()
    await internet.start()
    yield internet
    await internet.close()


class Names:
    """A resolver that answers each question with the next of its answers, and keeps the last."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> list[str]:
        """Answer."""
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def nowhere(_address: str, _port: int, _tls_host: str | None) -> Streams:
    """Fail the test: nothing may be connected to."""
    pytest.fail("the prober connected to an address that is not allowed")


async def assert_refused(
    prober: Prober, url: str, match: str, code: ErrorCode = ErrorCode.BAD_PARAMS
) -> None:
    """Check that a link is refused for the field ``url``."""
    with pytest.raises(Rejected, match=match) as caught:
        await prober.probe(url)
    assert caught.value.code is code
    assert caught.value.facts == {"field": "url"}


@pytest.mark.parametrize("address", [PUBLIC, OTHER, "1.1.1.1"])
def test_public_addresses(address: str) -> None:
    """Addresses of the internet are allowed."""
    assert is_allowed(address)


PRIVATE = ["127.0.0.1", "127.8.9.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    """The own network is allowed only where the operator says so."""
    assert not is_allowed(address)
    assert is_allowed(address, private=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "224.0.0.1",
        "ff02::1",
        "0.0.0.0",
        "::",
        "255.255.255.255",
        "240.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.216.34",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001::1",
        "fec0::1",
        "",
        "localhost",
        "0x7f000001",
    ],
)
def test_never_allowed(address: str) -> None:
    """Link-local, multicast, reserved and wrapped addresses are refused even then."""
    assert not is_allowed(address)
    assert not is_allowed(address, private=True)


async def test_head(site: Site) -> None:
    """The type and size of a file are read off its head; the name's one lookup is where it connects."""
    site.pages["HEAD /a.mp3?x=1"] = AUDIO
    names = Names([PUBLIC, OTHER])
    prober = Prober(lookup=names, connect=site.connect)
    assert await prober.probe("http://x.example/a.mp3?x=1") == Probed("audio/mpeg", 123)
    assert (names.asked, site.dialled) == (["x.example"], [(PUBLIC, 80)])
    assert "\r\nHost: x.example\r\n" in site.heads[0]
    assert "Cookie" not in site.heads[0]


async def test_get_where_head_is_not_known(site: Site) -> None:
    """A server that refuses HEAD is asked for one byte; an endless answer is not read."""
    site.pages["HEAD /a.mp3"] = "HTTP/1.1 405 Method Not Allowed\r\n\r\n"
    site.pages["GET /a.mp3"] = (
        "HTTP/1.1 206 Partial Content\r\nContent-Type: Audio/OGG; x=y\r\nContent-Range: bytes 0-0/5000\r\n"
        "Content-Length: 1\r\n\r\n" + "x" * 1_000_000
    )
    prober = Prober(lookup=Names([PUBLIC]), connect=site.connect)
    assert await prober.probe("http://x.example/a.mp3") == Probed("audio/ogg", 5000)
    assert "\r\nRange: bytes=0-0\r\n" in site.heads[1]


async def test_interim_answers(site: Site) -> None:
    """Early hints are passed over, but not without end."""
    hint = "HTTP/1.1 103 Early Hints\r\n\r\n"
    site.pages["HEAD /a.mp3"] = hint + AUDIO
    site.pages["HEAD /b.mp3"] = hint * 9
    prober = Prober(lookup=Names([PUBLIC]), connect=site.connect)
    assert (await prober.probe("http://x.example/a.mp3")).size == 123
    await assert_refused(prober, "http://x.example/b.mp3", "only interim ones")


async def test_redirects(site: Site) -> None:
    """Redirects are followed, relative ones too, each with a lookup of its own; a fourth is too many."""
    site.pages["HEAD /1"] = "HTTP/1.1 302 Found\r\nLocation: /2\r\n\r\n"
    site.pages["HEAD /2"] = "HTTP/1.1 301 Moved\r\nLocation: https://y.example/3\r\n\r\n"
    site.pages["HEAD /3"] = "HTTP/1.1 307 Moved\r\nLocation: //z.example/4\r\n\r\n"
    site.pages["HEAD /4"] = AUDIO
    site.pages["HEAD /0"] = "HTTP/1.1 308 Moved\r\nLocation: /1\r\n\r\n"
    names = Names([PUBLIC])
    prober = Prober(lookup=names, connect=site.connect)
    assert (await prober.probe("http://x.example/1")).content_type == "audio/mpeg"
    assert names.asked == ["x.example", "x.example", "y.example", "z.example"]
    assert [port for _, port in site.dialled] == [80, 80, 443, 443]
    await assert_refused(prober, "http://x.example/0", "at most 3 redirects, got more")


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "https://localhost/",
    ],
)
async def test_redirect_to_a_forbidden_address(site: Site, target: str) -> None:
    """No spelling of a forbidden address is connected to, neither at first nor after a redirect."""
    site.pages["HEAD /1"] = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\n\r\n"

    async def lookup(host: str, port: int) -> list[str]:
        return [PUBLIC] if host == "x.example" else await system_lookup(host, port)

    prober = Prober(lookup=lookup, connect=site.connect)
    await assert_refused(prober, "http://x.example/1", "expected a link to a public address")
    assert site.dialled == [(PUBLIC, 80)]
    await assert_refused(Prober(connect=nowhere), target, "expected a link to a public address")


@pytest.mark.parametrize(
    ("target", "match"),
    [
        ("ftp://y.example/a.mp3", r"expected an http\(s\) link"),
        ("file:///etc/passwd", r"expected an http\(s\) link"),
        ("http://user:pw@y.example/a.mp3", "without a login"),
        ("http://y.example:8080/a.mp3", "expected port 80 for http"),
        ("https://y.example:80/a.mp3", "or 443 for https, got 80"),
        ("https://youtu.be/dQw4w9WgXcQ", "a redirect to a page"),
        ("", "at most 3 redirects"),
    ],
)
async def test_redirects_elsewhere(site: Site, target: str, match: str) -> None:
    """A redirect is held to the rules of links: scheme, port, no login, a file."""
    site.pages["HEAD /1"] = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\n\r\n"
    prober = Prober(lookup=Names([PUBLIC]), connect=site.connect)
    await assert_refused(prober, "http://x.example/1", match)
    assert set(site.dialled) == {(PUBLIC, 80)}


async def test_rebinding(site: Site) -> None:
    """A name that is public when checked and private later is connected to at the checked address."""
    site.pages["HEAD /a.mp3"] = AUDIO
    names = Names([PUBLIC], ["127.0.0.1"])
    prober = Prober(lookup=names, connect=site.connect)
    await prober.probe("http://x.example/a.mp3")
    assert (len(names.asked), site.dialled) == (1, [(PUBLIC, 80)])
    await assert_refused(prober, "http://x.example/a.mp3", "public address")
    assert site.dialled == [(PUBLIC, 80)]


async def test_dialling_does_not_look_up() -> None:
    """What connects for real takes an address only, and gives it to the system as it is."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await dial("127.0.0.1", server.sockets[0].getsockname()[1], None)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("found", [[], [PUBLIC, "10.0.0.1"], ["::ffff:1.1.1.1"]])
async def test_one_bad_address_is_enough(found: list[str]) -> None:
    """A name with any address that is not allowed is refused whole."""
    prober = Prober(lookup=Names(found), connect=nowhere)
    await assert_refused(prober, "http://x.example/a.mp3", "public address")


async def test_own_network_when_allowed(site: Site) -> None:
    """With the operator's leave a file of the own network is looked at."""
    site.pages["HEAD /a.mp3"] = AUDIO
    prober = Prober(private=True, lookup=Names(["192.168.1.5"]), connect=site.connect)
    assert (await prober.probe("http://nas.example/a.mp3")).size == 123


@pytest.mark.parametrize(
    ("page", "match", "code"),
    [
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "got 'text/html'", ErrorCode.BAD_PARAMS),
        ("HTTP/1.1 200 OK\r\n\r\n", "audio or video, got ''", ErrorCode.BAD_PARAMS),
        ("HTTP/1.1 410 Gone\r\n\r\n", "got HTTP status 410", ErrorCode.NOT_FOUND),
        ("SSH-2.0-OpenSSH\r\n\r\n", "an HTTP server that answers", ErrorCode.NOT_FOUND),
        ("", "an HTTP server that answers", ErrorCode.NOT_FOUND),
        ("HTTP/1.1 200 OK\r\nX: " + "x" * 20_000 + "\r\n\r\n", "an HTTP server", ErrorCode.NOT_FOUND),
        ("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 500 + "\r\n", "an HTTP server", ErrorCode.NOT_FOUND),
    ],
)
async def test_not_a_file(site: Site, page: str, match: str, code: ErrorCode) -> None:
    """What is no file, or no HTTP, or has too long a head, is refused."""
    site.pages["HEAD /a.mp3"] = page
    prober = Prober(lookup=Names([PUBLIC]), connect=site.connect)
    await assert_refused(prober, "http://x.example/a.mp3", match, code)


@pytest.mark.parametrize("length", ["-5", "x", "", "9" * 40])
async def test_unknown_size(site: Site, length: str) -> None:
    """A size that is no number is unknown."""
    site.pages["HEAD /a.mp3"] = (
        f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {length}\r\n\r\n"
    )
    prober = Prober(lookup=Names([PUBLIC]), connect=site.connect)
    assert await prober.probe("http://x.example/a.mp3") == Probed("video/mp4", None)


async def test_silence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and says nothing is given up on in time."""
    monkeypatch.setattr(probe, "TIMEOUT_SECONDS", 0.05)
    site.pages["HEAD /a.mp3"] = "silence"
    prober = Prober(lookup=Names([PUBLIC]), connect=site.connect)
    await assert_refused(prober, "http://x.example/a.mp3", "an answer within 0.05 s", ErrorCode.NOT_FOUND)


async def test_nothing_there() -> None:
    """Neither a name that is not known nor a closed port says anything about the network."""

    async def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def closed(*_: object) -> Streams:
        raise ConnectionRefusedError(111, "refused by 10.0.0.7")

    connect: Dial = closed
    for prober in (Prober(lookup=unknown, connect=nowhere), Prober(lookup=Names([PUBLIC]), connect=connect)):
        await assert_refused(
            prober, "http://x.example/a.mp3", "an HTTP server that answers, got none$", ErrorCode.NOT_FOUND
        )
