"""What systemd is told."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomserver.systemd import Notifier


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[socket.socket]:
    """Return a socket that listens as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "n"))
        listening.setblocking(False)
        yield listening


async def heard(supervisor: socket.socket) -> list[str]:
    """Wait for what is said next."""
    async with asyncio.timeout(5):
        return (await asyncio.get_running_loop().sock_recv(supervisor, 4096)).decode().split("\n")


async def test_life(supervisor: socket.socket) -> None:
    """Ready, reloading and stopping are said, each in one datagram."""
    notifier = Notifier({"NOTIFY_SOCKET": supervisor.getsockname()})
    notifier.ready("here")
    assert await heard(supervisor) == ["READY=1", "STATUS=here"]
    notifier.reloading()
    said = await heard(supervisor)
    assert said[0] == "RELOADING=1"
    assert said[1].startswith("MONOTONIC_USEC=")
    notifier.stopping()
    assert await heard(supervisor) == ["STOPPING=1"]
    notifier.close()


async def test_watchdog(supervisor: socket.socket) -> None:
    """Signs of life come three times a period, from the loop, until the end."""
    environ = {"NOTIFY_SOCKET": supervisor.getsockname(), "WATCHDOG_USEC": "60000"}
    notifier = Notifier(environ)
    notifier.ready("here")
    await heard(supervisor)
    for _ in range(4):
        assert await heard(supervisor) == ["WATCHDOG=1"]
    notifier.close()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "often"}, None),
        ({}, None),
    ],
)
def test_watchdog_is_ours(environ: dict[str, str], seconds: float | None) -> None:
    """A watchdog of another process is none of ours."""
    assert Notifier(environ).watchdog_seconds == seconds


async def test_nobody_listens(tmp_path: Path) -> None:
    """Without systemd, or with one that is gone, nothing happens."""
    for environ in ({}, {"NOTIFY_SOCKET": str(tmp_path / "none")}, {"NOTIFY_SOCKET": "@none"}):
        notifier = Notifier(environ)
        notifier.ready("here")
        notifier.stopping()
        notifier.close()
