"""A real server in this process, and clients that log in with one line."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from client_demo.sdk import Client, RequestError
from protocol.commands import Birth, Command
from protocol.errors import ErrorCode
from protocol.values import User
from roomserver.config import AuthConfig, Config, DrainConfig, ListenConfig, MediaConfig, StorageConfig
from roomserver.demo import synthesise
from roomserver.server import Server

PASSWORD = "correct horse battery"
ADULT = Birth(year=1990, month=5, day=17)


class World:
    """A running server and everyone connected to it. Use as ``async with``."""

    def __init__(self, data: Path, media: MediaConfig | None = None) -> None:
        self._config = Config(
            listen=ListenConfig(port=0),
            storage=StorageConfig(data=str(data), web=str(data / "web")),
            auth=AuthConfig(argon2_time_cost=1, argon2_memory_kib=32),
            drain=DrainConfig(notice_ms=0),
            media=media or MediaConfig(),
        )
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


@pytest.fixture(scope="session")
def demo_tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo tracks, which take a second to make, once for all tests."""
    folder = tmp_path_factory.mktemp("demo") / "media"
    synthesise(folder)
    return folder


@pytest.fixture
def data(demo_tracks: Path, tmp_path: Path) -> Path:
    """Return a fresh data folder in which the demo tracks are made already."""
    folder = tmp_path / "data"
    shutil.copytree(demo_tracks, folder / "media", copy_function=os.link)
    return folder


@pytest.fixture
async def world(data: Path) -> AsyncIterator[World]:
    """Return a running server."""
    async with World(data) as running:
        yield running
