"""Proofs of age on disk: encrypted, unreadable without their keys, gone in time whatever crashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.limits import AGE_PROOF_MS
from storage.privacy.keys import Keys
from storage.privacy.proofs import DamagedProofError, ProofFiles, kind_of
from tests.storage.builders import NOW
from tests.support.canary import canary, hits

JPEG = b"\xff\xd8\xff\xe0"


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> ProofFiles:
    return ProofFiles(tmp_path, Keys(tmp_path))


def everything(folder: Path) -> list[str]:
    """Return every file that belongs to a proof."""
    paths = [*(folder / "proof").rglob("*"), *(folder / "keys" / "proof").rglob("*")]
    return sorted(path.name for path in paths if path.is_file())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        *((JPEG, "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"%PDF-1.7", "pdf")),
        *((b"", None), (b"GIF89a", None), (b"<html>", None), (b"PK\x03\x04", None), (b" %PDF-", None)),
    ],
)
def test_kinds(content: bytes, kind: str | None) -> None:
    """What a file is says its content."""
    assert kind_of(content) == kind


def test_read_back(files: ProofFiles, tmp_path: Path) -> None:
    """It reads back as it came; its words and its owner are in no file, and no one else may read those."""
    word, anna = canary("passport"), canary("account")
    content = JPEG + word.encode() * 1000
    files.add(anna, content, NOW)
    proof = files.of(anna)

    assert proof is not None
    assert (proof.at_ms, proof.until_ms) == (NOW, NOW + AGE_PROOF_MS)
    assert files.read(proof) == content
    assert files.of("ben") is None
    assert hits(tmp_path, [word, anna]) == {}
    assert not [name for name in everything(tmp_path) if anna in name]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "proof").iterdir()} == {0o600}
    assert (tmp_path / "proof").stat().st_mode & 0o777 == 0o700
    assert files.contains(word.encode()) == 1


def test_worthless_without_the_key(files: ProofFiles, tmp_path: Path) -> None:
    """The folder alone shows nothing: neither without the key, nor with another one, nor changed."""
    files.add("anna", JPEG, NOW)
    proof = files.of("anna")
    assert proof is not None
    [key] = (tmp_path / "keys" / "proof").iterdir()
    good, box = key.read_bytes(), proof.path.read_bytes()
    key.write_bytes(bytes(32))
    with pytest.raises(DamagedProofError):
        files.read(proof)
    key.write_bytes(good)
    proof.path.write_bytes(box[:-1] + bytes([box[-1] ^ 1]))
    with pytest.raises(DamagedProofError, match="changed"):
        files.read(proof)
    assert files.contains(JPEG) == 0
    key.unlink()
    with pytest.raises(DamagedProofError):
        files.read(proof)
    assert not key.exists(), "expected reading to make no key"


def test_its_time_cannot_be_lengthened(files: ProofFiles) -> None:
    """When it came is part of what is sealed: a file with another instant in its name is no proof."""
    files.add("anna", JPEG, NOW)
    proof = files.of("anna")
    assert proof is not None
    proof.path.rename(proof.path.with_suffix(f".{NOW + 1}"))
    later = files.of("anna")
    assert later is not None
    with pytest.raises(DamagedProofError):
        files.read(later)


def test_gone(files: ProofFiles, tmp_path: Path) -> None:
    """Scrubbed, and over after its time at the millisecond: file and key, others stay."""
    for name in ("anna", "ben", "cleo"):
        files.add(name, JPEG, NOW)
    assert files.scrub("anna", None) == 1
    assert files.scrub("anna", None) == 0
    assert files.scrub("ben", ["an id"]) == 0
    assert len(everything(tmp_path)) == 4
    assert files.expire(NOW + AGE_PROOF_MS - 1) == 0
    assert files.expire(NOW + AGE_PROOF_MS) == 2
    assert everything(tmp_path) == []


def test_what_a_crash_leaves(files: ProofFiles, tmp_path: Path) -> None:
    """Proofs of accounts that are not frozen, keys of none, and drafts go at the next look."""
    files.add("anna", JPEG, NOW)
    files.add("ben", JPEG, NOW)
    (tmp_path / "proof" / f"{'0' * 32}.1.part").write_bytes(b"half")
    (tmp_path / "keys" / "proof" / f"{'0' * 32}.key").write_bytes(bytes(32))
    assert files.keep_only(["ben"]) == 1
    assert len(everything(tmp_path)) == 2
    assert files.of("ben") is not None


def test_a_full_disk(files: ProofFiles, tmp_path: Path) -> None:
    """What cannot be written leaves neither a file nor a key."""
    (tmp_path / "proof").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(OSError, match="proof"):
        files.add("anna", JPEG, NOW)
    assert not list((tmp_path / "keys" / "proof").iterdir())
