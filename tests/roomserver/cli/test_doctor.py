"""``roomserver doctor``."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

from roomserver.cli import main
from roomserver.cli.command import Exit
from roomserver.config import DATABASE
from tests.support.server import House


@pytest.fixture(autouse=True)
def _any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever listens on this machine is no matter."""
    monkeypatch.setenv("ROOMSERVER_LISTEN__PORT", "0")


def test_taken(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """While no server of the folder runs, an address that is taken is bad."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("ROOMSERVER_LISTEN__PORT", str(taken.getsockname()[1]))
        assert main(["doctor", "--data", str(folder), "--json"]) == Exit.FAILED
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [one["check"] for one in findings if one["verdict"] == "bad"] == ["addresses"]


def test_empty(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first start nothing is bad, and nothing is made."""
    assert main(["doctor", "--data", str(folder)]) == Exit.OK
    assert "none runs" in capsys.readouterr().out
    assert not folder.exists()


def test_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Something bad is 1, and the findings are facts."""
    folder.mkdir(mode=0o700)
    (folder / DATABASE).write_bytes(b"this is a diary" * 500)
    assert main(["doctor", "--data", str(folder), "--json"]) == Exit.FAILED
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [one["check"] for one in findings if one["verdict"] == "bad"] == ["database"]


async def test_running(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """A running server is asked how it is, and its address tried."""
    house.data.chmod(0o700)
    words = ["doctor", "--data", str(house.data), "--json", "--url", f"http://127.0.0.1:{house.port}"]
    assert await asyncio.to_thread(main, words) == Exit.OK
    findings = {one["check"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert "is ready" in findings["server"]["text"]
    assert "addresses" not in findings
    assert findings["address"]["verdict"] == "good"
    house.server.health.obstacle(lambda: "the disk is slow")
    assert await asyncio.to_thread(main, words) == Exit.FAILED
    findings = {one["check"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["server"] == {"check": "server", "verdict": "bad", "text": "the disk is slow"}
