"""One connection: requests out, answers and notifications in. It ends once and never comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from client_demo.sdk.endpoint import is_loopback
from client_demo.sdk.errors import ConnectionLostError, RateLimited, RequestError
from client_demo.sdk.rooms import event_of
from protocol import SUBPROTOCOL, codec
from protocol.commands import Command
from protocol.errors import ErrorCode, WireError
from protocol.events import Closing, Event
from protocol.limits import REQUEST_ID_MAX
from protocol.values import Value

_R = TypeVar("_R", bound=Value)

MESSAGE_BYTES_MAX = 16 * 1024 * 1024
"""A snapshot of a big room is larger than what a client may send."""
NESTING = 32


class _Open(NamedTuple):
    """A request without an answer. ``take`` gets its result before any later event is applied."""

    method: str
    shape: type[Value]
    future: asyncio.Future[Any]
    take: Callable[[Any], None] | None


class Link:
    """
    A connection to the server.

    Run :meth:`read` until it returns; it hands every event it knows to ``on_event``, in order.
    An event with a ``seq`` that this client does not know comes as a bare :class:`RoomEvent`:
    it has its place in the numbering.
    """

    def __init__(self, socket: ClientConnection, on_event: Callable[[Event], None]) -> None:
        self._socket = socket
        self._on_event = on_event
        self._open: dict[int, _Open] = {}
        self._last_id = 0
        self.closing: Closing | None = None
        """What the server said before it closed; proxies lose close reasons."""

    @classmethod
    async def to(cls, url: str, on_event: Callable[[Event], None], *, connect_seconds: float) -> Link:
        """
        Connect.

        Raises:
            OSError: nothing listens there, or it does not answer in time.
            websockets.WebSocketException: what listens there is no room server.

        """
        socket = await connect(
            url,
            subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=MESSAGE_BYTES_MAX,
            ping_interval=None,
            # No proxy reaches this machine's own loopback, and looking for one takes longer than connecting.
            proxy=None if is_loopback(url) else True,
            open_timeout=connect_seconds,
            close_timeout=connect_seconds,
        )
        return cls(socket, on_event)

    @property
    def close_code(self) -> int | None:
        """Why the connection ended: what was said in band, else the close frame, else None."""
        return self.closing.code if self.closing is not None else self._socket.close_code

    @property
    def open_requests(self) -> int:
        """How many requests have no answer yet."""
        return len(self._open)

    async def close(self) -> None:
        """Say goodbye and end."""
        await self._socket.close()

    def abort(self) -> None:
        """End without a word, as when nobody answers."""
        self._socket.transport.abort()

    # Reading

    async def read(self) -> None:
        """Read until the connection ends, and fail what is still open then."""
        try:
            with suppress(websockets.ConnectionClosed):
                async for data in self._socket:
                    if isinstance(data, bytes):  # the server never sends text
                        self._take(data)
        except codec.MalformedMessageError as error:
            # Not this protocol any more: a proxy's page in the middle of a stream, perhaps.
            self.abort()
            self._fail(ConnectionLostError(f"expected messages of the protocol, got {error}"))
        finally:
            self._fail(ConnectionLostError("the connection is gone"))

    def _take(self, data: bytes) -> None:
        for value in codec.decode(data, max_bytes=MESSAGE_BYTES_MAX, nesting=NESTING):
            match _reply(value):
                case codec.Response(request_id, error, result):
                    self._answered(request_id, error, result)
                case codec.Notification(name, params):
                    self._notified(name, params)

    def _answered(self, request_id: int, error: dict[str, Any] | None, result: dict[str, Any] | None) -> None:
        request = self._open.pop(request_id, None)
        if request is None or request.future.done():
            return
        if error is not None:
            request.future.set_exception(_refusal(request.method, codec.read(error, WireError)))
            return
        assert result is not None, "exactly one of error and result is nil"
        try:
            answer = codec.read(result, request.shape)
            if request.take is not None:
                request.take(answer)
        except msgspec.ValidationError as exc:
            request.future.set_exception(exc)
            return
        request.future.set_result(answer)

    def _notified(self, name: str, params: dict[str, Any]) -> None:
        event = event_of(name, params)
        if event is None:
            return  # a newer server; what is not known is ignored
        if isinstance(event, Closing):
            self.closing = event
        else:
            self._on_event(event)

    def _fail(self, error: Exception) -> None:
        pending, self._open = self._open, {}
        for request in pending.values():
            if not request.future.done():
                request.future.set_exception(error)

    # Asking

    async def ask(
        self, command: Command, shape: type[_R], take: Callable[[_R], None] | None = None, *, seconds: float
    ) -> _R:
        """
        Send a command and return its result.

        Raises:
            RequestError: the server refused.
            ConnectionLostError: the connection ended before the answer, or there was none in time,
                upon which it is ended.

        """
        self._last_id = self._last_id % REQUEST_ID_MAX + 1
        request_id = self._last_id
        future: asyncio.Future[_R] = asyncio.get_running_loop().create_future()
        self._open[request_id] = _Open(command.method, shape, future, take)
        try:
            # Not wait_for, which in Python 3.11 swallows a cancellation that meets the answer.
            async with asyncio.timeout(seconds):
                await self._socket.send(codec.encode_request(request_id, command))
                return await future
        except websockets.ConnectionClosed:
            raise ConnectionLostError("the connection is gone") from None
        except TimeoutError:
            # A server that is there answers: this connection is half open, or it might as well be.
            self.abort()
            raise ConnectionLostError(f"expected an answer within {seconds} s, got none") from None
        finally:
            self._open.pop(request_id, None)
            if future.done() and not future.cancelled():
                future.exception()  # looked at: sending may have failed before anybody waited for it


def _reply(value: list[Any]) -> codec.Response | codec.Notification | None:
    try:
        return codec.parse_reply(value)
    except codec.MalformedMessageError:
        return None  # an envelope of a newer server: left alone, like unknown events


def _refusal(method: str, error: WireError) -> RequestError:
    if error.code == ErrorCode.RATE_LIMITED:
        return RateLimited(method, error)
    return RequestError(method, error)
