"""``roomserver ban``: who is banned from a room."""

from __future__ import annotations

import argparse
import re

from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS
from roomserver.admin.rooms import BanAdd, BanLift, BanList
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.cli.output import instant
from roomserver.cli.rooms import ROOM
from roomserver.cli.users import USER

_UNITS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


def duration_ms(text: str) -> int:
    """
    Return a duration such as ``30m``, ``12h`` or ``7d`` in milliseconds.

    Raises:
        argparse.ArgumentTypeError: it is none.

    """
    match = re.fullmatch(r"([1-9]\d{0,5})([mhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"expected minutes, hours or days such as 30m, 12h, 7d, got {text!r}"
        )
    return int(match[1]) * _UNITS[match[2]]


async def list_bans(invocation: Invocation) -> Exit:
    """List bans."""
    command = BanList(room=invocation.arguments.room)
    invocation.output.rows("bans", (await administer(invocation.config, command))["bans"])
    return Exit.OK


async def add(invocation: Invocation) -> Exit:
    """Ban somebody."""
    given = invocation.arguments
    command = BanAdd(room=given.room, user=given.user, duration_ms=given.duration, reason=given.reason)
    done = await administer(invocation.config, command)
    until = "for good" if done["until_ms"] is None else f"until {instant(done['until_ms'])}"
    invocation.output.result(done, f"{done['user']} is banned from {done['slug']} {until}")
    return Exit.OK


async def lift(invocation: Invocation) -> Exit:
    """Lift a ban."""
    command = BanLift(room=invocation.arguments.room, user=invocation.arguments.user)
    done = await administer(invocation.config, command)
    invocation.output.result(done, f"{done['user']} may enter {done['slug']} again")
    return Exit.OK


COMMANDS = (
    Command("ban list", "list who is banned from a room", list_bans, (ROOM,)),
    Command(
        "ban add",
        "ban somebody from a room",
        add,
        (
            ROOM,
            USER,
            argument(
                "--for",
                dest="duration",
                type=duration_ms,
                metavar="TIME",
                help="how long, such as 30m, 12h or 7d (default: for good)",
            ),
            argument("--reason", help="what the user and the room's staff are told"),
        ),
    ),
    Command("ban lift", "let a banned user in again", lift, (ROOM, USER)),
)
