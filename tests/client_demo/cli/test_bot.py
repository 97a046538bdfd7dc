"""``roomclient bot``, as a bot's author runs it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from client_demo.bot import loading
from client_demo.cli.main import main
from client_demo.cli.subcommand import FAILED, USAGE
from roomserver.testing import RoomServer
from tests.client_demo.bot.test_loading import write


async def run(*argv: str) -> int:
    """Run ``roomclient`` beside the server."""
    async with asyncio.timeout(20):
        return await asyncio.to_thread(main, argv)


async def test_life(
    room_server: RoomServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A bot from a file answers, takes over what is changed in it, and ends when its owner revokes it."""
    monkeypatch.setattr(loading, "LOOK_SECONDS", 0.02)
    path = write(tmp_path / "my_bot.py")
    token = await room_server.bot("robo", "chat.read", "chat.write")
    ann = await room_server.user("ann")
    await ann.join()
    argv = ("bot", str(path), "--url", room_server.url, "--token", token, "--room", "lobby", "--reload")
    bot = asyncio.create_task(run(*argv))
    async with asyncio.timeout(15):
        while not ann.events("chat.message"):
            members = await ann.ask("room.members", room="lobby")
            if any(member["user"]["name"] == "robo" for member in members["members"]):
                await ann.chat("!ping")
                assert (await ann.hears()).text == "@ann pong"
        write(path, command="other")
        answers = 0
        while not answers:
            await ann.chat("!other")
            await room_server.settled()
            answers = sum(one["text"] == "@ann pong" for one in ann.events("chat.message")) - 1
    keeper = await room_server.keeper()
    [made] = (await keeper.ask("bot.list"))["bots"]
    await keeper.ask("bot.revoke", bot_id=made["user"]["id"])

    assert await bot == FAILED
    assert "roomclient: the server closed with 4001: revoked by its owner" in capsys.readouterr().err


async def test_wrong_token(
    room_server: RoomServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A token that is none ends it with the server's words."""
    path = write(tmp_path / "my_bot.py")
    assert await run("bot", str(path), "--url", room_server.url, "--token", "x") == FAILED
    assert "session.resume: invalid_credentials: expected the token" in capsys.readouterr().err


def test_no_bot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file without a bot is wrong usage, in a sentence."""
    assert main(["bot", str(tmp_path / "nothing.py")]) == USAGE
    assert "roomclient: expected a Python file, got " in capsys.readouterr().err
