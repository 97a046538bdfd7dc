"""``roomserver config``: the settings in force."""

from __future__ import annotations

from msgspec.structs import asdict

from roomserver.cli.command import Command, Exit, Invocation
from roomserver.config import Config

SECRET = ("password",)
"""Keys whose values are never shown."""


async def show(invocation: Invocation) -> Exit:
    """Show every setting; what is wrong with them has ended the command before."""
    defaults = asdict(Config())
    rows = [
        {
            "setting": f"{group}.{key}",
            "value": "***" if key in SECRET and value else value,
            "is_default": value == getattr(defaults[group], key),
        }
        for group, values in asdict(invocation.config).items()
        for key, value in asdict(values).items()
    ]
    invocation.output.rows("settings", rows)
    return Exit.OK


COMMANDS = (Command("config", "check the settings and show those in force", show),)
