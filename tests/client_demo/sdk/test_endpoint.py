"""Addresses of servers."""

from __future__ import annotations

import pytest

from client_demo.sdk.endpoint import endpoint


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("ws://127.0.0.1:8080/ws", "ws://127.0.0.1:8080/ws"),
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"),
        ("https://radio.example/", "wss://radio.example/ws"),
        ("https://radio.example/behind/a/proxy/ws", "wss://radio.example/behind/a/proxy/ws"),
        ("localhost:9000", "ws://localhost:9000/ws"),
        ("radio.example", "ws://radio.example/ws"),
        ("wss://[::1]:8443", "wss://[::1]:8443/ws"),
    ],
)
def test_addresses(given: str, meant: str) -> None:
    """The address of the page leads to the WebSocket too."""
    assert endpoint(given) == meant


@pytest.mark.parametrize("given", ["", "ftp://host/ws", "http://", "file:///etc/passwd"])
def test_no_address(given: str) -> None:
    """Anything else is refused, with what was expected and what came."""
    with pytest.raises(ValueError, match=r"expected an address such as .*, got "):
        endpoint(given)
