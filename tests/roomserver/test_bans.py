"""Networks of bans."""

from __future__ import annotations

import pytest

from roomserver.bans import is_anybodys, network_of, prefix_of


@pytest.mark.parametrize(
    ("text", "network", "prefix", "anybodys"),
    [
        ("192.0.2.7", "192.0.2.7/32", "4/32", False),
        ("192.0.2.7/24", "192.0.2.0/24", "4/24", True),
        (" 192.0.2.7/25", "192.0.2.0/25", "4/25", False),
        ("10.0.0.0/8", "10.0.0.0/8", "4/8", True),
        ("2001:db8::1", "2001:db8::/64", "6/64", False),
        ("2001:db8:1:2::/48", "2001:db8:1::/48", "6/48", True),
        ("::ffff:192.0.2.7", "192.0.2.7/32", "4/32", False),
    ],
)
def test_network_of(text: str, network: str, prefix: str, anybodys: bool) -> None:
    """An address means itself, of IPv6 its /64; what is narrower than a /24 or /48 may be somebody's own."""
    meant = network_of(text)
    assert (str(meant), prefix_of(meant), is_anybodys(meant)) == (network, prefix, anybodys)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/15", "x", "1.2.3", ""])
def test_no_network(text: str) -> None:
    """What is no network, or wider than anybody means, is none."""
    with pytest.raises(ValueError, match=r"."):
        network_of(text)
