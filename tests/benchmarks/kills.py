"""
Deaths in the middle: ``python -m tests.benchmarks.kills --kills 100`` kills a sweep and erasures so often.

Each death comes at another moment; what was begun is finished by the next start, byte by byte, and
what was not begun has not happened. An assertion that fails is a broken promise.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import structlog

from roomserver.config import RatesConfig
from tests.support.canaried import fill
from tests.support.kills import Killed, erasures_killed, sweep_killed
from tests.support.server import House

USUAL_SECONDS = 0.03
"""How long after its beginning an erasure is killed in the mean; it takes a few times as long."""
ROWS_PER_KILL = 1000
_HURRIED = RatesConfig(**dict.fromkeys(RatesConfig.__struct_fields__, "1000/1"))


async def erasures(folder: Path, kills: int) -> Killed:
    """Let somebody leave a word wherever one can, and kill their erasures."""
    house = await House(folder / "data").open(rates=_HURRIED)
    people = await fill(house)
    await house.close()
    return await erasures_killed(house.data, people.anna.user["id"], people.words, kills, USUAL_SECONDS)


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
