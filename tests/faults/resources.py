"""The machine gives out: the disk is full, slow or read-only, the files run out, time stands still."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from roomserver.config import DATABASE
from tests.faults.observed import (
    Crowd,
    Figures,
    clock_latencies,
    cpu_seconds,
    descriptors,
    percentile,
    status_of,
    until_status,
)
from tests.support.crowd import PATIENCE_SECONDS
from tests.support.process import Process

SPARE_FILES = 8
"""What a starved server may open beyond what it has."""
VISITORS = 120


@contextmanager
def small_disk(folder: Path, size: str = "12m") -> Iterator[Path]:
    """
    Lend a file system of its own.

    Raises:
        PermissionError: nobody may mount here.

    """
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=False, capture_output=True
    )
    if made.returncode:
        raise PermissionError(made.stderr.decode())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def stopped(process: Process, crowd: Crowd, seconds: float) -> Figures:
    """
    SIGSTOP, as a suspended machine or a stalled virtual one.

    Expected: whoever waits is answered afterwards; nobody is put out for a silence that was
    the server's own, and the clock has gone on.
    """
    before = crowd.connections
    process.send(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    process.send(signal.SIGCONT)
    await crowd.until_heard(len(crowd.people) // 2)
    return {"seconds": seconds, "connected again": crowd.connections - before}


async def full_disk(process: Process, crowd: Crowd, seconds: float) -> Figures:
    """
    The file system is full; the data folder must be on :func:`small_disk`.

    Expected: what changes something is refused with ``storage_unavailable``, reads go on,
    ``/readyz`` says 503, ``/healthz`` goes on saying 200; with space again everything goes
    on by itself, rooms under a new epoch.
    """
    ballast = process.data.parent / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        return await _unwritable(process, crowd, seconds, ballast.unlink)
    finally:
        ballast.unlink(missing_ok=True)


async def writes_fail(process: Process, crowd: Crowd, seconds: float) -> Figures:
    """
    Every write to a file fails (a quota of nothing), as on a broken or read-only file system.

    Expected: as with a full disk, though not even the log can be written.
    """
    normal = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, normal[1]))

    def mend() -> None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, normal)

    return await _unwritable(process, crowd, seconds, mend)


async def _unwritable(process: Process, crowd: Crowd, seconds: float, mend: Callable[[], None]) -> Figures:
    refused, resyncs = crowd.refused, crowd.resyncs
    unready_after = await until_status(process, "/readyz", 503)
    assert await status_of(process, "/healthz") == 200
    await asyncio.sleep(seconds)
    refused = crowd.refused - refused
    mend()
    ready_after = await until_status(process, "/readyz", 200)
    await crowd.until_heard(len(crowd.people) // 2)
    return {
        "seconds": seconds,
        "refused": refused,
        "not ready after s": round(unready_after, 2),
        "ready again after s": round(ready_after, 2),
        "resyncs": crowd.resyncs - resyncs,
    }


class Hog(threading.Thread):
    """Another process's hand on the database: holds the write lock half a second at a time."""

    def __init__(self, path: Path, hold_seconds: float, gap_seconds: float) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._hold, self._gap = hold_seconds, gap_seconds
        self._over = threading.Event()
        self.holds = 0

    def run(self) -> None:
        """Take the lock and give it back, until told to stop."""
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        while not self._over.is_set():
            connection.execute("BEGIN IMMEDIATE")
            self._over.wait(self._hold)
            connection.execute("ROLLBACK")
            self.holds += 1
            self._over.wait(self._gap)
        connection.close()

    def stop(self) -> None:
        """Let go."""
        self._over.set()
        self.join()


async def slow_storage(process: Process, crowd: Crowd, seconds: float) -> Figures:
    """
    Every commit takes half a second longer.

    Expected: answers come that much later and nothing else happens: no refusal, nobody is
    put out, and what needs no storage is as quick as ever.
    """
    connections, refused = crowd.connections, crowd.refused
    hog = Hog(process.data / DATABASE, 0.5, 0.1)
    hog.start()
    clocks = await clock_latencies(process, seconds)
    hog.stop()
    await crowd.until_heard(len(crowd.people) // 2)
    return {
        "seconds": seconds,
        "locks of 500 ms": hog.holds,
        "clock.sync p50 ms": round(percentile(clocks, 0.5), 1),
        "clock.sync p99 ms": round(percentile(clocks, 0.99), 1),
        "refused": crowd.refused - refused,
        "connected again": crowd.connections - connections,
    }


async def no_descriptors(process: Process, crowd: Crowd, seconds: float) -> Figures:
    """
    The process may open no more files.

    Expected: who is inside goes on; new connections wait or are dropped; the log does not
    grow with every attempt, the processor is not busy with refusing; afterwards the door is
    open again.
    """
    before = crowd.connections
    normal = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    most = descriptors(process.pid) + SPARE_FILES
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (most, normal[1]))
    visitors = [await _knock(process.port) for _ in range(VISITORS)]
    log_before, cpu_before = len(process.log), cpu_seconds(process.pid)
    await asyncio.sleep(seconds)
    figures: Figures = {
        "seconds": seconds,
        "files over the limit": descriptors(process.pid) - most,
        "log bytes a second": round((len(process.log) - log_before) / seconds),
        "cpu share": round((cpu_seconds(process.pid) - cpu_before) / seconds, 2),
    }
    await crowd.until_heard(len(crowd.people) // 2)
    for writer in visitors:
        if writer is not None:
            writer.transport.abort()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await _answer_of(process) != 200:
            await asyncio.sleep(0.1)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, normal)
    return figures | {"connected again": crowd.connections - before}


async def _knock(port: int) -> asyncio.StreamWriter | None:
    with suppress(OSError):
        return (await asyncio.open_connection("127.0.0.1", port))[1]
    return None


async def _answer_of(process: Process) -> int | None:
    with suppress(OSError, IndexError, TimeoutError):
        async with asyncio.timeout(2):
            return await status_of(process, "/healthz")
    return None
