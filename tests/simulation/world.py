"""One run: a server that dies and comes back, people who never give up, and bad luck."""

from __future__ import annotations

import asyncio
import random
import secrets
import shutil
import sqlite3
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import aiosqlite
from msgspec.structs import replace
from structlog.testing import capture_logs

from client_demo.sdk.rooms import RoomView
from protocol.events import Snapshot
from protocol.limits import Limits
from protocol.reducer import NO_VOTES
from roomserver import first_run
from roomserver.config import DATABASE, AuthConfig, Config, RoomsConfig, StorageConfig
from roomserver.lock import FolderLock
from roomserver.server import Server
from storage.errors import StorageError
from tests.simulation.checks import check_members, difference_of, held_by
from tests.simulation.disk import Disk
from tests.simulation.loop import LIFE, StuckError, VirtualLoop
from tests.simulation.luck import GRACE_MS, bad_luck
from tests.simulation.network import Link, Moment
from tests.simulation.people import Person, Tab, Template
from tests.simulation.witness import Violation, Witness

BOOT_US = 1_800_000_000_000_000
ROOMS = ("den", "loft")
DAY_SECONDS = 10.0
PATIENCE_SECONDS = 90.0
OFFSETS_SECONDS = (0, 0, 0, -86_400, -3600, -60, -1, 1, 60, 3600, 86_400)
"""How wrong it is when the server starts again; a day is more than anything is remembered for."""
_ACQUIRE = FolderLock.acquire
LIMITS = Limits(ping_interval_ms=6_000, pong_timeout_ms=3_000)


class Report(NamedTuple):
    """What a run was, in numbers."""

    seed: str
    digest: str
    counts: dict[str, int]
    story: list[str]


class World:
    """Everything of one run. :meth:`run` is the run."""

    def __init__(self, seed: str, folder: Path, template: Template | None) -> None:
        self.seed = seed
        self.loop = VirtualLoop()
        self.witness = Witness()
        self.disk = Disk(self.loop, random.Random(f"{seed}/disk"))
        self.disk.on_crash = self.crash
        self.disk.on_commit = self.witness.committed
        self.server: Server | None = None
        self.story: list[str] = []
        self.folder = folder
        self._template = template
        self.slugs = {} if template is None else {room: slug for slug, room in template.rooms.items()}
        """Rooms by id."""
        self._dice = random.Random(f"{seed}/world")
        self._ids = random.Random(f"{seed}/ids")
        self._wall_step_us = 0
        self._life = 0
        self.links: list[Link] = []
        self._locks: list[FolderLock] = []
        self._down = asyncio.Event()
        self._reached: dict[tuple[str, str, int], Snapshot] = {}
        self._is_calm = False
        self._tasks: list[asyncio.Task[None]] = []
        self._trouble: Violation | None = None

    # Facts of the world

    def now(self) -> float:
        """Return the instant, in seconds since the run began."""
        return self.loop.now

    def monotonic_ns(self) -> int:
        """Stand in for the monotonic clock."""
        return int(self.loop.now * 1e9)

    def time_ns(self) -> int:
        """Stand in for the wall clock, which may step."""
        return (BOOT_US + self._wall_step_us) * 1000 + self.monotonic_ns()

    def token(self, size: int | None = None) -> str:
        """Stand in for the system's random tokens."""
        return (
            f"{self._ids.getrandbits(96):024x}"
            if (size or 32) <= 12
            else f"{self._ids.getrandbits(256):064x}"
        )

    def step_clock(self, seconds: float) -> None:
        """Step the wall clock."""
        self._wall_step_us += int(seconds * 1e6)
        self.tell(f"the wall clock steps by {seconds:.1f} s")

    def tell(self, what: str) -> None:
        """Note what happened."""
        self.story.append(f"{self.loop.now:8.3f} {what}")

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something outside the server."""
        self._tasks.append(self.loop.create_task(work, context=None))

    # The network

    def connect(self, tab: Tab) -> bool:
        """Let a tab connect, if somebody listens."""
        if not self.loop.listeners:
            return False
        listener = self.loop.listeners[0]
        link = Link(self.loop, random.Random(f"{self.seed}/link/{len(self.links)}"), tab, self._wrote)
        link.number = len(self.links)
        link.is_calm = self._is_calm
        self.links.append(link)
        tab.link = link
        link.open(listener.factory, listener.life)
        return True

    def _wrote(self, moment: Moment) -> None:
        try:
            self.witness.wrote(moment, self.loop.now, moment.link.number, moment.link.asked)
        except Violation as violation:
            # Raised to the server it would only be logged: the run must end.
            self._trouble = self._trouble or violation
            self._down.set()

    def reached(self, view: RoomView) -> None:
        """Hold a view against every other that was at the same place: the snapshot law."""
        if view.has_gap:
            raise Violation(f"a client found a gap in {view.id} behind {view.seq}")
        place = (view.id, view.epoch, view.seq)
        seen = replace(view.snapshot, votes=NO_VOTES, chat=[])
        first = self._reached.setdefault(place, seen)
        if first != seen:
            self._trouble = self._trouble or Violation(f"two clients at {place} hold {first} and {seen}")

    # The server

    async def start(self) -> None:
        """Start the server, as often as its disk makes it fail."""
        self._down.clear()
        config = Config(
            storage=StorageConfig(data=str(self.folder), web=str(self.folder / "web")),
            rooms=RoomsConfig(grace_ms=GRACE_MS, lead_in_ms=1000),
            auth=AuthConfig(argon2_time_cost=1, argon2_memory_kib=32),
        )
        while self.server is None:
            self._life += 1
            task = self._in_life(Server.start(config, LIMITS))
            dying = self.loop.create_task(self._down.wait())
            await asyncio.wait([task, dying], return_when=asyncio.FIRST_COMPLETED)
            dying.cancel()
            if self._down.is_set():
                self._down.clear()
            elif task.exception() is None:
                self.server = task.result()
                self.tell(f"life {self._life} listens")
                return
            elif not isinstance(task.exception(), StorageError):
                raise Violation("the server does not start") from task.exception()
            self.disk.pull_plug()
            self._unlock()
            await asyncio.sleep(0.5)

    def _in_life(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        before = LIFE.get()
        LIFE.set(self._life)
        try:
            return self.loop.create_task(work)
        finally:
            LIFE.set(before)

    def _lock(self, folder: Path) -> FolderLock:
        lock = _ACQUIRE(folder)
        self._locks.append(lock)
        return lock

    def _unlock(self) -> None:
        """Give the folder's lock back, as the kernel does for a process that died."""
        while self._locks:
            self._locks.pop().release()

    def crash(self, where: str) -> None:
        """Kill the server: nothing of it goes on, and SQLite keeps what was committed."""
        self.tell(f"life {self._life} dies {where}")
        self.witness.counts["deaths"] += 1
        self.disk.crash_in = None
        self.loop.end_life(self._life)
        self.disk.pull_plug()
        self._unlock()
        for link in self.links:
            if link.life == self._life:
                link.die()
        self.server = None
        self._down.set()

    async def _keep_up(self) -> None:
        """Start the server again whenever it died."""
        while True:
            await self._down.wait()
            if self._trouble is not None:
                return
            await asyncio.sleep(self._dice.uniform(0.02, 1.5))
            # Set right, or wrong: the server cannot tell that from time that passed.
            self._wall_step_us = 0
            self.step_clock(self._dice.choice(OFFSETS_SECONDS))
            await self.start()

    # The end of a day

    def _calm_down(self) -> None:
        self._is_calm = True
        self.disk.troubles.clear()
        self.disk.crash_in = None
        for link in self.links:
            link.is_calm = True
            if link.is_half_open and not link.is_cut:
                link.is_half_open = False
                link.cut()

    def check_members(self) -> None:
        """Check that nobody is in a room without a connection past their grace."""
        if self.server is not None:
            check_members(self.server, GRACE_MS)

    # The run

    def run(self) -> Report:
        """Live through everything this seed has in store."""
        with self._pretence() as logs:
            try:
                self.loop.run_until_complete(self._live())
            except StuckError as stuck:
                raise Violation(str(stuck)) from stuck
            else:
                if self.loop.caught:
                    raise Violation(f"an exception that nothing handled: {self.loop.caught[0]}")
            finally:
                for life in list(self.loop.lives):
                    self.loop.end_life(life)
                self.loop.run_until_complete(asyncio.sleep(1))
                self.disk.pull_plug()
                self._unlock()
                self.loop.close()
        errors = [entry for entry in logs if entry["log_level"] in {"error", "critical"}]
        if errors:
            raise Violation(f"the server logged an error: {errors[0]}")
        self.witness.counts["failed calls"] = self.disk.failed_calls
        return Report(self.seed, self.witness.digest, dict(self.witness.counts), self.story)

    @contextmanager
    def _pretence(self) -> Iterator[list[Any]]:
        """Replace the machine below the server by this world."""
        with (
            mock.patch.object(aiosqlite, "connect", self.disk.connect),
            mock.patch.object(time, "time_ns", self.time_ns),
            mock.patch.object(time, "monotonic_ns", self.monotonic_ns),
            mock.patch.object(secrets, "token_urlsafe", self.token),
            mock.patch.object(secrets, "token_hex", self.token),
            mock.patch.object(first_run, "synthesise", return_value=[]),
            mock.patch.object(FolderLock, "acquire", self._lock),
            capture_logs() as logs,
        ):
            yield logs

    async def _live(self) -> None:
        assert self._template is not None
        self.witness.ids = self._template.rooms
        reader = sqlite3.connect(self.folder / DATABASE)
        self.witness.reads(reader)
        await self.start()
        keeper = self.loop.create_task(self._keep_up())
        tabs, people = self._people()
        for tab in tabs:
            self.spawn(tab.live())
        days = [self.loop.create_task(one.spend(DAY_SECONDS, self.now)) for one in people]
        luck = self.loop.create_task(bad_luck(self, self._dice, DAY_SECONDS))
        await self._unless_violated(asyncio.gather(luck, *days), "the people finish")
        self._calm_down()
        await self._settle(tabs, "calm")
        self.crash("at the end of the day")
        await self._settle(tabs, "restarted")
        self.witness.assert_nothing_lost()
        self.witness.assert_one_advance()
        self.witness.assert_numbered()
        await self._part(tabs)
        keeper.cancel()
        await self._close()
        reader.close()

    def _people(self) -> tuple[list[Tab], list[Person]]:
        assert self._template is not None
        tabs, people = [], []
        for number, account in enumerate(self._template.accounts):
            mine = [Tab(self, 10 * number, account.user, account.token)]
            if self._dice.random() < 0.3:
                mine.append(Tab(self, 10 * number + 1, account.user, account.token))
            dice = random.Random(f"{self.seed}/person/{number}")
            people.append(Person(mine, ROOMS[number % len(ROOMS)], account.playlist, dice))
            tabs += mine
        return tabs, people

    async def _unless_violated(self, work: Any, what: str) -> None:
        """Wait for something, but not when the run has failed already."""
        task = asyncio.ensure_future(work)
        ends = self.loop.now + DAY_SECONDS + PATIENCE_SECONDS
        while not task.done():
            if self._trouble is not None:
                task.cancel()
                raise self._trouble
            if self.loop.now > ends:
                task.cancel()
                raise Violation(f"expected that {what} within {PATIENCE_SECONDS} s")
            await asyncio.sleep(0.2)
        await task
        if self._trouble is not None:
            raise self._trouble

    async def _settle(self, tabs: list[Tab], when: str) -> None:
        """Wait until everybody is back and has seen everything; compare with the server."""
        ends = self.loop.now + PATIENCE_SECONDS
        while (difference := difference_of(self.server, tabs)) is not None:
            if self._trouble is not None:
                raise self._trouble
            if self.loop.now > ends:
                raise Violation(f"{when}: no agreement: {difference}")
            await asyncio.sleep(0.5)
        self.check_members()

    async def _part(self, tabs: list[Tab]) -> None:
        """Let everybody go, politely or not; nothing of them may stay."""
        for index, tab in enumerate(tabs):
            tab.stop()
            if tab.link is None:
                continue
            if index % 3 == 0:
                tab.link.cut()
            elif index % 3 == 1:
                tab.link.is_half_open = True
        liveness = (LIMITS.ping_interval_ms + LIMITS.pong_timeout_ms) / 1000
        await asyncio.sleep(2)
        for tab in tabs:
            if tab.link is not None and not tab.link.is_half_open:
                tab.link.cut()
        ends = self.loop.now + 2 * liveness + GRACE_MS / 1000 + 5
        assert self.server is not None
        while left := held_by(self.server):
            if self.loop.now > ends:
                raise Violation(f"everybody left, and this stayed: {left}")
            await asyncio.sleep(1)

    async def _close(self) -> None:
        """Stop the server as an operator does; nothing of it may go on."""
        server, self.server = self.server, None
        assert server is not None
        await self._in_life(server.close())
        await asyncio.sleep(1)
        tasks, timers = self.loop.tasks_of(self._life), self.loop.timers_of(self._life)
        if tasks or timers:
            raise Violation(f"the server is closed, and this goes on: {tasks} {timers}")


def simulate(world: World, template: Template) -> Report:
    """
    Run a world in a fresh copy of the template.

    Raises:
        Violation: the server broke a promise.

    """
    shutil.copytree(template.folder, world.folder)
    try:
        return world.run()
    finally:
        shutil.rmtree(world.folder)
