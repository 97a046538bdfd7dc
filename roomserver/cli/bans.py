"""``roomserver ban``: who is banned from a room, or from the whole server."""

from __future__ import annotations

import argparse
from typing import Any

from roomserver.admin.bans import BanAddress, BanPardon, BanServer, BanUser
from roomserver.admin.rooms import BanAdd, BanLift, BanList
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.cli.output import instant
from roomserver.cli.rooms import ROOM
from roomserver.cli.users import USER
from storage.privacy.durations import parse_duration


def duration_ms(text: str) -> int:
    """
    Return how long a ban lasts, such as ``30m``, ``12h`` or ``7d``, in milliseconds.

    Raises:
        argparse.ArgumentTypeError: it is no duration, or none at all.

    """
    try:
        ms = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if ms == 0:
        raise argparse.ArgumentTypeError(f"expected a duration longer than none, got {text!r}")
    return ms


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


async def list_server(invocation: Invocation) -> Exit:
    """List bans from the server."""
    invocation.output.rows("bans", (await administer(invocation.config, BanServer()))["bans"])
    return Exit.OK


async def ban_user(invocation: Invocation) -> Exit:
    """Ban an account from the server."""
    given = invocation.arguments
    command = BanUser(user=given.user, duration_ms=given.duration, reason=given.reason)
    return _banned(invocation, await administer(invocation.config, command))


async def ban_address(invocation: Invocation) -> Exit:
    """Ban an address or a network from the server."""
    given = invocation.arguments
    command = BanAddress(address=given.address, duration_ms=given.duration, reason=given.reason)
    return _banned(invocation, await administer(invocation.config, command))


def _banned(invocation: Invocation, done: dict[str, Any]) -> Exit:
    until = "for good" if done["until_ms"] is None else f"until {instant(done['until_ms'])}"
    text = f"{done['whom']} is banned from the server {until}, {done['closed']} connections closed"
    invocation.output.result(done, f"{text}; ban {done['id']}")
    return Exit.OK


async def pardon(invocation: Invocation) -> Exit:
    """Lift a ban from the server."""
    done = await administer(invocation.config, BanPardon(whom=invocation.arguments.whom))
    invocation.output.result(done, f"{done['whom']} may come to the server again")
    return Exit.OK


_FOR = argument(
    "--for",
    dest="duration",
    type=duration_ms,
    metavar="TIME",
    help="how long, such as 30m, 12h or 7d (default: for good)",
)

COMMANDS = (
    Command("ban list", "list who is banned from a room", list_bans, (ROOM,)),
    Command(
        "ban add",
        "ban somebody from a room",
        add,
        (
            ROOM,
            USER,
            _FOR,
            argument("--reason", help="what the user and the room's staff are told"),
        ),
    ),
    Command("ban lift", "let a banned user in again", lift, (ROOM, USER)),
    Command("ban server", "list who is banned from the whole server", list_server),
    Command(
        "ban user",
        "ban an account, with its bots, from the whole server",
        ban_user,
        (USER, _FOR, argument("--reason", help="what they are told")),
    ),
    Command(
        "ban address",
        "ban an address or a network from the whole server; a single one for 7d at most",
        ban_address,
        (
            argument("address", help="such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48"),
            _FOR,
            argument("--reason", help="what they are told"),
        ),
    ),
    Command(
        "ban pardon",
        "lift a ban from the whole server",
        pardon,
        (argument("whom", help="id of the ban, name or id of the account, address or network"),),
    ),
)
