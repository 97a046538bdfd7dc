"""Sessions: hashed tokens with an end."""

from __future__ import annotations

from typing import NamedTuple

from storage.accounts import insert_account
from storage.database import Database
from storage.records import StoredAccount

_INSERT = "INSERT INTO sessions (token_hash, account_id, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?)"
_FIELDS = ", ".join(f"a.{field}" for field in StoredAccount._fields)


class FoundSession(NamedTuple):
    """A session that has not ended, with its account."""

    account: StoredAccount
    expires_at_ms: int


class Sessions:
    """Sessions by the hash of their token."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, token_hash: bytes, account_id: str, now_ms: int, expires_at_ms: int) -> None:
        """Begin a session of an account."""
        async with self._db.transaction() as tx:
            await tx.execute(_INSERT, (token_hash, account_id, now_ms, expires_at_ms))

    async def create_guest(self, account: StoredAccount, token_hash: bytes, expires_at_ms: int) -> None:
        """
        Store a guest and begin the session, in one transaction.

        Raises:
            NameTakenError: somebody's name reads the same.

        """
        async with self._db.transaction() as tx:
            await insert_account(tx, account)
            await tx.execute(_INSERT, (token_hash, account.id, account.created_at_ms, expires_at_ms))

    async def find(self, token_hash: bytes, now_ms: int) -> FoundSession | None:
        """Return a session that has not ended or expired."""
        row = await self._db.row(
            f"SELECT {_FIELDS}, s.expires_at_ms FROM sessions s"  # noqa: S608 - own field names
            " JOIN accounts a ON a.id = s.account_id WHERE s.token_hash = ? AND s.expires_at_ms > ?",
            (token_hash, now_ms),
        )
        if row is None:
            return None
        *account, expires_at_ms = row
        return FoundSession(StoredAccount(*account), expires_at_ms)

    async def end(self, token_hash: bytes) -> None:
        """End a session; one that is gone already is fine."""
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM sessions WHERE token_hash = ?", (token_hash,))

    async def end_all(self, account_id: str) -> int:
        """End every session of an account; return how many there were."""
        async with self._db.transaction() as tx:
            return await tx.execute("DELETE FROM sessions WHERE account_id = ?", (account_id,))
