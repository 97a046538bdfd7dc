"""Kills in the middle: a sweep, and an erasure, whose process dies again and again at whatever moment."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from protocol.limits import HOUR_MS
from roomserver.config import DATABASE, Config, StorageConfig
from roomserver.server import Server
from storage.database import Database
from storage.privacy.hooks import HookChain
from storage.privacy.ledger import FILE
from storage.privacy.sweeper import Sweeper
from tests.storage.builders import NOW, add_room
from tests.support.canary import hits
from tests.support.process import Process
from tests.support.server import CHEAP

_SWEEP = """
import asyncio, sys
from pathlib import Path
from storage.database import Database
from storage.privacy.hooks import HookChain
from storage.privacy.sweeper import Sweeper

async def main():
    db = await Database.open(Path(sys.argv[1]))
    print("open", flush=True)
    sweeper = Sweeper(db, HookChain())
    for pace in sweeper._pace.values():
        pace.batch = 50
    await sweeper.sweep(int(sys.argv[2]))
    await db.close()

asyncio.run(main())
"""


async def _no_rest(_seconds: float) -> None:
    """Go on at once."""


def counts(path: Path) -> tuple[int, int]:
    """Return how many rows are left, and how many were counted; the file must be whole."""
    with sqlite3.connect(path) as db:
        (left,) = db.execute("SELECT count(*) FROM events").fetchone()
        (counted,) = db.execute("SELECT coalesce(sum(n), 0) FROM tallies").fetchone()
        (state,) = db.execute("PRAGMA integrity_check").fetchone()
    db.close()
    assert state == "ok", state
    return left, counted


async def sweep_killed(path: Path, kills: int, rows: int, seed: int = 3) -> int:
    """
    Kill a sweep of so many rows again and again, and let the last one finish.

    Every row is either there or counted, never both. Return how many kills found it further on.
    """
    dice = random.Random(seed)
    db = await Database.open(path)
    await add_room(db)
    async with db.transaction() as tx:
        await tx.executemany(
            """
            INSERT INTO events (category, kind, room_id, actor_id, at_ms, expires_at_ms, policy_rev, payload)
            VALUES ('presence', 'member.joined', 'r1', 'anna', ?, ?, 1, '{}')""",
            [(NOW + number * HOUR_MS // 100, NOW + number) for number in range(rows)],
        )
    await db.close()
    met = set()
    for _ in range(kills):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _SWEEP, str(path), str(NOW + rows), stdout=PIPE
        )
        assert process.stdout is not None, "it is a pipe"
        assert await process.stdout.readline() == b"open\n"
        try:
            await asyncio.wait_for(process.wait(), dice.random() * 0.1)
        except TimeoutError:
            process.kill()
            await process.communicate()
        left, counted = counts(path)
        assert left + counted == rows, (left, counted)
        met.add(left)
    db = await Database.open(path)
    await Sweeper(db, HookChain(), rest=_no_rest).sweep(NOW + rows)
    await db.close()
    assert counts(path) == (0, rows)
    return len(met)


class Killed(NamedTuple):
    """What kills of an erasure met: not begun, begun and not at its end, at its end; by stage noted last."""

    not_begun: int
    finished_later: int
    was_over: int
    stages: dict[str, int]


async def erasures_killed(
    data: Path, user_id: str, words: Iterable[str], kills: int, usual_seconds: float, seed: int = 5
) -> Killed:
    """
    Erase somebody on copies of a data folder, each time killed at another moment, and start again.

    Whoever was not erased then is there with every word; whoever was begun is gone with all.
    """
    dice, words = random.Random(seed), list(words)
    ledger = data / FILE
    size = ledger.stat().st_size if ledger.exists() else 0
    before = hits(data, words)
    outcomes, stages = {"not begun": 0, "finished": 0, "over": 0}, dict[str, int]()
    for number in range(kills):
        folder = data.parent / f"killed-{number}"
        await asyncio.to_thread(shutil.copytree, data, folder, ignore=shutil.ignore_patterns("media"))
        # One in ten dies before it has begun, while the program is still starting.
        at = -0.6 * dice.random() if number % 10 == 9 else dice.expovariate(1 / usual_seconds)
        await _erase_until(folder, user_id, at)
        met = stage_of(folder / DATABASE)
        stages[met] = stages.get(met, 0) + 1
        config = Config(storage=StorageConfig(data=str(folder)), auth=CHEAP)
        async with Server.maintain(config) as server:
            await server.rights.carry_out()
            assert server.rights.vault.ledger.undone() == set()
            assert (await server.rights.audit.verify()).is_intact
        has_begun = (folder / FILE).exists() and (folder / FILE).stat().st_size > size
        if has_begun:
            assert hits(folder, words) == {}, (number, met)
            assert stage_of(folder / DATABASE) == "complete", (number, met)
        else:
            assert hits(folder, words).keys() == before.keys(), (number, met)
        outcomes["over" if met == "complete" else "finished" if has_begun else "not begun"] += 1
        await asyncio.to_thread(shutil.rmtree, folder)
    return Killed(outcomes["not begun"], outcomes["finished"], outcomes["over"], stages)


async def _erase_until(folder: Path, user_id: str, seconds: float) -> None:
    """Erase somebody, and die so long after the intent is in the ledger; of the start if that is negative."""
    process, ledger = Process(folder), folder / FILE
    began = ledger.stat().st_size if ledger.exists() else 0
    erasing = asyncio.create_task(process.run("privacy", "erase", user_id, "--confirm", user_id))
    if seconds >= 0:
        while not erasing.done() and not (ledger.exists() and ledger.stat().st_size > began):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.002)
    await asyncio.sleep(abs(seconds))
    if process.is_running:
        process.send(signal.SIGKILL)
    await erasing


def stage_of(path: Path) -> str:
    """Return the stage of the erasure in a database at rest, ``none`` before there is one."""
    db = sqlite3.connect(path)
    row = db.execute("SELECT stage FROM privacy_requests WHERE kind = 'erase'").fetchone()
    db.close()
    return "none" if row is None else str(row[0])
