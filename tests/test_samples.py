"""The code samples of the README and of the documents for developers: each one is run."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from client_demo.bot.loading import load
from client_demo.bot.runner import Runner
from client_demo.cli.main import parser
from protocol.scopes import SCOPES
from roomserver.testing import ManualClock, RoomServer, Visitor
from tests.support.outside import passes

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "docs/bots.md", "docs/porting.md")


class Sample(NamedTuple):
    """A block of code in a document."""

    document: str
    number: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.document}-{self.number}"

    @property
    def is_bot(self) -> bool:
        """Whether ``roomclient bot`` runs it."""
        return "= Bot(" in self.code and "async def test_" not in self.code


def samples() -> list[Sample]:
    """Return every block of code, in order."""
    found = []
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for number, (language, code) in enumerate(
            re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        ):
            found.append(Sample(document, number, language, code))
    return found


ALL = samples()
BOTS = [sample for sample in ALL if sample.is_bot]
SCRIPTS = [s for s in ALL if s.language == "python" and not s.is_bot and "async def test_" not in s.code]
TESTS = [sample for sample in ALL if "async def test_" in sample.code]
SHELLS = [sample for sample in ALL if sample.language == "sh"]

TALK: dict[str, list[tuple[str, str]]] = {
    "ping": [("!ping", "@ann pong")],
    "here": [("thanks!", "you are welcome")],
    "mute": [("!mute @bob 10m be kind", "@ann bob is muted for 10 min"), ("!roll 1", "@ann 1")],
    "guess": [("!guess", "a number from 1 to 3?"), ("2", "right, ann, for the 1. time")],
    "advance": [
        ("!dc", "@ann come back within an hour and your place is there, minus the songs played since")
    ],
}
"""What is said to each bot, by its first function, and what it answers."""


def test_nothing_is_left_out() -> None:
    """Every sample is a bot, a script, a test or a shell's lines, and each kind is there."""
    assert {sample.language for sample in ALL} == {"python", "sh"}
    assert len(BOTS) + len(SCRIPTS) + len(TESTS) + len(SHELLS) == len(ALL)
    assert all((BOTS, SCRIPTS, TESTS, SHELLS))


@asynccontextmanager
async def at_work(room_server: RoomServer, path: Path) -> AsyncIterator[tuple[Runner, Visitor]]:
    """Run a bot with every scope and a role, with two people in the room."""
    people = [await room_server.user(name) for name in ("ann", "bob")]
    for person in people:
        await person.join()
    await room_server.appoint(people[0].id, "manager")
    clock = room_server.clock
    assert isinstance(clock, ManualClock)
    token = await room_server.bot("robo", *SCOPES, role="cohost")
    async with load(path).running(room_server.url, token, time=clock) as runner:
        await room_server.settled()
        yield runner, people[0]


@pytest.mark.parametrize("sample", BOTS, ids=str)
async def test_bots(room_server: RoomServer, tmp_path: Path, sample: Sample) -> None:
    """A bot of the documents does what it is there for, and nothing in it fails."""
    path = tmp_path / "sample.py"
    path.write_text(sample.code, encoding="utf-8")
    first = re.findall(r"async def (\w+)", sample.code)[0]
    async with at_work(room_server, path) as (runner, ann):
        for said, answer in TALK[first]:
            await ann.chat(said)
            assert (await ann.hears(by="robo")).text == answer
        await ann.queue()
        await room_server.advance(1900)
        assert runner.failures == 0


@pytest.mark.parametrize("sample", SCRIPTS, ids=str)
async def test_scripts(room_server: RoomServer, tmp_path: Path, sample: Sample) -> None:
    """A script runs to its end when it is told to, without a word on standard error."""
    path = tmp_path / "sample.py"
    path.write_text(sample.code, encoding="utf-8")
    ann = await room_server.user("ann")
    await ann.join()
    script = await asyncio.create_subprocess_exec(
        sys.executable, str(path), room_server.url, cwd=ROOT, stderr=subprocess.PIPE
    )
    assert (await ann.hears()).text == "hello"
    await ann.chat("bye")
    async with asyncio.timeout(10):
        _, errors = await script.communicate()
    assert (script.returncode, errors) == (0, b"")


@pytest.mark.slow
@pytest.mark.parametrize("sample", TESTS, ids=str)
def test_tests(tmp_path: Path, sample: Sample) -> None:
    """A test of the documents passes as its reader would run it."""
    passes(tmp_path, sample.code)


@pytest.mark.parametrize("sample", SHELLS, ids=str)
def test_shells(sample: Sample) -> None:
    """Every line of a shell is one that the command line takes, or a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in sample.code.splitlines():
        words = [word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", word)]
        if words[:1] == ["roomclient"]:
            assert parser().parse_args(words[1:]).run
        elif words:
            assert words[0] == "make"
            assert words[1] in targets
