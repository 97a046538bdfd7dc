"""The admin listener, and where metrics are to be had without one."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from roomserver.admin.listener import AdminListener, metrics_page
from roomserver.clock import ServerClock
from roomserver.config import AdminConfig
from roomserver.metrics.metrics import Metrics
from roomserver.testing.server import RoomServer
from tests.support.http import get
from tests.support.server import House

EVERY_LOOP = True


@asynccontextmanager
async def listening(address: str) -> AsyncIterator[AdminListener]:
    """Run a listener with the metrics alone."""
    listener = AdminListener({"/metrics": metrics_page(Metrics())}, ServerClock("test"))
    await listener.listen(address)
    yield listener
    await listener.close()


async def test_port() -> None:
    """On a port: metrics in Prometheus' form, an index, and nothing else."""
    async with listening("127.0.0.1:0") as listener:
        port = int(listener.address.rpartition(":")[2])
        status, answer = await get(port, "/metrics")
        assert status == 200
        assert b"text/plain; version=1.0.0" in answer
        assert b"process_open_fds" in answer
        assert (await get(port, "/"))[1].endswith(b"/metrics\n")
        assert (await get(port, "/privacy"))[0] == 404


async def test_no_sockets() -> None:
    """It speaks no WebSocket: a handshake is answered as any unknown path."""
    handshake = (
        *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
        *("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol: roomserver.v1"),
    )
    async with listening("127.0.0.1:0") as listener:
        port = int(listener.address.rpartition(":")[2])
        assert (await get(port, "/ws", *handshake))[0] == 404


async def test_unix(tmp_path: Path) -> None:
    """On a Unix socket, which nobody else may open and which goes with the server."""
    path = tmp_path / "admin.sock"
    async with listening(f"unix:{path}"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (await get(path, "/metrics"))[0] == 200
    assert not path.exists()


@pytest.mark.parametrize("headers", [(), ("X-Forwarded-For: 192.0.2.1",), ("Via: 1.1 proxy",)])
async def test_public_metrics(tmp_path: Path, headers: tuple[str, ...]) -> None:
    """Where the operator wants it, metrics are public: for this machine, and not through a proxy on it."""
    async with RoomServer(tmp_path / "data", admin=AdminConfig(public_metrics=True)) as server:
        status, answer = await get(server.server.port, "/metrics", *headers)
    assert status == (404 if headers else 200)
    assert (b"roomserver_connections" in answer) is not bool(headers)


async def test_without_listener(house: House) -> None:
    """Without a word of the operator metrics are nowhere: a careless proxy would hand them to everybody."""
    status, answer = await get(house.port, "/metrics")
    assert status == 404
    assert b"roomserver_connections" not in answer


async def test_with_listener(data: Path) -> None:
    """With one, metrics are there alone; health is on both, because balancers ask the public port."""
    house = House(data)
    await house.open(admin="127.0.0.1:0")
    admin = int(house.server.operation.listener.address.rpartition(":")[2])
    assert (await get(house.port, "/metrics"))[0] == 404
    assert b"roomserver_connections" in (await get(admin, "/metrics"))[1]
    for path in ("/healthz", "/readyz"):
        assert (await get(house.port, path))[0] == 200
        assert (await get(admin, path))[0] == 200
    await house.close()
