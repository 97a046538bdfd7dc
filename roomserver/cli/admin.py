"""``roomserver admin``: administrators of the whole server."""

from __future__ import annotations

from protocol.errors import ErrorCode
from roomserver.admin.users import UserAdmin, UserCreate
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, CommandError, Exit, Invocation, argument
from roomserver.cli.passwords import PASSWORD, new_password


async def create(invocation: Invocation) -> Exit:
    """Make an administrator; an existing account keeps its password."""
    config, name = invocation.config, invocation.arguments.name
    try:
        made = await administer(config, UserAdmin(user=name, on=True), may_create=True)
    except CommandError as error:
        if error.word != ErrorCode.NOT_FOUND:
            raise
    else:
        invocation.output.result({**made, "created": False}, f"{made['name']} is an administrator now")
        return Exit.OK
    password = new_password(invocation)
    made = await administer(
        config, UserCreate(name=name, password=password.text, admin=True), may_create=True
    )
    password.show({**made, "created": True}, f"administrator {made['name']} created", invocation.output)
    return Exit.OK


COMMANDS = (
    Command(
        "admin create",
        "make an account an administrator, or a new one",
        create,
        (argument("name", help="the account's name"), PASSWORD),
    ),
)
