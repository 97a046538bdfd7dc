"""``roomserver bot``: bots that accounts own."""

from __future__ import annotations

from protocol.scopes import SCOPES
from roomserver.admin.tokens import BotCreate, BotList, BotRevoke
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, Exit, Invocation, argument


async def list_bots(invocation: Invocation) -> Exit:
    """List bots."""
    command = BotList(owner=invocation.arguments.owner)
    invocation.output.rows("bots", (await administer(invocation.config, command))["bots"])
    return Exit.OK


async def create(invocation: Invocation) -> Exit:
    """Make a bot, and show its token."""
    given = invocation.arguments
    command = BotCreate(owner=given.owner, name=given.name, scopes=given.scope or [])
    made = await administer(invocation.config, command)
    invocation.output.result(made, f"token: {made['token']}\nbot {made['name']} of {made['owner']} created")
    return Exit.OK


async def revoke(invocation: Invocation) -> Exit:
    """Delete a bot."""
    done = await administer(invocation.config, BotRevoke(bot=invocation.arguments.bot))
    invocation.output.result(done, f"bot {done['name']} is gone, and its token is void")
    return Exit.OK


COMMANDS = (
    Command(
        "bot list",
        "list bots",
        list_bots,
        (argument("--owner", help="only those of this account, by name or id"),),
    ),
    Command(
        "bot create",
        "make a bot and show its token",
        create,
        (
            argument("name", help="its name"),
            argument("--owner", required=True, help="name or id of the account that owns it"),
            argument(
                "--scope", action="append", choices=tuple(SCOPES), help="what it may do; may be repeated"
            ),
        ),
    ),
    Command("bot revoke", "delete a bot with its token", revoke, (argument("bot", help="its name or id"),)),
)
