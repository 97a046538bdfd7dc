"""
A look at a file behind a link, safe against links into the operator's own network.

A host is looked up once, every address found is checked, and the connection goes to a checked
address, not to the name: a name that changes its mind in between changes nothing. Every
redirect goes the same way. No body is ever read.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from typing import NamedTuple, TypeAlias
from urllib.parse import urljoin, urlsplit

from protocol.errors import ErrorCode, Rejected
from protocol.links import parse_link

Lookup: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Finds the addresses of a host."""
Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial: TypeAlias = Callable[[str, int, str | None], Awaitable[Streams]]
"""Connects to an address and a port; with a host name, by TLS for that name."""

TIMEOUT_SECONDS = 6.0
"""For everything: lookups, redirects, handshakes."""
REDIRECTS_MAX = 3
HEAD_BYTES = 16 * 1024
"""Longest head of an answer."""
INTERIM_MAX = 3
"""Answers of the kind "103 early hints" before the real one."""

_PORTS = {"http": 80, "https": 443}
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r)")
_NO_HEAD = {400, 403, 404, 405, 501}
"""What servers answer that know GET only; 403 and 404 too, where links are signed for one method."""
_TUNNELS = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)
"""IPv6 addresses that carry an IPv4 address inside: NAT64, Teredo, 6to4."""


class Probed(NamedTuple):
    """What the head of a file said; ``size`` is None where it did not say."""

    content_type: str
    size: int | None


class _Head(NamedTuple):
    status: int
    headers: http.client.HTTPMessage


async def system_lookup(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


async def dial(address: str, port: int, tls_host: str | None) -> Streams:
    """Connect for real."""
    # Reading the system's certificates takes a while: once, and not on the loop.
    context = None if tls_host is None else await asyncio.to_thread(_tls)
    return await asyncio.open_connection(
        address, port, ssl=context, server_hostname=tls_host, limit=HEAD_BYTES
    )


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def is_allowed(address: str, *, private: bool = False) -> bool:
    """
    Say whether an address may be connected to; ``private`` allows the operator's own network.

    Link-local, multicast, reserved and unspecified ones are never allowed, and none that wraps
    an IPv4 address: cloud providers answer with secrets on 169.254.169.254.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (
        ip.ipv4_mapped is not None or ip.scope_id is not None or ip.is_site_local
    ):
        return False
    if ip.is_loopback:  # ::1 is also among the reserved ones
        return private
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    if any(ip in network for network in _TUNNELS):
        return False
    return ip.is_global or private


class Prober:
    """Looks at files. ``lookup`` and ``connect`` are seams for tests; the rules are in between."""

    def __init__(
        self, *, private: bool = False, lookup: Lookup = system_lookup, connect: Dial = dial
    ) -> None:
        self._private = private
        self._lookup = lookup
        self._connect = connect

    async def probe(self, url: str) -> Probed:
        """
        Return what the server of a file says of it; ``url`` is as :func:`parse_link` writes it.

        Raises:
            Rejected: ``bad_params`` for a link that must not or cannot be followed, or to
                something else than a file; ``not_found`` when nothing is there.

        """
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._follow(url)
        except TimeoutError:
            raise _gone(f"an answer within {TIMEOUT_SECONDS:g} s", "none") from None
        except (OSError, EOFError, asyncio.LimitOverrunError, http.client.HTTPException, UnicodeError):
            # Not a word of why: that would tell the caller about the network behind this server.
            raise _gone("an HTTP server that answers", "none") from None

    async def check(self, host: str, port: int) -> list[str]:
        """
        Look a host up, and return its addresses, all of them allowed.

        Raises:
            Rejected: ``bad_params`` when one is not allowed.

        """
        found = await self._lookup(host, port)
        if not found or not all(is_allowed(address, private=self._private) for address in found):
            raise _refusal("a link to a public address", "one that is not")
        return found

    async def _follow(self, url: str) -> Probed:
        for _ in range(REDIRECTS_MAX + 1):
            head = await self._head(url, "HEAD")
            if head.status in _NO_HEAD:
                head = await self._head(url, "GET")
            if head.status not in {301, 302, 303, 307, 308}:
                return _probed(head)
            link = parse_link(urljoin(url, head.headers.get("Location", "")))
            if link.source != "direct":
                raise _refusal("a link to a file", "a redirect to a page")
            url = link.source_id
        raise _refusal(f"at most {REDIRECTS_MAX} redirects", "more")

    async def _head(self, url: str, verb: str) -> _Head:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        if port != _PORTS[parts.scheme]:
            raise _refusal("port 80 for http or 443 for https", str(port))
        address = (await self.check(host, port))[0]
        reader, writer = await self._connect(address, port, host if parts.scheme == "https" else None)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            writer.write(
                f"{verb} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: roomserver\r\n"
                "Accept: audio/*, video/*, */*;q=0.1\r\nAccept-Encoding: identity\r\n"
                f"Range: bytes=0-0\r\nConnection: close\r\n\r\n".encode("ascii")
            )
            for _ in range(INTERIM_MAX + 1):
                head = _parsed(await reader.readuntil(b"\r\n\r\n"))
                if head.status >= 200:
                    return head
            raise _refusal("an answer", "only interim ones")
        finally:
            # Not closed in order: the body of a server that ignores the range may be endless.
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


def _parsed(data: bytes) -> _Head:
    match = _STATUS.match(data)
    if match is None:
        raise http.client.BadStatusLine(data[:40].decode("latin-1"))
    return _Head(int(match[1]), http.client.parse_headers(io.BytesIO(data.partition(b"\r\n")[2])))


def _probed(head: _Head) -> Probed:
    if head.status not in {200, 206}:
        raise _gone("a file", f"HTTP status {head.status}")
    content_type = head.headers.get_content_type() if "Content-Type" in head.headers else ""
    kind = content_type.partition("/")[0]
    if kind not in {"audio", "video"} and content_type not in {"application/ogg", "application/octet-stream"}:
        raise _refusal("audio or video", repr(content_type[:64]))
    total = head.headers.get("Content-Range", "").rpartition("/")[2]
    length = total or ("" if head.status == 206 else head.headers.get("Content-Length", ""))
    return Probed(content_type, int(length) if re.fullmatch(r"[0-9]{1,15}", length) else None)


def _refusal(expected: str, got: str) -> Rejected:
    return Rejected(ErrorCode.BAD_PARAMS, f"expected {expected}, got {got}", field="url")


def _gone(expected: str, got: str) -> Rejected:
    return Rejected(ErrorCode.NOT_FOUND, f"expected {expected}, got {got}", field="url")
