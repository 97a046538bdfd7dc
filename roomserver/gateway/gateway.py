"""The gateway: all connections of this process, the wheel that checks them, and the door."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import structlog
from websockets.http11 import Request

from protocol.errors import CloseCode
from protocol.limits import Limits
from roomserver.clock import ServerClock
from roomserver.gateway.connection import Connection
from roomserver.gateway.door import Entrance, Knock
from roomserver.gateway.handshake import refusal
from roomserver.gateway.http import Answer, Site, is_local, too_often
from roomserver.gateway.life import HANDSHAKE_MS
from roomserver.gateway.peer import Peer
from roomserver.gateway.plain import Later
from roomserver.gateway.wheel import SLOT_MS, Wheel

log = structlog.get_logger("gateway")

FULL_WAIT_MS = 10_000
"""When somebody behind a proxy may come back whose network has far too many connections."""


class Gateway:
    """
    Accepts connections and keeps watch over them.

    ``on_welcome`` puts a peer on each connection whose handshake succeeded; without it there
    is plain HTTP only. Use the instance's :meth:`connect` as protocol factory.
    """

    def __init__(
        self,
        clock: ServerClock,
        limits: Limits,
        site: Site,
        entrance: Entrance,
        on_welcome: Callable[[Connection], Peer | None] | None,
    ) -> None:
        self.limits = limits
        self.now_us = clock.now_us
        self._site = site
        self.entrance = entrance
        self._on_welcome = on_welcome
        self._connections: set[Connection] = set()
        self._emptied = asyncio.Event()
        self._wheel = Wheel(clock.now_ms())
        self._timer: asyncio.TimerHandle | None = None
        self.closes: Counter[int] = Counter()
        """Ended connections by close code; plain HTTP counts as 1006."""

    def connect(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self)

    def start(self) -> None:
        """Turn the wheel."""
        self._timer = asyncio.get_running_loop().call_later(SLOT_MS / 1000, self._turn)

    def _turn(self) -> None:
        self.start()  # first: a check that fails must not be the last one ever
        self._wheel.advance(self.now_us() // 1000)

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._connections)

    # What connections need

    def opened(self, connection: Connection) -> None:
        """Note a new connection, and watch over its handshake; one of far too many is dropped at once."""
        connection.client, may_stay = self.entrance.came(connection.peer_address)
        self._connections.add(connection)
        self._emptied.clear()
        if may_stay:
            self.watch(connection, self.now_us() // 1000 + HANDSHAKE_MS)
        else:
            connection.abort()

    def watch(self, connection: Connection, at_ms: int) -> None:
        """Call the connection's ``check`` at an instant."""
        self._wheel.add(at_ms, connection.check)

    def closed(self, connection: Connection, code: int | None) -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        self.entrance.door.left(connection.client)
        if not self._connections:
            self._emptied.set()
        self.closes[code or 1005] += 1

    def body_limit(self, target: str) -> int:
        """Return how much of a file a path takes now."""
        return self._site.body_limit(target)

    def answer(self, connection: Connection, request: Request, body: bytes | None = b"") -> Answer | Later:
        """Answer a plain HTTP request; ``body`` None: it was longer than it may be."""
        wait_ms = self._knock(connection, request, "requests")
        if wait_ms:
            return too_often(wait_ms)
        later = self._site.later(request, body)
        if later is not None:
            return later
        return self._site.answer(request, is_local=is_local(connection.client.text, request))

    def _knock(self, connection: Connection, request: Request, what: Knock) -> int:
        """Find out for whom a request is, and count it; return how long to wait, 0 for not at all."""
        forwarded, now_ms = request.headers.get_all("X-Forwarded-For"), self.now_us() // 1000
        peer = connection.peer_address
        connection.client, may_stay = self.entrance.told(connection.client, peer, forwarded, now_ms)
        return FULL_WAIT_MS if not may_stay else self.entrance.door.knock(what, connection.client, now_ms)

    def refuse(self, connection: Connection, request: Request) -> Answer | None:
        """Return why a WebSocket handshake is refused, or None."""
        if self._on_welcome is None:
            return self._site.answer(request)
        wait_ms = self._knock(connection, request, "handshakes")
        return too_often(wait_ms) if wait_ms else refusal(request, self.entrance.origins)

    def welcome(self, connection: Connection) -> Peer | None:
        """Put a peer on an open connection, unless its network is banned or has too many; then say so."""
        assert self._on_welcome is not None, "handshakes were refused"
        if self.entrance.door.has_room(connection.client):
            return self._on_welcome(connection)
        at_most = self.entrance.door.rules.connections
        connection.close(CloseCode.CONNECTION_LIMIT, f"expected at most {at_most} connections of a network")
        return None

    # The end

    async def drain(
        self, reason: str, retry_after_ms: Callable[[], int] | None = None, patience_seconds: float = 3.0
    ) -> None:
        """
        Close every connection with 4200 and wait a little for their halves.

        ``retry_after_ms`` says for each one when it should return.
        """
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._connections):
            wait_ms = None if retry_after_ms is None else retry_after_ms()
            connection.close(CloseCode.DRAINING, reason, wait_ms)
        if self._connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), patience_seconds)
        for connection in list(self._connections):
            connection.abort()
        log.info("connections closed", codes={str(code): n for code, n in sorted(self.closes.items())})
