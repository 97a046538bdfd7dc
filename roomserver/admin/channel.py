"""
The channel: how the command line talks to the server that runs.

A Unix socket in the data folder, for this user alone; JSON, one command and one answer a line.
Who can open it can read the database too, so nobody is asked for a password.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from roomserver.admin.command import AdminCommand, AdminError, Administration
from roomserver.admin.unix import remove_socket, short_path, unix_socket

SOCKET_FILE = "admin.sock"
LINE_BYTES = 16 * 1024 * 1024
"""Longest command or answer: a list of all accounts of a big server."""


class NoServerError(Exception):
    """No server uses the data folder."""


class AdminChannel:
    """The server's end."""

    def __init__(self, administration: Administration, folder: Path) -> None:
        self._administration = administration
        self._path = folder / SOCKET_FILE
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """
        Take commands.

        Raises:
            OSError: the socket cannot be made.

        """
        bound = unix_socket(self._path)
        self._server = await asyncio.start_unix_server(self._begin, sock=bound, limit=LINE_BYTES)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # ValueError: a line over the limit, whose end will not come.
            with suppress(ConnectionError, ValueError):
                while line := await reader.readline():
                    writer.write(await self._administration.answer(line) + b"\n")
                    await writer.drain()
        finally:
            writer.close()

    async def close(self) -> None:
        """Take no more commands; one that is under way is given up, and storage rolls it back."""
        if self._server is None:
            return
        self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        remove_socket(self._path)
        self._server = None


async def ask_server(folder: Path, command: AdminCommand) -> dict[str, Any]:
    """
    Have the running server carry out a command; return its result.

    Raises:
        NoServerError: none runs on this folder.
        AdminError: it was refused.
        OSError: the server cannot be talked to, such as by another user.

    """
    try:
        with short_path(folder / SOCKET_FILE) as path:
            reader, writer = await asyncio.open_unix_connection(path, limit=LINE_BYTES)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise NoServerError(str(folder)) from error
    try:
        writer.write(msgspec.json.encode(command) + b"\n")
        line = await reader.readline()
    finally:
        writer.close()
    if not line:
        raise AdminError("internal", "expected an answer, got none: the server stopped meanwhile")
    answer: dict[str, Any] = msgspec.json.decode(line)
    refusal = answer.get("error")
    if refusal is not None:
        raise AdminError(refusal["code"], refusal["message"])
    result: dict[str, Any] = answer["result"]
    return result
