"""``roomserver user``: accounts."""

from __future__ import annotations

from roomserver.admin.users import (
    UserAdmin,
    UserCreate,
    UserList,
    UserLogout,
    UserPassword,
    UserRename,
    UserShow,
)
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.cli.passwords import PASSWORD, new_password

USER = argument("user", help="name or id of the account")
LIMIT = argument("--limit", type=int, default=100, help="how many to list at most (default 100)")


async def list_users(invocation: Invocation) -> Exit:
    """List accounts."""
    given = invocation.arguments
    command = UserList(kind=given.kind, query=given.query, limit=given.limit)
    invocation.output.rows("users", (await administer(invocation.config, command))["users"])
    return Exit.OK


async def show(invocation: Invocation) -> Exit:
    """Show one account."""
    facts = await administer(invocation.config, UserShow(user=invocation.arguments.user))
    invocation.output.facts(facts)
    return Exit.OK


async def create(invocation: Invocation) -> Exit:
    """Make an account."""
    password = new_password(invocation)
    command = UserCreate(name=invocation.arguments.name, password=password.text)
    made = await administer(invocation.config, command)
    password.show(made, f"account {made['name']} created", invocation.output)
    return Exit.OK


async def password(invocation: Invocation) -> Exit:
    """Set a password."""
    fresh = new_password(invocation)
    command = UserPassword(user=invocation.arguments.user, password=fresh.text)
    done = await administer(invocation.config, command)
    text = f"{done['name']} has another password, {done['sessions_ended']} sessions ended"
    fresh.show(done, text, invocation.output)
    return Exit.OK


async def rename(invocation: Invocation) -> Exit:
    """Give another name."""
    command = UserRename(user=invocation.arguments.user, name=invocation.arguments.name)
    done = await administer(invocation.config, command)
    invocation.output.result(done, f"{invocation.arguments.user} is {done['name']} now")
    return Exit.OK


async def promote(invocation: Invocation) -> Exit:
    """Make an administrator."""
    done = await administer(invocation.config, UserAdmin(user=invocation.arguments.user, on=True))
    invocation.output.result(done, f"{done['name']} is an administrator now")
    return Exit.OK


async def demote(invocation: Invocation) -> Exit:
    """Make an ordinary user again."""
    done = await administer(invocation.config, UserAdmin(user=invocation.arguments.user, on=False))
    invocation.output.result(done, f"{done['name']} is an ordinary user now")
    return Exit.OK


async def logout(invocation: Invocation) -> Exit:
    """End all sessions."""
    done = await administer(invocation.config, UserLogout(user=invocation.arguments.user))
    invocation.output.result(done, f"{done['sessions_ended']} sessions of {done['name']} ended")
    return Exit.OK


COMMANDS = (
    Command(
        "user list",
        "list accounts, newest first",
        list_users,
        (
            argument("--kind", choices=("guest", "user", "bot", "admin"), help="only these"),
            argument("--query", default="", help="a part of the name"),
            LIMIT,
        ),
    ),
    Command("user show", "show one account", show, (USER,)),
    Command("user create", "make an account", create, (argument("name", help="its name"), PASSWORD)),
    Command("user password", "set a password and end all sessions", password, (USER, PASSWORD)),
    Command(
        "user rename", "give an account another name", rename, (USER, argument("name", help="the new name"))
    ),
    Command("user promote", "make an account an administrator", promote, (USER,)),
    Command("user demote", "make an administrator an ordinary user", demote, (USER,)),
    Command("user logout", "end all sessions of an account", logout, (USER,)),
)
