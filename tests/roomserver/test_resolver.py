"""Resolving links: who is asked about what, and what comes of it."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from protocol.errors import ErrorCode, Rejected
from protocol.values import ResolvedMedia
from roomserver import resolver
from roomserver.config import ConfigError, MediaConfig
from roomserver.probe import Prober, Streams
from roomserver.resolver import AT_ONCE_MAX, LinkResolver, NoResolver, make_resolver, require_installed
from roomserver.ytdlp import YtDlp

PUBLIC = "93.184.216.34"
FOUND = {
    "title": " T\u202e" * 100,
    "duration": 213,
    "artist": "A",
    "thumbnail": "http://insecure.example/x.jpg",
}


async def public(_host: str, _port: int) -> list[str]:
    """Every name is on the internet."""
    return [PUBLIC]


async def private(_host: str, _port: int) -> list[str]:
    """Every name is at home."""
    return ["10.0.0.1"]


async def offline(_host: str, _port: int) -> list[str]:
    """There is no network."""
    raise OSError


async def serving(_address: str, _port: int, _tls: str | None) -> Streams:
    """Connect to a server that has one audio file."""
    ours, theirs = await _pipe()
    theirs.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n")
    theirs.close()
    return ours


async def _pipe() -> tuple[Streams, asyncio.StreamWriter]:
    arrived: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda _, writer: arrived.set_result(writer), "127.0.0.1", 0)
    streams = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer = await arrived
    server.close()
    return streams, writer


def yt_dlp(code: str = f"print({json.dumps(FOUND)!r})") -> YtDlp:
    """A real process in place of yt-dlp."""
    return YtDlp((sys.executable, "-I", "-c", f"import sys, json\n{code}"))


async def assert_refused(what: LinkResolver | NoResolver, url: str, code: ErrorCode, match: str) -> Rejected:
    """Check that a link is refused."""
    with pytest.raises(Rejected, match=match) as caught:
        await what.resolve(url)
    assert caught.value.code is code
    return caught.value


async def test_pages() -> None:
    """YouTube and SoundCloud go to yt-dlp; texts are cleaned and cut, pictures safe or left out."""
    found = await LinkResolver(Prober(lookup=public), yt_dlp()).resolve("https://youtu.be/dQw4w9WgXcQ?t=5")
    assert found.title.startswith("T T T")
    assert len(found.title) <= 128
    assert (found.source, found.source_id, found.start_ms) == ("youtube", "dQw4w9WgXcQ", 5000)
    assert (found.duration_ms, found.artist, found.thumbnail_url) == (213_000, "A", None)


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("youtube.com/shorts/dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://m.soundcloud.com/Some/Track?x=1", "https://soundcloud.com/some/track"),
    ],
)
async def test_yt_dlp_gets_our_own_spelling(link: str, page: str) -> None:
    """yt-dlp never sees what somebody typed, only an address of one of the two sites."""
    echo = yt_dlp("print(json.dumps({'title': sys.argv[-1]}))")
    assert (await LinkResolver(Prober(lookup=public), echo).resolve(link)).title == page


async def test_files() -> None:
    """A file is looked at by ourselves, never by yt-dlp; its length is for the browser to measure."""
    never = yt_dlp("sys.exit('asked about a file')")
    found = await LinkResolver(Prober(lookup=public, connect=serving), never).resolve(
        "http://x.example/My_song.mp3"
    )
    expected = ResolvedMedia(source="direct", source_id="http://x.example/My_song.mp3", title="My song")
    assert found == expected
    found = await LinkResolver(Prober(lookup=public, connect=serving), never).resolve("https://x.example")
    assert found.title == "x.example"


async def test_own_files() -> None:
    """A file of this server is not asked for over the network."""
    found = await LinkResolver(Prober(lookup=offline), yt_dlp()).resolve("/media/demo/a-b.wav")
    assert (found.source_id, found.title) == ("/media/demo/a-b.wav", "a b")


async def test_refusals() -> None:
    """What the link or the prober refuses is refused; a site out of reach is not found."""
    never = yt_dlp("sys.exit('asked')")
    await assert_refused(
        LinkResolver(Prober(lookup=private), never), "http://x.example/a", ErrorCode.BAD_PARAMS, "public"
    )
    await assert_refused(
        LinkResolver(Prober(lookup=private), never), "youtu.be/dQw4w9WgXcQ", ErrorCode.BAD_PARAMS, "public"
    )
    await assert_refused(
        LinkResolver(Prober(lookup=offline), never), "youtu.be/dQw4w9WgXcQ", ErrorCode.NOT_FOUND, "reach"
    )
    await assert_refused(LinkResolver(Prober(lookup=public), never), "nonsense", ErrorCode.BAD_PARAMS, "link")


async def test_flood() -> None:
    """So many links are looked at at once; the next is told to come back, and later there is room again."""
    opened = asyncio.Event()

    async def waiting(_host: str, _port: int) -> list[str]:
        await opened.wait()
        return ["10.0.0.1"]

    busy = LinkResolver(Prober(lookup=waiting), yt_dlp())
    running = [asyncio.create_task(busy.resolve("http://x.example/a")) for _ in range(AT_ONCE_MAX)]
    await asyncio.sleep(0)
    refused = await assert_refused(
        busy, "http://x.example/a", ErrorCode.OVERLOADED, "at most 4 links at once"
    )
    assert refused.facts == {"retry_after_ms": 2000}
    opened.set()
    results = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(result, Rejected) for result in results)
    await assert_refused(busy, "http://x.example/a", ErrorCode.BAD_PARAMS, "public")


async def test_off() -> None:
    """Off by default, and it says so."""
    made = make_resolver(MediaConfig())
    assert isinstance(made, NoResolver)
    await assert_refused(
        made, "youtu.be/dQw4w9WgXcQ", ErrorCode.NOT_FOUND, "the server does not resolve links"
    )
    assert isinstance(make_resolver(MediaConfig(resolver="yt-dlp")), LinkResolver)


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for what is not installed is told at the start, with what to do."""
    monkeypatch.setattr(resolver, "find_spec", lambda _: None)
    require_installed(MediaConfig())
    with pytest.raises(ConfigError, match=r"pip install 'roomserver\[resolver\]'"):
        require_installed(MediaConfig(resolver="yt-dlp"))
