"""
A caller: one connection on the inside, from hello to goodbye.

Requests of a connection are handled in the order they came. Most run at once; one that
must wait for storage holds back those behind it, except ``clock.sync``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from protocol import codec
from protocol.buckets import Buckets
from protocol.commands import ClockSync
from protocol.errors import CloseCode, ErrorCode, Rejected
from protocol.events import DirectEvent, Resync
from protocol.limits import Limits, Rate
from protocol.results import ClockResult
from protocol.values import Scope, User
from roomserver.beat import OK
from roomserver.gateway.connection import Connection
from roomserver.gateway.frames import binary_frame
from roomserver.live import LiveRoom
from roomserver.people import Person
from roomserver.privacy.admission import Admitted

log = structlog.get_logger("caller")

STRIKES_MAX = 100
"""Requests that cannot work (unknown, ill-typed, unauthenticated) before 4007."""
LIMITED_MAX = 300
"""Requests over the announced rates before 4101."""


class Dispatch(Protocol):
    """What serves a caller's requests."""

    limits: Limits
    rates: Mapping[str, Rate]

    def now_us(self) -> int:
        """Return the server's clock."""
        ...

    def serve(self, caller: Caller, request: codec.Request) -> asyncio.Task[None] | None:
        """Serve a request; a task when it has to wait for something."""
        ...

    def count(self, method: str, outcome: str = OK) -> None:
        """Count a request that was answered at once; ``outcome`` is the error code of a refusal."""
        ...

    def gone(self, caller: Caller) -> None:
        """Take a caller out of everything."""
        ...


class Caller:
    """The server's end of a connection: who it is, where it is, what it still wants."""

    __slots__ = (
        "__weakref__",
        "_buckets",
        "_dispatch",
        "_task",
        "_waiting",
        "address_key",
        "admitted",
        "connection",
        "limited",
        "may_register",
        "person",
        "rooms",
        "scopes",
        "strikes",
        "token_hash",
        "user",
        "write",
    )

    def __init__(self, connection: Connection, dispatch: Dispatch) -> None:
        self.connection = connection
        connection.on_pace = self._pace_changed
        self.write = connection.write
        """Writes a ready frame; said once a delivery, hence bound."""
        self._dispatch = dispatch
        self.user: User | None = None
        self.person: Person | None = None
        self.token_hash: bytes | None = None
        self.scopes: frozenset[Scope] | None = None
        """What a bot's token is good for; None for people, who are bound by their role alone."""
        self.admitted: Admitted | None = None
        """What decides about what the account may do; None before the login."""
        self.address_key: bytes | None = None
        """Keyed hash of the client's address, for bans of guests."""
        self.rooms: dict[str, LiveRoom] = {}
        self.may_register = True
        """False after the age screen refused: there is no second try on a connection."""
        self.strikes = 0
        self.limited = 0
        self._buckets = Buckets(dispatch.rates)
        self._waiting: list[codec.Request] = []
        self._task: asyncio.Task[None] | None = None

    def accepted(self, rev: int | None) -> None:
        """Note on every connection of the account that a policy was accepted."""
        for caller in [self] if self.person is None else self.person.callers:
            if caller.admitted is not None:
                caller.admitted = caller.admitted._replace(accepted_rev=rev)

    # The connection's side

    @property
    def is_authenticated(self) -> bool:
        """Whether the connection has a session."""
        return self.user is not None

    def received(self, values: list[list[Any]], read_at_us: int) -> None:
        """Take the requests of one message."""
        try:
            requests = [codec.parse_request(value) for value in values]
        except codec.MalformedMessageError as exc:
            self.connection.close(CloseCode.BAD_REQUEST, str(exc)[:120])
            return
        for request in requests:
            if self.connection.is_closing:
                return
            if request.method == ClockSync.method:
                self._sync_clock(request, read_at_us)
            elif self._task is None:
                self._serve(request)
            elif len(self._waiting) < self._dispatch.limits.open_requests:
                self._waiting.append(request)
            else:
                limit = self._dispatch.limits.open_requests
                message = f"expected at most {limit} open requests"
                self.refuse(request.id, Rejected(ErrorCode.TOO_MANY, message, limit=limit))
                self._dispatch.count(request.method, ErrorCode.TOO_MANY)
                self._over_the_limit(0)

    def lost(self) -> None:
        """Leave everything: the connection ends."""
        self._waiting.clear()
        self._dispatch.gone(self)

    # Requests

    def _serve(self, request: codec.Request) -> None:
        try:
            self._task = self._dispatch.serve(self, request)
        except Exception:
            log.exception("request failed", method=request.method[:64])
            self.refuse(request.id, Rejected(ErrorCode.INTERNAL))
            return
        if self._task is not None:
            self._task.add_done_callback(self._served)

    def _served(self, _task: asyncio.Task[None]) -> None:
        self._task = None
        while self._waiting and self._task is None and not self.connection.is_closing:
            self._serve(self._waiting.pop(0))

    def _sync_clock(self, request: codec.Request, read_at_us: int) -> None:
        # Outside every queue: a probe that waits measures the queue, not the path.
        try:
            command = codec.parse_command(request)
            self.take_token("clock")
        except Rejected as rejected:
            self.refuse(request.id, rejected)
            self._dispatch.count(request.method, rejected.code)
            return
        self._dispatch.count(request.method)
        assert isinstance(command, ClockSync), "the method names the struct"
        if request.id is not None:
            result = ClockResult(t1_us=command.t1_us, t2_us=read_at_us, t3_us=self._dispatch.now_us())
            self.send(codec.encode_result(request.id, result))

    def take_token(self, rate_class: str) -> None:
        """
        Pay for a request.

        Raises:
            Rejected: ``rate_limited`` with the time to wait.

        """
        buckets = self._buckets if self.person is None else self.person.buckets
        wait = buckets.take(rate_class, self._dispatch.now_us() // 1000)
        if not wait:
            return
        self._over_the_limit(wait)
        message = f"expected at most one {rate_class} request per {buckets.rates[rate_class].per_ms} ms"
        raise Rejected(ErrorCode.RATE_LIMITED, message, retry_after_ms=wait)

    def _over_the_limit(self, wait_ms: int) -> None:
        """Count a request beyond the announced limits; a client that ignores them is sent away."""
        self.limited += 1
        if self.limited > LIMITED_MAX:
            self.connection.close(CloseCode.RATE_LIMITED, "ignores the announced limits", wait_ms or None)

    def strike(self) -> None:
        """Count a request that cannot work; a client that keeps sending them is broken."""
        self.strikes += 1
        if self.strikes > STRIKES_MAX:
            self.connection.close(CloseCode.TOO_MANY_ERRORS, "too many requests that cannot work")

    # Answers

    def send(self, payload: bytes) -> None:
        """Send MessagePack values as one message."""
        self.connection.send_frame(binary_frame(payload))

    def send_frame(self, frame: bytes) -> None:
        """Send a ready, shared frame."""
        self.connection.send_frame(frame)

    def reply(self, request_id: int | None, result: object) -> None:
        """Answer with what is committed already."""
        if request_id is not None:
            self.send(codec.encode_result(request_id, result))

    def refuse(self, request_id: int | None, rejected: Rejected) -> None:
        """Answer with an error; a refused notification stays without one."""
        if request_id is not None:
            self.send(codec.encode_error(request_id, rejected))

    def notify(self, event: DirectEvent) -> None:
        """Tell this connection something of its own."""
        self.send(codec.encode_event(event.wire, event))

    # Rooms

    @property
    def is_slow(self) -> bool:
        """Whether latest-value events should be left out."""
        return self.connection.is_slow

    @property
    def hears_chat(self) -> bool:
        """Whether the connection may know what is said; a bot without the scope may not."""
        return self.scopes is None or "chat.read" in self.scopes

    @property
    def takes_shared(self) -> bool:
        """Whether a room's frame can go to it as it is: it is in that room only, and keeps up."""
        return len(self.rooms) == 1 and self.connection.keeps_up

    def _pace_changed(self) -> None:
        for live in self.rooms.values():
            live.reconsider()

    def is_in(self, live: LiveRoom) -> bool:
        """Say whether the connection is in a room."""
        return live.id in self.rooms

    def forget(self, live: LiveRoom) -> None:
        """Be in a room no more."""
        self.rooms.pop(live.id, None)

    def resync(self, live: LiveRoom, event: Resync) -> None:
        """Leave a rebuilt room and have the client join again."""
        self.forget(live)
        self.notify(event)
