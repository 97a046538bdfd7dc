"""Where a server's WebSocket is, from whatever address of it a person has at hand."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
PATH = "/ws"


def endpoint(url: str) -> str:
    """
    Return the address to connect to.

    The address of the page does too: ``http`` becomes ``ws``, and a path that is missing
    becomes ``/ws``.

    Raises:
        ValueError: no address of a server.

    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise ValueError(f"expected an address such as wss://host/ws or https://host, got {url!r}")
    path = parts.path if parts.path.strip("/") else PATH
    return urlunsplit((scheme, parts.netloc, path, parts.query, ""))


def is_loopback(url: str) -> bool:
    """Say whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
