"""Passwords on the command line."""

from __future__ import annotations

import argparse
import io
import json
import sys

import pytest

from roomserver.cli.command import CommandError, Exit, Invocation
from roomserver.cli.output import Output
from roomserver.cli.passwords import NewPassword, new_password
from roomserver.config import Config


def asked(monkeypatch: pytest.MonkeyPatch, line: str | None) -> NewPassword:
    """Ask for a password, with a line on standard input or without a terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(line or ""))
    arguments = argparse.Namespace(password_stdin=line is not None)
    return new_password(Invocation(Config(), arguments, Output(sys.stdout, sys.stderr, as_json=False)))


def test_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is a password, blanks and all."""
    assert asked(monkeypatch, " with blanks \n") == NewPassword(" with blanks ", is_made=False)


@pytest.mark.parametrize("length", [0, 7, 129])
def test_length(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """Too short and too long are wrong usage, with what was expected and got."""
    with pytest.raises(
        CommandError, match=f"expected a password of 8 to 128 characters, got {length}"
    ) as caught:
        asked(monkeypatch, "x" * length + "\n")
    assert caught.value.code == Exit.USAGE


def test_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal one is made, another each time, and shown with the answer alone."""
    first, second = asked(monkeypatch, None), asked(monkeypatch, None)
    assert first.is_made
    assert len(first.text) >= 16
    assert first.text != second.text
    answers = io.StringIO()
    first.show({"name": "ada"}, "done", Output(answers, sys.stderr, as_json=False))
    assert answers.getvalue() == f"password: {first.text}\ndone\n"
    answers = io.StringIO()
    first.show({"name": "ada"}, "done", Output(answers, sys.stderr, as_json=True))
    assert json.loads(answers.getvalue()) == {"name": "ada", "password": first.text}
    answers = io.StringIO()
    given = NewPassword("secret words", is_made=False)
    given.show({"name": "ada"}, "done", Output(answers, sys.stderr, as_json=False))
    assert answers.getvalue() == "done\n"
