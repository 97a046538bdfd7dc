"""``roomserver doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from roomserver.admin.channel import NoServerError, ask_server
from roomserver.admin.command import AdminError
from roomserver.admin.server import ServerStatus
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.doctor import CHECKS, Finding, check_address, check_privacy_of_metrics


async def doctor(invocation: Invocation) -> Exit:
    """Look at everything; fail when something is bad."""
    config = invocation.config
    findings = [Finding("settings", "good", "read")]
    findings += [await asyncio.to_thread(check, config) for check in CHECKS]
    findings.append(await _check_server(Path(config.storage.data)))
    if invocation.arguments.url is not None:
        findings.append(await check_address(invocation.arguments.url))
        findings.append(await check_privacy_of_metrics(invocation.arguments.url))
    invocation.output.rows("findings", [finding._asdict() for finding in findings])
    return Exit.FAILED if any(finding.verdict == "bad" for finding in findings) else Exit.OK


async def _check_server(folder: Path) -> Finding:
    try:
        status = await ask_server(folder, ServerStatus())
    except NoServerError:
        return Finding("server", "good", "none runs")
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
