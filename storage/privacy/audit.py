"""
The audit: who did what to recorded data, how many, under which policy.

Never content, names, addresses or free text: people are keyed hashes, actions are words of a
fixed list. Each row's hash covers the row before it, under a key that is not in the database:
a row that was changed, removed or slipped in breaks the chain.
"""

from __future__ import annotations

import sqlite3
from typing import Literal, NamedTuple

from protocol.limits import DAY_MS
from storage.database import Database, Transaction
from storage.privacy.keys import Keys

AUDIT_TTL_MS = 3 * 365 * DAY_MS

Actor = Literal["user", "operator", "system", "hook"]
AuditAction = Literal[
    "erase.requested",
    "erase.rows",
    "erase.complete",
    "export.requested",
    "export.ready",
    "export.fetched",
    "age.reported",
    "age.frozen",
    "age.proven",
    "proof.received",
    "proof.shown",
    "policy.published",
    "mail.suppressed",
    "room.archived",
    "room.taken_over",
    "room.deleted",
    "inactive.warned",
    "ledger.replayed",
    "ledger.accepted_missing",
    "sweep",
    "record.dropped",
    "hook.tripped",
    "breaker.tripped",
    "clock.accepted",
    "ban.set",
    "ban.lifted",
]
"""Everything that is audited."""

_LAST = "SELECT id, hash FROM privacy_audit ORDER BY id DESC LIMIT 1"
_INSERT = """
INSERT INTO privacy_audit
  (id, at_ms, actor, actor_ref, action, subject, category, count, policy_rev, expires_at_ms, hash)
VALUES
  (:id, :at_ms, :actor, :actor_ref, :action, :subject, :category, :count, :policy_rev, :expires, :hash)"""
_FIELDS = ("id", "at_ms", "actor", "actor_ref", "action", "subject", "category", "count", "policy_rev")
_PAGE = 1000


class Entry(NamedTuple):
    """One row to write. ``actor_id`` and ``subject_id`` are account ids; only their hashes are kept."""

    action: AuditAction
    actor: Actor
    at_ms: int
    policy_rev: int
    amount: int = 1
    actor_id: str | None = None
    subject_id: str | None = None
    category: str | None = None


class Verdict(NamedTuple):
    """What a check of the chain found: ``broken_at`` is the id of the first row that does not fit."""

    rows: int
    first_id: int
    last_id: int
    head: str
    broken_at: int | None

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, removed or slipped in."""
        return self.broken_at is None


class Audit:
    """The one writer and checker of the chain."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def write(self, entry: Entry) -> None:
        """
        Append a row in a transaction of its own.

        Raises:
            StorageUnavailableError: nothing was written.

        """
        async with self._db.transaction() as tx:
            await self.append(tx, entry)

    async def append(self, tx: Transaction, entry: Entry) -> None:
        """Append a row in the transaction that does what it tells of."""
        last = await tx.row(_LAST)
        row = {
            "id": 1 if last is None else last["id"] + 1,
            "at_ms": entry.at_ms,
            "actor": entry.actor,
            "actor_ref": self._ref(entry.actor_id),
            "action": entry.action,
            "subject": self._ref(entry.subject_id),
            "category": entry.category,
            "count": entry.amount,
            "policy_rev": entry.policy_rev,
        }
        before = b"" if last is None else last["hash"]
        expires = entry.at_ms + AUDIT_TTL_MS
        await tx.execute(_INSERT, {**row, "expires": expires, "hash": self._chained(before, row)})

    async def verify(self, *, head: str | None = None) -> Verdict:
        """
        Walk the chain. ``head`` (``ID:HEX``) is one that an earlier check returned: it must still be there.

        Rows whose time is over leave at the old end, so the first row there is is taken on trust;
        that none were cut off at the new end, only a head noted elsewhere can tell.
        """
        before: sqlite3.Row | None = None
        rows, first, broken = 0, 0, None
        wanted = None if head is None else _parsed(head)
        found = wanted is None
        while broken is None:
            page = await self._db.rows(
                "SELECT * FROM privacy_audit WHERE id > :after ORDER BY id LIMIT :limit",
                {"after": before["id"] if before else 0, "limit": _PAGE},
            )
            for row in page:
                first = first or row["id"]
                if not self._follows(before, row):
                    broken = row["id"]
                    break
                found = found or (row["id"], bytes(row["hash"])) == wanted
                before, rows = row, rows + 1
            if len(page) < _PAGE:
                break
        if broken is None and not found and wanted is not None:
            broken = wanted[0]
        last_id, last_hash = (0, "") if before is None else (before["id"], bytes(before["hash"]).hex())
        return Verdict(rows, first, last_id, f"{last_id}:{last_hash}", broken)

    async def tail(self, limit: int) -> list[sqlite3.Row]:
        """Return the newest rows, oldest first."""
        rows = await self._db.rows(
            "SELECT * FROM privacy_audit ORDER BY id DESC LIMIT :limit", {"limit": limit}
        )
        return rows[::-1]

    def _follows(self, before: sqlite3.Row | None, row: sqlite3.Row) -> bool:
        if before is None:
            return row["id"] > 1 or bytes(row["hash"]) == self._chained(b"", _facts(row))
        is_next = row["id"] == before["id"] + 1
        return is_next and bytes(row["hash"]) == self._chained(bytes(before["hash"]), _facts(row))

    def _chained(self, before: bytes, row: dict[str, object]) -> bytes:
        parts = [b"-" if value is None else value if isinstance(value, bytes) else str(value)
                 for value in row.values()]  # fmt: skip
        return self._keys.mac("audit", before, *parts)

    def _ref(self, account_id: str | None) -> bytes | None:
        return None if account_id is None else self._keys.mac("subject", account_id)


def _facts(row: sqlite3.Row) -> dict[str, object]:
    return {field: row[field] for field in _FIELDS}


def _parsed(head: str) -> tuple[int, bytes]:
    number, _, digest = head.partition(":")
    return int(number), bytes.fromhex(digest)
