"""``roomserver admin``: administrators of the whole server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from protocol.errors import ErrorCode
from roomserver.admin.users import UserAdmin, UserCreate
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, CommandError, Exit, Invocation, argument
from roomserver.cli.passwords import PASSWORD, new_password
from roomserver.config import DATABASE


async def create(invocation: Invocation) -> Exit:
    """Make an administrator; an existing account keeps its password."""
    config, name = invocation.config, invocation.arguments.name
    folder, was_there = await asyncio.to_thread(_found, Path(config.storage.data))
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
    # Most likely the wrong folder, where a server runs already on another.
    where = "" if was_there else f", in a data folder that is new: {folder}"
    facts = {**made, "created": True, "data": str(folder)}
    password.show(facts, f"administrator {made['name']} created{where}", invocation.output)
    return Exit.OK


def _found(folder: Path) -> tuple[Path, bool]:
    """Return where a data folder is, and whether a server's data is in it."""
    return folder.absolute(), (folder / DATABASE).is_file()


COMMANDS = (
    Command(
        "admin create",
        "make an account an administrator, or a new one",
        create,
        (argument("name", help="the account's name"), PASSWORD),
    ),
)
