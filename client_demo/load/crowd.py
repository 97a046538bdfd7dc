"""A worker's part of the crowd: how members connect, sign in, enter and come back."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from client_demo.load import frames
from client_demo.load.figures import Rooms
from client_demo.load.follower import Follower
from client_demo.load.link import Bench, Link, now_us
from protocol.commands import Birth, Resume, RoomJoin, SessionGuest, SessionRegister, SessionResume

CONNECTING_MAX = 64
"""Connections under way at once while the crowd gathers: a listener's backlog is finite."""
REGISTERING_MAX = 4
"""Registrations under way at once: each costs the server a slow hash."""
_STALL_BUFFER_BYTES = 4096
"""The receive buffer of a member who will not read, so that the server notices soon."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the foreman tells a worker."""

    url: str
    scenario: str
    rooms: list[str]
    members: int
    """Of the whole crowd, all workers together."""
    worker: int
    workers: int
    stages: list[str]
    burst: int = 1
    text_bytes: int = 120
    stalled: int = 0
    """So many of the members stop reading when the plan begins."""
    sources: list[str] = []
    """Addresses to connect from, in turn; the system chooses when there are none."""

    @property
    def mine(self) -> range:
        """The numbers of this worker's members."""
        return range(self.worker, self.members, self.workers)


class Target(NamedTuple):
    """Where the server listens."""

    host: str
    port: int
    tls: bool
    request: bytes

    @classmethod
    def of(cls, url: str) -> Target:
        """
        Read ``ws://host:port/ws``.

        Raises:
            ValueError: it is none.

        """
        parts = urlsplit(url)
        if parts.scheme not in {"ws", "wss"} or not parts.hostname:
            raise ValueError(f"expected a URL such as ws://127.0.0.1:8080/ws, got {url!r}")
        tls = parts.scheme == "wss"
        port = parts.port or (443 if tls else 80)
        return cls(parts.hostname, port, tls, frames.request(parts.netloc, parts.path or "/ws"))


class Crowd:
    """The members of one worker."""

    def __init__(self, job: Job, bench: Bench) -> None:
        self.job = job
        self.bench = bench
        self.target = Target.of(job.url)
        self.links: dict[int, Link] = {}
        """By member number."""
        self._sources = itertools.cycle(job.sources[job.worker :] + job.sources[: job.worker] or [""])
        self._slots = asyncio.Semaphore(CONNECTING_MAX)
        self._registering = asyncio.Semaphore(REGISTERING_MAX)
        self._tasks: set[asyncio.Task[None]] = set()

    def room_of(self, member: int) -> str:
        """Return the room that a member sits in."""
        return self.job.rooms[member % len(self.job.rooms)]

    # Coming in

    async def connect(self, planned_us: int | None = None, *, small_buffer: bool = False) -> Link:
        """Open a connection and wait for ``hello``."""
        began = now_us() if planned_us is None else planned_us
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {"ssl": True} if self.target.tls else {}
        if small_buffer:
            options["sock"] = await self._small_socket(loop)
        else:
            source = next(self._sources)
            options |= {"host": self.target.host, "port": self.target.port}
            if source:
                options["local_addr"] = (source, 0)
        _, link = await loop.create_connection(lambda: Link(self.bench, self.target.request), **options)
        await link.greeted()
        self.bench.figures.latency["connect"].record(now_us() - began)
        return link

    async def _small_socket(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _STALL_BUFFER_BYTES)
        plain.setblocking(False)
        await loop.sock_connect(plain, (self.target.host, self.target.port))
        return plain

    async def guest(self, planned_us: int | None = None, *, small_buffer: bool = False) -> Link:
        """Connect as a new guest."""
        link = await self.connect(planned_us, small_buffer=small_buffer)
        session = await link.ask(SessionGuest())
        link.token, link.user_id = session["token"], session["user"]["id"]
        return link

    async def account(self) -> Link:
        """Connect as a new account; a server hashes few passwords at once, so few of us register at once."""
        async with self._registering:
            return await self._account()

    async def _account(self) -> Link:
        link = await self.connect()
        command = SessionRegister(
            username=f"load-{secrets.token_hex(6)}",
            password=secrets.token_urlsafe(12),
            birth=Birth(year=1990, month=1, day=1),
            accept_policy=True,
        )
        session = await link.ask(command)
        link.token, link.user_id = session["token"], session["user"]["id"]
        return link

    async def enter(self, link: Link, room: str, planned_us: int | None = None) -> dict[str, Any]:
        """Join a room and follow its stream; return the join result."""
        began = now_us() if planned_us is None else planned_us

        def follow(result: dict[str, Any]) -> None:
            link.followers[room] = Follower(result["epoch"], result["seq"])

        result = await link.ask(RoomJoin(room=room), follow)
        self.bench.figures.latency["join"].record(now_us() - began)
        return result

    async def come_back(self, member: int, planned_us: int) -> None:
        """Lose a member's connection, and resume on a new one."""
        old = self.links[member]
        old.drop()
        link = await self.connect(planned_us)
        link.peaks, link.token, link.user_id = old.peaks, old.token, old.user_id
        self.links[member] = link
        await link.ask(SessionResume(token=link.token))
        counts = self.bench.figures.counts
        for room, follower in old.followers.items():
            resume = Resume(epoch=follower.epoch, seq=follower.last)
            take = functools.partial(_go_on, link, room, follower)
            result = await link.ask(RoomJoin(room=room, resume=resume), take)
            counts["recovered" if result["recovered"] else "not_recovered"] += 1
        self.bench.figures.latency["resume"].record(now_us() - planned_us)

    async def gather(
        self, arrive: Callable[[int], Coroutine[Any, Any, Link]], members: Iterable[int]
    ) -> None:
        """Let members arrive, some at a time; those who fail are counted."""
        async with asyncio.TaskGroup() as group:
            for member in members:
                await self._slots.acquire()
                group.create_task(self._arrive(arrive, member))

    async def _arrive(self, arrive: Callable[[int], Coroutine[Any, Any, Link]], member: int) -> None:
        async with self._counted():
            try:
                self.links[member] = await arrive(member)
            finally:
                self._slots.release()

    @contextlib.asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        try:
            yield
        except (OSError, frames.HandshakeError) as error:
            self.bench.figures.errors[type(error).__name__] += 1
        except Exception as error:  # noqa: BLE001 - refusals are counted already; the rest must be seen
            if type(error).__name__ != "Refused":
                self.bench.figures.errors[type(error).__name__] += 1

    # Acting

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin an action that takes several steps."""
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        async with self._counted():
            await work

    async def finished(self, patience: float) -> None:
        """Wait until the actions under way are done, at most so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)

    def rooms(self) -> Rooms:
        """Return how much of the rooms' streams everyone here got."""
        rooms = Rooms()
        for link in self.links.values():
            for room, follower in link.followers.items():
                rooms.add(room, follower.start, follower.last)
                rooms.received += follower.received
                rooms.gaps += follower.gaps
                rooms.duplicates += follower.duplicates
                rooms.disordered += follower.disordered
        return rooms

    async def leave(self) -> None:
        """Disconnect everyone."""
        for task in self._tasks:
            task.cancel()
        for link in self.links.values():
            link.drop()
        await asyncio.sleep(0)


def _go_on(link: Link, room: str, follower: Follower, result: dict[str, Any]) -> None:
    """Take what was missed, or begin anew where that is not to be had."""
    if not result["recovered"]:
        link.followers[room] = Follower(result["epoch"], result["seq"])
        return
    link.followers[room] = follower
    for _, _, params in result["events"]:
        follower.take(params["seq"], params["seq"])
