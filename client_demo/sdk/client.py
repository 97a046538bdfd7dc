"""
An async client: connect, request, events, and coming back by itself.

::

    async with Client("http://127.0.0.1:8080") as client:
        await client.guest("ann")
        room = await client.join("lobby")
        await room.chat("hello")
        async for event in client.events():
            print(event)

When the connection drops, the client reconnects, resumes its session and its rooms, and
:meth:`Client.events` goes on without a gap and without a repeat. Where the server cannot
fill the gap it yields a :class:`Resynced` with the new state.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Self, TypeVar

import msgspec
import websockets

from client_demo.sdk.clock import SyncedClock
from client_demo.sdk.endpoint import endpoint
from client_demo.sdk.errors import (
    ConnectionLostError,
    RateLimited,
    RequestError,
    StoppedError,
    UnreachableError,
)
from client_demo.sdk.inbox import Inbox
from client_demo.sdk.link import Link
from client_demo.sdk.pace import Pace
from client_demo.sdk.patience import PATIENT, BackOff, Jitter, Patience
from client_demo.sdk.repeating import repeatable_for
from client_demo.sdk.room import Room
from client_demo.sdk.rooms import Resynced, RoomView
from protocol import commands
from protocol.commands import Command
from protocol.errors import CloseCode, Verdict, close_verdict
from protocol.events import Event, Hello, Reconnect
from protocol.limits import SECOND_MS
from protocol.methods import METHODS
from protocol.results import ChatResult, JoinResult
from protocol.values import Session, Value

_R = TypeVar("_R", bound=Value)


class Client:
    """
    A connection that comes back, with the state of the rooms it is in.

    Log in with one of :meth:`guest`, :meth:`login`, :meth:`register` and :meth:`resume`
    once; afterwards the session is resumed by itself. ``rooms`` holds the rooms by id, kept
    current by the shared reducer; ``clock`` is the server's.

    With ``wait`` requests that would come too soon wait for their turn, by the rates that the
    server announced; without it they raise :class:`RateLimited`.
    """

    def __init__(
        self,
        url: str,
        *,
        reconnect: bool = True,
        wait: bool = True,
        patience: Patience = PATIENT,
        jitter: Jitter = random.uniform,
    ) -> None:
        self._url = endpoint(url)
        self._reconnect = reconnect
        self._is_closed = False
        self._wait = wait
        self._patience = patience
        self._jitter = jitter
        self._pace = Pace(lambda: asyncio.get_running_loop().time())
        self._link: Link | None = None
        self._inbox = Inbox(self._catch_up_soon)
        self._runner: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[Any]] = set()
        self._ready = asyncio.Event()
        """Set while session and rooms are there, and for good once there is nothing to wait for."""
        self.clock = SyncedClock()
        self.hello: Hello | None = None
        self.session: Session | None = None
        self.stopped: StoppedError | None = None
        """Why the server had it give up, once it has."""
        self.connections = 0
        """How often it connected."""

    @property
    def rooms(self) -> dict[str, Room]:
        """The rooms the client is in, by id."""
        return self._inbox.rooms

    @property
    def open_requests(self) -> int:
        """How many requests are sent and not answered yet."""
        return 0 if self._link is None else self._link.open_requests

    # Life

    async def __aenter__(self) -> Self:
        try:
            link = await self._connect()
        except (OSError, websockets.WebSocketException) as error:
            raise UnreachableError(self._url, error) from error
        self._runner = asyncio.create_task(self._run(link))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Disconnect for good. Rooms hold everything for the grace; leave them first to give it up."""
        self._reconnect = False
        self._is_closed = True
        tasks = [*self._errands, *([] if self._runner is None else [self._runner])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._link is not None:
            await self._link.close()
        self._over()

    def _over(self) -> None:
        """Tell everybody who listens or waits that nothing more will come."""
        self._inbox.end()
        self._ready.set()

    async def _connect(self) -> Link:
        link = await Link.to(self._url, self._heard, connect_seconds=self._patience.connect_seconds)
        self._link = link
        self.connections += 1
        return link

    async def _run(self, link: Link) -> None:
        """Read one connection after the other, until the server or the application says stop."""
        loop = asyncio.get_running_loop()
        back_off = BackOff(self._patience, self._jitter)
        try:
            while True:
                began = loop.time()
                await self._live(link)
                verdict = close_verdict(link.close_code)
                if verdict is Verdict.STOP or not self._reconnect:
                    reason = "" if link.closing is None else link.closing.reason
                    self.stopped = self.stopped or StoppedError(link.close_code, reason)
                    return
                back_off.ended(verdict, loop.time() - began)
                link = await self._connect_again(
                    back_off, None if link.closing is None else link.closing.retry_after_ms
                )
        finally:
            self._over()

    async def _live(self, link: Link) -> None:
        """Serve one connection from its beginning to its end."""
        tasks = [
            asyncio.create_task(self._come_back(link)),
            asyncio.create_task(self._keep_clock(link)),
        ]
        try:
            await link.read()
        finally:
            self._ready.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_clock(self, link: Link) -> None:
        # A probe that is refused ends the probing, not the connection.
        with suppress(ConnectionLostError, RequestError):
            await self.clock.keep(link, self._patience)

    async def _connect_again(self, back_off: BackOff, retry_after_ms: int | None) -> Link:
        while True:
            await asyncio.sleep(back_off.seconds(retry_after_ms))
            with suppress(OSError, websockets.WebSocketException):
                return await self._connect()

    async def _come_back(self, link: Link) -> None:
        """Resume the session and every room on a fresh connection, then let requests through."""
        try:
            if self.session is not None:
                resume = commands.SessionResume(token=self.session.token)
                self._logged_in(await self._ask(link, resume, Session))
            for room in list(self.rooms.values()):
                await self._rejoin(link, room)
        except RequestError as refused:
            if not refused.error.temporary:
                self._give_up(CloseCode.INVALID_TOKEN, str(refused))
            # Otherwise the server cannot take us back yet: the runner backs off and tries again.
            await link.close()
        except msgspec.ValidationError as error:
            self._give_up(CloseCode.UNSUPPORTED_VERSION, f"expected answers of this protocol, got {error}")
            await link.close()
        except ConnectionLostError:
            pass  # the runner is already at it again
        else:
            self._ready.set()

    def _give_up(self, code: CloseCode, reason: str) -> None:
        self.stopped, self._reconnect = StoppedError(code, reason), False

    async def _rejoin(self, link: Link, room: Room) -> None:
        """Join a room again where its view is; a room that takes us back no more is dropped."""
        take = partial(self._inbox.rejoined, room)
        try:
            await self._ask(link, room.rejoin_command(), JoinResult, take)
        except RequestError as refused:
            if refused.error.temporary:
                raise
            self.rooms.pop(room.id, None)

    async def _catch_up(self, link: Link, room: Room) -> None:
        """Join a room again on the connection that is there; a new one does it by itself."""
        while self.rooms.get(room.id) is room and self._link is link:
            try:
                await self._rejoin(link, room)
            except RequestError as refused:
                await asyncio.sleep((refused.error.retry_after_ms or SECOND_MS) / 1000)
            except ConnectionLostError:
                return
            else:
                return

    def _errand(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    # Hearing

    def _heard(self, event: Event) -> None:
        match event:
            case Hello():
                self.hello = event
                self.clock.greeted(event.clock_id, event.server_time_ms)
                if self.session is None or self.session.rates is None:
                    self._pace.announced(event.rates)
            case Reconnect(after_ms=after_ms, jitter_ms=jitter_ms):
                if self._link is not None:
                    self._errand(self._move_on(self._link, after_ms + self._jitter(0.0, float(jitter_ms))))
            case _:
                self._inbox.take(event)

    def _catch_up_soon(self, room: Room) -> None:
        if self._link is not None:
            self._errand(self._catch_up(self._link, room))

    async def _move_on(self, link: Link, after_ms: float) -> None:
        await asyncio.sleep(after_ms / 1000)
        await link.close()

    async def events(self) -> AsyncIterator[Event | Resynced]:
        """Yield events in order, each once; ends when the client is closed or stopped."""
        while (event := await self.next_event()) is not None:
            yield event

    async def next_event(self) -> Event | Resynced | None:
        """Return the next event; None when there will be no more, however often it is asked."""
        return await self._inbox.next()

    # Asking

    async def request(
        self,
        command: Command,
        shape: type[_R],
        take: Callable[[_R], None] | None = None,
        *,
        wait: bool | None = None,
    ) -> _R:
        """
        Send a command and return its result.

        Waits while the client is coming back, and for its turn by the announced rates unless
        ``wait`` (or the client's own setting) says no. What can be sent again without harm is,
        when the connection ends before the answer: reads, settings, messages with a nonce.
        ``take`` gets the result before any event behind it is applied.

        Raises:
            RequestError: the server refused.
            RateLimited: it is too soon, and the caller did not want to wait.
            ConnectionLostError: the connection ended before the answer; whether it happened is open.
            StoppedError: the server closed for good, or the client is closed.

        """
        waits = self._wait if wait is None else wait
        loop = asyncio.get_running_loop()
        give_up_at: float | None = None
        while True:
            await self._pace.turn(command.method, wait=waits)
            link = await self._live_link()
            if give_up_at is None:
                give_up_at = loop.time() + repeatable_for(command)
            try:
                return await link.ask(command, shape, take, seconds=self._patience.request_seconds)
            except RateLimited as refused:
                if not waits:
                    raise
                self._pace.hold(command.method, refused.retry_after)
            except ConnectionLostError:
                if self._link is link and self._reconnect:
                    self._ready.clear()  # the reader may not have noticed yet
                if loop.time() >= give_up_at or not self._reconnect:
                    raise

    async def call(self, command: Command, *, wait: bool | None = None) -> Any:
        """Send a command and return its result in the shape the table of methods names."""
        return await self.request(command, METHODS[command.method].result, wait=wait)

    async def _live_link(self) -> Link:
        await self._ready.wait()
        if self.stopped is not None:
            raise self.stopped
        if self._is_closed or self._link is None:
            raise StoppedError(None, "closed by the client")
        return self._link

    async def _ask(
        self, link: Link, command: Command, shape: type[_R], take: Callable[[_R], None] | None = None
    ) -> _R:
        """Ask on one connection, as part of coming back: in nobody's turn, but as slowly as told."""
        while True:
            try:
                return await link.ask(command, shape, take, seconds=self._patience.request_seconds)
            except RateLimited as refused:
                await asyncio.sleep(refused.retry_after)

    # The common requests

    async def guest(self, name: str | None = None) -> Session:
        """Begin a guest's session."""
        return await self._log_in(commands.SessionGuest(name=name))

    async def login(self, username: str, password: str) -> Session:
        """Begin a session with a password."""
        return await self._log_in(commands.SessionLogin(username=username, password=password))

    async def register(self, username: str, password: str, birth: commands.Birth) -> Session:
        """Make an account; accepting the policy is part of it."""
        who = {"username": username, "password": password}
        return await self._log_in(commands.SessionRegister(**who, birth=birth, accept_policy=True))

    async def resume(self, token: str) -> Session:
        """Go on with a session, or log a bot in."""
        return await self._log_in(commands.SessionResume(token=token))

    async def _log_in(self, command: Command) -> Session:
        session = await self.request(command, Session)
        self._logged_in(session)
        return session

    def _logged_in(self, session: Session) -> None:
        self.session = session
        if session.rates is not None:
            self._pace.announced(session.rates)

    async def join(self, room: str, password: str | None = None) -> Room:
        """Enter a room; it is current from now on."""
        entered = Room(room, self, password)
        take = partial(self._inbox.joined, entered)
        await self.request(commands.RoomJoin(room=room, password=password), JoinResult, take)
        return entered

    async def leave(self, room: RoomView) -> None:
        """Leave a room for good."""
        self.rooms.pop(room.id, None)
        await self.call(commands.RoomLeave(room=room.id))

    async def chat(
        self,
        room: str,
        text: str,
        nonce: str | None = None,
        *,
        reply_to: str | None = None,
        emote: bool = False,
    ) -> ChatResult:
        """
        Say something, once: a message that has to be sent again carries the same ``nonce``.

        Without one of the caller's, a random one is used.
        """
        command = commands.ChatSend(
            room=room, text=text, nonce=nonce or secrets.token_urlsafe(12), reply_to=reply_to, emote=emote
        )
        return await self.request(command, ChatResult)
