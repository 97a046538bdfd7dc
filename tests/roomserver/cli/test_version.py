"""``roomserver version``."""

from __future__ import annotations

import json

import pytest

from roomserver import VERSION
from roomserver.cli import main
from roomserver.cli.command import Exit


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version of the program and of its protocol."""
    assert main(["version"]) == Exit.OK
    assert capsys.readouterr().out == f"roomserver {VERSION} (protocol 1)\n"


def test_version_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same as facts."""
    assert main(["version", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == {"version": VERSION, "protocol": 1}
