"""Every command of administration, as an operator types it, without a server."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS
from roomserver.cli import main
from roomserver.cli.bans import duration_ms
from roomserver.cli.command import Exit


class Shell:
    """Types commands on a data folder; argon2 is cheap there."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        config = folder.parent / "cheap.toml"
        config.write_text("[auth]\nargon2_time_cost = 1\nargon2_memory_kib = 32\n", encoding="utf-8")
        self._common = ["--data", str(folder), "--config", str(config)]
        self._capsys = capsys

    def say(self, *words: str, code: Exit = Exit.OK) -> str:
        """Type a command; return what a person reads."""
        assert main([*words, *self._common]) == code
        captured = self._capsys.readouterr()
        return captured.out if code is Exit.OK else captured.err

    def ask(self, *words: str) -> dict[str, Any]:
        """Type a command; return its facts."""
        facts: dict[str, Any] = json.loads(self.say(*words, "--json"))
        return facts


@pytest.fixture
def shell(folder: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell on a folder with an administrator."""
    fresh = Shell(folder, capsys)
    fresh.say("admin", "create", "ada")
    return fresh


def test_accounts(shell: Shell) -> None:
    """Accounts are made, shown, renamed, promoted, demoted, logged out."""
    assert "account bob created" in shell.say("user", "create", "bob")
    assert shell.ask("user", "show", "bob")["kind"] == "user"
    assert shell.say("user", "promote", "bob") == "bob is an administrator now\n"
    assert shell.say("user", "demote", "bob") == "bob is an ordinary user now\n"
    assert shell.say("user", "rename", "bob", "rob") == "bob is rob now\n"
    assert "rob has another password, 0 sessions ended" in shell.say("user", "password", "rob")
    assert shell.say("user", "logout", "rob") == "0 sessions of rob ended\n"
    listed = shell.say("user", "list", "--kind", "user")
    assert listed.splitlines()[0].split() == [
        "id", "name", "kind", "created_at", "sessions", "connections",
    ]  # fmt: skip
    assert "rob" in listed
    shown = dict(line.split(maxsplit=1) for line in shell.say("user", "show", "rob").splitlines())
    assert shown["has_password"] == "yes"
    assert "expected the name or id of an account" in shell.say("user", "show", "x", code=Exit.FAILED)


def test_rooms_and_bans(shell: Shell) -> None:
    """Rooms are made, shown, staffed, banned from and deleted."""
    shell.say("user", "create", "bob")
    assert shell.say("room", "create", "Night Club", "--host", "ada") == "room night-club created\n"
    assert shell.say("room", "staff", "night-club", "bob", "bouncer") == (
        "bob is bouncer in night-club now\n"
    )
    assert shell.ask("room", "show", "night-club")["staff"] == {"ada": "host", "bob": "bouncer"}
    assert "ada: host" in shell.say("room", "show", "night-club")
    banned = shell.say("ban", "add", "night-club", "bob", "--for", "2h", "--reason", "spam")
    assert banned.startswith("bob is banned from night-club until 2")
    assert "spam" in shell.say("ban", "list", "night-club")
    assert shell.say("ban", "lift", "night-club", "bob") == "bob may enter night-club again\n"
    assert shell.say("ban", "list", "night-club") == "no bans\n"
    assert shell.say("ban", "add", "night-club", "bob") == "bob is banned from night-club for good\n"
    assert [room["slug"] for room in shell.ask("room", "list")["rooms"]] == ["night-club"]
    refused = shell.say("room", "delete", "night-club", "--confirm", "lobby", code=Exit.USAGE)
    assert "expected the room's slug 'night-club' to confirm, got 'lobby'" in refused
    assert shell.say("room", "delete", "night-club", "--confirm", "night-club") == (
        "room night-club deleted\n"
    )


def test_tokens_and_bots(shell: Shell) -> None:
    """Tokens and bots are made, listed and ended."""
    made = shell.ask("token", "create", "ada", "--days", "3")
    assert len(made["token"]) > 30
    assert made["token_id"] in shell.say("token", "list", "ada")
    assert shell.say("token", "revoke", "ada", made["token_id"]) == (
        f"token {made['token_id']} of ada is void\n"
    )
    assert shell.say("token", "list", "ada") == "no tokens\n"
    assert "token: " in shell.say("token", "create", "ada")
    bot = shell.say("bot", "create", "helper", "--owner", "ada", "--scope", "vote", "--scope", "chat.read")
    assert bot.splitlines()[1] == "bot helper of ada created"
    assert shell.ask("bot", "list")["bots"][0]["scopes"] == ["chat.read", "vote"]
    assert "chat.read, vote" in shell.say("bot", "list", "--owner", "ada")
    assert shell.say("bot", "revoke", "helper") == "bot helper is gone, and its token is void\n"


def test_bans_from_the_server(shell: Shell) -> None:
    """An account or a network is banned from everything, listed and pardoned."""
    shell.say("user", "create", "bob")
    assert shell.say("ban", "server") == "no bans\n"
    said = shell.say("ban", "user", "bob", "--for", "7d", "--reason", "spam")
    assert said.startswith("bob is banned from the server until ")
    assert ", 0 connections closed; ban " in said
    assert "192.0.2.0/24 is banned from the server for good" in shell.say("ban", "address", "192.0.2.0/24")
    listed = shell.ask("ban", "server")["bans"]
    assert [(one["whom"], one["kind"], one["reason"]) for one in listed] == [
        ("bob", "account", "spam"),
        ("192.0.2.0/24", "network", None),
    ]
    assert shell.say("ban", "pardon", listed[1]["id"]) == "192.0.2.0/24 may come to the server again\n"
    assert shell.say("ban", "pardon", "bob") == "bob may come to the server again\n"
    assert "expected an address or a network" in shell.say("ban", "address", "x", code=Exit.USAGE)
    assert "demote it first" in shell.say("ban", "user", "ada", code=Exit.FAILED)
    assert "expected somebody who is banned" in shell.say("ban", "pardon", "bob", code=Exit.FAILED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1m", MINUTE_MS), ("90m", 90 * MINUTE_MS), ("12h", 12 * HOUR_MS), ("7d", 7 * DAY_MS)],
)
def test_durations(text: str, expected: int) -> None:
    """As durations are written in the policy."""
    assert duration_ms(text) == expected


@pytest.mark.parametrize("text", ["", "7", "0d", "-1h", "1w", "1.5h", "d"])
def test_no_durations(text: str) -> None:
    """Anything else says what was expected."""
    with pytest.raises(argparse.ArgumentTypeError, match="expected a duration"):
        duration_ms(text)
