"""
Erasing one person among a million rows, while others chat: when each stage is done.

``python -m tests.benchmarks.erasure`` fills a database, starts a server on it and prints the
stages since the request, the rows that went, and how long others waited for their messages
meanwhile. ``ROWS`` from the environment makes it smaller.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from protocol.limits import DAY_MS
from roomserver.config import DATABASE, Config, DrainConfig, ListenConfig, RatesConfig, StorageConfig
from roomserver.server import Server
from storage.database import Database
from storage.privacy.probing import files_with
from storage.privacy.unlinking import GONE
from tests.support.server import CHEAP, PASSWORD, Wire

ROWS = int(os.environ.get("ROWS", "1000000"))
PEOPLE = 500
ROOMS = 20
HERS = 5000
"""Of so many rows the person is the actor; as many more name them."""
WORD = "kanarienvogel"
NAME = "anna"


def events(now_ms: int, anna: str) -> Iterator[tuple[Any, ...]]:
    """Yield a log as rooms write it: chat mostly, the person every now and then."""
    step = ROWS // HERS
    for number in range(ROWS):
        room, at_ms = f"room{number % ROOMS}", now_ms - DAY_MS - number
        actor = anna if number % step == 0 else f"user{number % PEOPLE}"
        if number % 10 == 9:
            lined_up = anna if number % step == step - 1 else f"user{number % 7}"
            payload = (
                f'{{"waitlist":[{{"$user":"{lined_up}"}}],"change":"join","user":{{"$user":"{actor}"}}}}'
            )
            row = ("video", "waitlist.changed", payload)
        else:
            said = f"{WORD} {number}" if actor == anna else f"words of somebody, number {number}"
            payload = f'{{"id":"m{number}","user":{{"$user":"{actor}"}},"text":"{said}","mentions":[]}}'
            row = ("chat", "chat.message", payload)
        yield (*row[:2], room, "old", number // ROOMS + 1, actor, at_ms, now_ms + 20 * DAY_MS, 1, row[2])


async def fill(folder: Path, anna: str) -> None:
    """Fill a database with a million rows."""
    database = await Database.open(folder / DATABASE)
    await database.close()
    connection = sqlite3.connect(folder / DATABASE)
    connection.execute("PRAGMA secure_delete = ON")
    connection.executemany(
        """
        INSERT INTO events (category, kind, room_id, epoch, seq, actor_id, at_ms, expires_at_ms, policy_rev,
          payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        events(int(time.time() * 1000), anna),
    )
    connection.commit()
    connection.close()


async def chat(wire: Wire, delays: list[float], over: asyncio.Event) -> None:
    """Say something twenty times a second, and note how long each took."""
    number = 0
    while not over.is_set():
        began = time.perf_counter()
        await wire.ask("chat.send", room="lobby", text=f"still here {number}")
        delays.append(time.perf_counter() - began)
        number += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 0.05)


async def registered(port: int, name: str) -> Wire:
    """Let somebody register and join."""
    wire = await Wire.to(port)
    birth = {"year": 1990, "month": 1, "day": 1}
    params = {"username": name, "password": PASSWORD, "accept_policy": True, "birth": birth}
    wire.became(await wire.ask("session.register", **params))
    await wire.ask("room.join", room="lobby")
    return wire


_BECOME = """
UPDATE events SET actor_id = iif(actor_id = :old, :new, actor_id), payload = replace(payload, :old, :new)
WHERE actor_id = :old OR instr(payload, :old)"""


async def measure(folder: Path) -> None:
    """Fill, erase, print."""
    config = Config(
        listen=ListenConfig(port=0),
        storage=StorageConfig(data=str(folder)),
        auth=CHEAP,
        drain=DrainConfig(notice_ms=0),
        rates=RatesConfig(chat="100000/1"),
    )
    began = time.perf_counter()
    await fill(folder, anna := "annaid0000000000")
    print(f"{ROWS} rows filled in {time.perf_counter() - began:.0f} s")
    server = await Server.start(config)
    try:
        wire, ben = await registered(server.port, NAME), await registered(server.port, "ben")
        names = {"new": wire.user["id"], "old": anna}
        async with server.rights.vault.database.transaction() as tx:
            await tx.execute(_BECOME, names)
        delays: list[float] = []
        over = asyncio.Event()
        chatting = asyncio.create_task(chat(ben, delays, over))
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1)  # it talks by itself by then
        delays.clear()
        answer = await wire.ask("privacy.erase", confirm=NAME, password=PASSWORD)
        await server.rights.erasures.settled()
        over.set()
        await chatting
        request = await server.rights.requests.get(answer["request_id"])
        assert request is not None
        for step in request.steps:
            print(f"{step.stage:10} {step.at_ms - request.requested_at_ms:7} ms")
        print({name: count for name, count in request.receipts.items() if count})
        worst = sorted(delays)
        p99 = worst[int(len(worst) * 0.99)]
        print(
            f"chat meanwhile: {len(delays)} messages, p50 {statistics.median(delays) * 1000:.1f} ms, "
            f"p99 {p99 * 1000:.1f} ms, max {worst[-1] * 1000:.1f} ms"
        )
        print(f"files with a word left: {len(files_with(WORD, [folder]))}; {GONE} stands for the person")
        await ben.leave()
    finally:
        await server.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
    sys.exit(0)
