"""
Deaths in the middle: ``python -m tests.benchmarks.kills --kills 100`` kills a sweep and erasures so often.

Each death comes at another moment; what was begun is finished by the next start, byte by byte, and
what was not begun has not happened. An assertion that fails is a broken promise.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import structlog

from roomserver.config import DATABASE, Config, RatesConfig, StorageConfig
from roomserver.server import Server
from storage.privacy.ledger import FILE
from tests.support.canaried import fill
from tests.support.canary import hits
from tests.support.kills import sweep_killed
from tests.support.process import Process
from tests.support.server import CHEAP, House

USUAL_SECONDS = 0.03
"""How long after its beginning an erasure is killed in the mean; it takes a few times as long."""
ROWS_PER_KILL = 1000
_HURRIED = RatesConfig(**dict.fromkeys(RatesConfig.__struct_fields__, "1000/1"))


class Killed(NamedTuple):
    """What kills of an erasure met: not begun, begun and not at its end, at its end; by stage noted last."""

    not_begun: int
    finished_later: int
    was_over: int
    stages: dict[str, int]


async def erasures_killed(
    data: Path, user_id: str, words: Iterable[str], kills: int, seed: int = 5
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
        at = -0.6 * dice.random() if number % 10 == 9 else dice.expovariate(1 / USUAL_SECONDS)
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


async def erasures(folder: Path, kills: int) -> Killed:
    """Let somebody leave a word wherever one can, and kill their erasures."""
    house = await House(folder / "data").open(rates=_HURRIED)
    people = await fill(house)
    await house.close()
    return await erasures_killed(house.data, people.anna.user["id"], people.words, kills)


def main() -> None:
    """Kill, and print what was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    kills = parser.parse_args().kills
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        met = asyncio.run(sweep_killed(Path(folder) / "sweep.db", kills, kills * ROWS_PER_KILL))
        print(f"sweep: {kills} kills met {met} states, none wrong, {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        killed = asyncio.run(erasures(Path(folder), kills))
        print(f"erasure: {killed}, none wrong, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
