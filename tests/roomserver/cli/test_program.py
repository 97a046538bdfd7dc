"""The program: the table of commands and the parser made of it."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any

import pytest

from roomserver.cli import main
from roomserver.cli.command import Command, Exit
from roomserver.cli.program import COMMANDS, GROUPS


@pytest.mark.parametrize("arguments", [[], ["fly"], ["serve", "--port", "many"], ["admin"]])
def test_wrong_usage(arguments: list[str]) -> None:
    """An unknown command ends with the code for wrong usage."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == Exit.USAGE


@pytest.mark.parametrize(
    "arguments", [["fly"], ["user", "fly"], ["serve", "--port", "many"], ["user", "show"], ["status", "x"]]
)
def test_wrong_usage_as_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With --json wrong arguments too are one JSON value on standard error, and nothing else."""
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json"])
    assert ended.value.code == Exit.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert list(json.loads(said.err)) == ["error"]


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that was interrupted does not count as done; a server that was has ended as it should."""

    def interrupt(work: Coroutine[Any, Any, Exit]) -> Exit:
        work.close()
        raise KeyboardInterrupt

    monkeypatch.setattr("roomserver.cli.program._run", interrupt)
    assert main(["version"]) == Exit.INTERRUPTED.value
    assert capsys.readouterr().err == "roomserver: interrupted: what was under way may be done or not\n"
    assert main(["serve"]) == Exit.OK


def test_table() -> None:
    """Names are unique, of one or two words, and the first of two names a group that is described."""
    names = [command.name for command in COMMANDS]
    assert len(set(names)) == len(names)
    words = [name.split() for name in names]
    assert all(len(some) <= 2 for some in words)
    assert {some[0] for some in words if len(some) == 2} == set(GROUPS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command explains itself, with all its arguments and the common ones."""
    with pytest.raises(SystemExit) as ended:
        main([*command.name.split(), "--help"])
    assert ended.value.code == Exit.OK
    shown = " ".join(capsys.readouterr().out.split())
    assert command.help in shown
    common = ("--json", "--data", "--config") if command.uses_config else ("--json",)
    for name in (*common, *(name for names, _ in command.arguments for name in names)):
        assert name in shown
