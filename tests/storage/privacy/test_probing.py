"""Looking for a word in files."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest

from storage.privacy import probing
from storage.privacy.probing import files_with, files_with_from_outside
from tests.support.canary import canary

WORD = "probe1f6c0d2b9a4e87355c"


@pytest.mark.parametrize(
    "content",
    [
        WORD.encode(),
        WORD.encode("utf-16"),
        WORD.encode("utf-16-be"),
        msgpack.packb({"text": f"a {WORD} b"}),
        json.dumps({"text": WORD}).encode(),
        *(base64.b64encode(b"x" * pad + WORD.encode() + b"y" * 7) for pad in range(4)),
    ],
    # The word is random, and a test has one name.
    ids=["utf-8", "utf-16", "utf-16-be", "msgpack", "json", *(f"base64-{pad}" for pad in range(4))],
)
def test_found_in_every_shape(tmp_path: Path, content: bytes) -> None:
    """However it was written, and wherever in the file."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file.bin").write_bytes(b"\0" * 1000 + content + b"\0" * 1000)

    assert files_with(WORD, [tmp_path]) == [str(tmp_path / "deep" / "file.bin")]


def test_not_found(tmp_path: Path) -> None:
    """Other words are no hit."""
    (tmp_path / "file").write_bytes(canary("other").encode())

    assert files_with(WORD, [tmp_path, tmp_path / "file"]) == []


def test_what_is_not_there_proves_nothing(tmp_path: Path) -> None:
    """A folder that is missing is not one without the word."""
    with pytest.raises(FileNotFoundError, match="missing"):
        files_with(WORD, [tmp_path, tmp_path / "missing"])


def test_what_cannot_be_read_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is a folder in it that is closed; one that was removed meanwhile is."""
    (tmp_path / "inner").mkdir()
    listing = os.scandir

    def refused(error: type[OSError]) -> Callable[[Any], Any]:
        def scandir(path: Any) -> Any:
            if Path(path).name == "inner":
                raise error(str(path))
            return listing(path)

        return scandir

    monkeypatch.setattr(os, "scandir", refused(PermissionError))
    with pytest.raises(PermissionError, match="inner"):
        files_with(WORD, [tmp_path])
    monkeypatch.setattr(os, "scandir", refused(FileNotFoundError))
    assert files_with(WORD, [tmp_path]) == []


def test_links(tmp_path: Path) -> None:
    """What a link leads to is looked at, once, however the links go round."""
    logs, elsewhere = tmp_path / "logs", tmp_path / "elsewhere"
    logs.mkdir()
    elsewhere.mkdir()
    (elsewhere / "file").write_bytes(WORD.encode())
    (logs / "current").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(logs)

    assert files_with(WORD, [logs]) == [str(logs / "current" / "file")]


def test_between_two_stretches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that a read cuts in two is found."""
    monkeypatch.setattr(probing, "_STRETCH_BYTES", 16)
    (tmp_path / "file").write_bytes(b"." * 10 + WORD.encode() + b"." * 10)

    assert files_with(WORD, [tmp_path / "file"]) == [str(tmp_path / "file")]


async def test_from_outside(tmp_path: Path) -> None:
    """Another process finds the same, and says what it cannot read."""
    (tmp_path / "file").write_bytes(WORD.encode())

    assert await files_with_from_outside(WORD, [tmp_path]) == [str(tmp_path / "file")]
    assert await files_with_from_outside(canary("other"), [tmp_path]) == []
    with pytest.raises(OSError, match="missing"):
        await files_with_from_outside(WORD, [tmp_path / "missing"])
