"""
The crowd, in a process of its own: ``python -m tests.soak.swarm`` with its plan as JSON.

It prints what it counted when it is over. What happens is decided by dice with a seed, at a
pace that does not depend on the server.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import suppress
from typing import Any, NamedTuple

import uvloop

from tests.soak.client import Client
from tests.support.server import ADULT, PASSWORD

TICK_SECONDS = 0.05
LOST_TICKS = 40
"""How often those who were put out are looked for: every two seconds."""
RETURN_SECONDS = (0.3, 2.0)
STRANGER_SHARE = 0.3
"""Of those who go, so many do not come back: a new guest takes their place."""
SONG_MS = (10_000, 30_000)


class Plan(NamedTuple):
    """How many come, how they behave and for how long; rates are per second for all together."""

    port: int
    clients: int
    rooms: int
    djs: int
    churn: float
    chat: float
    seconds: float


class Swarm:
    """Everybody."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._dice = random.Random(7)
        self.counts: Counter[str] = Counter()
        self._clients: list[Client] = []
        self._coming: set[Client] = set()
        self._returning: set[asyncio.Task[None]] = set()
        self._number = 0

    def _visitor(self, number: int) -> Client:
        account = None
        if number < self._plan.djs:
            account = {
                "username": f"dj-{number}", "password": PASSWORD, "birth": ADULT, "accept_policy": True,
            }  # fmt: skip
        return Client(f"soak-{number % self._plan.rooms}", self.counts, account)

    async def _connect(self, client: Client) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: client, "127.0.0.1", self._plan.port)
        except OSError:
            self.counts["not let in"] += 1

    async def come(self) -> None:
        """Let everybody in, two hundred at a time."""
        self._clients = [self._visitor(number) for number in range(self._plan.clients)]
        for start in range(0, len(self._clients), 200):
            await asyncio.gather(*(self._connect(one) for one in self._clients[start : start + 200]))
            await asyncio.sleep(0.5)

    async def live(self) -> None:
        """Do so much of everything in each tick, until the time is over."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        ticks = int(self._plan.seconds / TICK_SECONDS)
        for tick in range(ticks):
            await asyncio.sleep(max(0.0, began + tick * TICK_SECONDS - loop.time()))
            if tick % LOST_TICKS == 0:
                self._bring_back()
            for _ in range(self._due(self._plan.churn)):
                self._go(self._dice.randrange(len(self._clients)))
            for _ in range(self._due(self._plan.chat)):
                self._speak(self._dice.choice(self._clients))
            for _ in range(self._due(self._plan.djs / 5)):
                self._play(self._clients[self._dice.randrange(self._plan.djs)])

    def _due(self, per_second: float) -> int:
        whole, part = divmod(per_second * TICK_SECONDS, 1)
        return int(whole) + (self._dice.random() < part)

    def _bring_back(self) -> None:
        """Let those come again whom the server put out or did not let in."""
        gone = [one for one in self._clients if one.is_gone and one not in self._coming]
        self.counts["brought back"] += len(gone)
        for client in gone:
            self._spawn(client)

    def _go(self, number: int) -> None:
        client = self._clients[number]
        if not client.is_in:
            return
        client.drop()
        if client.account is None and self._dice.random() < STRANGER_SHARE:
            client = self._clients[number] = self._visitor(number)
        self._spawn(client)

    def _spawn(self, client: Client) -> None:
        task = asyncio.get_running_loop().create_task(self._return(client))
        self._coming.add(client)
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _return(self, client: Client) -> None:
        await asyncio.sleep(self._dice.uniform(*RETURN_SECONDS))
        await self._connect(client)
        self._coming.discard(client)

    def _speak(self, client: Client) -> None:
        if client.is_in:
            self._number += 1
            client.ask(
                "chat.send", room=client.room_id, text=f"message {self._number}", nonce=str(self._number)
            )

    def _play(self, client: Client) -> None:
        if not client.is_in:
            return
        play = client.play
        mine = play is not None and (play.get("dj") or {}).get("id") == client.user_id
        if play is not None and not mine and self._dice.random() < 0.5:
            client.ask("vote.cast", room=client.room_id, play_id=play["id"], value=self._dice.choice([1, -1]))
            return
        self._number += 1
        media: dict[str, Any] = {
            "source": "direct", "source_id": f"/media/{self._number}.ogg", "title": "a song",
            "duration_ms": self._dice.randrange(*SONG_MS),
        }  # fmt: skip
        client.ask("waitlist.join", room=client.room_id, media=media)

    async def leave(self) -> None:
        """Let everybody go."""
        for task in list(self._returning):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._returning, return_exceptions=True)
        self.counts["in at the end"] = sum(client.is_in for client in self._clients)
        for client in self._clients:
            client.drop()
        await asyncio.sleep(1)


async def run(plan: Plan) -> None:
    """Live through a plan and print the counts."""
    swarm = Swarm(plan)
    await swarm.come()
    print("in", flush=True)
    await swarm.live()
    await asyncio.sleep(2)
    await swarm.leave()
    print(json.dumps(swarm.counts), flush=True)


if __name__ == "__main__":
    uvloop.run(run(Plan(*json.loads(sys.argv[1]))))
