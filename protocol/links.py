"""
What a pasted link is: a YouTube video, a SoundCloud track, or a file.

Nothing is fetched. ``client_demo/js/src/media/links.ts`` does the same in the browser, and
``tests/vectors/links.json`` holds both to it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urljoin, urlsplit

from protocol.errors import ErrorCode, Rejected
from protocol.limits import DAY_MS, URL_CHARS
from protocol.text import clean

_OWN_PATH = re.compile(r"/media/[A-Za-z0-9._/-]+")
_BARE_SITE = re.compile(r"(?:www\.|m\.|music\.)?(?:youtube\.com|youtu\.be|soundcloud\.com)/", re.IGNORECASE)
_NOT_IN_LINKS = re.compile(r"[\s\\\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9._-]+")

_YOUTUBE_HOSTS = {"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"}
_YOUTUBE_PATH = re.compile(r"/(?:embed|shorts|live|v|e)/([^/]+)/?")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_SOUNDCLOUD_HOSTS = {"soundcloud.com", "m.soundcloud.com"}
_SOUNDCLOUD_TRACK = re.compile(r"/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)(/s-[A-Za-z0-9]+)?/?")
_SOUNDCLOUD_PAGES = frozenset(
    {
        "albums",
        "charts",
        "comments",
        "discover",
        "followers",
        "following",
        "likes",
        "messages",
        "people",
        "playlists",
        "popular-tracks",
        "reposts",
        "search",
        "sets",
        "settings",
        "spotlight",
        "stations",
        "stream",
        "tags",
        "toptracks",
        "tracks",
        "upload",
        "you",
    }
)
"""Words in the place of an artist or a track that name neither."""

_START = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s?)?")
_CLOCK = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,2}):([0-9]{2})")
_PATH_SAFE = "!$%&'()*+,-./:;=@[]^_|~"
_QUERY_SAFE = "!$%&()*+,-./:;=?@[]^_`{|}~"


class Link(NamedTuple):
    """
    What a link says of media. ``title`` is a file's name, a first guess; others have none.

    ``start_ms`` is where the link says to begin, None where it does not.
    """

    source: Literal["direct", "youtube", "soundcloud"]
    source_id: str
    title: str | None = None
    start_ms: int | None = None


def parse_link(text: str, field: str = "url") -> Link:
    """
    Read a pasted link.

    Raises:
        Rejected: ``bad_params`` naming the field, when nothing here can play it.

    """
    link = _read(text.strip(), field)
    if len(link.source_id) > URL_CHARS:
        raise _refusal(field, f"a link of at most {URL_CHARS} characters", f"{len(link.source_id)}")
    return link


def _read(text: str, field: str) -> Link:
    if _OWN_PATH.fullmatch(text) and ".." not in text:
        return Link("direct", text, _title(text))
    if _BARE_SITE.match(text):
        text = f"https://{text}"
    url, host = _split(text, field)
    site = host.removeprefix("www.")
    if site in {"youtu.be", "youtube.com"} or site in _YOUTUBE_HOSTS or site.endswith(".youtube.com"):
        return Link("youtube", _youtube_id(url, site, field), start_ms=_start(url))
    if site == "soundcloud.com" or site.endswith(".soundcloud.com"):
        return Link("soundcloud", _soundcloud_id(url, site, field), start_ms=_start(url))
    return Link("direct", _normal(url, host), _title(url.path))


def _split(text: str, field: str) -> tuple[SplitResult, str]:
    """Take a link apart, and return its host as DNS knows it too."""
    try:
        url = urlsplit(text)
        host = url.hostname or ""
        _ = url.port  # raises where it is no number, or too big
        if not host.isascii():
            host = host.encode("idna").decode()
        elif ":" in host:
            host = f"[{ipaddress.IPv6Address(host)}]"
    except ValueError:
        raise _refusal(field, "a link", _shown(text)) from None
    if url.scheme not in {"http", "https"} or _NOT_IN_LINKS.search(text) or "@" in url.netloc:
        raise _refusal(field, "an http(s) link without spaces and without a login", _shown(text))
    if not host.startswith("[") and not _HOST.fullmatch(host):
        raise _refusal(field, "a link to a host", _shown(text))
    return url, host


def _youtube_id(url: SplitResult, site: str, field: str) -> str:
    found = ""
    if site == "youtu.be":
        found = url.path.removeprefix("/").removesuffix("/")
    elif site in _YOUTUBE_HOSTS and url.path.rstrip("/") == "/watch":
        found = _param(url.query, "v")
    elif site in _YOUTUBE_HOSTS and (match := _YOUTUBE_PATH.fullmatch(url.path)):
        found = match[1]
    if not _YOUTUBE_ID.fullmatch(found):
        raise _refusal(field, "a link to one YouTube video", _shown(url.geturl()))
    return found


def _soundcloud_id(url: SplitResult, site: str, field: str) -> str:
    match = _SOUNDCLOUD_TRACK.fullmatch(url.path) if site in _SOUNDCLOUD_HOSTS else None
    # Upper case works there too, and two spellings of a track would be two tracks here.
    artist, track = (match[1].lower(), match[2].lower()) if match else ("", "")
    if match is None or artist in _SOUNDCLOUD_PAGES or track in _SOUNDCLOUD_PAGES:
        raise _refusal(field, "a link to one SoundCloud track, in full", _shown(url.geturl()))
    return f"{artist}/{track}{match[3] or ''}"


def _start(url: SplitResult) -> int | None:
    """Return the start in milliseconds; None for none, for zero, and for what cannot be read."""
    text = _param(url.query, "t") or _param(url.query, "start") or _param(url.fragment, "t")
    match = _CLOCK.fullmatch(text) or _START.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    ms = (hours * 3600 + minutes * 60 + seconds) * 1000
    return ms if 0 < ms < DAY_MS else None


def _param(query: str, name: str) -> str:
    return next((value for key, value in parse_qsl(query, keep_blank_values=True) if key == name), "")


def _normal(url: SplitResult, host: str) -> str:
    """Write a link as browsers do, so that two spellings of it are one file; the fragment goes."""
    default = {"http": 80, "https": 443}[url.scheme]
    port = "" if url.port in {None, default} else f":{url.port}"
    path = urljoin("/", quote(url.path, safe=_PATH_SAFE)) or "/"
    query = f"?{quote(url.query, safe=_QUERY_SAFE)}" if url.query else ""
    return f"{url.scheme}://{host}{port}{path}{query}"


def _title(path: str) -> str:
    file = re.sub(r"\.[a-z0-9]{2,5}\Z", "", path.rpartition("/")[2], flags=re.IGNORECASE)
    return clean(unquote(re.sub(r"[-_+]+", " ", file)))


def _shown(text: str) -> str:
    return repr(text[:64])


def _refusal(field: str, expected: str, got: str) -> Rejected:
    return Rejected(ErrorCode.BAD_PARAMS, f"expected {expected}, got {got}", field=field)
