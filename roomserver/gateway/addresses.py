"""
Where clients come from: their address, also through a proxy that the operator trusts.

Limits count networks, not addresses: whoever has one IPv6 address has a /64 of them.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from protocol.limits import HOUR_MS

NETWORK_BITS = 64
"""An IPv6 subscriber has a whole /64."""

FORGOTTEN_AFTER = 20
"""So many requests of an hour with an ``X-Forwarded-For`` that is not believed are no stranger's whim."""

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddress(NamedTuple):
    """
    Where a client comes from; never logged, never stored.

    ``text`` is empty for a Unix socket; ``network`` is what limits count. Nothing limits
    those who are ``is_exempt``.
    """

    text: str
    network: str
    is_exempt: bool


class Addresses:
    """
    Tells clients' addresses.

    ``trusted`` are networks of proxies whose ``X-Forwarded-For`` is believed, ``exempt``
    those that no limit counts. A proxy itself is exempt: it stands for everybody behind it.
    """

    def __init__(self, trusted: Iterable[str], exempt: Iterable[str]) -> None:
        self._trusted = [ipaddress.ip_network(text, strict=False) for text in trusted]
        self._exempt = [ipaddress.ip_network(text, strict=False) for text in exempt]
        self._forwarded_untrusted: deque[int] = deque(maxlen=FORGOTTEN_AFTER)
        """When somebody not trusted said for whom it speaks, the last few times."""

    def is_proxy_forgotten(self, now_ms: int) -> bool:
        """Say whether those who are not trusted speak for others so often that one must be a proxy."""
        times = self._forwarded_untrusted
        return len(times) == FORGOTTEN_AFTER and now_ms - times[0] <= HOUR_MS

    def of_peer(self, peer: str) -> ClientAddress:
        """Return the address at the other end of the connection."""
        address = _parsed(peer)
        if address is None:
            return ClientAddress("", "", is_exempt=True)
        return self._client(address, is_exempt=_is_in(address, self._trusted))

    def of_request(self, peer: str, forwarded: Sequence[str], now_ms: int) -> ClientAddress | None:
        """
        Return for whom a trusted proxy speaks, None when the peer speaks for itself.

        ``forwarded`` are the values of ``X-Forwarded-For``. Each hop appended whom it saw, so
        they are read from the right as far as the hops are trusted; what stands left of that
        was written by the client.
        """
        address = _parsed(peer)
        if not forwarded or address is None:
            return None
        if not _is_in(address, self._trusted):
            self._forwarded_untrusted.append(now_ms)
            return None
        for text in reversed(",".join(forwarded).split(",")):
            hop = _parsed(_without_port(text.strip()))
            if hop is None:
                break
            address = hop
            if not _is_in(hop, self._trusted):
                break
        return self._client(address, is_exempt=False)

    def _client(self, address: _Address, *, is_exempt: bool) -> ClientAddress:
        exempt = is_exempt or _is_in(address, self._exempt)
        return ClientAddress(str(address), network_of(address), exempt)


def network_of(address: _Address) -> str:
    """Return what limits count: an IPv4 address, or the /64 of an IPv6 address."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), NETWORK_BITS), strict=False))
    return str(address)


def _parsed(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, port = text.rpartition(":")
    return host if colon and port.isdigit() and ":" not in host else text


def _is_in(address: _Address, networks: Sequence[_Network]) -> bool:
    return any(address in network for network in networks)
