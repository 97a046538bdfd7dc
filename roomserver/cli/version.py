"""``roomserver version``."""

from __future__ import annotations

from protocol import PROTOCOL_VERSION
from roomserver import VERSION
from roomserver.cli.command import Command, Exit, Invocation


async def version(invocation: Invocation) -> Exit:
    """Print the version of the program and of the protocol that it speaks."""
    invocation.output.result(
        {"version": VERSION, "protocol": PROTOCOL_VERSION},
        f"roomserver {VERSION} (protocol {PROTOCOL_VERSION})",
    )
    return Exit.OK


COMMANDS = (Command("version", "print the version", version, uses_config=False),)
