"""
The doctor: looks at everything a server needs, and says what is wrong and what to do about it.

Each check looks at one thing and changes nothing. A finding that is ``bad`` keeps the server
from working or a promise from being kept; one that is ``poor`` will be felt some day.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import sqlite3
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

import websockets
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from protocol import SUBPROTOCOL, codec
from protocol.limits import MESSAGE_BYTES
from roomserver.config import DATABASE, Config
from storage import migrate
from storage.backup import BackupError, examine

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
    except (BackupError, OSError) as error:
        return Finding("database", "bad", f"{error}: restore a backup")
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


CHECKS: tuple[Callable[[Config], Finding], ...] = (
    check_program,
    check_sqlite,
    check_files,
    check_web,
    check_folder,
    check_disk,
    check_database,
    check_clock,
    check_metrics,
)
"""Everything that can be looked at on this machine, in order."""


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
