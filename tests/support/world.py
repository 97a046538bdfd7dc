"""A real server in this process, and clients that log in with one line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from client_demo.sdk import Client, RequestError
from protocol.commands import Command
from protocol.errors import ErrorCode
from protocol.values import User
from roomserver.config import MediaConfig
from roomserver.server import Server
from roomserver.testing.server import ADULT, PASSWORD, local_config
from tests.support.server import data

__all__ = ["ADULT", "PASSWORD", "World", "assert_refused", "data", "me", "world"]


class World:
    """A running server and everyone connected to it. Use as ``async with``."""

    def __init__(self, data: Path, media: MediaConfig | None = None) -> None:
        self._config = local_config(data, media=media or MediaConfig())
        self._stack = AsyncExitStack()
        self.server: Server

    async def __aenter__(self) -> Self:
        self.server = await Server.start(self._config)
        self._stack.push_async_callback(self.server.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def client(self) -> Client:
        """Connect without a session."""
        url = f"ws://127.0.0.1:{self.server.port}/ws"
        return await self._stack.enter_async_context(Client(url, reconnect=False))

    async def user(self, name: str) -> Client:
        """Connect and register."""
        client = await self.client()
        await client.register(name, PASSWORD, ADULT)
        return client

    async def guest(self, name: str | None = None) -> Client:
        """Connect as a guest."""
        client = await self.client()
        await client.guest(name)
        return client


def me(client: Client) -> User:
    """Return who a client is."""
    assert client.session is not None, "logged in"
    return client.session.user


async def assert_refused(client: Client, command: Command, code: ErrorCode, match: str | None = None) -> Any:
    """Check that a request is refused with a code and a message; return the error."""
    with pytest.raises(RequestError, match=match) as caught:
        await client.call(command)
    assert caught.value.code == code
    return caught.value.error


@pytest.fixture
async def world(data: Path) -> AsyncIterator[World]:
    """Return a running server."""
    async with World(data) as running:
        yield running
