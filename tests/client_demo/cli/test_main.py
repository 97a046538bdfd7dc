"""The entry point of ``roomclient``."""

from __future__ import annotations

import pytest

from client_demo.cli.main import SUBCOMMANDS, main
from client_demo.cli.subcommand import FAILED, USAGE


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The help names every subcommand and what it does."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    text = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert all(f"{each.name} {each.summary}" in text for each in SUBCOMMANDS)


@pytest.mark.parametrize("subcommand", SUBCOMMANDS, ids=lambda each: each.name)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], subcommand: object) -> None:
    """A subcommand without its arguments says what it takes."""
    name = getattr(subcommand, "name", "")
    with pytest.raises(SystemExit) as ended:
        main([name])

    assert ended.value.code == USAGE
    assert f"usage: roomclient {name}" in capsys.readouterr().err


def test_no_server(capsys: pytest.CaptureFixture[str], unused_tcp_port: int) -> None:
    """Without a server there is a sentence, not a traceback."""
    assert main(["say", f"127.0.0.1:{unused_tcp_port}", "lobby", "hello"]) == FAILED

    error = capsys.readouterr().err
    assert f"roomclient: expected a room server at ws://127.0.0.1:{unused_tcp_port}/ws" in error


def test_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    """An address that is none is wrong usage."""
    with pytest.raises(SystemExit) as ended:
        main(["say", "ftp://somewhere", "lobby", "hello"])

    assert ended.value.code == USAGE
    assert "expected an address such as wss://host/ws or https://host" in capsys.readouterr().err
