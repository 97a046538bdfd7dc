"""``roomclient tail`` and ``roomclient say``, against the real server."""

from __future__ import annotations

import asyncio
import io
import json
import sys

import pytest

from client_demo.cli.main import main
from client_demo.cli.subcommand import FAILED, OK, TOKEN_VARIABLE
from tests.support.server import House


async def run(*argv: str) -> int:
    """Run ``roomclient`` beside the server."""
    async with asyncio.timeout(20):
        return await asyncio.to_thread(main, argv)


async def test_tail_and_say(house: House, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """What one says, the other prints: one line of JSON per event, in order, from the snapshot on."""
    ann = await house.guest("ann")
    await ann.ask("room.join", room="lobby")
    tailing = asyncio.create_task(
        run("tail", house.url, "lobby", "--snapshot", "--count", "4", "--name", "tim")
    )
    await ann.until(lambda: "tim" in str(ann.events("room.members")) or None)
    for number in range(4):
        assert await run("say", house.url, "lobby", f"line {number}") == OK

    assert await tailing == OK
    first, *rest = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert first["event"] == "resynced"
    assert first["snapshot"]["room"]["slug"] == "lobby"
    said = [line["text"] for line in rest if line["event"] == "chat.message"]
    assert len(rest) == 4
    assert said == [f"line {number}" for number in range(len(said))]
    assert said


async def test_say_many(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash says every line of standard input; a token says who speaks."""
    ann = await house.user("ann")
    await ann.ask("room.join", room="lobby")
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\n\n  two  \n"))
    monkeypatch.setenv(TOKEN_VARIABLE, ann.token)

    assert await run("say", house.url, "lobby", "-") == OK
    await ann.hear("chat.message", text="two")
    messages = ann.events("chat.message")
    assert [(each["user"]["name"], each["text"]) for each in messages] == [("ann", "one"), ("ann", "two")]


async def test_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal of the server is a sentence on standard error and exit code 1."""
    assert await run("tail", house.url, "nowhere") == FAILED

    assert capsys.readouterr().err.startswith("roomclient: room.join: not_found: expected ")


async def test_the_same_name_again(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """A guest's name is taken by the last visit: the next one has something behind it, and is told."""
    ann = await house.guest("ann")
    await ann.ask("room.join", room="lobby")
    for text in ("one", "two"):
        assert await run("say", house.url, "lobby", text, "--name", "tim") == OK

    await ann.hear("chat.message", text="two")
    first, second = (each["user"]["name"] for each in ann.events("chat.message"))
    assert first == "tim"
    assert second.startswith("tim-")
    assert capsys.readouterr().err == f"roomclient: the name tim is taken, you are {second}\n"
