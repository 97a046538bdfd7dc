"""Sessions: logins, known by the SHA-256 of their token. The token itself is never stored."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from protocol.limits import DAY_MS
from storage.accounts import insert_account, to_account
from storage.database import Database, Transaction
from storage.errors import NotFoundError
from storage.records import StoredAccount

SESSION_TTL_MS = 30 * DAY_MS
"""How long a session lives unused; a guest without any lives no longer than this."""


class FoundSession(NamedTuple):
    """A session that is valid now, and whose it is."""

    account: StoredAccount
    expires_at_ms: int


class Sessions:
    """All sessions. Instants are milliseconds."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, token_hash: bytes, account_id: str, now_ms: int, expires_at_ms: int) -> None:
        """
        Add a session of an account.

        Raises:
            NotFoundError: there is no such account any more.

        """
        try:
            async with self._db.transaction() as tx:
                await insert_session(tx, token_hash, account_id, now_ms, expires_at_ms)
        except sqlite3.IntegrityError as error:
            if "FOREIGN KEY" not in str(error):
                raise
            raise NotFoundError("user", account_id) from error

    async def create_with_account(
        self, token_hash: bytes, account: StoredAccount, expires_at_ms: int
    ) -> None:
        """
        Add an account and its first session in one transaction, as for a guest.

        Raises:
            NameTakenError: another account has the name; neither was added.

        """
        async with self._db.transaction() as tx:
            await insert_account(tx, account)
            await insert_session(tx, token_hash, account.id, account.created_at_ms, expires_at_ms)

    async def find(self, token_hash: bytes, now_ms: int) -> FoundSession | None:
        """Return the session of a token; None if it is unknown, ended or expired."""
        row = await self._db.row(
            """
            SELECT accounts.*, sessions.expires_at_ms
            FROM sessions JOIN accounts ON accounts.id = sessions.account_id
            WHERE token_hash = :hash AND sessions.expires_at_ms > :now""",
            {"hash": token_hash, "now": now_ms},
        )
        return FoundSession(to_account(row), row["expires_at_ms"]) if row else None

    async def live_on(self, token_hash: bytes, now_ms: int) -> bool:
        """
        Let a session that is used last its whole time again; say whether it does.

        One that was meant to last less (``roomserver token create --days``) ends when it was to.
        """
        async with self._db.transaction() as tx:
            return bool(
                await tx.execute(
                    """
                    UPDATE sessions SET expires_at_ms = :expires
                    WHERE token_hash = :hash AND expires_at_ms < :expires
                      AND expires_at_ms - created_at_ms >= :whole""",
                    {"hash": token_hash, "expires": now_ms + SESSION_TTL_MS, "whole": SESSION_TTL_MS},
                )
            )

    async def end(self, token_hash: bytes) -> bool:
        """End a session; say whether there was one."""
        async with self._db.transaction() as tx:
            return bool(
                await tx.execute("DELETE FROM sessions WHERE token_hash = :hash", {"hash": token_hash})
            )

    async def end_all(self, account_id: str) -> int:
        """End all sessions of an account, and return how many there were."""
        async with self._db.transaction() as tx:
            return await tx.execute("DELETE FROM sessions WHERE account_id = :id", {"id": account_id})

    async def end_others(self, account_id: str, token_hash: bytes) -> int:
        """End all sessions of an account but one, and return how many there were."""
        async with self._db.transaction() as tx:
            return await tx.execute(
                "DELETE FROM sessions WHERE account_id = :id AND token_hash <> :hash",
                {"id": account_id, "hash": token_hash},
            )


async def insert_session(
    tx: Transaction, token_hash: bytes, account_id: str, now_ms: int, expires_at_ms: int
) -> None:
    """Add a session within a transaction; sqlite3.IntegrityError if there is no such account."""
    await tx.execute(
        """
        INSERT INTO sessions (token_hash, account_id, created_at_ms, expires_at_ms)
        VALUES (:hash, :account, :now, :expires)""",
        {"hash": token_hash, "account": account_id, "now": now_ms, "expires": expires_at_ms},
    )
