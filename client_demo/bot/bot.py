"""A bot: what it listens to, what it can be told, what it remembers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, overload

from client_demo.bot.arguments import signature_of
from client_demo.bot.context import Context
from client_demo.bot.cooldown import Cooldown, Uses
from client_demo.bot.duration import Duration
from client_demo.bot.handlers import Command, Function, Handler, Repeating
from client_demo.bot.happenings import Happening
from client_demo.bot.runner import Runner
from client_demo.bot.store import Shelf, Store
from client_demo.bot.timekeeping import RealTime, Timekeeper
from client_demo.sdk import Client, Patience, Resynced, Room, StoppedError
from client_demo.sdk.guests import come_as_guest
from client_demo.sdk.patience import PATIENT
from protocol.events import Event
from protocol.roles import Role
from protocol.values import Scope

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Function)


class Bot:
    """
    Collects handlers; :meth:`running` and :meth:`run` bring it to rooms.

    Handlers of one event run one after the other, each event once, in order; commands run
    beside each other. One that fails is logged and told to :meth:`error`, and the bot goes on.
    """

    def __init__(self, prefix: str = "!") -> None:
        self.prefix = prefix
        self.handlers: list[Handler] = []
        self.commands: dict[str, Command] = {}
        """By name and by alias, in small letters."""
        self.repeating: list[Repeating] = []
        self.error_handlers: list[Callable[[Exception, str], Any]] = []
        self.shelf = Shelf()

    # Decorators

    def on(self, event_type: type[Event | Resynced | Happening]) -> Callable[[_F], _F]:
        """
        Call a function for each event of a type, also of types derived from it.

        The function takes what it wants of the event, the :class:`Room`, the :class:`Client`
        and the bot, each by its type. A bot does not hear itself.
        """

        def register(function: _F) -> _F:
            signature = signature_of(function, (event_type, Room, Client, Bot), from_text=False)
            self.handlers.append(Handler(event_type, function, signature))
            return function

        return register

    @overload
    def command(self, function: _F, /) -> _F: ...

    @overload
    def command(
        self,
        *,
        name: str | None = None,
        aliases: tuple[str, ...] = (),
        role: Role = Role.GUEST,
        scope: Scope | None = None,
        cooldown: Cooldown | None = None,
    ) -> Callable[[_F], _F]: ...

    def command(
        self,
        function: Any = None,
        *,
        name: str | None = None,
        aliases: tuple[str, ...] = (),
        role: Role = Role.GUEST,
        scope: Scope | None = None,
        cooldown: Cooldown | None = None,
    ) -> Any:
        """
        Let people call a function by its name behind the prefix.

        ``role`` is the lowest that may. Arguments are converted from the text by their types:
        str, int, float, bool, Duration, User, Role, literals; a keyword-only one takes the rest
        of the line, one with a default may be left out. The docstring's first line is its help.
        """

        def register(function: _F) -> _F:
            word = (name or function.__name__).casefold()
            signature = signature_of(function, (Context, Room, Client, Bot), from_text=True)
            uses = None if cooldown is None else Uses(cooldown)
            made = Command(word, function, signature, aliases, role, scope, uses)
            for each in (word, *(alias.casefold() for alias in aliases)):
                if each in self.commands:
                    raise ValueError(f"expected a new command, got a second {self.prefix}{each}")
                self.commands[each] = made
            return function

        return register if function is None else register(function)

    def every(self, interval: str) -> Callable[[_F], _F]:
        """Call a function every so often, such as ``5m``: once for each room, if it takes a room."""
        seconds = Duration.of(interval).seconds

        def register(function: _F) -> _F:
            signature = signature_of(function, (Room, Client, Bot), from_text=False)
            per_room = any(each.kind is Room for each in signature.given)
            self.repeating.append(Repeating(seconds, function, signature, per_room))
            return function

        return register

    def error(self, function: Callable[[Exception, str], Any]) -> Callable[[Exception, str], Any]:
        """Call a function (or coroutine function) with each error of a handler, and the handler's name."""
        self.error_handlers.append(function)
        return function

    def store(self, name: str, value_type: type[_T]) -> Store[_T]:
        """Return a dictionary that outlives the bot; see :class:`Store`."""
        return Store(self.shelf, name, value_type)

    # Running

    @asynccontextmanager
    async def running(
        self,
        url: str,
        token: str | None = None,
        *rooms: str,
        name: str | None = None,
        time: Timekeeper | None = None,
        patience: Patience | None = None,
    ) -> AsyncIterator[Runner]:
        """
        Bring the bot to rooms (by default the lobby) for as long as the block lasts.

        Without a token it comes as a guest, under ``name``, with something behind it if that is
        taken: by the bot's own last run, more often than not. ``time`` is what its timers go by: a
        test hands over its clock.

        Raises:
            UnreachableError: there is no server.
            RequestError: it does not take the token, or a room does not let the bot in.

        """
        async with Client(url, patience=patience or PATIENT) as client:
            if token is None:
                await come_as_guest(client, name)
            else:
                await client.resume(token)
            for room in rooms or ("lobby",):
                await client.join(room)
            runner = Runner(self, client, time or RealTime())
            try:
                runner.start()
                yield runner
            finally:
                await runner.stop()
                self.shelf.close()

    def run(self, url: str, token: str | None = None, *rooms: str, data: Path | None = None) -> None:
        """
        Run until the server ends it for good, or the user does.

        Raises:
            StoppedError: the server closed for good.

        """
        self.shelf.path = data or self.shelf.path

        async def run() -> StoppedError | None:
            async with self.running(url, token, *rooms) as runner:
                await runner.finished()
                return runner.client.stopped

        try:
            stopped = asyncio.run(run())
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            return
        if stopped is not None:
            raise stopped
