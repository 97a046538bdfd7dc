"""Where clients come from."""

from __future__ import annotations

import pytest

from protocol.limits import HOUR_MS
from roomserver.gateway.addresses import FORGOTTEN_AFTER, Addresses, ClientAddress

PROXIES = ("10.0.0.0/8", "fd00::/8")


@pytest.fixture
def addresses() -> Addresses:
    """Return addresses with two networks of proxies and this machine exempt."""
    return Addresses(PROXIES, ("127.0.0.0/8", "::1"))


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.7", ClientAddress("192.0.2.7", "192.0.2.7", is_exempt=False)),
        ("::ffff:192.0.2.7", ClientAddress("192.0.2.7", "192.0.2.7", is_exempt=False)),
        ("2001:db8:1:2:3:4:5:6", ClientAddress("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", is_exempt=False)),
        ("127.0.0.9", ClientAddress("127.0.0.9", "127.0.0.9", is_exempt=True)),
        ("::1", ClientAddress("::1", "::/64", is_exempt=True)),
        ("10.1.2.3", ClientAddress("10.1.2.3", "10.1.2.3", is_exempt=True)),
        ("", ClientAddress("", "", is_exempt=True)),
    ],
)
def test_peer(addresses: Addresses, peer: str, expected: ClientAddress) -> None:
    """IPv4 counts by address, IPv6 by /64; this machine, proxies and pipes count for nobody."""
    assert addresses.of_peer(peer) == expected


@pytest.mark.parametrize(
    ("forwarded", "text"),
    [
        (["192.0.2.7"], "192.0.2.7"),
        (["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
        (["203.0.113.9, 192.0.2.7, 10.9.9.9"], "192.0.2.7"),
        (["203.0.113.9", "192.0.2.7", "10.9.9.9"], "192.0.2.7"),
        (["192.0.2.7:4711"], "192.0.2.7"),
        (["[2001:db8::5]:4711"], "2001:db8::5"),
        (["2001:db8::5"], "2001:db8::5"),
        (["10.9.9.9"], "10.9.9.9"),
        (["nonsense"], "10.1.1.1"),
        (["203.0.113.9, nonsense, 10.9.9.9"], "10.9.9.9"),
        ([""], "10.1.1.1"),
        (["127.0.0.1"], "127.0.0.1"),
    ],
)
def test_forwarded(addresses: Addresses, forwarded: list[str], text: str) -> None:
    """The last hop that is no proxy of ours is the client; what a client wrote itself is never believed."""
    client = addresses.of_request("10.1.1.1", forwarded, 0)
    assert client is not None
    assert client.text == text
    assert client.is_exempt is text.startswith("127.")
    for _ in range(FORGOTTEN_AFTER):
        addresses.of_request("10.1.1.1", forwarded, 0)
    assert not addresses.is_proxy_forgotten(0)


def test_untrusted(addresses: Addresses) -> None:
    """Anybody else speaks for themselves."""
    assert addresses.of_request("192.0.2.7", ["127.0.0.1"], 0) is None
    assert addresses.of_request("192.0.2.7", [], 0) is None
    assert addresses.of_request("", ["192.0.2.7"], 0) is None


def test_forgotten_proxy(addresses: Addresses) -> None:
    """Many who are not trusted speaking for others are told to the operator, for an hour; a few are not."""
    for nth in range(FORGOTTEN_AFTER):
        assert not addresses.is_proxy_forgotten(nth)
        addresses.of_request("192.0.2.7", ["127.0.0.1"], nth)
    assert addresses.is_proxy_forgotten(FORGOTTEN_AFTER)
    assert addresses.is_proxy_forgotten(HOUR_MS)
    assert not addresses.is_proxy_forgotten(HOUR_MS + 1)
    addresses.of_request("192.0.2.7", ["127.0.0.1"], HOUR_MS * 3)
    assert not addresses.is_proxy_forgotten(HOUR_MS * 3)
