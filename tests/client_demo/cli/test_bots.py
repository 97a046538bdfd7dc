"""``roomclient bots``: from an account to a bot's token and back."""

from __future__ import annotations

import asyncio
import json

import pytest

from client_demo.cli.bots import PASSWORD_VARIABLE
from client_demo.cli.main import main
from client_demo.cli.subcommand import FAILED, OK
from roomserver.testing import RoomServer
from roomserver.testing.server import PASSWORD


async def run(*argv: str) -> int:
    """Run ``roomclient`` beside the server."""
    async with asyncio.timeout(20):
        return await asyncio.to_thread(main, argv)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)


async def test_life(room_server: RoomServer, capsys: pytest.CaptureFixture[str]) -> None:
    """The token alone is on standard output; the bot is listed; revoked it is gone."""
    await room_server.user("anna")
    scopes = ("--scope", "chat.read", "--scope", "dj")
    assert await run("bots", "create", room_server.url, "robo", "--user", "anna", *scopes) == OK
    token = capsys.readouterr().out.splitlines()[-1]
    robo = await room_server.stranger()
    session = await robo.ask("session.resume", token=token)
    assert (session["user"]["kind"], session["scopes"]) == ("bot", ["chat.read", "dj"])

    assert await run("bots", "list", room_server.url, "--user", "anna") == OK
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (listed["user"]["name"], listed["online"]) == ("robo", True)
    assert token not in str(listed)

    assert await run("bots", "revoke", room_server.url, "robo", "--user", "anna") == OK
    assert await run("bots", "revoke", room_server.url, "robo", "--user", "anna") == FAILED
    assert "expected a bot of yours, got 'robo'" in capsys.readouterr().err


async def test_wrong_password(
    room_server: RoomServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is not let in is told so, in a sentence."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "another one")
    assert await run("bots", "list", room_server.url, "--user", "anna") == FAILED
    assert "invalid_credentials" in capsys.readouterr().err
