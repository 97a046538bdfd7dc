"""The command line: ``roomserver serve | admin create | version``."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
from argon2 import PasswordHasher

from protocol import PROTOCOL_VERSION
from protocol.errors import Rejected
from protocol.limits import PASSWORD_CHARS_MIN
from roomserver import VERSION
from roomserver.clock import ServerClock
from roomserver.config import DATABASE, Config, ConfigError, data_folder, load
from roomserver.identity import new_id
from roomserver.logs import set_up
from roomserver.names import checked_name
from roomserver.server import Server
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import StorageError
from storage.records import StoredAccount
from storage.retention import POLICY_REV

OK = 0
FAILED = 1
USAGE = 2

log = structlog.get_logger("cli")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    root = argparse.ArgumentParser(prog="roomserver", description="A self-hosted room server.")
    commands = root.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the server")
    _add_common(serve)
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (default 8080; 0 takes a free one)")
    admin = commands.add_parser("admin", help="manage administrators")
    admins = admin.add_subparsers(dest="admin_command", required=True)
    create = admins.add_parser("create", help="make an account an administrator, or a new one")
    _add_common(create)
    create.add_argument("name", help="the account's name")
    create.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    commands.add_parser("version", help="print the version")
    return root


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", help="folder that keeps everything (default ./data)")
    command.add_argument("--config", type=Path, help="a TOML file with settings")


def _config(arguments: argparse.Namespace) -> Config:
    places = {"host": ("listen", "host"), "port": ("listen", "port"), "data": ("storage", "data")}
    flags = {
        place: value
        for name, place in places.items()
        if (value := getattr(arguments, name, None)) is not None
    }
    return load(arguments.config, os.environ, flags)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 0 fine, 1 failed, 2 wrong usage or configuration."""
    arguments = parser().parse_args(argv)
    if arguments.command == "version":
        print(f"roomserver {VERSION} (protocol {PROTOCOL_VERSION})")
        return OK
    try:
        config = _config(arguments)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    set_up(config.log)
    try:
        if arguments.command == "serve":
            return _run(_serve(config))
        return _run(_create_admin(config, arguments))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    except (StorageError, OSError) as error:
        print(f"roomserver: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return OK


def _run(work: object) -> int:
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows, where asyncio's own loop serves
    except ImportError:
        runner = asyncio.Runner()
    else:
        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with runner:
        return runner.run(work)  # type: ignore[arg-type]  # a coroutine of int, see the callers


async def _serve(config: Config) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    server = await Server.start(config)
    print(f"roomserver {VERSION} on http://{config.listen.host}:{server.port}", flush=True)
    await stopping.wait()
    await server.close()
    return OK


async def _create_admin(config: Config, arguments: argparse.Namespace) -> int:
    """Make an administrator; an existing account keeps its password."""
    try:
        name = checked_name(arguments.name, "name")
    except Rejected as rejected:
        print(f"roomserver: {rejected.message}", file=sys.stderr)
        return USAGE
    database = await Database.open(data_folder(config.storage) / DATABASE)
    try:
        accounts = Accounts(database)
        existing = await accounts.by_name(name)
        if existing is not None:
            return await _promote(accounts, existing)
        password = _password(from_stdin=arguments.password_stdin)
        if len(password) < PASSWORD_CHARS_MIN:
            print(f"roomserver: expected at least {PASSWORD_CHARS_MIN} characters", file=sys.stderr)
            return USAGE
        await accounts.create(_admin(name, password))
    finally:
        await database.close()
    print(f"administrator {name} created")
    return OK


async def _promote(accounts: Accounts, existing: StoredAccount) -> int:
    if existing.kind not in {"user", "admin"}:
        print(f"roomserver: expected an account, {existing.name} is a {existing.kind}", file=sys.stderr)
        return FAILED
    await accounts.set_kind(existing.id, "admin")
    print(f"{existing.name} is an administrator now")
    return OK


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    password = secrets.token_urlsafe(12)
    print(f"password: {password}")
    return password


def _admin(name: str, password: str) -> StoredAccount:
    return StoredAccount(
        id=new_id(),
        kind="admin",
        name=name,
        password_hash=PasswordHasher().hash(password),
        email=None,
        country=None,
        avatar_url=None,
        bio=None,
        policy_rev=POLICY_REV,
        active_playlist=None,
        created_at_ms=ServerClock("cli").now_ms(),
    )


if __name__ == "__main__":
    sys.exit(main())
