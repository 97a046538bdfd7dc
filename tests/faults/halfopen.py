"""
A network that swallows everything: connections that look alive from both ends and are not.

Server and clients live in network namespaces of their own, joined by a virtual cable, and the
cable is cut: no packet arrives, and nobody is told. It needs the right to make namespaces.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from protocol.limits import Limits
from roomserver.gateway.wheel import SLOT_MS
from tests.faults.hasty import HASTY
from tests.faults.observed import opened
from tests.support.http import get
from tests.support.process import Process
from tests.support.server import RawSocket

_CLONE_NEWNET = 0x40000000
SERVER, CLIENTS = "10.213.77.1", "10.213.77.2"
"""Addresses inside the namespaces, which nothing outside can reach."""
GRACE_MS = 2000
SLACK_SECONDS = 15.0


class Found(NamedTuple):
    """What became of half-open connections."""

    connections: int
    closed_seconds: tuple[float, float]
    """When the first and the last was given up, in seconds after the cut."""
    members_left: int
    sockets_left: int
    """More than before anybody came."""


class Cable:
    """Two namespaces and what joins them."""

    def __init__(self, name: str) -> None:
        self.server = f"{name}-s"
        self.clients = f"{name}-c"

    def cut(self) -> None:
        """Swallow every packet from now on."""
        _ip("-n", self.clients, "link", "set", "cable", "down")

    def mend(self) -> None:
        """Let packets through again."""
        _ip("-n", self.clients, "link", "set", "cable", "up")


def _ip(*words: str) -> None:
    made = subprocess.run(["ip", *words], check=False, capture_output=True)
    if made.returncode:
        raise PermissionError(f"ip {' '.join(words)}: {made.stderr.decode().strip()}")


@contextmanager
def cable() -> Iterator[Cable]:
    """
    Lay a cable between two fresh namespaces.

    Raises:
        PermissionError: nobody may do that here, or there is no ``ip``.

    """
    one = Cable(f"roomserver-{os.getpid()}")
    try:
        for namespace in (one.server, one.clients):
            _ip("netns", "add", namespace)
        _ip(
            "-n",
            one.server,
            "link",
            "add",
            "cable",
            "type",
            "veth",
            "peer",
            "name",
            "cable",
            "netns",
            one.clients,
        )
        for namespace, address in ((one.server, SERVER), (one.clients, CLIENTS)):
            _ip("-n", namespace, "address", "add", f"{address}/30", "dev", "cable")
            _ip("-n", namespace, "link", "set", "cable", "up")
        yield one
    except FileNotFoundError as error:
        raise PermissionError("expected the program ip (iproute2)") from error
    finally:
        for namespace in (one.server, one.clients):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


def enter(namespace: str) -> None:
    """Move this thread into a network namespace: sockets made from now on belong there."""
    with Path("/run/netns", namespace).open("rb") as file:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(file.fileno(), _CLONE_NEWNET):
            raise PermissionError(os.strerror(ctypes.get_errno()))


def _socket_in(namespace: str) -> socket.socket:
    made: list[socket.socket] = []

    def make() -> None:
        enter(namespace)
        made.append(socket.socket())

    # A thread of its own, for it stays in the namespace.
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    made[0].setblocking(False)
    return made[0]


async def half_open(data: Path, clients: int, *, hasty: bool = False) -> Found:
    """
    Cut the cable under some clients that sit in a room, and wait until the server has noticed.

    A ``hasty`` server notices within seconds, the deployed one within a minute.

    Expected: each is closed with 4103 after a ping without an answer, which is later than the ping
    interval and no later than that and the pong's time; then its member's grace begins, and nothing is left.
    """
    admin = data / "watch.sock"
    with cable() as line:
        settings = {
            "LISTEN__HOST": SERVER, "ADMIN__LISTEN": f"unix:{admin}", "ROOMS__GRACE_MS": str(GRACE_MS),
            "DOOR__EXEMPT": f"{SERVER}/30",
        }  # fmt: skip
        process = Process(data, prepare=lambda: enter(line.server), settings=settings)
        if hasty:
            process.program = ("-m", "tests.faults.hasty")
        await process.start()
        try:
            before = opened(process.pid).sockets
            raws = [await _guest(line, process.port) for _ in range(clients)]
            line.cut()
            closed = await _until_closed(admin, clients, HASTY if hasty else Limits())
            await asyncio.sleep(GRACE_MS / 1000 + 2 * SLOT_MS / 1000)
            members = int((await _metrics(admin))["roomserver_members"])
            left = opened(process.pid).sockets - before
            line.mend()
            await (await _guest(line, process.port)).abort()
            for raw in raws:
                await raw.abort()
        finally:
            code = await process.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in process.log
    return Found(clients, closed, members, left)


async def _guest(line: Cable, port: int) -> RawSocket:
    raw = await RawSocket.over(_socket_in(line.clients), SERVER, port)
    raw.ask(2, "room.join", {"room": "lobby"})
    await raw.read_until(b"recovered")
    return raw


async def _until_closed(admin: Path, count: int, limits: Limits) -> tuple[float, float]:
    """Return when the first and the last of so many was closed with 4103, counted from now."""
    began = time.monotonic()
    patience = (limits.ping_interval_ms + limits.pong_timeout_ms) / 1000 + SLACK_SECONDS
    first = 0.0
    async with asyncio.timeout(patience):
        while True:
            closed = (await _metrics(admin)).get('roomserver_closes_total{code="4103"}', 0)
            if closed and not first:
                first = time.monotonic() - began
            if closed >= count:
                return first, time.monotonic() - began
            await asyncio.sleep(0.5)


async def _metrics(admin: Path) -> dict[str, float]:
    _, page = await get(admin, "/metrics")
    body = page.decode().partition("\r\n\r\n")[2] or page.decode()
    lines = [one for one in body.splitlines() if one and not one.startswith("#") and " " in one]
    return {name: float(value) for name, _, value in (one.rpartition(" ") for one in lines)}
