"""``roomclient load``: arguments and exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from client_demo.load.command import (
    BROKEN,
    INVALID,
    UNREACHABLE,
    main,
    problems_of,
    sources_of,
)
from tests.support.server import House

OK, USAGE = 0, 2


class Ended(NamedTuple):
    """A command that ran."""

    code: int | None
    out: str
    err: str


async def command(*arguments: str) -> Ended:
    """Run the command in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "client_demo.cli.main", "load", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Ended(process.returncode, out.decode(), err.decode())


def base(house: House, *more: str) -> list[str]:
    """Return the arguments of a small run, which no busy machine makes invalid."""
    url = house.url.replace("ws://", "http://").removesuffix("/ws")
    return [url, "--members", "8", "--stage", "0-0.5s:20", "--late", "10s", *more]


@pytest.mark.slow
async def test_reports(house: House, tmp_path: Path) -> None:
    """A run writes what it is asked to, and can be compared with an earlier one."""
    paths = [tmp_path / name for name in ("a.json", "a.csv", "a.html")]
    files = [f"--{path.suffix[1:]}={path}" for path in paths]
    demands = ["--threshold", "delivery_ratio==1", "--threshold", "gaps==0"]
    first = await command(
        *base(house, "--server-pid", str(os.getpid()), "--settle", "100ms", *files, *demands)
    )
    assert first.code == OK, first.err
    report = json.loads(paths[0].read_text(encoding="utf-8"))
    assert report["values"]["delivery_ratio"] == 1.0
    assert report["values"]["fanout_p99"] > 0
    assert report["settings"]["settle"] == 0.1
    assert all(one["holds"] for one in report["thresholds"])
    assert paths[2].read_text(encoding="utf-8").startswith("<!doctype html>")
    again = await command(*base(house, "--workers", "2", "--compare", str(paths[0])))
    assert again.code == OK, again.err
    assert "before" in again.out


@pytest.mark.slow
async def test_broken_threshold(house: House) -> None:
    """A demand that does not hold ends with 99, saying what was measured."""
    ended = await command(*base(house, "--threshold", "fanout_p50<1us", "--source", "127.0.0.2-3"))
    assert ended.code == BROKEN
    assert "expected fanout_p50<1us, got" in ended.err


@pytest.mark.slow
async def test_generator_too_slow(house: House) -> None:
    """A generator that cannot keep its plan ends with 4: the figures say nothing."""
    ended = await command(*base(house, "--late", "0"))
    assert ended.code == INVALID
    assert "INVALID" in ended.out


async def test_unreachable() -> None:
    """Where nobody listens it ends with 3."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ended = await command(f"http://127.0.0.1:{port}")
    assert (ended.code, ended.out) == (UNREACHABLE, "")
    assert "expected a server" in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--stage", "soon"], "expected FROM-TO:RATE"),
        (["--stalled", "5", "--members", "5"], "fewer than 5 stalled"),
        (["--workers", "9", "--members", "5"], "at most 5 workers"),
        (["--source", "127.0.0.9-2"], "expected a range"),
        (["--compare", "/nowhere.json"], "No such file"),
        (["--server-pid", "999999999"], "process with id"),
    ],
)
def test_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    """Arguments that make no sense end with 2, saying what is expected."""
    assert main(["http://127.0.0.1:1", *arguments]) == USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense://x"],
        ["http://h", "--threshold", "x"],
        ["http://h", "--members", "0"],
        ["http://h", "--late", "x"],
        ["http://h", "--settle", "a while"],
    ],
)
def test_bad_arguments(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """What the parser refuses ends with 2 too, and says what was expected."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == USAGE
    assert "expected" in capsys.readouterr().err


def test_sources() -> None:
    """A range of addresses is spelt out."""
    assert sources_of(["10.0.0.1", "127.0.0.2-4"]) == ["10.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]


def test_validity() -> None:
    """A generator late at p99 makes a run invalid; one in time does not."""
    assert problems_of({"lag_p99": 9.0}, 10) == []
    (problem,) = problems_of({"lag_p99": 12.0}, 10)
    assert "12.0 ms late" in problem
