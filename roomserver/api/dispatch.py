"""Dispatch: from a request to the handler or the room that serves it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import structlog

from protocol import codec
from protocol.commands import ChatSend, Command, RoomCommand
from protocol.errors import ErrorCode, Rejected
from protocol.limits import Limits, Rate
from protocol.methods import METHODS, Method
from protocol.scopes import require_scope
from protocol.values import User, Value
from roomserver.api.caller import Caller
from roomserver.api.refusals import as_rejected
from roomserver.api.scopes import require_own
from roomserver.batch import Ask
from roomserver.beat import OK
from roomserver.chatfilter import ChatFilter, filtered
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.live import LiveRoom
from roomserver.people import People
from roomserver.privacy.admission import admit
from roomserver.room.chat import remembers
from roomserver.room.inputs import Disconnected, Reply
from storage.errors import StorageError

log = structlog.get_logger("dispatch")

_UNKNOWN = "unknown"
"""The word for methods that do not exist: a client must not make up labels of a metric."""
_HOPELESS = {ErrorCode.BAD_PARAMS, ErrorCode.UNKNOWN_METHOD, ErrorCode.UNAUTHENTICATED}


class Call(NamedTuple):
    """A request on its way: who asks, and where the answer goes."""

    caller: Caller
    request_id: int | None
    method: str

    @property
    def ask(self) -> Ask:
        """Where the beat puts the answer."""
        return Ask(self.caller, self.request_id, self.method)

    @property
    def user(self) -> User:
        """The authenticated user."""
        user = self.caller.user
        assert user is not None, "the dispatcher lets only authenticated callers here"
        return user


class ChatLog(Protocol):
    """Where messages are that a room has forgotten."""

    async def has(self, room_id: str, message_id: str) -> bool:
        """Say whether a room's log has a message."""
        ...


class Bans(Protocol):
    """Who is banned from the whole server."""

    def __contains__(self, account_id: str) -> bool:
        """Say whether an account may be banned: a quick no for nearly everybody."""
        ...

    def check(self, account_id: str, now_ms: int) -> None:
        """Refuse an account that is banned at an instant."""
        ...


class Unbanned:
    """Nobody is."""

    def __contains__(self, account_id: str) -> bool:
        """Say no."""
        return False

    def check(self, account_id: str, now_ms: int) -> None:
        """Refuse nobody."""


class Bounds(NamedTuple):
    """What a connection may ask at most, as announced in ``hello``."""

    limits: Limits
    rates: Mapping[str, Rate]
    needed_rev: Callable[[], int] = lambda: 0
    """The revision of the policy that must have been accepted by now."""
    bans: Bans = Unbanned()
    chat_log: ChatLog | None = None
    """What somebody replies to must be there if the room has forgotten it."""


Gate = Callable[[User, LiveRoom, RoomCommand], None]
"""Lets a command pass, or raises :class:`Rejected`."""


Handler = Callable[[Call, Any], Awaitable[Value | None]]
"""Answers a command; None when the answer comes with the beat."""


class Dispatcher:
    """
    Serves requests by the table of methods.

    A command that a room can handle alone runs at once; others have a handler of a theme,
    which may wait for storage.
    """

    def __init__(
        self,
        hub: Hub,
        people: People,
        clock: ServerClock,
        handlers: Mapping[type[Command], Handler],
        bounds: Bounds,
        filters: Sequence[ChatFilter] = (),
    ) -> None:
        self._hub = hub
        self._people = people
        self._handlers = handlers
        self.limits = bounds.limits
        self.rates = bounds.rates
        self._needed_rev = bounds.needed_rev
        self._bans = bounds.bans
        self._chat_log = bounds.chat_log
        self.filters = filters
        """What chat passes through; may be exchanged."""
        self.now_us = clock.now_us
        self.gates: list[Gate] = []
        """What must let a command about a room pass, beside the room itself; in order."""

    def serve(self, caller: Caller, request: codec.Request) -> asyncio.Task[None] | None:
        """Serve a request at once where no waiting is needed, else in a task."""
        try:
            command = codec.parse_command(request)
            method = METHODS[request.method]
            self._admit(caller, method)
            if self.filters and isinstance(command, ChatSend) and caller.user is not None:
                command = filtered(self.filters, command, caller.user)
        except Rejected as rejected:
            self._refuse(Ask(caller, request.id, _known(request.method)), caller, rejected)
            return None
        if isinstance(command, RoomCommand) and type(command) not in self._handlers:
            live = self._hub.live(command.room)
            if live is not None and not _needs_log(live, command):
                self._run(Call(caller, request.id, request.method), live, command)
                return None
        return asyncio.create_task(self._handle(Call(caller, request.id, request.method), command))

    def _admit(self, caller: Caller, method: Method) -> None:
        if not method.before_auth and caller.user is None:
            message = f"expected a session before {method.params.method}"
            raise Rejected(ErrorCode.UNAUTHENTICATED, message)
        if caller.scopes is not None:
            require_scope(caller.scopes, method.params.method)
        if caller.admitted is not None and caller.user is not None:
            name, admitted, needed = method.params.method, caller.admitted, self._needed_rev()
            if caller.user.id in self._bans:
                admit(
                    name, admitted, needed, partial(self._bans.check, caller.user.id, self.now_us() // 1000)
                )
            else:
                admit(name, admitted, needed)
        caller.take_token(method.rate)

    def _run(self, call: Call, live: LiveRoom, command: RoomCommand, fed: Reply | None = None) -> None:
        """Feed a room a command, or what it is fed in its place."""
        try:
            require_own(call.caller, live, command)
            for gate in self.gates:
                gate(call.user, live, command)
        except Rejected as rejected:
            self._refuse(call.ask, call.caller, rejected)
        else:
            self._hub.run(live, call.user, fed or command, call.ask)

    async def _handle(self, call: Call, command: Command) -> None:
        try:
            handler = self._handlers.get(type(command))
            if handler is None:
                await self._open_and_run(call, command)
                return
            result = await handler(call, command)
        except Rejected as rejected:
            self._refuse(call.ask, call.caller, rejected)
        except StorageError as error:
            self._refuse(call.ask, call.caller, as_rejected(error))
        except Exception:
            log.exception("request failed", method=command.method)
            self._refuse(call.ask, call.caller, Rejected(ErrorCode.INTERNAL))
        else:
            if result is not None:
                self.count(call.method)
                call.caller.reply(call.request_id, result)

    async def _open_and_run(self, call: Call, command: Command) -> None:
        if not isinstance(command, RoomCommand):
            raise Rejected(ErrorCode.UNKNOWN_METHOD, f"{command.method} is not served by this server")
        live = await self._hub.open(command.room)
        fed = None
        if isinstance(command, ChatSend) and command.reply_to is not None and _needs_log(live, command):
            is_known = self._chat_log is not None and await self._chat_log.has(live.id, command.reply_to)
            fed = Reply(command, is_known)
        self._run(call, live, command, fed)

    def count(self, method: str, outcome: str = OK) -> None:
        """Count a request that was answered at once."""
        self._hub.beat.outcomes[_known(method), outcome] += 1

    def _refuse(self, ask: Ask, caller: Caller, rejected: Rejected) -> None:
        # In order with the answers of the beat: a refusal tells of the room's state too.
        self._hub.beat.refuse(ask, rejected)
        if rejected.code in _HOPELESS:
            caller.strike()

    def gone(self, caller: Caller) -> None:
        """Take a caller out of its rooms, where the grace begins."""
        if caller.user is not None:
            for live in list(caller.rooms.values()):
                live.unsubscribe(caller)
                try:
                    self._hub.apply(live, caller.user, Disconnected(caller.user.id))
                except Rejected:
                    pass  # a room that is being mended has nobody in it
                except Exception:
                    # One room's bug must not keep anybody in the others.
                    log.exception("leaving failed", room=live.id)
            caller.rooms.clear()
        self._people.left(caller, self.now_us() // 1000)


def _needs_log(live: LiveRoom, command: RoomCommand) -> bool:
    """Say whether somebody replies to a message that a room has forgotten, or never had."""
    if not isinstance(command, ChatSend) or command.reply_to is None:
        return False
    return not remembers(live.room.state, command.reply_to)


def _known(method: str) -> str:
    return method if method in METHODS else _UNKNOWN
