"""
Resolving links: what a pasted link is called and how long it plays, found out by the server.

Off unless the operator wants it: it makes the server talk to hosts that users name.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol
from urllib.parse import urlsplit

from protocol.errors import ErrorCode, Rejected
from protocol.limits import TITLE_CHARS, URL_CHARS
from protocol.links import Link, parse_link
from protocol.text import clean
from protocol.values import ResolvedMedia
from roomserver.config import ConfigError, MediaConfig
from roomserver.probe import Prober
from roomserver.ytdlp import YtDlp

AT_ONCE_MAX = 4
"""Links looked at at once; a flood beyond this is told to come back."""
RETRY_AFTER_MS = 2_000

_PAGES = {"youtube": "https://www.youtube.com/watch?v=", "soundcloud": "https://soundcloud.com/"}


class Resolver(Protocol):
    """Finds out about links."""

    async def resolve(self, url: str) -> ResolvedMedia:
        """
        Return what a link leads to.

        Raises:
            Rejected: ``bad_params``, ``not_found``, ``overloaded``.

        """
        ...


class NoResolver:
    """What a server has that does not resolve links."""

    async def resolve(self, url: str) -> ResolvedMedia:  # noqa: ARG002 - the interface's name
        """Refuse."""
        raise Rejected(ErrorCode.NOT_FOUND, "the server does not resolve links")


class LinkResolver:
    """Asks yt-dlp about YouTube and SoundCloud, and looks at files itself."""

    def __init__(self, prober: Prober, yt_dlp: YtDlp) -> None:
        self._prober = prober
        self._yt_dlp = yt_dlp
        self._running = 0

    async def resolve(self, url: str) -> ResolvedMedia:
        """Return what a link leads to; a file's length stays unknown, browsers measure it."""
        link = parse_link(url)
        if self._running >= AT_ONCE_MAX:
            message = f"expected at most {AT_ONCE_MAX} links at once"
            raise Rejected(ErrorCode.OVERLOADED, message, retry_after_ms=RETRY_AFTER_MS)
        self._running += 1
        try:
            return await (self._file(link) if link.source == "direct" else self._page(link))
        finally:
            self._running -= 1

    async def _file(self, link: Link) -> ResolvedMedia:
        if not link.source_id.startswith("/"):
            await self._prober.probe(link.source_id)
        title = (link.title or "")[:TITLE_CHARS] or urlsplit(link.source_id).hostname or "Untitled"
        return ResolvedMedia(source=link.source, source_id=link.source_id, title=title)

    async def _page(self, link: Link) -> ResolvedMedia:
        page = _PAGES[link.source] + link.source_id
        try:
            await self._prober.check(urlsplit(page).hostname or "", 443)
        except OSError:
            raise Rejected(ErrorCode.NOT_FOUND, f"expected {link.source} to be reachable") from None
        found = await self._yt_dlp.describe(page)
        thumbnail = found.thumbnail or ""
        is_fit = thumbnail.startswith("https://") and len(thumbnail) <= URL_CHARS
        return ResolvedMedia(
            source=link.source,
            source_id=link.source_id,
            title=clean(found.title)[:TITLE_CHARS] or "Untitled",
            artist=found.by,
            duration_ms=found.duration_ms,
            thumbnail_url=thumbnail if is_fit else None,
            start_ms=link.start_ms,
        )


def make_resolver(config: MediaConfig) -> Resolver:
    """Return the resolver that the configuration asks for."""
    if config.resolver == "off":
        return NoResolver()
    return LinkResolver(Prober(private=config.allow_private_addresses), YtDlp())


def require_installed(config: MediaConfig) -> None:
    """
    Make sure that what the configuration asks for is there; call before anything is opened.

    Raises:
        ConfigError: it asks for yt-dlp, which is not installed.

    """
    if config.resolver != "off" and find_spec("yt_dlp") is None:
        problem = "media.resolver: expected yt-dlp to be installed, run: pip install 'roomserver[resolver]'"
        raise ConfigError([problem])
