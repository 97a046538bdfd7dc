"""The ledger of erasures."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.privacy.keys import Keys
from storage.privacy.ledger import FILE, DamagedLedgerError, Ledger, MissingLedgerError
from tests.storage.builders import NOW


@pytest.fixture(name="ledger")
def _ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger.open(tmp_path, Keys(tmp_path))
    ledger.append("intent", "r1", "anna", NOW)
    ledger.append("done", "r1", "anna", NOW + 1)
    ledger.append("intent", "r2", "ben", NOW + 2)
    return ledger


def again(folder: Path) -> Ledger:
    """Open the ledger as a restart does."""
    return Ledger.open(folder, Keys(folder))


def test_survives_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    """Everything appended is read again, and appending goes on where it was."""
    fresh = again(tmp_path)

    assert fresh.head == ledger.head == 3
    assert fresh.subjects() == {ledger.subject_of("anna"): "r1", ledger.subject_of("ben"): "r2"}
    assert fresh.undone() == {"r2"}
    assert fresh.append("done", "r2", "ben", NOW + 3) == 4
    assert again(tmp_path).undone() == set()


def test_done_is_not_taken_back(ledger: Ledger) -> None:
    """What was done stays so, whatever was written later; what was only begun is taken back."""
    ledger.append("void", "r1", "anna", NOW + 3)
    ledger.append("void", "r2", "ben", NOW + 3)

    assert ledger.subjects() == {ledger.subject_of("anna"): "r1"}


def test_absent_is_empty(tmp_path: Path) -> None:
    """A new server has an empty ledger and makes no file for it."""
    assert again(tmp_path).head == 0
    assert not (tmp_path / FILE).exists()


def test_names_nobody(ledger: Ledger, tmp_path: Path) -> None:
    """The file holds keyed hashes alone, and belongs to the owner."""
    path = tmp_path / FILE

    assert b"anna" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("cut", [1, 10])
def test_a_torn_line_is_dropped(ledger: Ledger, tmp_path: Path, cut: int) -> None:
    """What a crash cut off was never acted on; the rest counts, and the next line fits."""
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-cut])

    fresh = again(tmp_path)
    assert fresh.head == 2
    fresh.append("intent", "r3", "cleo", NOW)
    assert again(tmp_path).head == 3


def _swap(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], lines[2]]


def _forge(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"r1"', b'"r9"'), lines[2]]


def _cut(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def _garble(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"{]", lines[2]]


@pytest.mark.parametrize(("change", "line"), [(_swap, 1), (_forge, 2), (_cut, 1), (_garble, 2)])
def test_tampering_is_found(
    ledger: Ledger, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], line: int
) -> None:
    """Lines that were moved, changed, removed or broken are refused, with their number."""
    path = tmp_path / FILE
    path.write_bytes(b"\n".join(change(path.read_bytes().splitlines())) + b"\n")

    with pytest.raises(DamagedLedgerError) as caught:
        again(tmp_path)
    assert caught.value.line == line
    assert f"line {line} was changed" in str(caught.value)


def test_older_than_the_database(ledger: Ledger) -> None:
    """A ledger that has fewer entries than were seen is told from one that is up to date."""
    ledger.check(3)
    ledger.check(1)
    with pytest.raises(MissingLedgerError, match="expected at least 4 entries, got 3"):
        ledger.check(4)
