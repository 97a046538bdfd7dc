"""``roomserver serve``."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
from argparse import Namespace
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from roomserver.cli import main
from roomserver.cli.command import Exit, Invocation
from roomserver.cli.output import Output
from roomserver.cli.serve import serve
from roomserver.config import DATABASE, Config, ConfigError
from roomserver.reload import Reloader
from tests.support.server import PATIENCE_SECONDS, Wire, assert_closed

REPOSITORY = Path(__file__).resolve().parents[3]


def test_serve_with_bad_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong configuration ends with 2 before anything is made, naming file and line."""
    path = tmp_path / "x.toml"
    path.write_text("[listen]\nprot = 1\n", encoding="utf-8")
    data = tmp_path / "data"
    assert main(["serve", "--config", str(path), "--data", str(data)]) == Exit.USAGE
    assert f"{path}:2: expected one of host, port, origins" in capsys.readouterr().err
    assert not data.exists()


def test_serve_on_a_damaged_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not ours is left alone, and said in one line instead of a traceback."""
    (tmp_path / DATABASE).write_bytes(b"this is a diary" * 500)
    assert main(["serve", "--data", str(tmp_path), "--port", "0"]) == Exit.FAILED
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("roomserver: ")]
    assert len(lines) == 1
    assert str(tmp_path / DATABASE) in lines[0]
    assert (tmp_path / DATABASE).read_bytes().startswith(b"this is a diary")


@asynccontextmanager
async def serving(data: Path, *words: str, **environ: str) -> AsyncIterator[tuple[Process, int]]:
    """Run a server as a process of its own; give it and its port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "roomserver", "serve", "--port", "0", "--data", str(data), *words),
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)).decode()
        yield process, int(line.rsplit(":", 1)[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal(data: Path, tmp_path: Path, number: signal.Signals) -> None:
    """
    A signal closes every client with 4200, in band and as the code, and the process ends with 0.

    systemd hears when the server is ready and when it stops.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "n"))
        async with serving(data, NOTIFY_SOCKET=str(tmp_path / "n")) as (process, port):
            wires = [await Wire.to(port) for _ in range(3)]
            for wire in wires:
                await wire.ask("session.guest")
                await wire.ask("room.join", room="lobby")
            process.send_signal(number)
            for wire in wires:
                closing = await assert_closed(wire, 4200)
                assert closing["reason"] == "the server is stopping"
                reconnect = await wire.hear("reconnect")
                assert reconnect == {"after_ms": 1000, "jitter_ms": 1000}
                assert 1000 <= closing["retry_after_ms"] < 2000
            _, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
            assert process.returncode == 0
            assert b"Traceback" not in errors
            assert b'"stopped"' in errors
        assert supervisor.recv(4096).startswith(b"READY=1\nSTATUS=listening on http://127.0.0.1:")
        assert supervisor.recv(4096) == b"STOPPING=1"


async def test_second_signal(data: Path) -> None:
    """A second signal does not wait for the drain; what was said before is on disk."""
    async with serving(data, ROOMSERVER_DRAIN__NOTICE_MS="60000") as (process, port):
        wire = await Wire.to(port)
        session = await wire.ask("session.guest")
        await wire.ask("room.join", room="lobby")
        await wire.ask("chat.send", room="lobby", text="before the end")
        process.send_signal(signal.SIGTERM)
        await wire.hear("reconnect")
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        assert process.returncode == -signal.SIGTERM
    async with serving(data) as (_, port):
        wire = await Wire.to(port)
        await wire.ask("session.resume", token=session["token"])
        joined = await wire.ask("room.join", room="lobby")
        assert [one["text"] for one in joined["snapshot"]["chat"]] == ["before the end"]


async def test_hangup_while_draining(data: Path) -> None:
    """SIGHUP ends nobody, not even while the server lets go of its clients."""
    async with serving(data, ROOMSERVER_DRAIN__NOTICE_MS="60000") as (process, port):
        wire = await Wire.to(port)
        await wire.ask("session.guest")
        process.send_signal(signal.SIGTERM)
        await wire.hear("reconnect")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        assert process.returncode == -signal.SIGTERM


class Starting:
    """A server that is told to read its settings again while it starts."""

    port = 1

    def __init__(self) -> None:
        self.reloader = Reloader(Config())

    @classmethod
    async def start(cls, _config: Config) -> Starting:
        """Start, while somebody sends SIGHUP."""
        os.kill(os.getpid(), signal.SIGHUP)
        return cls()

    async def close(self) -> None:
        """Stop."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "settings reloaded"),
        (ConfigError(["x.toml:1: expected TOML"]), "settings not reloaded: x.toml:1: expected TOML"),
        (ZeroDivisionError("in a hook"), "settings not reloaded: ZeroDivisionError"),
    ],
)
async def test_hangup_while_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None, status: str
) -> None:
    """Settings are read again once the server runs; whatever comes of it, systemd hears the end of it."""

    def read() -> Config:
        os.kill(os.getpid(), signal.SIGTERM)
        if error is not None:
            raise error
        return Config()

    monkeypatch.setattr("roomserver.cli.serve.Server", Starting)
    for name in ("raise_file_limit", "relax"):
        monkeypatch.setattr(f"roomserver.cli.serve.{name}", lambda: None)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))
    output = Output(io.StringIO(), io.StringIO(), as_json=False)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.bind(str(tmp_path / "n"))
            assert await serve(Invocation(Config(), Namespace(), output, read)) == Exit.OK
            said = [supervisor.recv(4096).decode() for _ in range(4)]
    finally:
        signal.signal(signal.SIGHUP, before)
    assert [one.partition("\n")[0] for one in said] == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]
    assert said[2] == f"READY=1\nSTATUS={status}"
