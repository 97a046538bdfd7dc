"""``roomserver status`` and ``reload``: the server that runs on a data folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from roomserver.admin.channel import NoServerError, ask_server
from roomserver.admin.command import AdminCommand, AdminError
from roomserver.admin.server import ServerReload, ServerStatus
from roomserver.cli.command import Command, CommandError, Exit, Invocation


async def _ask(invocation: Invocation, command: AdminCommand) -> dict[str, Any]:
    folder = Path(invocation.config.storage.data)
    try:
        return await ask_server(folder, command)
    except NoServerError as error:
        message = f"expected a server that runs on {folder}, got none"
        raise CommandError(message, Exit.BUSY) from error
    except AdminError as error:
        raise CommandError(error.message) from error


async def status(invocation: Invocation) -> Exit:
    """Say how the server is; fail when it is not well."""
    facts = await _ask(invocation, ServerStatus())
    troubles = [*facts["alarms"], *facts["obstacles"]]
    up = dt.timedelta(seconds=facts["up_ms"] // 1000)
    invocation.output.result(
        facts,
        f"{'; '.join(troubles) if troubles else 'ready'}\n"
        f"version {facts['version']}, up {up}\n"
        f"{facts['users_online']} people with {facts['connections']} connections\n"
        f"{facts['rooms_open']} rooms open, {facts['rooms_playing']} playing",
    )
    return Exit.FAILED if troubles else Exit.OK


async def reload(invocation: Invocation) -> Exit:
    """Have the server read its settings again."""
    done = await _ask(invocation, ServerReload())
    lines = [f"in force: {', '.join(done['applied']) or 'nothing changed'}"]
    if done["restart"]:
        lines.append(f"need a restart: {', '.join(done['restart'])}")
    invocation.output.result(done, "\n".join(lines))
    return Exit.OK


COMMANDS = (
    Command("status", "say how the running server is; exit code 1 when it is not well", status),
    Command("reload", "have the running server read its settings again, as on SIGHUP", reload),
)
