"""The server in a process of its own, which may be killed, stopped and starved."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 20


class Process:
    """
    ``roomserver serve`` on a data folder and a port that stay the same from start to start.

    ``prepare`` runs in the new process before the program, such as to limit what it may use;
    ``settings`` are environment variables without their prefix.
    """

    def __init__(
        self, data: Path, prepare: Callable[[], None] | None = None, settings: dict[str, str] | None = None
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/ws"
        self.data = data
        self.prepare = prepare
        self.program: tuple[str, ...] = ("-m", "roomserver")
        """What the interpreter runs."""
        self._settings = {"AUTH__ARGON2_TIME_COST": "1", "AUTH__ARGON2_MEMORY_KIB": "32"} | (settings or {})
        self.log_path = data.parent / f"{data.name}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None, "it runs"
        return self._process.pid

    async def start(self) -> None:
        """Start, and return when it listens."""
        first = await self.launch()
        assert first.startswith("roomserver "), self.log

    async def launch(self) -> str:
        """Start, and return the first line it prints; nothing when it ends without one."""
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
        environment |= {f"ROOMSERVER_{name}": value for name, value in self._settings.items()}
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.program,
                *("serve", "--port", str(self.port), "--data", str(self.data)),
                cwd=REPOSITORY,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                preexec_fn=self.prepare,
            )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
        return line.decode()

    async def run(self, *command: str) -> int:
        """Run one command on the data folder to its end, and return its exit code."""
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
        environment |= {f"ROOMSERVER_{name}": value for name, value in self._settings.items()}
        with self.log_path.open("ab") as log:
            self._process = process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.program,
                *(*command, "--data", str(self.data)),
                cwd=REPOSITORY,
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=self.prepare,
            )
        code = await asyncio.wait_for(process.wait(), START_SECONDS)
        self._process = None
        return code

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None, "it runs"
        self._process.send_signal(number)

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        if self._process is not None:
            self._process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end and return the exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        await asyncio.wait_for(process.communicate(), START_SECONDS)
        assert process.returncode is not None
        return process.returncode

    @property
    def log(self) -> str:
        """Everything it logged."""
        return self.log_path.read_text(encoding="utf-8")


@pytest.fixture
async def process(data: Path) -> AsyncIterator[Process]:
    """Return a running server that is gone afterwards."""
    process = Process(data)
    await process.start()
    yield process
    await process.end(signal.SIGKILL)
