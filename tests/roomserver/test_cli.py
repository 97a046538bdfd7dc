"""The command line."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from roomserver import VERSION
from roomserver.cli import FAILED, OK, USAGE, main
from roomserver.config import DATABASE
from tests.support.server import Wire, assert_closed

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Give the process its former logs back."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder without a terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    return tmp_path / "data"


def kind_of(folder: Path, name: str) -> str | None:
    """Return what an account is."""
    connection = sqlite3.connect(folder / DATABASE)
    row = connection.execute("SELECT kind FROM accounts WHERE name_key = ?", (name,)).fetchone()
    connection.close()
    return None if row is None else str(row[0])


def make(folder: Path, name: str, kind: str) -> None:
    """Turn an account into another kind."""
    connection = sqlite3.connect(folder / DATABASE)
    connection.execute("UPDATE accounts SET kind = ? WHERE name_key = ?", (kind, name))
    connection.commit()
    connection.close()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version of the program and of its protocol."""
    assert main(["version"]) == OK
    assert capsys.readouterr().out == f"roomserver {VERSION} (protocol 1)\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["serve", "--port", "many"], ["admin"]])
def test_wrong_usage(arguments: list[str]) -> None:
    """An unknown command ends with the code for wrong usage."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == USAGE


def test_serve_with_bad_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong configuration ends with 2 before anything is made, naming file and line."""
    path = tmp_path / "x.toml"
    path.write_text("[listen]\nprot = 1\n", encoding="utf-8")
    data = tmp_path / "data"
    assert main(["serve", "--config", str(path), "--data", str(data)]) == USAGE
    assert f"{path}:2: expected one of host, port, origins" in capsys.readouterr().err
    assert not data.exists()


def test_serve_on_a_damaged_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not ours is left alone, and said in one line instead of a traceback."""
    (tmp_path / DATABASE).write_bytes(b"this is a diary" * 500)
    assert main(["serve", "--data", str(tmp_path), "--port", "0"]) == FAILED
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("roomserver: ")]
    assert len(lines) == 1
    assert str(tmp_path / DATABASE) in lines[0]
    assert (tmp_path / DATABASE).read_bytes().startswith(b"this is a diary")


def test_new_admin(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new administrator gets a random password, shown once."""
    assert main(["admin", "create", "ada", "--data", str(folder)]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("password: ")
    assert lines[1] == "administrator ada created"
    assert kind_of(folder, "ada") == "admin"


def test_new_admin_with_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A password from standard input is not shown, and a short one makes no account."""
    command = ["admin", "create", "ada", "--password-stdin", "--data", str(folder)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert main(command) == USAGE
    assert kind_of(folder, "ada") is None
    monkeypatch.setattr(sys, "stdin", io.StringIO("long enough\n"))
    assert main(command) == OK
    assert "long enough" not in capsys.readouterr().out


def test_existing_account(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An existing user is promoted and keeps the password; doing it twice is fine."""
    main(["admin", "create", "ada", "--data", str(folder)])
    make(folder, "ada", "user")
    capsys.readouterr()
    for _ in range(2):
        assert main(["admin", "create", "ADA", "--data", str(folder)]) == OK
        assert capsys.readouterr().out == "ada is an administrator now\n"
    assert kind_of(folder, "ada") == "admin"


@pytest.mark.parametrize("kind", ["guest", "bot"])
def test_no_account_for_a_guest(folder: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """Guests and bots are not promoted."""
    main(["admin", "create", "gus", "--data", str(folder)])
    make(folder, "gus", kind)
    assert main(["admin", "create", "gus", "--data", str(folder)]) == FAILED
    assert f"gus is a {kind}" in capsys.readouterr().err
    assert kind_of(folder, "gus") == kind


@pytest.mark.parametrize("name", ["system", "two words", "x"])
def test_bad_admin_name(folder: Path, name: str) -> None:
    """The rules for names hold for administrators too."""
    assert main(["admin", "create", name, "--data", str(folder)]) == USAGE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal(data: Path, number: signal.Signals) -> None:
    """A signal closes every client with 4200, in band and as the code, and the process ends with 0."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "roomserver", "serve", "--port", "0", "--data", str(data)),
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 10)).decode()
        wires = [await Wire.to(int(line.rsplit(":", 1)[1])) for _ in range(3)]
        for wire in wires:
            await wire.ask("session.guest")
            await wire.ask("room.join", room="lobby")
        process.send_signal(number)
        for wire in wires:
            closing = await assert_closed(wire, 4200)
            assert closing["reason"] == "the server is stopping"
        _, errors = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0
        assert b"Traceback" not in errors
        assert b'"stopped"' in errors
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
