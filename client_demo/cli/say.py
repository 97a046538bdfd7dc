"""``roomclient say``: one message, or one for each line of standard input."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator

from client_demo.cli.subcommand import OK, Subcommand, add_login, logged_in


def _configure(parser: argparse.ArgumentParser) -> None:
    add_login(parser)
    parser.add_argument("room", metavar="ROOM", help="a room's slug or id")
    parser.add_argument("text", metavar="TEXT", help="what to say; - says every line of standard input")
    parser.add_argument("--password", help="the room's password")


async def _texts(given: str) -> AsyncIterator[str]:
    if given != "-":
        yield given
        return
    # In a thread: pings must be answered while nobody types.
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip():
            yield line.strip()


async def _say(arguments: argparse.Namespace) -> int:
    async with logged_in(arguments) as client:
        room = await client.join(arguments.room, arguments.password)
        async for text in _texts(arguments.text):
            await client.chat(room.id, text)
        await client.leave(room)
    return OK


def _run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_say(arguments))


SUBCOMMAND = Subcommand("say", "Say something in a room.", _configure, _run)
