"""Bad days: in one life of the server everything gives out that ``make faults`` takes away at length."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import resources
from tests.faults.observed import Observed, crowd_in
from tests.support.crowd import Size
from tests.support.process import Process
from tests.support.server import ADULT, PASSWORD, SONG, Wire

FEW = Size(clients=8, users=4, rooms=2)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of a few megabytes, or skip where nobody may mount one."""
    try:
        with resources.small_disk(tmp_path / "disk") as folder:
            yield folder
    except PermissionError as error:
        pytest.skip(f"needs the right to mount: {error}")


def assert_kept(observed: Observed, process: Process, connections: int) -> None:
    """Check that nothing was lost, nothing heard twice, and nobody put out."""
    print(observed)
    assert "Traceback" not in process.log
    assert observed.balance.acknowledged > 10
    assert (observed.balance.lost, observed.balance.doubled) == (0, 0)
    assert connections == FEW.clients


@pytest.mark.slow
async def test_a_bad_day(data: Path) -> None:
    """
    A server that stood still, was slow, had no files left and could not write goes on by itself.

    Nothing that was acknowledged is lost, nothing is heard twice, nobody inside is put out. It
    needs no right but the own: where nobody may mount a disk, it is failing writes that stand for a full one.
    """
    process = Process(data)
    await process.start()
    async with crowd_in(process, FEW) as crowd:
        stopped = await resources.stopped(process, crowd, 0.5)
        slow = await resources.slow_storage(process, crowd, 0.6)
        starved = await resources.no_descriptors(process, crowd, 0.3)
        failing = await resources.writes_fail(process, crowd, 0.3)
        connections = crowd.connections
        balance = await crowd.finish()
    assert await process.end(signal.SIGTERM) == 0
    assert_kept(Observed("a bad day", balance, failing), process, connections)
    assert stopped["connected again"] == slow["refused"] == 0
    assert starved["files over the limit"] == 0
    assert starved["log bytes a second"] < 10_000
    assert failing["refused"] > 0


@pytest.mark.slow
async def test_a_full_disk(disk: Path) -> None:
    """A server whose disk was full goes on by itself; what it acknowledged is there."""
    (disk / "data").mkdir()
    process = Process(disk / "data")
    await process.start()
    async with crowd_in(process, FEW) as crowd:
        full = await resources.full_disk(process, crowd, 0.3)
        connections = crowd.connections
        balance = await crowd.finish()
    assert await process.end(signal.SIGTERM) == 0
    assert_kept(Observed("a full disk", balance, full), process, connections)
    assert full["refused"] > 0


GRACE_MS = 2000
STILL_SECONDS = 2.5


@pytest.mark.slow
async def test_grace_outlives_a_stop(data: Path) -> None:
    """Who had lost the connection before the server stood still for longer than the grace is still the DJ."""
    process = Process(data, settings={"ROOMS__GRACE_MS": str(GRACE_MS)})
    await process.start()
    try:
        dj = await Wire.to(process.port)
        session = await dj.ask(
            "session.register", username="dora", password=PASSWORD, birth=ADULT, accept_policy=True
        )
        await dj.ask("room.join", room="lobby")
        await dj.ask("waitlist.join", room="lobby", media=SONG)
        await dj.leave()
        process.send(signal.SIGSTOP)
        await asyncio.sleep(STILL_SECONDS)
        process.send(signal.SIGCONT)
        again = await Wire.to(process.port)
        await again.ask("session.resume", token=session["token"])
        entered = await again.ask("room.join", room="lobby")
        assert entered["snapshot"]["booth"]["dj"]["id"] == session["user"]["id"]
        await again.leave()
    finally:
        code = await process.end(signal.SIGTERM)
    assert code == 0
    assert "stood still" in process.log
