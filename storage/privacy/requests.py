"""
Requests about the own data: exports and erasures, their stages and receipts, without content.

The request outlives its person as a keyed hash. While it is being carried out it also names the
account, so that a restart can go on; the last step takes the name away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from protocol.limits import DAY_MS
from protocol.privacy import RequestKind, RequestStage, Step
from storage.database import Database, Transaction
from storage.errors import NotFoundError
from storage.privacy.keys import Keys

REQUEST_TTL_MS = 3 * 365 * DAY_MS
"""36 months; California asks for 24 (11 CCR 7101)."""

Basis = Literal["self", "operator", "age", "inactive", "ledger"]
"""
Who asked: the person, the operator, the rule of age or of unused accounts, or the ledger after a
restored backup.
"""


class StoredRequest(NamedTuple):
    """A request. ``account_id`` is None once it is done; ``receipts`` are counts by holder."""

    id: str
    account_id: str | None
    kind: RequestKind
    basis: Basis
    stage: RequestStage
    requested_at_ms: int
    steps: list[Step]
    receipts: dict[str, int]
    archive_until_ms: int | None


_steps = msgspec.json.Decoder(list[Step])
_receipts = msgspec.json.Decoder(dict[str, int])


class Requests:
    """All requests."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def add(
        self, tx: Transaction, ident: str, account_id: str, kind: RequestKind, basis: Basis, now_ms: int
    ) -> None:
        """Put a request on record, in the transaction of what follows from it."""
        await tx.execute(
            """
            INSERT INTO privacy_requests
              (id, subject, account_id, kind, basis, stage, requested_at_ms, steps, expires_at_ms)
            VALUES (:id, :subject, :account, :kind, :basis, 'requested', :now, :steps, :expires)""",
            {
                "id": ident,
                "subject": self._keys.mac("subject", account_id),
                "account": account_id,
                "kind": kind,
                "basis": basis,
                "now": now_ms,
                "steps": _json([Step(stage="requested", at_ms=now_ms)]),
                "expires": now_ms + REQUEST_TTL_MS,
            },
        )

    async def get(self, ident: str) -> StoredRequest | None:
        """Return a request by its id."""
        row = await self._db.row("SELECT * FROM privacy_requests WHERE id = :id", {"id": ident})
        return None if row is None else _request(row)

    async def of(self, account_id: str, *, limit: int = 20) -> list[StoredRequest]:
        """Return an account's requests, newest first."""
        rows = await self._db.rows(
            """
            SELECT * FROM privacy_requests WHERE subject = :subject
            ORDER BY requested_at_ms DESC, id LIMIT :limit""",
            {"subject": self._keys.mac("subject", account_id), "limit": limit},
        )
        return [_request(row) for row in rows]

    async def open(self, kind: RequestKind) -> list[StoredRequest]:
        """Return the requests of a kind that are not done, oldest first."""
        rows = await self._db.rows(
            """
            SELECT * FROM privacy_requests WHERE kind = :kind AND account_id IS NOT NULL
              AND stage NOT IN ('ready', 'fetched', 'expired', 'failed')
            ORDER BY requested_at_ms, id""",
            {"kind": kind},
        )
        return [_request(row) for row in rows]

    async def advance(
        self,
        tx: Transaction,
        ident: str,
        stage: RequestStage,
        now_ms: int,
        receipts: Mapping[str, int] | None = None,
    ) -> None:
        """
        Note that a stage is done. Receipts add up: a stage that a crash cut short counts what it
        did before and after. A stage that is noted already keeps its first instant.
        """
        row = await tx.row("SELECT steps, receipts FROM privacy_requests WHERE id = :id", {"id": ident})
        if row is None:
            raise NotFoundError("request", ident)
        steps = _steps.decode(row["steps"])
        if all(step.stage != stage for step in steps):
            steps.append(Step(stage=stage, at_ms=now_ms))
        counts = _added(_receipts.decode(row["receipts"]), receipts or {})
        await tx.execute(
            "UPDATE privacy_requests SET stage = :stage, steps = :steps, receipts = :receipts WHERE id = :id",
            {"id": ident, "stage": stage, "steps": _json(steps), "receipts": _json(counts)},
        )

    async def receive(self, tx: Transaction, ident: str, receipts: Mapping[str, int]) -> None:
        """Add receipts within a stage, in the transaction that did what they count."""
        row = await tx.row("SELECT receipts FROM privacy_requests WHERE id = :id", {"id": ident})
        if row is None:
            raise NotFoundError("request", ident)
        counts = _added(_receipts.decode(row["receipts"]), receipts)
        await tx.execute(
            "UPDATE privacy_requests SET receipts = :receipts WHERE id = :id",
            {"id": ident, "receipts": _json(counts)},
        )

    @staticmethod
    def counts(receipts: str) -> dict[str, int]:
        """Return receipts as they are stored, by holder."""
        return _receipts.decode(receipts)

    async def forget_account(self, tx: Transaction, ident: str) -> None:
        """Take the account's id off a request that is done."""
        await tx.execute("UPDATE privacy_requests SET account_id = NULL WHERE id = :id", {"id": ident})

    async def drop_exports(self, tx: Transaction, account_id: str) -> list[str]:
        """End an account's exports; return the ids of those whose archives must go."""
        rows = await tx.rows(
            "SELECT id FROM privacy_requests WHERE account_id = :id AND kind = 'export'", {"id": account_id}
        )
        await tx.execute(
            """
            UPDATE privacy_requests
            SET account_id = NULL, token_hash = NULL, archive_until_ms = NULL, stage = 'expired'
            WHERE account_id = :id AND kind = 'export'""",
            {"id": account_id},
        )
        return [row["id"] for row in rows]

    # Archives

    async def offer(self, ident: str, token_hash: bytes, until_ms: int, now_ms: int) -> bool:
        """Offer an archive under a token; False when the request was ended meanwhile."""
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                """
                UPDATE privacy_requests SET token_hash = :hash, archive_until_ms = :until
                WHERE id = :id AND account_id IS NOT NULL AND kind = 'export'""",
                {"id": ident, "hash": token_hash, "until": until_ms},
            )
            if changed:
                await self.advance(tx, ident, "ready", now_ms)
        return bool(changed)

    async def redeem(self, token_hash: bytes, now_ms: int) -> StoredRequest | None:
        """Use up a token; None when it is unknown, used or over."""
        async with self._db.transaction() as tx:
            row = await tx.row(
                "SELECT * FROM privacy_requests WHERE token_hash = :hash AND archive_until_ms > :now",
                {"hash": token_hash, "now": now_ms},
            )
            if row is None:
                return None
            await tx.execute(
                "UPDATE privacy_requests SET token_hash = NULL WHERE id = :id", {"id": row["id"]}
            )
            await self.advance(tx, row["id"], "fetched", now_ms)
        return _request(row)

    async def fetchable(self) -> list[str]:
        """Return the requests whose archives somebody may still fetch, or is fetching."""
        rows = await self._db.rows("SELECT id FROM privacy_requests WHERE archive_until_ms IS NOT NULL")
        return [row["id"] for row in rows]

    async def archives_over(self, now_ms: int) -> list[str]:
        """Return the requests whose archives' time is over, and end them."""
        async with self._db.transaction() as tx:
            rows = await tx.rows(
                "SELECT id, stage FROM privacy_requests WHERE archive_until_ms <= :now", {"now": now_ms}
            )
            for row in rows:
                if row["stage"] == "ready":
                    await self.advance(tx, row["id"], "expired", now_ms)
                await tx.execute(
                    """
                    UPDATE privacy_requests SET token_hash = NULL, archive_until_ms = NULL, account_id = NULL
                    WHERE id = :id""",
                    {"id": row["id"]},
                )
        return [row["id"] for row in rows]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _added(before: dict[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return before | {name: before.get(name, 0) + count for name, count in more.items()}


def _request(row: sqlite3.Row) -> StoredRequest:
    return StoredRequest(
        id=row["id"],
        account_id=row["account_id"],
        kind=row["kind"],
        basis=row["basis"],
        stage=row["stage"],
        requested_at_ms=row["requested_at_ms"],
        steps=_steps.decode(row["steps"]),
        receipts=_receipts.decode(row["receipts"]),
        archive_until_ms=row["archive_until_ms"],
    )
