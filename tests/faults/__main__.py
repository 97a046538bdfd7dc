"""Run faults at length and print what was observed: ``make faults``, ``make faults FAULTS=kills``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from tests.faults import kills, resources
from tests.faults.halfopen import half_open
from tests.faults.observed import CROWD, Crowd, Figures, Observed, crowd_in
from tests.support.crowd import Size
from tests.support.process import Process

Fault = Callable[[Process, Crowd, float], Awaitable[Figures]]
FAULTS: dict[str, tuple[Fault, float, Size]] = {
    "kills": (kills.kills, 100, Size(clients=40, users=16, rooms=4)),
    "stopped": (resources.stopped, 30, CROWD),
    "full_disk": (resources.full_disk, 10, CROWD),
    "writes_fail": (resources.writes_fail, 10, CROWD),
    "slow_storage": (resources.slow_storage, 30, CROWD),
    "no_descriptors": (resources.no_descriptors, 10, CROWD),
}
"""Each fault with how long it lasts (seconds; times for kills) and who is there."""

NEEDS_A_DISK = {"full_disk"}
"""What fills a disk gets one of its own, which needs the right to mount; all else happens anywhere."""

HALF_OPEN = "half_open"
HALF_OPEN_CLIENTS = 8


async def observe(name: str) -> Observed:
    """
    Let one fault happen to a server of its own, under load.

    Raises:
        PermissionError: it needs a disk of its own, and nobody may mount one here.

    """
    fault, length, size = FAULTS[name]
    with ExitStack() as stack:
        disk = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if name in NEEDS_A_DISK:
            disk = stack.enter_context(resources.small_disk(disk / "disk"))
        process = Process(disk / "data")
        process.data.mkdir()
        await process.start()
        try:
            async with crowd_in(process, size) as crowd:
                await crowd.until_heard(size.clients)
                figures = await fault(process, crowd, length)
                balance = await crowd.finish()
        except BaseException:
            await process.end(signal.SIGKILL)
            raise
        assert await process.end(signal.SIGTERM) == 0
        assert "Traceback" not in process.log, process.log
    return Observed(name, balance, figures)


def observe_half_open() -> bool:
    """Cut a real cable under some clients; say whether what was left is nothing."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        try:
            found = asyncio.run(half_open(data, HALF_OPEN_CLIENTS))
        except PermissionError as error:
            print(f"{HALF_OPEN}: skipped, it needs the right to make network namespaces: {error}", flush=True)
            return True
    print(f"{HALF_OPEN}: {found}", flush=True)
    return found.members_left == 0 and found.sockets_left <= 0


def main() -> int:
    """Run what was asked for; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    every = [*FAULTS, HALF_OPEN]
    parser.add_argument("names", nargs="*", default=every, help=f"some of {', '.join(every)}")
    given = parser.parse_args()
    lost = doubled = kept = 0
    for name in given.names:
        if name == HALF_OPEN:
            kept += not observe_half_open()
            continue
        try:
            observed = asyncio.run(observe(name))
        except PermissionError as error:
            if name not in NEEDS_A_DISK:
                raise
            print(f"{name}: skipped, it needs the right to mount a disk: {error}", flush=True)
            continue
        print(observed, flush=True)
        lost += observed.balance.lost
        doubled += observed.balance.doubled
    print(f"{lost} acknowledged changes lost, {doubled} duplicated events")
    return 1 if lost or doubled or kept else 0


if __name__ == "__main__":
    sys.exit(main())
