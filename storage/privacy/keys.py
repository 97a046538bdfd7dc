"""
Keys: what turns an id or an address into a word that nobody can turn back.

A folder beside the database, one file for each use, readable by the owner alone. Apart from
the database on purpose: a copy of one is worthless without the other, and a key that is
destroyed makes everything it hid unlinkable for good.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Literal

from storage.errors import StorageError

KeyUse = Literal["audit", "ledger", "subject", "suppression", "tombstone", "report"]
"""
``audit`` chains the audit, ``ledger`` the erasures; ``subject`` stands for a person in records
that outlive them, ``report`` for who reported somebody; ``suppression`` hides mail addresses,
``tombstone`` the names and addresses of erased accounts. One key's words mean nothing under another.
"""

FOLDER = "keys"
_KEY_BYTES = 32
_MAC_BYTES = 16
"""128 bits: no two people share a word by chance."""


class DamagedKeyError(StorageError):
    """A key file that is not one; a new key would silently break every promise of the old one."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(path, size)
        self.path = path
        self.size = size

    def __str__(self) -> str:
        return f"expected {_KEY_BYTES} bytes of key in {self.path}, got {self.size}"


class Keys:
    """The keys of a data folder, each made on its first use."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self._keys: dict[KeyUse, bytes] = {}

    def mac(self, use: KeyUse, *parts: str | bytes) -> bytes:
        """
        Return the keyed hash of some parts; no other parts give the same.

        Raises:
            DamagedKeyError: the key's file was tampered with.
            OSError: it cannot be read or made.

        """
        digest = hmac.new(self._key(use), digestmod=hashlib.sha256)
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            digest.update(len(data).to_bytes(4))
            digest.update(data)
        return digest.digest()[:_MAC_BYTES]

    def exists(self, use: KeyUse) -> bool:
        """Say whether a key was ever used here."""
        return self._path(use).is_file()

    def destroy(self, use: KeyUse) -> None:
        """Destroy a key: what it hid can never be recognised again."""
        self._keys.pop(use, None)
        destroy_key(self._path(use))

    def _path(self, use: KeyUse) -> Path:
        return self._folder / f"{use}.key"

    def _key(self, use: KeyUse) -> bytes:
        key = self._keys.get(use)
        if key is None:
            key = self._keys[use] = read_key(self._path(use))
        return key


def read_key(path: Path) -> bytes:
    """
    Return the key of a file, which is made if there is none.

    Raises:
        DamagedKeyError: it was tampered with.
        OSError: it cannot be read or made.

    """
    if not path.is_file():
        _make(path)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise DamagedKeyError(path, len(key))
    return key


def destroy_key(path: Path) -> None:
    """Overwrite a key and remove its file, if there is one."""
    if path.is_file():
        with path.open("r+b") as file:
            file.write(bytes(_KEY_BYTES))
            os.fsync(file.fileno())
        path.unlink()


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    # A key must be on disk before the first word made with it is.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(_KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk: a file that was made or renamed in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
