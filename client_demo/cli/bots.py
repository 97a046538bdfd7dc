"""``roomclient bots``: make, list and end the bots of an account."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys

import msgspec

from client_demo.cli.subcommand import FAILED, OK, Subcommand, address
from client_demo.sdk import Client
from protocol import commands
from protocol.results import BotResult, BotsResult
from protocol.scopes import SCOPES
from protocol.values import Bot

PASSWORD_VARIABLE = "ROOMSERVER_PASSWORD"  # noqa: S105 - the name of a variable


def _configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make a bot and print its token, this once")
    _add_account(create)
    create.add_argument("name", metavar="NAME", help="the bot's name")
    create.add_argument(
        "--scope",
        action="append",
        choices=tuple(SCOPES),
        default=[],
        help="what it may do; may be given again: "
        + "; ".join(f"{scope}: {meaning}" for scope, meaning in SCOPES.items()),
    )
    _add_account(verbs.add_parser("list", help="list your bots, a line of JSON each"))
    revoke = verbs.add_parser("revoke", help="end a bot: its token, its connections and its account")
    _add_account(revoke)
    revoke.add_argument("name", metavar="NAME", help="the bot's name or id")


def _add_account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", type=address, help="the server")
    parser.add_argument(
        "--user", required=True, help=f"your account (password: ${PASSWORD_VARIABLE}, or asked)"
    )


async def _bots(arguments: argparse.Namespace) -> int:
    password = os.environ.get(PASSWORD_VARIABLE) or getpass.getpass("Password: ")
    async with Client(arguments.url) as client:
        await client.login(arguments.user, password)
        match arguments.verb:
            case "create":
                command = commands.BotCreate(name=arguments.name, scopes=arguments.scope)
                made: BotResult = await client.call(command)
                print(made.token)
                print("roomclient: keep this token; nobody can show it to you again", file=sys.stderr)
                return OK
            case "revoke":
                return await _revoke(client, arguments.name)
        for bot in await _all(client):
            print(msgspec.json.encode(bot).decode())
        return OK


async def _all(client: Client) -> list[Bot]:
    listed: BotsResult = await client.call(commands.BotList())
    return listed.bots


async def _revoke(client: Client, name: str) -> int:
    for bot in await _all(client):
        if name in {bot.user.name, bot.user.id}:
            await client.call(commands.BotRevoke(bot_id=bot.user.id))
            print(f"roomclient: {bot.user.name} is ended", file=sys.stderr)
            return OK
    print(f"roomclient: expected a bot of yours, got {name!r}", file=sys.stderr)
    return FAILED


def _run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_bots(arguments))


SUBCOMMAND = Subcommand("bots", "Make, list and end the bots of an account.", _configure, _run)
