"""The program: the table of commands, the parser made of it, and the way into asyncio."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from msgspec.structs import replace

from roomserver.cli import (
    admin,
    backup,
    bans,
    bots,
    doctor,
    privacy,
    proofs,
    retention,
    rooms,
    serve,
    server,
    settings,
    tokens,
    users,
    version,
)
from roomserver.cli.command import Command, CommandError, Exit, Invocation
from roomserver.cli.output import Output
from roomserver.config import Config, ConfigError, load
from roomserver.lock import FolderInUseError
from roomserver.logs import set_up
from storage.errors import StorageError

GROUPS = {
    "admin": "manage administrators",
    "ban": "who is banned from a room",
    "bot": "bots that accounts own",
    "privacy": "what is recorded, erased and proven",
    "room": "rooms",
    "token": "sessions of accounts",
    "user": "accounts",
}
"""What the first word of a command of two words is about."""

COMMANDS: tuple[Command, ...] = (
    *serve.COMMANDS,
    *server.COMMANDS,
    *doctor.COMMANDS,
    *settings.COMMANDS,
    *admin.COMMANDS,
    *users.COMMANDS,
    *rooms.COMMANDS,
    *tokens.COMMANDS,
    *bans.COMMANDS,
    *bots.COMMANDS,
    *privacy.COMMANDS,
    *proofs.COMMANDS,
    *retention.COMMANDS,
    *backup.COMMANDS,
    *version.COMMANDS,
)
"""Every command. ``docs/operations.md`` lists the same ones, which a test checks."""

_FLAG_SETTINGS = {"host": ("listen", "host"), "port": ("listen", "port"), "data": ("storage", "data")}
"""Arguments that stand for settings."""


class _JsonParser(argparse.ArgumentParser):
    """Says what is wrong with arguments as one JSON value; its subparsers are of the same class."""

    def error(self, message: str) -> NoReturn:
        """Say it and end."""
        Output(sys.stdout, sys.stderr, as_json=True).problem(message)
        self.exit(Exit.USAGE)


def parser(*, as_json: bool = False) -> argparse.ArgumentParser:
    """Return the parser of the command line; with ``as_json`` its problems are JSON too."""
    kind: type[argparse.ArgumentParser] = _JsonParser if as_json else argparse.ArgumentParser
    root = kind(prog="roomserver", description="A self-hosted room server.")
    first = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    groups = {}
    for command in COMMANDS:
        group, _, word = command.name.rpartition(" ")
        if group and group not in groups:
            made = first.add_parser(group, help=GROUPS[group], description=GROUPS[group])
            groups[group] = made.add_subparsers(required=True, metavar="COMMAND")
        parsers = groups[group] if group else first
        _fill(parsers.add_parser(word, help=command.help, description=command.help), command)
    return root


def _fill(own: argparse.ArgumentParser, command: Command) -> None:
    own.set_defaults(chosen=command)
    own.add_argument("--json", action="store_true", help="print the answer as JSON")
    if command.uses_config:
        own.add_argument("--data", help="folder that keeps everything (default ./data)")
        own.add_argument("--config", type=Path, help="a TOML file with settings")
    for names, options in command.arguments:
        own.add_argument(*names, **options)


def _config(command: Command, arguments: argparse.Namespace) -> Config:
    if not command.uses_config:
        return Config()
    flags = {
        place: value
        for name, place in _FLAG_SETTINGS.items()
        if (value := getattr(arguments, name, None)) is not None
    }
    return load(arguments.config, os.environ, flags)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code, see :class:`Exit`."""
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(as_json="--json" in words).parse_args(words)
    command: Command = arguments.chosen
    output = Output(sys.stdout, sys.stderr, as_json=arguments.json)
    try:
        config = _config(command, arguments)
        set_up(config.log if command.is_service else replace(config.log, level="warning"))
        read = partial(_config, command, arguments)
        return _run(command.run(Invocation(config, arguments, output, read)))
    except ConfigError as error:
        for problem in error.problems:
            output.problem(problem)
        return Exit.USAGE
    except CommandError as error:
        output.problem(str(error))
        return error.code
    except FolderInUseError as error:
        output.problem(str(error))
        return Exit.BUSY
    except (StorageError, OSError) as error:
        output.problem(str(error))
        return Exit.FAILED
    except KeyboardInterrupt:
        if command.is_service:
            return Exit.OK
        output.problem("interrupted: what was under way may be done or not")
        return Exit.INTERRUPTED


def _run(work: Any) -> Exit:
    coroutine: Coroutine[Any, Any, Exit] = work
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows, where asyncio's own loop serves
    except ImportError:
        runner = asyncio.Runner()
    else:
        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with runner:
        return runner.run(coroutine)
