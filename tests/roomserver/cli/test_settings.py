"""``roomserver config``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import fields

from roomserver.cli import main
from roomserver.cli.command import Exit
from roomserver.config import Config


def test_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every setting in force: flag over environment over file over default; no secret is shown."""
    path = tmp_path / "room.toml"
    path.write_text('[listen]\nport = 1\nhost = "::"\n[mail]\npassword = "sesame"\n', encoding="utf-8")
    monkeypatch.setenv("ROOMSERVER_LISTEN__PORT", "2")
    words = ["config", "--config", str(path), "--data", "elsewhere"]
    assert main([*words, "--json"]) == Exit.OK
    shown = {one["setting"]: one for one in json.loads(capsys.readouterr().out)["settings"]}
    assert len(shown) == sum(len(fields(group.type)) for group in fields(Config))
    assert shown["listen.port"] == {"setting": "listen.port", "value": 2, "is_default": False}
    assert shown["listen.host"]["value"] == "::"
    assert shown["storage.data"]["value"] == "elsewhere"
    assert shown["rooms.grace_ms"]["is_default"] is True
    assert shown["mail.password"]["value"] == "***"
    assert main(words) == Exit.OK
    assert "sesame" not in capsys.readouterr().out


def test_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong is told with its line, and nothing is shown."""
    path = tmp_path / "room.toml"
    path.write_text("[listen]\nport = 99999\n", encoding="utf-8")
    assert main(["config", "--config", str(path)]) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{path}:2: listen.port: Expected `int` <= 65535" in captured.err
