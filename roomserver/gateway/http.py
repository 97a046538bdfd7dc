"""Plain HTTP on the WebSocket's port: the web client, demo media, health, the privacy notice."""

from __future__ import annotations

import ipaddress
import mimetypes
import re
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: https: http:",
    # People queue media by URL, from anywhere.
    "media-src 'self' https: http:",
    "connect-src 'self'",
    "frame-src https://www.youtube-nocookie.com",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
CONTENT_SECURITY_POLICY = "; ".join(_POLICY)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # YouTube's player refuses to play without a referrer (error 153).
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_HASHED = re.compile(r"-[0-9A-Za-z]{8,}\.\w+$")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}(/[A-Za-z0-9._-]{1,128}){0,7}")
"""Short enough for every file system: a longer name is an error there, not a missing file."""
_SLUG = re.compile(r"[a-z0-9-]{1,32}")
_QUERY = re.compile(r"(\?[!-~]*)?")
"""What of a request's target may stand in a header."""
_YEAR_SECONDS = 365 * 24 * 3600


HEAD_BYTES = 16 * 1024
"""Longest request head; the library allows a megabyte of headers, each below its own limit."""


class FilePart(NamedTuple):
    """A stretch of a file to send after the head."""

    path: Path
    offset: int
    length: int


class Answer(NamedTuple):
    """A response: its head with a short body, or a head followed by a part of a file."""

    head: Response
    file: FilePart | None = None


Page = Callable[[], tuple[HTTPStatus, str, bytes]]
"""Makes a small page: status, content type, body."""


LaterPage = Callable[[str, str], Coroutine[object, object, Answer]]
"""Makes a page that waits for storage, of the request's method and the rest of its path."""


class Upload(Protocol):
    """A page that takes a file in the body of a POST."""

    def limit(self, word: str) -> int:
        """Return how much may be sent to the rest of its path now, 0 for nothing."""
        ...

    async def page(self, method: str, word: str, body: bytes | None) -> Answer:
        """Answer; ``body`` None: more was sent than may be."""
        ...


_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP")


def is_local(address: str, request: Request) -> bool:
    """Say whether a request comes from this machine, and not through a proxy on it."""
    if any(request.headers.get_all(name) for name in _FORWARDED):
        return False
    if address == "":
        return True  # a Unix socket has no address
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def text_page(text: str, status: HTTPStatus = HTTPStatus.OK) -> tuple[HTTPStatus, str, bytes]:
    """Return a plain-text page."""
    return status, "text/plain; charset=utf-8", text.encode()


def respond(
    status: HTTPStatus, content_type: str, body: bytes, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return an answer with the security headers; every response ends its connection."""
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        **SECURITY_HEADERS,
        **(headers or {}),
    }
    return Answer(Response(status.value, status.phrase, Headers(fields), body))


def failed() -> Answer:
    """Return the answer when a page could not be made; why is in the log."""
    return respond(*text_page("the server could not do this now\n", HTTPStatus.SERVICE_UNAVAILABLE))


def malformed() -> Answer:
    """Return the answer to what is no request that this server reads; it takes no bodies."""
    message = "expected an HTTP/1.1 request that this server takes\n"
    return respond(*text_page(message, HTTPStatus.BAD_REQUEST))


def head_too_big(at_most: int) -> Answer:
    """Return the answer to a request with too many or too long headers."""
    message = f"expected a request's head of at most {at_most} bytes\n"
    return respond(*text_page(message, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))


def too_often(wait_ms: int) -> Answer:
    """Return the answer to somebody who comes too often."""
    headers = {"Retry-After": str(-(-wait_ms // 1000))}
    message = "expected fewer requests from your network\n"
    return respond(*text_page(message, HTTPStatus.TOO_MANY_REQUESTS), headers)


class Site:
    """
    The paths of the server.

    ``pages`` are made on request, ``local_pages`` for this machine only; ``web`` holds the
    built web client, ``media`` the demo tracks, None is none. Only names of plain characters
    below those folders exist, whatever they say. ``later`` are pages that wait for storage,
    ``uploads`` those that take files, by the beginning of their path.
    """

    def __init__(
        self,
        pages: Mapping[str, Page],
        web: Path | None = None,
        media: Path | None = None,
        local_pages: Mapping[str, Page] | None = None,
        later: Mapping[str, LaterPage] | None = None,
        uploads: Mapping[str, Upload] | None = None,
    ) -> None:
        self._uploads = uploads or {}
        self._pages = pages
        self._later = later or {}
        self._local_pages = local_pages or {}
        self._web = web
        self._media = media

    def body_limit(self, target: str) -> int:
        """Return how much of a file a path takes now; 0 for a path that takes none."""
        path = target.partition("?")[0]
        for beginning, upload in self._uploads.items():
            if path.startswith(beginning):
                return upload.limit(path.removeprefix(beginning))
        return 0

    def later(self, request: Request, body: bytes | None = b"") -> Coroutine[object, object, Answer] | None:
        """Return the answer to come of a page that waits for storage; None for any other path."""
        path = request.path.partition("?")[0]
        for beginning, upload in self._uploads.items():
            if path.startswith(beginning):
                return upload.page(request.method, path.removeprefix(beginning), body)
        for beginning, page in self._later.items():
            if path.startswith(beginning) and path != beginning:
                return page(request.method, path.removeprefix(beginning))
        return None

    def answer(self, request: Request, *, is_local: bool = False) -> Answer:
        """Answer a GET, or a HEAD with the head of the same answer."""
        if request.method not in {"GET", "HEAD"}:
            message = "expected GET or HEAD\n"
            return respond(*text_page(message, HTTPStatus.METHOD_NOT_ALLOWED), {"Allow": "GET, HEAD"})
        answer = self._get(request, is_local=is_local)
        if request.method == "GET":
            return answer
        head = answer.head
        return Answer(Response(head.status_code, head.reason_phrase, head.headers, b""))

    def _get(self, request: Request, *, is_local: bool) -> Answer:
        path = request.path.partition("?")[0]
        page = self._pages.get(path) or (self._local_pages.get(path) if is_local else None)
        if page is not None:
            return respond(*page())
        if path.startswith("/media/"):
            ranges = request.headers.get_all("Range")
            return self._file(self._media, path.removeprefix("/media/"), ", ".join(ranges) or None)
        if path == "/":
            return self._index()
        if path.startswith("/r/"):
            return self._room(path.removeprefix("/r/"), request.path.removeprefix(path))
        return self._file(self._web, path.removeprefix("/"), None)

    def _room(self, word: str, query: str) -> Answer:
        """
        Return the page of a room.

        An address that somebody typed in capitals, or with a slash at the end, leads to the right
        one. What no room can be called has the page too, which says that there is no such room.
        """
        slug = unquote(word).strip("/").lower()
        if slug and not _SLUG.fullmatch(slug):
            return self._index(HTTPStatus.NOT_FOUND)
        if slug and slug == word:
            return self._index()
        place = f"/r/{slug}" if slug else "/"
        kept = query if _QUERY.fullmatch(query) else ""
        page = text_page(f"this page is at {place}\n", HTTPStatus.PERMANENT_REDIRECT)
        return respond(*page, {"Location": place + kept})

    def _index(self, status: HTTPStatus = HTTPStatus.OK) -> Answer:
        index = None if self._web is None else self._web / "index.html"
        if index is None or not index.is_file():
            missing = "the web client is not built: run `make web`\n"
            return respond(*text_page(missing, HTTPStatus.SERVICE_UNAVAILABLE))
        headers = {"Cache-Control": "no-cache"}
        return respond(status, "text/html; charset=utf-8", index.read_bytes(), headers)

    def _file(self, root: Path | None, name: str, wanted: str | None) -> Answer:
        path = None if root is None or not _NAME.fullmatch(name) or ".." in name else root / name
        if path is None or not path.is_file():
            return respond(*text_page("expected a path of this server\n", HTTPStatus.NOT_FOUND))
        size = path.stat().st_size
        match = _RANGE.fullmatch((wanted or "").strip())
        # RFC 9110, 14.2: a range in a form that we do not know is ignored.
        partial = match is not None and (match[1], match[2]) != ("", "")
        span = _span(match[1], match[2], size) if match is not None and partial else (0, size)
        if span is None:
            headers = {"Content-Range": f"bytes */{size}"}
            message = f"expected a range within {size} bytes\n"
            return respond(*text_page(message, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE), headers)
        return file_answer(path, span, size, partial=partial)


def _span(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Return offset and length of a single byte range, None when the file has no such bytes."""
    if first == "":
        length = min(int(last), size)
        return (size - length, length) if length else None
    offset = int(first)
    end = min(int(last), size - 1) if last else size - 1
    return (offset, end - offset + 1) if offset <= end else None


def file_answer(path: Path, span: tuple[int, int], size: int, *, partial: bool) -> Answer:
    """Return a file, or a stretch of it: ``span`` is offset and length."""
    offset, length = span
    status = HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK
    forever = f"public, max-age={_YEAR_SECONDS}, immutable"
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(length),
        "Accept-Ranges": "bytes",
        "Connection": "close",
        "Cache-Control": forever if _HASHED.search(path.name) else "no-cache",
        **SECURITY_HEADERS,
    }
    if partial:
        fields["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{size}"
    head = Response(status.value, status.phrase, Headers(fields), b"")
    return Answer(head, FilePart(path, offset, length))
