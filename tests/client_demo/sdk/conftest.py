"""A stage, and a client on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import serve
from websockets.typing import Subprotocol

from client_demo.sdk import (
    Client,
)
from protocol import SUBPROTOCOL
from tests.client_demo.sdk.stage import HASTY, Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Return an empty stage."""
    stage = Stage()
    stage.server = await serve(
        stage.handle, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)], close_timeout=0.1
    )
    yield stage
    for actor in stage.all:
        actor.drop()
    stage.server.close()
    await stage.server.wait_closed()


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[Client]:
    """Return a connected client that backs off for milliseconds only."""
    async with asyncio.timeout(30), Client(stage.url, patience=HASTY) as client:
        yield client
