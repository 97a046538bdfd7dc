"""
Proofs of age: what frozen accounts send, in files of their own, encrypted, for two weeks at most.

Each proof has a key of its own, apart from it under ``keys/proof``: a copy of the proofs'
folder is unreadable, and with the key the bytes that a disk may still have are worthless. The
files themselves say what there is; no table names them, so that no backup of the database does.
Whoever can read the whole data folder, as the server can, can read proofs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.limits import AGE_PROOF_MS
from storage.errors import StorageError
from storage.privacy.keys import FOLDER as KEYS
from storage.privacy.keys import Keys, destroy_key, read_key, sync_folder

FOLDER = "proof"
_NONCE_BYTES = 12
_SIGNATURES = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png", b"%PDF-": "pdf"}


class DamagedProofError(StorageError):
    """A proof that cannot be decrypted: its file or key was changed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"expected a proof as it was stored, got one that was changed: {self.name}"


class StoredProof(NamedTuple):
    """A proof that waits: when it came, and how big its file is."""

    path: Path
    at_ms: int
    bytes: int

    @property
    def until_ms(self) -> int:
        """When it goes without a decision."""
        return self.at_ms + AGE_PROOF_MS


def kind_of(content: bytes) -> str | None:
    """Return what a file is by its first bytes, whatever it is called: jpg, png or pdf; None for others."""
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)


class ProofFiles:
    """All proofs of a data folder, as a holder of personal data; one for an account at a time."""

    name = "proofs"
    categories = frozenset({"proofs"})
    max_age_s: int | None = AGE_PROOF_MS // 1000

    def __init__(self, data: Path, keys: Keys) -> None:
        self._folder = data / FOLDER
        self._key_folder = data / KEYS / FOLDER
        self._keys = keys

    def add(self, account_id: str, content: bytes, at_ms: int) -> None:
        """
        Store a proof; when this returns, it is on disk.

        Raises:
            OSError: it cannot be written; nothing is left of it.

        """
        name = self._name(account_id)
        key = read_key(self._key(name))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        path = self._folder / f"{name}.{at_ms}"
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            _write(path, nonce + AESGCM(key).encrypt(nonce, content, path.name.encode()))
        except OSError:
            self.scrub(account_id, None)
            raise

    def of(self, account_id: str) -> StoredProof | None:
        """Return the proof of an account."""
        name = self._name(account_id)
        return next((proof for proof in self._all() if proof.path.name.startswith(f"{name}.")), None)

    def read(self, proof: StoredProof) -> bytes:
        """
        Return what a proof shows.

        Raises:
            DamagedProofError: it was changed.
            OSError: it cannot be read.

        """
        box = proof.path.read_bytes()
        key = self._key(proof.path.stem)
        if not key.is_file():
            raise DamagedProofError(proof.path.name)
        try:
            return AESGCM(read_key(key)).decrypt(
                box[:_NONCE_BYTES], box[_NONCE_BYTES:], proof.path.name.encode()
            )
        except InvalidTag:
            raise DamagedProofError(proof.path.name) from None

    def keep_only(self, account_ids: Collection[str]) -> int:
        """Remove the proofs of all other accounts, and what a crash left; return how many proofs."""
        kept = {self._name(account_id) for account_id in account_ids}
        stored = {proof.path.stem for proof in self._all()}
        for name in stored - kept:
            self._remove(name)
        for key in self._key_folder.glob("*.key"):
            if key.stem not in stored:
                destroy_key(key)
        for draft in self._folder.glob("*.part"):
            draft.unlink(missing_ok=True)
        return len(stored - kept)

    # As a holder

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:
        """Remove the proof of an account."""
        return self._remove(self._name(subject)) if ids is None else 0

    def expire(self, now: int) -> int:
        """Remove the proofs whose time is over."""
        return sum(self._remove(proof.path.stem) for proof in self._all() if proof.until_ms <= now)

    def contains(self, probe: bytes) -> int:
        """Count the proofs that hold these bytes."""
        found = 0
        for proof in self._all():
            with suppress(DamagedProofError):  # what cannot be read says nothing
                found += probe in self.read(proof)
        return found

    def _all(self) -> Iterator[StoredProof]:
        for path in sorted(self._folder.glob("*.*")):
            if path.suffix[1:].isdigit():
                yield StoredProof(path, int(path.suffix[1:]), path.stat().st_size)

    def _name(self, account_id: str) -> str:
        return self._keys.mac("subject", "proof", account_id).hex()

    def _key(self, name: str) -> Path:
        return self._key_folder / f"{name}.key"

    def _remove(self, name: str) -> int:
        # The key first: what a crash leaves of the rest says nothing.
        destroy_key(self._key(name))
        paths = [proof.path for proof in self._all() if proof.path.stem == name]
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
