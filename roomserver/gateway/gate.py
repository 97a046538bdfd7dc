"""What a connection needs from the gateway around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from websockets.http11 import Request

from protocol import limits
from roomserver.gateway.http import Answer
from roomserver.gateway.peer import Peer
from roomserver.gateway.plain import Later

if TYPE_CHECKING:
    from roomserver.gateway.connection import Connection


class Gate(Protocol):
    """What a connection needs from the gateway around it."""

    limits: limits.Limits

    def now_us(self) -> int:
        """Return the server's clock."""
        ...

    def opened(self, connection: Connection) -> None:
        """Note a new connection, and watch over its handshake."""
        ...

    def watch(self, connection: Connection, at_ms: int) -> None:
        """Call the connection's ``check`` at an instant."""
        ...

    def closed(self, connection: Connection, code: int | None) -> None:
        """Forget a connection."""
        ...

    def body_limit(self, target: str) -> int:
        """Return how much of a file a path takes now."""
        ...

    def answer(self, connection: Connection, request: Request, body: bytes | None = b"") -> Answer | Later:
        """Answer a plain HTTP request; ``body`` None: it was longer than it may be."""
        ...

    def refuse(self, connection: Connection, request: Request) -> Answer | None:
        """Return why a WebSocket handshake is refused, or None."""
        ...

    def welcome(self, connection: Connection) -> Peer | None:
        """Put a peer on an open WebSocket connection; None when it was closed instead."""
        ...
