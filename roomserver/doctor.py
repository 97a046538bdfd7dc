"""
The doctor: looks at everything a server needs, and says what is wrong and what to do about it.

Each check looks at one thing and changes nothing, and one that cannot look says so and keeps no
other from looking. A finding that is ``bad`` keeps the server
from working or a promise from being kept; one that is ``poor`` will be felt some day.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import socket
import sqlite3
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

import websockets
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from protocol import SUBPROTOCOL, codec
from protocol.limits import MESSAGE_BYTES
from roomserver.addresses import KEY_FILE
from roomserver.admin.listener import UNIX
from roomserver.chatfilter import make_filters
from roomserver.config import DATABASE, Config, ConfigError
from roomserver.resolver import require_installed
from roomserver.retention import hooks_from, policy_from
from storage import migrate
from storage.backup import BackupError, DamagedError, examine
from storage.errors import StorageError
from storage.privacy import keys, ledger
from storage.privacy.keys import Keys, read_key
from storage.privacy.ledger import Ledger, LedgerError, MissingLedgerError

Verdict = Literal["good", "poor", "bad"]

_FILES_WANTED = 4096
_DISK_POOR_BYTES = 1024**3
_DISK_BAD_BYTES = 100 * 1024**2
_SQLITE_WANTED = (3, 38, 0)
"""STRICT tables came with 3.37, the operator ``->>`` with 3.38."""
_TIME_ERROR = 5
"""What adjtimex(2) returns while the clock follows nobody."""
_PATIENCE_SECONDS = 10.0


class Finding(NamedTuple):
    """What a check found: expected and got, and what to do where something is wrong."""

    check: str
    verdict: Verdict
    text: str


def check_program(_config: Config) -> Finding:
    """Look at the interpreter and the event loop."""
    version = platform.python_version()
    if find_spec("uvloop") is None:
        return Finding("program", "poor", f"Python {version} without uvloop: install it, it is faster")
    return Finding("program", "good", f"Python {version} with uvloop")


def check_sqlite(_config: Config) -> Finding:
    """Look at SQLite: its version, and whether it can overwrite what it deletes."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < _SQLITE_WANTED:
        wanted = ".".join(map(str, _SQLITE_WANTED))
        return Finding("sqlite", "bad", f"expected SQLite {wanted} or later, got {version}")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        overwrites = connection.execute("PRAGMA secure_delete").fetchone()[0] == 1
    if not overwrites:
        return Finding("sqlite", "bad", f"SQLite {version} cannot overwrite what it deletes (secure_delete)")
    return Finding("sqlite", "good", f"SQLite {version}, overwrites what it deletes")


def check_files(_config: Config) -> Finding:
    """Look at how many files, and so connections, the process may open."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < _FILES_WANTED:
        text = f"expected at least {_FILES_WANTED} open files, got {hard}: raise LimitNOFILE or ulimit -n"
        return Finding("open files", "poor", text)
    return Finding("open files", "good", f"up to {hard}")


def check_web(config: Config) -> Finding:
    """Look for the web client."""
    index = Path(config.storage.web) / "index.html"
    if not index.is_file():
        return Finding(
            "web client", "poor", f"expected {index}, got none: run `make web`, or set storage.web"
        )
    return Finding("web client", "good", str(index.parent))


def check_folder(config: Config) -> Finding:
    """Look at the data folder: whose it is and who else may look inside."""
    folder = Path(config.storage.data)
    if not folder.is_dir():
        return Finding("data folder", "good", f"{folder} will be made by the first start")
    status = folder.stat()
    if status.st_mode & 0o077:
        mode = f"{status.st_mode & 0o777:o}"
        text = f"expected a folder for its owner alone, got mode {mode}: chmod 700 {folder}"
        return Finding("data folder", "bad", text)
    if os.geteuid() not in {0, status.st_uid}:
        text = f"expected a folder of user {os.geteuid()}, {folder} is of user {status.st_uid}"
        return Finding("data folder", "bad", text)
    strange = [path.name for path in folder.iterdir() if path.stat().st_uid != status.st_uid]
    if strange:
        owner = status.st_uid
        text = f"expected files of user {owner}, {', '.join(strange)} is not: chown -R {owner} {folder}"
        return Finding("data folder", "bad", text)
    left = [str(path) for path in folder.glob("*.restoring*")]
    if left:
        text = f"a restore was broken off and left copies of the database: remove {', '.join(left)}"
        return Finding("data folder", "bad", text)
    return Finding("data folder", "good", str(folder))


def check_disk(config: Config) -> Finding:
    """Look at the room that is left on the disk."""
    folder = Path(config.storage.data)
    free = shutil.disk_usage(folder if folder.is_dir() else Path.cwd()).free
    megabytes = free // 1024**2
    if free < _DISK_BAD_BYTES:
        return Finding(
            "disk", "bad", f"{megabytes} MiB left: the server stops taking changes when it is full"
        )
    return Finding("disk", "poor" if free < _DISK_POOR_BYTES else "good", f"{megabytes} MiB left")


def check_database(config: Config) -> Finding:
    """Look at the whole database, and whether this program can use it."""
    path = Path(config.storage.data) / DATABASE
    if not path.is_file():
        return Finding("database", "good", "none yet")
    try:
        examined = examine(path)
    except DamagedError as error:
        return Finding("database", "bad", f"{error}: restore a backup")
    except BackupError as error:
        return Finding("database", "bad", f"{error}: look at the disk and at who else uses the file")
    newest = len(migrate.load_migrations())
    if examined.schema > newest:
        text = f"expected schema {newest} or older, got {examined.schema}: use the program that made it"
        return Finding("database", "bad", text)
    older = (
        "" if examined.schema == newest else f"; schema {examined.schema} becomes {newest} at the next start"
    )
    return Finding("database", "good", f"{sum(examined.counts.values())} rows, sound{older}")


def check_clock(_config: Config) -> Finding:
    """Look whether the system's clock follows a time server: what is deleted when depends on it."""
    if time.time() < 1_700_000_000:
        return Finding("clock", "bad", "expected a date of today, got one of the past")
    if not sys.platform.startswith("linux"):
        return Finding("clock", "good", "not looked at on this system")
    # struct timex in its widest form fits; with modes 0 nothing is set.
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    if state == _TIME_ERROR:
        text = "follows no time server: run systemd-timesyncd or chrony, or retention is only as good as it"
        return Finding("clock", "poor", text)
    return Finding("clock", "good", "not looked at: the system refused" if state < 0 else "synchronised")


def check_metrics(config: Config) -> Finding:
    """Look where metrics are served: on the public address a careless proxy hands them to everybody."""
    if config.admin.listen:
        return Finding("metrics", "good", f"on {config.admin.listen}")
    if not config.admin.public_metrics:
        return Finding("metrics", "good", "nowhere: admin.listen puts them on an address of their own")
    text = "admin.public_metrics: a proxy on this machine without X-Forwarded-For publishes them"
    return Finding("metrics", "poor", f"{text}; use admin.listen")


def check_ledger(config: Config) -> Finding:
    """Look at the keys and at the ledger of erasures, without which the server does not start."""
    folder = Path(config.storage.data)
    if not folder.is_dir():
        return Finding("ledger and keys", "good", "none yet")
    try:
        for path in [*folder.glob(KEY_FILE), *sorted((folder / keys.FOLDER).glob("*.key"))]:
            read_key(path)
        # The mark first: a server that runs writes the ledger before it.
        seen = _seen(folder / DATABASE)
        entries = _entries(folder)
        if entries < seen:
            raise MissingLedgerError(folder / ledger.FILE, seen, entries)
    except StorageError as error:
        advice = "bring the newest copy back, or see privacy.accept_missing_ledger"
        text = f"{error}: {advice if isinstance(error, LedgerError) else 'restore a backup'}"
        return Finding("ledger and keys", "bad", text)
    return Finding("ledger and keys", "good", f"{entries} entries, all of them fit")


def _seen(path: Path) -> int:
    """Return how many entries of the ledger a database has seen; 0 where it cannot be asked."""
    if not path.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT seq FROM ledger_mark").fetchone()
    except sqlite3.Error:
        # Older than the mark, or not well; its own check says so.
        return 0
    return 0 if row is None else int(row[0])


def _entries(folder: Path) -> int:
    """Read the ledger and check that it holds together; return how many entries it has."""
    path = folder / ledger.FILE
    whole = path.read_bytes().rpartition(b"\n")[0] if path.is_file() else b""
    if not whole:
        return 0
    own = Keys(folder)
    if not own.exists("ledger"):
        raise LedgerError(f"{path} has entries, but its key {keys.FOLDER}/ledger.key is gone")
    with tempfile.TemporaryDirectory() as place:
        # A copy: whoever opens a ledger mends its end, and a server may be writing it.
        Path(place, ledger.FILE).write_bytes(whole + b"\n")
        return Ledger.open(Path(place), own).head


def _loads(check: str, load: Callable[[], object], what: str) -> Finding:
    """Load what the settings name, as the server would at its start."""
    try:
        load()
    except ConfigError as error:
        return Finding(check, "bad", "; ".join(error.problems))
    return Finding(check, "good", what)


def check_policy(config: Config) -> Finding:
    """Look whether the privacy policy can be had."""
    what = config.privacy.policy or "the shipped one"
    return _loads("policy", lambda: policy_from(config.privacy), what)


def check_hooks(config: Config) -> Finding:
    """Look whether the privacy hooks can be had."""
    return _loads(
        "hooks", lambda: hooks_from(config.privacy), ", ".join(config.privacy.hooks) or "none wanted"
    )


def check_filters(config: Config) -> Finding:
    """Look whether the chat filters can be had."""
    return _loads(
        "chat filters", lambda: make_filters(config.chat), ", ".join(config.chat.filters) or "none wanted"
    )


def check_resolver(config: Config) -> Finding:
    """Look whether what looks at links is installed."""
    return _loads("resolver", lambda: require_installed(config.media), config.media.resolver)


CHECKS: Mapping[str, Callable[[Config], Finding]] = {
    "program": check_program,
    "sqlite": check_sqlite,
    "open files": check_files,
    "web client": check_web,
    "policy": check_policy,
    "hooks": check_hooks,
    "chat filters": check_filters,
    "resolver": check_resolver,
    "data folder": check_folder,
    "disk": check_disk,
    "database": check_database,
    "ledger and keys": check_ledger,
    "clock": check_clock,
    "metrics": check_metrics,
}
"""Everything that can be looked at on this machine whether or not the server runs, in order."""


def look(config: Config, checks: Mapping[str, Callable[[Config], Finding]] = CHECKS) -> list[Finding]:
    """Make every check; return what each found, or why it could not look."""
    return [_looked(name, check, config) for name, check in checks.items()]


def _looked(name: str, check: Callable[[Config], Finding], config: Config) -> Finding:
    try:
        return check(config)
    except PermissionError as error:
        return Finding(name, "bad", f"{error}: run this as the user of the server, or as root")
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks must be made
        return Finding(name, "bad", f"could not be looked at: {type(error).__name__}: {error}")


def check_addresses(config: Config) -> Finding:
    """Look whether the addresses to listen on are free; only where the server does not run."""
    listen, admin = config.listen, config.admin.listen
    wanted = [(listen.host, listen.port)]
    if admin and not admin.startswith(UNIX):
        name, _, digits = admin.rpartition(":")
        wanted.append((name.strip("[]"), int(digits)))
    for host, port in wanted:
        try:
            _bind(host, port)
        except OSError as error:
            text = f"cannot listen on {host}:{port}: {error.strerror or error}"
            return Finding("addresses", "bad", text)
    return Finding("addresses", "good", f"free: {', '.join(f'{host}:{port}' for host, port in wanted)}")


def _bind(host: str, port: int) -> None:
    """Take an address as a server would, and give it back."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in dict.fromkeys(found):
        with socket.socket(family, kind, protocol) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)


async def check_privacy_of_metrics(url: str) -> Finding:
    """Look whether metrics can be read where people come in."""
    page = f"{url.rstrip('/')}/metrics"
    try:
        # A page answers a handshake with itself.
        async with connect(page.replace("http", "ws", 1), compression=None, open_timeout=_PATIENCE_SECONDS):
            status = 101
    except websockets.InvalidStatus as error:
        status = error.response.status_code
    except (OSError, TimeoutError, ssl.SSLError, websockets.WebSocketException, ValueError) as error:
        return Finding("public metrics", "poor", f"expected an answer from {page}, got {error}")
    if status < 400:
        text = f"expected {page} to be refused, got HTTP {status}: use admin.listen, or set X-Forwarded-For"
        return Finding("public metrics", "bad", text)
    return Finding("public metrics", "good", f"{page} is refused with HTTP {status}")


async def check_address(url: str) -> Finding:
    """Connect as a browser would, through whatever proxy is in front: ``url`` is what people type."""
    endpoint = f"{url.rstrip('/').replace('http', 'ws', 1)}/ws"
    try:
        async with connect(
            endpoint,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            origin=websockets.Origin(url.rstrip("/")),
            compression=None,
            open_timeout=_PATIENCE_SECONDS,
        ) as socket:
            began = time.monotonic()
            first = await socket.recv()
            assert isinstance(first, bytes), "the server sends no text"
            hello = codec.parse_reply(
                next(iter(codec.decode(first, max_bytes=MESSAGE_BYTES * 4, nesting=16)))
            )
            await (await socket.ping())
            took_ms = (time.monotonic() - began) * 1000
    except websockets.InvalidStatus as error:
        status = error.response.status_code
        text = (
            f"expected an upgrade to a WebSocket at {endpoint}, got HTTP {status}: does the proxy forward it?"
        )
        return Finding("address", "bad", text)
    except (OSError, TimeoutError, ssl.SSLError, websockets.WebSocketException, ValueError) as error:
        return Finding(
            "address", "bad", f"expected a WebSocket at {endpoint}, got {error or type(error).__name__}"
        )
    if not isinstance(hello, codec.Notification) or hello.name != "hello":
        return Finding("address", "bad", f"expected hello from {endpoint}, got something else")
    secure = endpoint.startswith("wss:") or "://127." in endpoint or "://localhost" in endpoint
    if not secure:
        return Finding("address", "poor", f"{endpoint} answers without TLS: passwords can be read on the way")
    return Finding("address", "good", f"{endpoint} answers, ping {took_ms:.0f} ms")
