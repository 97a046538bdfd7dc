"""The server that tests start."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from msgspec.structs import asdict

from protocol import commands
from protocol.errors import Rejected
from protocol.limits import DAY_MS, Limits
from protocol.results import BotResult
from protocol.values import Scope, StaffRoleName
from roomserver.admin.users import UserCreate
from roomserver.clock import ServerClock
from roomserver.config import AuthConfig, Config, DrainConfig, ListenConfig, RatesConfig, StorageConfig
from roomserver.server import Server
from roomserver.testing.clock import ManualClock
from roomserver.testing.visitor import Visitor

CHEAP = AuthConfig(argon2_time_cost=1, argon2_memory_kib=32)
"""Hashes that cost nothing: tests make accounts all the time."""

PASSWORD = "correct horse battery"  # noqa: S105 - everybody's in a test
ADULT = commands.Birth(year=1990, month=5, day=17)

UNHURRIED = RatesConfig(**dict.fromkeys(asdict(RatesConfig()), "1000000/1"))
"""Rates that nobody meets: where the clock stands still, no bucket would ever fill again."""

DEAF = Limits(
    ping_interval_ms=10_000 * DAY_MS, pong_timeout_ms=10_000 * DAY_MS, auth_timeout_ms=10_000 * DAY_MS
)
"""Silence ends no connection: on a clock that jumps it means nothing."""

KEEPER = "keeper"

QUIET_ROUNDS = 2
LOOP_TURNS = 10
"""A message over loopback takes two or three turns of the loop from one end to the other."""


def local_config(data: Path, port: int = 0, **groups: Any) -> Config:
    """Return the configuration of a server on loopback, with cheap hashes; ``groups`` as in Config."""
    return Config(
        **{
            "listen": ListenConfig(port=port),
            "storage": StorageConfig(data=str(data), web=str(data / "web")),
            "auth": CHEAP,
            "drain": DrainConfig(notice_ms=0),
            **groups,
        }
    )


def lay_out(data: Path, tracks: Path | None) -> Path:
    """Make a data folder, with demo tracks that were made before: making them takes a second."""
    data.mkdir(parents=True, exist_ok=True)
    if tracks is not None:
        shutil.copytree(tracks, data / "media", copy_function=os.link)
    return data


class RoomServer:
    """
    A running server on a folder of its own, and everybody who visits it. Use as ``async with``.

    ``limits`` and ``groups`` of the configuration are the caller's where a test is about them:
    ``RoomServer(folder, rates=RatesConfig())`` has the real rates.
    """

    def __init__(
        self, data: Path, *, clock: ServerClock | None = None, limits: Limits = DEAF, **groups: Any
    ) -> None:
        self.clock = clock or ManualClock()
        """Where it is one that is set by hand, :meth:`advance` moves it."""
        self._data = data
        self._limits = limits
        self._groups = {"rates": UNHURRIED, **groups}
        self._visitors: list[Visitor] = []
        self._keeper: Visitor | None = None
        self._has_keeper = False
        self.server: Server

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self, port: int = 0) -> None:
        """Start the server."""
        config = local_config(self._data, port, **self._groups)
        self.server = await Server.start(config, self._limits, self.clock)

    async def close(self) -> None:
        """Disconnect everybody who was let in here, and stop the server."""
        for visitor in self._visitors:
            visitor.socket.transport.abort()
            await visitor.closed()
        self._visitors.clear()
        self._keeper = None
        await self.server.close()

    async def restart(self) -> None:
        """Stop, and start again on the same data and port: clients come back by themselves."""
        port = self.server.port
        await self.close()
        await self.open(port)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self.server.port}/ws"

    # Who is there

    async def stranger(self) -> Visitor:
        """Let somebody connect who has not logged in."""
        visitor = await Visitor.to(self.server.port)
        self._visitors.append(visitor)
        return visitor

    async def guest(self, name: str | None = None) -> Visitor:
        """Let a guest in."""
        visitor = await self.stranger()
        params = {} if name is None else {"name": name}
        return visitor.became(await visitor.ask("session.guest", **params))

    async def user(self, name: str) -> Visitor:
        """Let somebody register."""
        visitor = await self.stranger()
        birth = asdict(ADULT)
        return visitor.became(
            await visitor.ask(
                "session.register", username=name, password=PASSWORD, birth=birth, accept_policy=True
            )
        )

    async def bot(
        self, name: str, *scopes: Scope, role: StaffRoleName | None = None, room: str = "lobby"
    ) -> str:
        """Make a bot with these scopes, and a role in a room where it needs one; return its token."""
        made: BotResult = await (await self.keeper()).call(commands.BotCreate(name=name, scopes=list(scopes)))
        if role is not None:
            await self.appoint(made.bot.user.id, role, room)
        return made.token

    async def appoint(self, user_id: str, role: StaffRoleName, room: str = "lobby") -> None:
        """Give somebody a role in a room."""
        keeper = await self.keeper()
        await keeper.join(room)
        await keeper.call(commands.StaffSet(room=room, user=user_id, role=role))
        await keeper.call(commands.RoomLeave(room=room))

    async def keeper(self) -> Visitor:
        """Return the administrator who owns the bots and appoints staff."""
        if not self._has_keeper:
            make = UserCreate(name=KEEPER, password=PASSWORD, admin=True)
            await self.server.administration.run(make)
            self._has_keeper = True
        if self._keeper is None:
            keeper = await self.stranger()
            login = await keeper.ask("session.login", username=KEEPER, password=PASSWORD)
            self._keeper = keeper.became(login)
        return self._keeper

    # Time

    async def advance(self, seconds: float) -> None:
        """
        Let time pass: everything that falls due meanwhile happens, in its order.

        The server's deadlines and whoever sleeps by :attr:`clock` take turns as they come.
        """
        clock = self.clock
        assert isinstance(clock, ManualClock), "expected a clock that is set by hand"
        until_ms = clock.now_ms() + round(seconds * 1000)
        await self.settled()
        while True:
            due = [at for at in (self.server.hub.next_deadline_ms, clock.next_waking_ms) if at is not None]
            if not due or min(due) > until_ms:
                break
            clock.set_ms(max(min(due), clock.now_ms()))
            await self.settled()
        clock.set_ms(until_ms)
        await self.settled()

    async def settled(self) -> None:
        """
        Wait until all that is due is done, committed and told, and nobody in this process reacts any more.

        What is under way shows as answers and deliveries; two rounds without any, each of which
        waits for the beat and for storage, mean that the loop is idle.
        """
        quiet = 0
        while quiet < QUIET_ROUNDS:
            before = self._progress()
            self.server.hub.wake()
            await self.server.beat.barrier()
            with suppress(Rejected):  # there is no such room, but looking for it comes behind other reads
                await self.server.hub.open("")
            for _ in range(LOOP_TURNS):
                await asyncio.sleep(0)
            quiet = quiet + 1 if self._progress() == before else 0

    def _progress(self) -> tuple[int, int]:
        beat = self.server.beat
        return beat.deliveries, beat.outcomes.total()
