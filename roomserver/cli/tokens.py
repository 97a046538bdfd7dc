"""``roomserver token``: sessions of accounts."""

from __future__ import annotations

from roomserver.admin.tokens import TokenCreate, TokenList, TokenRevoke
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.cli.output import instant
from roomserver.cli.users import USER


async def list_tokens(invocation: Invocation) -> Exit:
    """List sessions."""
    command = TokenList(user=invocation.arguments.user)
    invocation.output.rows("tokens", (await administer(invocation.config, command))["tokens"])
    return Exit.OK


async def create(invocation: Invocation) -> Exit:
    """Begin a session, and show its token."""
    command = TokenCreate(user=invocation.arguments.user, days=invocation.arguments.days)
    made = await administer(invocation.config, command)
    until = instant(made["expires_at_ms"])
    invocation.output.result(made, f"token: {made['token']}\n{made['user']} can use it until {until}")
    return Exit.OK


async def revoke(invocation: Invocation) -> Exit:
    """End a session."""
    command = TokenRevoke(user=invocation.arguments.user, token_id=invocation.arguments.token_id)
    done = await administer(invocation.config, command)
    invocation.output.result(done, f"token {done['token_id']} of {done['user']} is void")
    return Exit.OK


COMMANDS = (
    Command("token list", "list the sessions of an account", list_tokens, (USER,)),
    Command(
        "token create",
        "begin a session of an account and show its token",
        create,
        (USER, argument("--days", type=int, default=30, help="how long it is valid (default 30)")),
    ),
    Command(
        "token revoke",
        "end one session of an account",
        revoke,
        (USER, argument("token_id", help="its id, as token list shows it")),
    ),
)
