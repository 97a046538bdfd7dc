"""What a subcommand of ``roomclient`` is, and what those that log in share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from client_demo.sdk import Client
from client_demo.sdk.endpoint import endpoint
from client_demo.sdk.guests import come_as_guest

OK = 0
FAILED = 1
USAGE = 2

TOKEN_VARIABLE = "ROOMSERVER_TOKEN"  # noqa: S105 - the name of a variable
"""Where a token comes from when none is given: command lines are seen by every user of a machine."""


class Subcommand(NamedTuple):
    """
    A row of the table of subcommands.

    ``configure`` adds the arguments to an own parser, ``run`` takes what was parsed and
    returns the exit code. Neither is called for other subcommands.
    """

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def address(text: str) -> str:
    """Return the address of a server, for argparse."""
    try:
        return endpoint(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_login(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say where to connect and as whom."""
    parser.add_argument("url", metavar="URL", type=address, help="the server, such as http://127.0.0.1:8080")
    parser.add_argument(
        "--token", help=f"a session's or a bot's token (default: ${TOKEN_VARIABLE}; else come as a guest)"
    )
    parser.add_argument("--name", help="the guest's name, with something behind it if it is taken")


def token_of(arguments: argparse.Namespace) -> str | None:
    """Return the token that was given, or that the environment has."""
    return arguments.token or os.environ.get(TOKEN_VARIABLE)


@asynccontextmanager
async def logged_in(arguments: argparse.Namespace) -> AsyncIterator[Client]:
    """Connect and log in as the arguments of :func:`add_login` say."""
    token = token_of(arguments)
    async with Client(arguments.url) as client:
        if token:
            await client.resume(token)
        else:
            session = await come_as_guest(client, arguments.name)
            if arguments.name not in {None, session.user.name}:
                told = f"the name {arguments.name} is taken, you are {session.user.name}"
                print(f"roomclient: {told}", file=sys.stderr)
        yield client
