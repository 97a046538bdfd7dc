"""
How a command reaches the data: through the server that runs, or as one without doors.

Both carry out the same code on the same parts, so a command means the same either way.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec

from protocol.errors import ErrorCode
from roomserver.admin.channel import NoServerError, ask_server
from roomserver.admin.command import AdminCommand, AdminError
from roomserver.cli.command import CommandError, Exit
from roomserver.config import DATABASE, Config
from roomserver.server import Server


async def administer(config: Config, command: AdminCommand, *, may_create: bool = False) -> dict[str, Any]:
    """
    Have a command carried out; return its result.

    ``may_create`` lets it make a data folder where there is none.

    Raises:
        CommandError: it was refused, or there is no data to carry it out on.
        roomserver.lock.FolderInUseError: a process uses the data that takes no commands.

    """
    folder = Path(config.storage.data)
    try:
        return await ask_server(folder, command)
    except NoServerError:
        pass
    except AdminError as error:
        raise _refused(error) from error
    if not may_create:
        require_database(folder)
    try:
        async with Server.maintain(config) as server:
            result = await server.administration.run(command)
    except AdminError as error:
        raise _refused(error) from error
    finally:
        if await asyncio.to_thread(folder.is_dir):
            give_to_owner(folder)
    plain: dict[str, Any] = msgspec.to_builtins(result)
    return plain


def _refused(error: AdminError) -> CommandError:
    is_usage = error.code == ErrorCode.BAD_PARAMS
    return CommandError(error.message, Exit.USAGE if is_usage else Exit.FAILED, error.code)


def require_database(folder: Path) -> Path:
    """
    Return the database of a data folder.

    Raises:
        CommandError: there is none: most likely the folder is not the one that was meant.

    """
    path = folder / DATABASE
    if not path.is_file():
        raise CommandError(f"expected a data folder of a server, got {folder}: there is no {DATABASE} in it")
    return path


def give_to_owner(folder: Path) -> None:
    """
    Give everything in a data folder to the user whose folder it is, when we are root.

    The server could not open what root left there. Becoming the owner first would be no better:
    who installed the program may have kept it from others. What a link points to is not in the
    folder, and stays whose it is.
    """
    owner = folder.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for path in folder.rglob("*"):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
