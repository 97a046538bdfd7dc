"""
An async client: connect, request, events, and coming back by itself.

::

    async with Client("ws://127.0.0.1:8080/ws") as client:
        await client.guest("ann")
        room = await client.join("lobby")
        await client.chat("lobby", "hello")
        async for event in client.events():
            print(event)

When the connection drops, the client reconnects, resumes its session and its rooms, and
:meth:`Client.events` goes on without a gap and without a repeat. Where the server cannot
fill the gap it yields a :class:`Resynced` with the new state.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from client_demo.sdk.endpoint import endpoint
from client_demo.sdk.errors import ConnectionLostError, RequestError, StoppedError, UnreachableError
from client_demo.sdk.rooms import Resynced, RoomView
from protocol import SUBPROTOCOL, codec, commands
from protocol.commands import Command
from protocol.errors import CloseCode, Verdict, WireError, close_verdict
from protocol.events import EVENTS, Closing, Event, Hello, Resync, RoomEvent
from protocol.limits import MINUTE_MS, SECOND_MS
from protocol.methods import METHODS
from protocol.results import ChatResult, JoinResult
from protocol.values import Session, Value

_R = TypeVar("_R", bound=Value)

MESSAGE_BYTES_MAX = 16 * 1024 * 1024
"""A snapshot of a big room is larger than what a client may send."""
NESTING = 32
BACK_OFF_SECONDS = 0.5
BACK_OFF_MAX_SECONDS = 30.0
REQUEST_SECONDS = 30.0


class _Open(NamedTuple):
    """A request without an answer. ``take`` gets its result before any later event is applied."""

    method: str
    shape: type[Value]
    future: asyncio.Future[Any]
    take: Callable[[Any], None] | None


class Client:
    """
    A connection that comes back, with the state of the rooms it is in.

    Log in with one of :meth:`guest`, :meth:`login`, :meth:`register` and :meth:`resume`
    once; afterwards the session is resumed by itself. ``rooms`` holds a view per room id,
    kept current by the shared reducer.
    """

    def __init__(self, url: str, *, reconnect: bool = True) -> None:
        self._url = endpoint(url)
        self._reconnect = reconnect
        self._socket: ClientConnection | None = None
        self._open: dict[int, _Open] = {}
        self._last_id = 0
        self._events: asyncio.Queue[Event | Resynced | None] = asyncio.Queue()
        self._runner: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._closing: Closing | None = None
        self.hello: Hello | None = None
        self.session: Session | None = None
        self.rooms: dict[str, RoomView] = {}
        self.stopped: StoppedError | None = None
        """Why the client gave up, once it has."""
        self.connections = 0
        """How often it connected."""

    # Life

    async def __aenter__(self) -> Self:
        try:
            await self._connect()
        except (OSError, websockets.WebSocketException) as error:
            raise UnreachableError(self._url, error) from error
        self._runner = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Disconnect for good. Rooms hold everything for the grace; leave them first to give it up."""
        self._reconnect = False
        if self._runner is not None:
            self._runner.cancel()
            with suppress(asyncio.CancelledError):
                await self._runner
        if self._socket is not None:
            await self._socket.close()
        self._fail_open(ConnectionLostError("closed"))
        self._events.put_nowait(None)
        self._ready.set()  # whoever waits to ask finds the connection gone

    async def _connect(self) -> None:
        self._socket = await connect(
            self._url,
            subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=MESSAGE_BYTES_MAX,
            ping_interval=None,
        )
        self.connections += 1
        self._closing = None

    async def _run(self) -> None:
        attempt = 0
        while True:
            assert self._socket is not None, "the runner starts connected"
            back = asyncio.create_task(self._come_back())
            began = asyncio.get_running_loop().time()
            with suppress(websockets.ConnectionClosed):
                await self._read(self._socket)
            back.cancel()
            self._ready.clear()
            self._fail_open(ConnectionLostError("the connection is gone"))
            code = self._closing.code if self._closing else self._socket.close_code
            verdict = close_verdict(code)
            if verdict is Verdict.STOP or not self._reconnect:
                reason = self._closing.reason if self._closing else ""
                self.stopped = self.stopped or StoppedError(code, reason)
                self._events.put_nowait(None)
                self._ready.set()  # whoever waits to ask is told
                return
            if asyncio.get_running_loop().time() - began > MINUTE_MS / 1000:
                attempt = 0
            attempt = await self._connect_again(attempt, verdict)

    async def _connect_again(self, attempt: int, verdict: Verdict) -> int:
        """Connect until it works, with full jitter, so that a thousand clients do not come at once."""
        while True:
            ceiling = min(BACK_OFF_SECONDS * 2**attempt, BACK_OFF_MAX_SECONDS)
            if verdict is Verdict.RECONNECT and attempt == 0:
                ceiling = BACK_OFF_SECONDS
            wait = random.uniform(0, ceiling)  # noqa: S311 - jitter, no secret
            if self._closing is not None and self._closing.retry_after_ms:
                wait += self._closing.retry_after_ms / 1000
            await asyncio.sleep(wait)
            attempt += 1
            with suppress(OSError, websockets.WebSocketException):
                await self._connect()
                return attempt

    async def _come_back(self) -> None:
        """Resume the session and every room on a fresh connection, then let requests through."""
        try:
            if self.session is not None:
                await self._send(commands.SessionResume(token=self.session.token), Session)
            for view in list(self.rooms.values()):
                await self._rejoin(view)
        except RequestError as refused:
            if not refused.error.temporary:
                self.stopped = StoppedError(CloseCode.INVALID_TOKEN, str(refused))
                self._reconnect = False
            # Otherwise the server cannot take us back yet: the runner backs off and tries again.
            await self._hang_up()
        except TimeoutError:
            await self._hang_up()
        except ConnectionLostError:
            pass  # the runner is already at it again
        else:
            self._ready.set()

    async def _hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _rejoin(self, view: RoomView) -> None:
        """Join a room again where its view is; a room that takes us back no more is dropped."""

        def take(result: JoinResult) -> None:
            for event in view.rejoined(result):
                self._events.put_nowait(event)

        try:
            await self._send(view.rejoin_command(), JoinResult, take)
        except RequestError as refused:
            if refused.error.temporary:
                raise
            self.rooms.pop(view.id, None)

    async def _catch_up(self, view: RoomView) -> None:
        """Join a room again on the connection that is there."""
        while self.rooms.get(view.id) is view:
            try:
                await self._rejoin(view)
            except RequestError as refused:
                await asyncio.sleep((refused.error.retry_after_ms or SECOND_MS) / 1000)
            else:
                return

    def _fail_open(self, error: Exception) -> None:
        pending, self._open = self._open, {}
        for request in pending.values():
            if not request.future.done():
                request.future.set_exception(error)

    # Reading

    async def _read(self, socket: ClientConnection) -> None:
        async for data in socket:
            if isinstance(data, str):
                continue  # not this protocol; the server never sends text
            for value in codec.decode(data, max_bytes=MESSAGE_BYTES_MAX, nesting=NESTING):
                match codec.parse_reply(value):
                    case codec.Response(request_id, error, result):
                        self._answered(request_id, error, result)
                    case codec.Notification(name, params):
                        self._notified(name, params)

    def _answered(self, request_id: int, error: dict[str, Any] | None, result: dict[str, Any] | None) -> None:
        request = self._open.pop(request_id, None)
        if request is None or request.future.done():
            return
        if error is not None:
            request.future.set_exception(RequestError(request.method, codec.read(error, WireError)))
            return
        assert result is not None, "exactly one of error and result is nil"
        try:
            answer = codec.read(result, request.shape)
        except msgspec.ValidationError as exc:
            request.future.set_exception(exc)
            return
        if request.take is not None:
            request.take(answer)
        request.future.set_result(answer)

    def _notified(self, name: str, params: dict[str, Any]) -> None:
        shape = EVENTS.get(name)
        if shape is None:
            if "seq" not in params:
                return  # a newer server; unknown events are ignored
            shape = RoomEvent  # but those of a room's stream have their place in it
        event = codec.read(params, shape)
        match event:
            case Hello():
                self.hello = event
            case Closing():
                self._closing = event
            case Resync():
                view = self.rooms.get(event.room)
                if view is not None:
                    view.forget_position()
                    self._background(self._catch_up(view))
            case _:
                self._apply(event)

    def _apply(self, event: Event) -> None:
        room = getattr(event, "room", None)
        view = None if room is None else self.rooms.get(room)
        if view is None:
            if room is None:
                self._events.put_nowait(event)
            return  # an event of a room before its join result is part of that result
        had_gap = view.has_gap
        if view.take(event):
            if type(event) is not RoomEvent:  # one we do not know only has its place in the numbering
                self._events.put_nowait(event)
        elif view.has_gap and not had_gap:
            self._background(self._catch_up(view))

    def _background(self, work: Any) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    # Asking

    async def request(self, command: Command, shape: type[_R]) -> _R:
        """
        Send a command and return its result.

        Waits while the client is coming back.

        Raises:
            RequestError: the server refused.
            ConnectionLostError: the connection ended before the answer.
            StoppedError: the server closed for good.

        """
        return await self._request(command, shape)

    async def _request(
        self, command: Command, shape: type[_R], take: Callable[[_R], None] | None = None
    ) -> _R:
        if self.stopped is None:
            await self._ready.wait()
        if self.stopped is not None:
            raise self.stopped
        return await self._send(command, shape, take)

    async def _send(self, command: Command, shape: type[_R], take: Callable[[_R], None] | None = None) -> _R:
        if self._socket is None:
            raise ConnectionLostError("not connected")
        self._last_id += 1
        future: asyncio.Future[_R] = asyncio.get_running_loop().create_future()
        request_id = self._last_id
        self._open[request_id] = _Open(command.method, shape, future, take)
        try:
            await self._socket.send(codec.encode_request(request_id, command))
        except websockets.ConnectionClosed:
            self._open.pop(request_id, None)
            if self._reconnect:
                self._ready.clear()  # the reader has not noticed yet; the next request waits for what it does
            raise ConnectionLostError("the connection is gone") from None
        return await asyncio.wait_for(future, REQUEST_SECONDS)

    async def call(self, command: Command) -> Any:
        """Send a command and return its result in the shape the table of methods names."""
        return await self.request(command, METHODS[command.method].result)

    async def events(self) -> AsyncIterator[Event | Resynced]:
        """Yield events in order, each once; ends when the client is closed or stopped."""
        while (event := await self._events.get()) is not None:
            yield event

    async def next_event(self) -> Event | Resynced | None:
        """Return the next event; None when there will be no more."""
        return await self._events.get()

    # The common requests

    async def guest(self, name: str | None = None) -> Session:
        """Begin a guest's session."""
        return await self._log_in(commands.SessionGuest(name=name))

    async def login(self, username: str, password: str) -> Session:
        """Begin a session with a password."""
        return await self._log_in(commands.SessionLogin(username=username, password=password))

    async def register(self, username: str, password: str, birth: commands.Birth) -> Session:
        """Make an account; accepting the policy is part of it."""
        return await self._log_in(
            commands.SessionRegister(username=username, password=password, birth=birth, accept_policy=True)
        )

    async def resume(self, token: str) -> Session:
        """Go on with a session, or log a bot in."""
        return await self._log_in(commands.SessionResume(token=token))

    async def _log_in(self, command: Command) -> Session:
        self.session = await self.request(command, Session)
        return self.session

    async def join(self, room: str, password: str | None = None) -> RoomView:
        """Enter a room; its view is current from now on."""
        view = RoomView(room, password)

        def take(result: JoinResult) -> None:
            # At once: the same message may carry the events that follow.
            view.joined(result)
            self.rooms[view.id] = view

        await self._request(commands.RoomJoin(room=room, password=password), JoinResult, take)
        return view

    async def leave(self, view: RoomView) -> None:
        """Leave a room for good."""
        self.rooms.pop(view.id, None)
        await self.call(commands.RoomLeave(room=view.id))

    async def chat(self, room: str, text: str, nonce: str | None = None) -> ChatResult:
        """Say something."""
        return await self.request(commands.ChatSend(room=room, text=text, nonce=nonce), ChatResult)
