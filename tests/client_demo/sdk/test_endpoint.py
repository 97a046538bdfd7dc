"""Addresses of servers."""

from __future__ import annotations

import pytest

from client_demo.sdk.endpoint import endpoint, is_loopback


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


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:8080/ws", "ws://localhost/ws", "ws://[::1]:9/ws", "ws://127.8.8.8/ws"]
)
def test_this_machine(url: str) -> None:
    """Addresses of this machine are known as such."""
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["ws://radio.example/ws", "wss://192.0.2.7/ws", "ws://localhost.example/ws"])
def test_another_machine(url: str) -> None:
    """Others are not."""
    assert not is_loopback(url)
