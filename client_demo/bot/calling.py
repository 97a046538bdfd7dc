"""Commands: from a message to the function it calls, or to a sentence that says why not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from client_demo.bot.arguments import UsageError
from client_demo.bot.context import Context, role_of
from client_demo.bot.duration import Duration
from client_demo.bot.handlers import Command
from client_demo.sdk import Room
from protocol.events import ChatMessage

if TYPE_CHECKING:
    from client_demo.bot.runner import Runner

HELP = "help"

Call = Callable[[], Awaitable[None]]


class Calling:
    """Finds the command of a message and checks who may call it, how often and how."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def call(self, room: Room, message: ChatMessage, known: dict[type, Any]) -> Call | None:
        """Return what a message calls; None when it calls nothing."""
        bot = self._runner.bot
        # Bots do not command bots: two that answer each other would never end.
        if message.user.kind == "bot" or not message.text.startswith(bot.prefix):
            return None
        word, _, rest = message.text.removeprefix(bot.prefix).partition(" ")
        context = Context(self._runner, room, message, rest.strip())
        command = bot.commands.get(word.casefold())
        if command is None:
            return partial(self._help, context) if word.casefold() == HELP else None
        refusal = self._refusal(command, context)
        if refusal is not None:
            return partial(context.reply, refusal)
        try:
            arguments = command.signature.read(context.rest, room)
        except UsageError as error:
            return partial(context.reply, f"{error}; usage: {self._usage(command)}")
        wait = 0.0
        if command.uses is not None:
            wait = command.uses.take(room.id, message.user.id, self._runner.time.now())
        if wait:
            return partial(context.reply, f"again in {Duration(max(1, round(wait)) * 1000)}")
        handed = command.signature.hand({**known, Context: context})
        return partial(command.function, **handed, **arguments)

    def _refusal(self, command: Command, context: Context) -> str | None:
        if context.role < command.role:
            return f"{self._runner.bot.prefix}{command.name} is for {command.role.wire}s and up"
        session = self._runner.client.session
        held = None if session is None else session.scopes
        if command.scope is not None and held is not None and command.scope not in held:
            return f"my owner did not give me the scope {command.scope}"
        return None

    def _usage(self, command: Command) -> str:
        return f"{self._runner.bot.prefix}{command.name} {command.signature.usage}".rstrip()

    async def _help(self, context: Context) -> None:
        bot = self._runner.bot
        wanted = bot.commands.get(context.rest.removeprefix(bot.prefix).casefold())
        if wanted is not None:
            about = f": {wanted.help}" if wanted.help else ""
            await context.reply(f"{self._usage(wanted)}{about}")
            return
        role = role_of(context.room, context.user)
        names = sorted({command.name for command in bot.commands.values() if command.role <= role})
        listed = " ".join(f"{bot.prefix}{name}" for name in names)
        await context.reply(f"{listed or 'no commands for you'} ({bot.prefix}{HELP} <command> says more)")
