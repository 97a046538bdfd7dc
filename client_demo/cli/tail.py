"""``roomclient tail``: the events of a room as NDJSON, one line each, until the end."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

import msgspec

from client_demo.cli.subcommand import FAILED, OK, Subcommand, add_login, logged_in
from client_demo.sdk import Resynced
from protocol.events import Event

_encoder = msgspec.json.Encoder()


def _configure(parser: argparse.ArgumentParser) -> None:
    add_login(parser)
    parser.add_argument("room", metavar="ROOM", help="a room's slug or id")
    parser.add_argument("--password", help="the room's password")
    parser.add_argument(
        "--snapshot", action="store_true", help="begin with a line that holds the room as it is"
    )
    parser.add_argument("--count", type=int, metavar="N", help="end after N events")


def line_of(event: Event | Resynced) -> bytes:
    """Return an event as a line of JSON: its fields, and its name as ``event``."""
    name = "resynced" if isinstance(event, Resynced) else event.wire
    fields: dict[str, Any] = msgspec.to_builtins(event)
    return _encoder.encode({"event": name, **fields}) + b"\n"


def _print(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()  # whoever reads a pipe wants it now


async def _tail(arguments: argparse.Namespace) -> int:
    left: int | None = arguments.count
    async with logged_in(arguments) as client:
        room = await client.join(arguments.room, arguments.password)
        if arguments.snapshot:
            _print(line_of(Resynced(room=room.id, snapshot=room.snapshot)))
        while left is None or left > 0:
            event = await client.next_event()
            if event is None:
                break
            _print(line_of(event))
            left = None if left is None else left - 1
    if client.stopped is not None:
        print(f"roomclient: {client.stopped}", file=sys.stderr)
        return FAILED
    return OK


def _run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_tail(arguments))


SUBCOMMAND = Subcommand("tail", "Print the events of a room as NDJSON, one line each.", _configure, _run)
