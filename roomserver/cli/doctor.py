"""``roomserver doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from roomserver.admin.channel import NoServerError, ask_server
from roomserver.admin.command import AdminError
from roomserver.admin.server import ServerStatus
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.doctor import Finding, check_address, check_addresses, check_privacy_of_metrics, look


async def doctor(invocation: Invocation) -> Exit:
    """Look at everything; fail when something is bad."""
    config = invocation.config
    findings = [Finding("settings", "good", "read")]
    findings += await asyncio.to_thread(look, config)
    server = await _check_server(Path(config.storage.data))
    if server is None:
        findings += await asyncio.to_thread(look, config, {"addresses": check_addresses})
    findings.append(server or Finding("server", "good", "none runs"))
    if invocation.arguments.url is not None:
        findings.append(await check_address(invocation.arguments.url))
        findings.append(await check_privacy_of_metrics(invocation.arguments.url))
    invocation.output.rows("findings", [finding._asdict() for finding in findings])
    return Exit.FAILED if any(finding.verdict == "bad" for finding in findings) else Exit.OK


async def _check_server(folder: Path) -> Finding | None:
    """Ask the server of a folder how it is; None when none runs."""
    try:
        status = await ask_server(folder, ServerStatus())
    except NoServerError:
        return None
    except (AdminError, OSError) as error:
        return Finding("server", "bad", f"expected an answer from the running server, got {error}")
    troubles = [*status["alarms"], *status["obstacles"]]
    if troubles:
        return Finding("server", "bad", "; ".join(troubles))
    return Finding("server", "good", f"version {status['version']} runs and is ready")


COMMANDS = (
    Command(
        "doctor",
        "look at everything a server needs; exit code 1 when something is bad",
        doctor,
        (argument("--url", help="also connect there as a browser would, such as https://radio.example"),),
    ),
)
