"""The keys that hide people."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from storage.privacy.keys import FOLDER, DamagedKeyError, Keys


def test_same_word_after_a_restart(tmp_path: Path) -> None:
    """A key is made once and kept: the same person is the same word tomorrow."""
    assert Keys(tmp_path).mac("subject", "anna") == Keys(tmp_path).mac("subject", "anna")


def test_words_depend_on_use_and_place(tmp_path: Path) -> None:
    """Neither another use, nor another server, nor another cut of the parts gives the same word."""
    keys, other = Keys(tmp_path / "one"), Keys(tmp_path / "two")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    words = {
        keys.mac("subject", "ab", "c"),
        keys.mac("subject", "a", "bc"),
        keys.mac("subject", "abc"),
        keys.mac("audit", "ab", "c"),
        other.mac("subject", "ab", "c"),
    }

    assert len(words) == 5


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    """The folder and each file belong to the owner alone."""
    Keys(tmp_path).mac("ledger", "x")
    folder = tmp_path / FOLDER

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_file_for_each_use(tmp_path: Path) -> None:
    """Keys are separated: one can be destroyed without the others."""
    keys = Keys(tmp_path)
    before = keys.mac("tombstone", "x"), keys.mac("audit", "x")
    keys.destroy("tombstone")

    assert not keys.exists("tombstone")
    assert keys.mac("tombstone", "x") != before[0]
    assert Keys(tmp_path).mac("audit", "x") == before[1]


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    """A cut key is an error, never silently replaced."""
    Keys(tmp_path).mac("audit", "x")
    (tmp_path / FOLDER / "audit.key").write_bytes(b"short")

    with pytest.raises(DamagedKeyError, match=r"expected 32 bytes of key in .*audit.key, got 5"):
        Keys(tmp_path).mac("audit", "x")
