"""``roomclient bot``: run a file with a bot in it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path

from client_demo.bot.loading import BotFileError, load, reloads
from client_demo.bot.runner import Runner
from client_demo.bot.timekeeping import RealTime
from client_demo.cli.subcommand import FAILED, OK, USAGE, Subcommand, address, token_of
from client_demo.sdk import UnreachableError
from client_demo.sdk.patience import PATIENT, BackOff

log = logging.getLogger("bot")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a Python file that makes a Bot")
    parser.add_argument("--url", type=address, default="http://127.0.0.1:8080", help="the server")
    parser.add_argument("--token", help="the bot's token (default: $ROOMSERVER_TOKEN; else come as a guest)")
    parser.add_argument("--room", action="append", help="a room's slug or id; may be given again (lobby)")
    parser.add_argument("--data", type=Path, help="where its stores are kept (default: FILE with .db)")
    parser.add_argument("--reload", action="store_true", help="take over changes of FILE while it runs")


def _run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        return asyncio.run(_serve(arguments))
    except BotFileError as error:
        print(f"roomclient: {error}", file=sys.stderr)
        return USAGE


async def _serve(arguments: argparse.Namespace) -> int:
    bot = load(arguments.file)
    bot.shelf.path = arguments.data or arguments.file.with_suffix(".db")
    back_off = BackOff(PATIENT)
    while True:
        try:
            async with bot.running(
                arguments.url,
                token_of(arguments),
                *(arguments.room or ()),
                name=arguments.file.stem.replace("_", "-"),
            ) as runner:
                return await _work(runner, arguments)
        except UnreachableError as error:
            if not isinstance(error.cause, OSError):
                raise
            # Bots start with the machine, often before the server does.
            log.warning("%s; trying again", error)
            await asyncio.sleep(back_off.seconds())


async def _work(runner: Runner, arguments: argparse.Namespace) -> int:
    client = runner.client
    assert client.session is not None, "a running bot is logged in"
    rooms = ", ".join(room.slug for room in client.rooms.values())
    log.info("%s is in %s", client.session.user.name, rooms)
    reloading = asyncio.create_task(_keep_fresh(runner, arguments)) if arguments.reload else None
    try:
        await runner.finished()
    finally:
        if reloading is not None:
            reloading.cancel()
            with suppress(asyncio.CancelledError):
                await reloading
    if client.stopped is None:
        return OK
    print(f"roomclient: {client.stopped}", file=sys.stderr)
    return FAILED


async def _keep_fresh(runner: Runner, arguments: argparse.Namespace) -> None:
    async for bot in reloads(arguments.file, RealTime()):
        bot.shelf.path = runner.bot.shelf.path
        runner.bot.shelf.close()
        await runner.swap(bot)


SUBCOMMAND = Subcommand("bot", "Run a bot from a file.", _configure, _run)
