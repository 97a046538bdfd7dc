"""
The ledger of erasures: a file of its own, appended and forced to disk before a row is touched.

It outlives the database: when a backup from before an erasure comes back, the ledger still
knows whom it must not bring back. It holds no ids, only keyed hashes, and each line's hash
covers the one before it.

::

    LedgerError
     ├── DamagedLedgerError   a line does not fit: cut, changed or slipped in
     └── MissingLedgerError   the database has seen more of it than there is
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from storage.errors import StorageError
from storage.privacy.keys import Keys, sync_folder

FILE = "erasures.ledger"

LedgerKind = Literal["intent", "done", "void"]
"""``void``: an intent that was taken back before anything happened."""


class LedgerError(StorageError):
    """The ledger cannot vouch for the erasures."""


class DamagedLedgerError(LedgerError):
    """A line of the ledger is not what was written."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(path, line)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        return f"{self.path}: line {self.line} was changed, or lines before it are missing"


class MissingLedgerError(LedgerError):
    """The database has seen entries that the ledger does not have."""

    def __init__(self, path: Path, expected: int, got: int) -> None:
        super().__init__(path, expected, got)
        self.path = path
        self.expected = expected
        self.got = got

    def __str__(self) -> str:
        return (
            f"{self.path}: expected at least {self.expected} entries, got {self.got}: "
            "erased people may come back with an older copy"
        )


class _Line(msgspec.Struct, frozen=True):
    seq: int
    kind: LedgerKind
    request: str
    subject: str
    at_ms: int
    mac: str


class LedgerEntry(NamedTuple):
    """What was noted of an erasure. ``subject`` is the keyed hash of the account's id."""

    seq: int
    kind: LedgerKind
    request: str
    subject: bytes
    at_ms: int


_decoder = msgspec.json.Decoder(_Line)


class Ledger:
    """
    The ledger of a data folder. Get one from :meth:`open`; appending waits for the disk.

    Not for several processes: whoever holds the data folder's lock writes it.
    """

    def __init__(self, path: Path, keys: Keys, entries: list[LedgerEntry], last_mac: bytes) -> None:
        self._path = path
        self._keys = keys
        self._entries = entries
        self._last_mac = last_mac

    @classmethod
    def open(cls, folder: Path, keys: Keys) -> Ledger:
        """
        Read and check the ledger; an absent one is empty. A last line cut off by a crash is dropped.

        Raises:
            DamagedLedgerError: a line was changed, removed or slipped in.
            OSError: it cannot be read.

        """
        path = folder / FILE
        raw = path.read_bytes() if path.is_file() else b""
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):
            os.truncate(path, len(whole))
        entries: list[LedgerEntry] = []
        mac = b""
        for number, text in enumerate(whole.splitlines(), 1):
            try:
                line = _decoder.decode(text)
                entry = LedgerEntry(
                    line.seq, line.kind, line.request, bytes.fromhex(line.subject), line.at_ms
                )
            except (msgspec.DecodeError, ValueError):
                raise DamagedLedgerError(path, number) from None
            mac = _mac(keys, mac, entry)
            if entry.seq != number or mac.hex() != line.mac:
                raise DamagedLedgerError(path, number)
            entries.append(entry)
        return cls(path, keys, entries, mac)

    @property
    def head(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    def append(self, kind: LedgerKind, request: str, account_id: str, now_ms: int) -> int:
        """
        Append an entry and wait until it is on disk; return the new head.

        Raises:
            OSError: it is not; the erasure must not begin.

        """
        return self.append_subject(kind, request, self._keys.mac("ledger", account_id), now_ms)

    def append_subject(self, kind: LedgerKind, request: str, subject: bytes, now_ms: int) -> int:
        """The same for somebody who is only known by the keyed hash."""
        entry = LedgerEntry(self.head + 1, kind, request, subject, now_ms)
        mac = _mac(self._keys, self._last_mac, entry)
        line = _Line(entry.seq, kind, request, subject.hex(), now_ms, mac.hex())
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(line) + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self._path.parent)
        self._entries.append(entry)
        self._last_mac = mac
        return entry.seq

    def check(self, seen: int) -> None:
        """
        Check that the ledger is no older than the database has seen it.

        Raises:
            MissingLedgerError: it is.

        """
        if self.head < seen:
            raise MissingLedgerError(self._path, seen, self.head)

    def subjects(self) -> dict[bytes, str]:
        """Return everybody whose erasure was begun, with the last request for it."""
        # What is done cannot be taken back, whatever was written after it.
        void = self._noted("void") - self._noted("done")
        return {entry.subject: entry.request for entry in self._entries if entry.request not in void}

    def undone(self) -> set[str]:
        """Return the requests that were begun and not noted as done."""
        return self._noted("intent") - self._noted("done") - self._noted("void")

    def _noted(self, kind: LedgerKind) -> set[str]:
        return {entry.request for entry in self._entries if entry.kind == kind}

    def subject_of(self, account_id: str) -> bytes:
        """Return the keyed hash under which an account stands here."""
        return self._keys.mac("ledger", account_id)


def _mac(keys: Keys, before: bytes, entry: LedgerEntry) -> bytes:
    return keys.mac(
        "ledger", before, str(entry.seq), entry.kind, entry.request, entry.subject, str(entry.at_ms)
    )
