"""``roomserver admin``."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from roomserver.cli import main
from roomserver.cli.command import Exit
from roomserver.config import DATABASE


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


def test_new_admin(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new administrator gets a random password, shown once; a folder made for them is named."""
    for name, where in (("ada", f", in a data folder that is new: {folder}"), ("bob", "")):
        assert main(["admin", "create", name, "--data", str(folder)]) == Exit.OK
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("password: ")
        assert lines[1] == f"administrator {name} created{where}"
        assert kind_of(folder, name) == "admin"


def test_new_admin_with_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A password from standard input is not shown, and a short one makes no account."""
    command = ["admin", "create", "ada", "--password-stdin", "--data", str(folder)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert main(command) == Exit.USAGE
    assert kind_of(folder, "ada") is None
    monkeypatch.setattr(sys, "stdin", io.StringIO("long enough\n"))
    assert main(command) == Exit.OK
    assert "long enough" not in capsys.readouterr().out


def test_existing_account(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An existing user is promoted and keeps the password; doing it twice is fine."""
    main(["admin", "create", "ada", "--data", str(folder)])
    make(folder, "ada", "user")
    capsys.readouterr()
    for _ in range(2):
        assert main(["admin", "create", "ADA", "--data", str(folder)]) == Exit.OK
        assert capsys.readouterr().out == "ada is an administrator now\n"
    assert kind_of(folder, "ada") == "admin"


@pytest.mark.parametrize("kind", ["guest", "bot"])
def test_no_account_for_a_guest(folder: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """Guests and bots are not promoted."""
    main(["admin", "create", "gus", "--data", str(folder)])
    make(folder, "gus", kind)
    assert main(["admin", "create", "gus", "--data", str(folder)]) == Exit.FAILED
    assert f"gus is a {kind}" in capsys.readouterr().err
    assert kind_of(folder, "gus") == kind


@pytest.mark.parametrize(
    ("name", "code"), [("system", Exit.FAILED), ("two words", Exit.USAGE), ("x", Exit.USAGE)]
)
def test_bad_admin_name(folder: Path, name: str, code: Exit) -> None:
    """The rules for names hold for administrators too."""
    assert main(["admin", "create", name, "--data", str(folder)]) == code
    assert kind_of(folder, name) is None


def test_new_admin_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With ``--json`` the answer is one object on stdout, and a refusal one on stderr."""
    command = ["admin", "create", "ada", "--json", "--data", str(folder)]
    assert main(command) == Exit.OK
    made = json.loads(capsys.readouterr().out)
    assert made["name"] == "ada"
    assert made["created"] is True
    assert len(made["password"]) >= 8
    assert main(command) == Exit.OK
    again = json.loads(capsys.readouterr().out)
    assert again == {**{key: made[key] for key in again}, "created": False}
    assert "password" not in again
    make(folder, "ada", "bot")
    assert main(command) == Exit.FAILED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err.splitlines()[-1]) == {"error": "expected an account, ada is a bot"}
