"""``roomserver admin``: administrators of the whole server."""

from __future__ import annotations

import getpass
import secrets
import sys

from argon2 import PasswordHasher

from protocol.errors import Rejected
from protocol.limits import PASSWORD_CHARS_MIN
from roomserver.cli.command import Command, CommandError, Exit, Invocation, argument
from roomserver.clock import ServerClock
from roomserver.config import DATABASE, data_folder
from roomserver.identity import new_id
from roomserver.names import checked_name
from storage.accounts import Accounts
from storage.database import Database
from storage.privacy.notice import POLICY_REV
from storage.records import StoredAccount


async def create(invocation: Invocation) -> Exit:
    """Make an administrator; an existing account keeps its password."""
    arguments = invocation.arguments
    try:
        name = checked_name(arguments.name, "name")
    except Rejected as rejected:
        raise CommandError(rejected.message, Exit.USAGE) from rejected
    database = await Database.open(data_folder(invocation.config.storage) / DATABASE)
    try:
        accounts = Accounts(database)
        existing = await accounts.by_name(name)
        if existing is not None:
            await _promote(accounts, existing)
            facts = {"id": existing.id, "name": existing.name, "created": False}
            invocation.output.result(facts, f"{existing.name} is an administrator now")
            return Exit.OK
        password, is_made = _password(from_stdin=arguments.password_stdin)
        account = _admin(name, password)
        await accounts.create(account)
    finally:
        await database.close()
    facts = {"id": account.id, "name": name, "created": True, "password": password if is_made else None}
    shown = f"password: {password}\n" if is_made else ""
    invocation.output.result(facts, f"{shown}administrator {name} created")
    return Exit.OK


async def _promote(accounts: Accounts, existing: StoredAccount) -> None:
    if existing.kind not in {"user", "admin"}:
        raise CommandError(f"expected an account, {existing.name} is a {existing.kind}")
    await accounts.set_kind(existing.id, "admin")


def _password(*, from_stdin: bool) -> tuple[str, bool]:
    """Return a password, and whether it was made here and must be shown."""
    if not from_stdin and not sys.stdin.isatty():
        return secrets.token_urlsafe(12), True
    password = sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass("Password: ")
    if len(password) < PASSWORD_CHARS_MIN:
        message = f"expected a password of at least {PASSWORD_CHARS_MIN} characters, got {len(password)}"
        raise CommandError(message, Exit.USAGE)
    return password, False


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


COMMANDS = (
    Command(
        "admin create",
        "make an account an administrator, or a new one",
        create,
        (
            argument("name", help="the account's name"),
            argument("--password-stdin", action="store_true", help="read the password from standard input"),
        ),
    ),
)
