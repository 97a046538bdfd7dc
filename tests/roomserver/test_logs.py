"""Logs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from roomserver.config import LogConfig
from roomserver.logs import DROPPED, set_up


@pytest.fixture(autouse=True)
def _own_configuration() -> Iterator[None]:
    """Give the process its former configuration back."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Not on a terminal a line is one JSON object with instant and level, on standard error."""
    set_up(LogConfig(level="info"))
    structlog.get_logger("x").info("beat", rooms=3)
    captured = capsys.readouterr()
    line = json.loads(captured.err)
    assert (line["event"], line["rooms"], line["level"]) == ("beat", 3, "info")
    assert line["timestamp"].endswith("Z")
    assert captured.out == ""


def test_level(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines below the level are not written."""
    set_up(LogConfig(level="warning", format="text"))
    structlog.get_logger("x").info("quiet")
    structlog.get_logger("x").warning("loud")
    assert "quiet" not in (text := capsys.readouterr().err)
    assert "loud" in text


@pytest.mark.parametrize("form", ["text", "json"])
def test_traceback_without_values(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback shows code, never the values of variables: those hold what people wrote."""
    set_up(LogConfig(format=form))

    def fail(text: str) -> None:
        raise RuntimeError(len(text))

    try:
        fail("my " + "secret " + "message")
    except RuntimeError:
        structlog.get_logger("x").exception("request failed")
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown
    assert "my secret message" not in shown


class Broken(io.StringIO):
    """A stream on a full disk."""

    is_full = True

    def write(self, text: str) -> int:
        """Fail while the disk is full."""
        if self.is_full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_log_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that has nowhere to go stops nobody, and the next one is written again."""
    stream = Broken()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up(LogConfig(format="json"))
    structlog.get_logger("x").warning("lost")
    stream.is_full = False
    structlog.get_logger("x").warning("found")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["found"]
    stream.close()
    structlog.get_logger("x").warning("too late")


def test_personal_keys_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    """A line that was given a name, a text or an address by mistake does not hold it, at any depth."""
    set_up(LogConfig(format="json"))
    log = structlog.get_logger("test")
    log.warning("mistake", name="canary", room="r1", inner={"text": "canary", "list": [{"email": "canary"}]})
    line = json.loads(capsys.readouterr().err)

    assert "canary" not in str(line)
    assert (line["name"], line["room"], line["inner"]["list"]) == (DROPPED, "r1", [{"email": DROPPED}])
