"""
Standing: an account's state, age band, own times and consents, and the log that proves choices.

An account without a row is active, with the defaults of its jurisdiction. The log of choices
names people by keyed hashes from the start: it outlives the account, and nothing else does.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import AsyncIterator
from typing import Any, Literal, NamedTuple, cast

from protocol.limits import AGE_PROOF_MS, DAY_MS
from protocol.privacy import AgeBand, ConsentSource
from protocol.values import AccountState
from storage.accounts import to_account
from storage.database import Database, Transaction
from storage.errors import NotFoundError
from storage.privacy.keys import Keys
from storage.records import StoredAccount

CONSENT_TTL_MS = 3 * 365 * DAY_MS
_PAGE = 500

Purpose = Literal["improvement", "marketing"]
PURPOSES: tuple[Purpose, ...] = ("improvement", "marketing")


class Choice(NamedTuple):
    """A consent that was given or refused."""

    on: bool
    source: ConsentSource
    at_ms: int


class Standing(NamedTuple):
    """
    Where an account stands. A choice of None is the jurisdiction's default. ``active_at_ms`` is the
    day somebody last signed in; ``warnings`` are letters since about its end for want of use.
    """

    state: AccountState = "active"
    age_band: AgeBand | None = None
    age_proven: bool = False
    erase_at_ms: int | None = None
    chat_ttl_ms: int | None = None
    improvement: Choice | None = None
    marketing: Choice | None = None
    active_at_ms: int | None = None
    warnings: int = 0


ACTIVE = Standing()


class Standings:
    """All standings. Changes of an account that does not exist raise :class:`NotFoundError`."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def of(self, account_id: str) -> Standing:
        """Return where an account stands; an unknown one stands like a new one."""
        row = await self._db.row("SELECT * FROM account_privacy WHERE account_id = :id", {"id": account_id})
        return ACTIVE if row is None else _standing(row)

    async def self_ttls(self) -> dict[str, int]:
        """Return the own chat times of all accounts that chose one."""
        rows = await self._db.rows(
            "SELECT account_id, chat_ttl_ms FROM account_privacy WHERE chat_ttl_ms IS NOT NULL"
        )
        return {row["account_id"]: row["chat_ttl_ms"] for row in rows}

    async def screened(self, tx: Transaction, account_id: str, band: AgeBand, now_ms: int) -> None:
        """Note the band that the age screen found, in the transaction that makes the account."""
        await _put(tx, account_id, {"age_band": band, "age_checked_at_ms": now_ms})

    async def freeze(self, tx: Transaction, account_id: str, now_ms: int) -> int | None:
        """
        Freeze an account that is active; return when it will be erased.

        None when nothing changed: it is not active, or its age was proven before.
        """
        row = await tx.row("SELECT * FROM account_privacy WHERE account_id = :id", {"id": account_id})
        before = ACTIVE if row is None else _standing(row)
        if before.state != "active" or before.age_proven:
            return None
        erase_at_ms = now_ms + AGE_PROOF_MS
        fields = {"state": "frozen", "frozen_at_ms": now_ms, "erase_at_ms": erase_at_ms}
        await _put(tx, account_id, fields)
        return erase_at_ms

    async def release(self, tx: Transaction, account_id: str, now_ms: int) -> bool:
        """Let a frozen account go on: its age was proven. Say whether it was frozen."""
        changed = await tx.execute(
            """
            UPDATE account_privacy SET state = 'active', age_proven = 1, age_checked_at_ms = :now,
              frozen_at_ms = NULL, erase_at_ms = NULL, warnings = 0
            WHERE account_id = :id AND state = 'frozen'""",
            {"id": account_id, "now": now_ms},
        )
        await tx.execute("DELETE FROM age_reports WHERE target_id = :id", {"id": account_id})
        return bool(changed)

    async def erasing(self, tx: Transaction, account_id: str) -> None:
        """Let nobody in any more: the account is being erased."""
        await _put(tx, account_id, {"state": "erasing", "erase_at_ms": None})

    async def overdue(self, now_ms: int) -> list[str]:
        """Return the frozen accounts whose time to prove their age is over."""
        rows = await self._db.rows(
            "SELECT account_id FROM account_privacy WHERE state = 'frozen' AND erase_at_ms <= :now",
            {"now": now_ms},
        )
        return [row["account_id"] for row in rows]

    async def frozen(self) -> list[tuple[StoredAccount, Standing]]:
        """Return the frozen accounts, those that have waited longest first."""
        rows = await self._db.rows(
            """
            SELECT accounts.*, account_privacy.* FROM account_privacy
            JOIN accounts ON accounts.id = account_privacy.account_id
            WHERE state = 'frozen' ORDER BY frozen_at_ms"""
        )
        return [(to_account(row), _standing(row)) for row in rows]

    async def set_chat_ttl(self, account_id: str, ttl_ms: int | None) -> None:
        """Keep an account's chat this long at most from now on; None: as the policy says."""
        async with self._db.transaction() as tx:
            await _put(tx, account_id, {"chat_ttl_ms": ttl_ms})

    async def choose(self, account_id: str, purpose: Purpose, choice: Choice) -> None:
        """Set a consent and log it, in one transaction."""
        async with self._db.transaction() as tx:
            fields = {
                purpose: int(choice.on),
                f"{purpose}_source": choice.source,
                f"{purpose}_at_ms": choice.at_ms,
            }
            await _put(tx, account_id, fields)
            await self._log(tx, account_id, purpose, choice)

    async def accept(self, account_id: str, rev: int, now_ms: int) -> None:
        """Note that a revision of the policy was accepted; what was accepted before stays in the log."""
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                "UPDATE accounts SET policy_rev = :rev WHERE id = :id", {"rev": rev, "id": account_id}
            )
            if not changed:
                raise NotFoundError("user", account_id)
            await self.log_acceptance(tx, account_id, rev, now_ms)

    async def log_acceptance(self, tx: Transaction, account_id: str, rev: int, now_ms: int) -> None:
        """Log that a revision was accepted, in the transaction that notes it."""
        await self._insert(tx, account_id, "policy", rev, "chosen", now_ms)

    async def countries(self) -> list[str | None]:
        """Return the countries that accounts have named, None for those that named none."""
        return [row["country"] for row in await self._db.rows("SELECT DISTINCT country FROM accounts")]

    async def reachable(self) -> AsyncIterator[list[str]]:
        """Yield the accounts that gave a mail address, a page at a time."""
        after = ""
        while True:
            rows = await self._db.rows(
                """
                SELECT id FROM accounts WHERE email IS NOT NULL AND id > :after
                ORDER BY id LIMIT :limit""",
                {"after": after, "limit": _PAGE},
            )
            yield [row["id"] for row in rows]
            if len(rows) < _PAGE:
                return
            after = rows[-1]["id"]

    async def allowed(self, purpose: Purpose, *, by_default: frozenset[str | None]) -> list[str]:
        """
        Return the accounts whose data may be used for a purpose now.

        ``by_default`` are the countries where silence means yes.
        """
        rows = await self._db.rows(
            f"""
            SELECT id, country, {purpose} AS choice FROM accounts
            LEFT JOIN account_privacy ON account_id = id
            WHERE kind IN ('user', 'admin') AND coalesce(state, 'active') = 'active'""",  # noqa: S608 - one of two words
        )
        return [
            row["id"]
            for row in rows
            if row["choice"] == 1 or (row["choice"] is None and row["country"] in by_default)
        ]

    async def _log(self, tx: Transaction, account_id: str, purpose: Purpose, choice: Choice) -> None:
        await self._insert(tx, account_id, purpose, int(choice.on), choice.source, choice.at_ms)

    async def _insert(
        self, tx: Transaction, account_id: str, choice: str, value: int, source: str, at_ms: int
    ) -> None:
        await tx.execute(
            """
            INSERT INTO consent_log (subject, choice, value, source, at_ms, expires_at_ms)
            VALUES (:subject, :choice, :value, :source, :at, :expires)""",
            {
                "subject": self._keys.mac("subject", account_id),
                "choice": choice,
                "value": value,
                "source": source,
                "at": at_ms,
                "expires": at_ms + CONSENT_TTL_MS,
            },
        )


def _standing(row: sqlite3.Row) -> Standing:
    return Standing(
        # Interned: what is left out of a message is a default by identity.
        state=cast("AccountState", sys.intern(row["state"])),
        age_band=row["age_band"],
        age_proven=bool(row["age_proven"]),
        erase_at_ms=row["erase_at_ms"],
        chat_ttl_ms=row["chat_ttl_ms"],
        improvement=_choice(row, "improvement"),
        marketing=_choice(row, "marketing"),
        active_at_ms=row["active_at_ms"],
        warnings=row["warnings"],
    )


def _choice(row: sqlite3.Row, purpose: Purpose) -> Choice | None:
    if row[purpose] is None:
        return None
    source = cast("ConsentSource", row[f"{purpose}_source"])
    return Choice(bool(row[purpose]), source, row[f"{purpose}_at_ms"])


async def _put(tx: Transaction, account_id: str, fields: dict[str, Any]) -> None:
    known = await tx.row("SELECT 1 FROM accounts WHERE id = :id", {"id": account_id})
    if known is None:
        raise NotFoundError("user", account_id)
    names = ", ".join(fields)
    values = ", ".join(f":{name}" for name in fields)
    changes = ", ".join(f"{name} = excluded.{name}" for name in fields)
    await tx.execute(
        f"""
        INSERT INTO account_privacy (account_id, {names}) VALUES (:account, {values})
        ON CONFLICT (account_id) DO UPDATE SET {changes}""",  # noqa: S608 - own column names
        {"account": account_id, **fields},
    )
