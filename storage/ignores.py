"""Ignored users: whom an account does not want to hear."""

from __future__ import annotations

from protocol.limits import IGNORED_MAX
from protocol.values import User
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import LimitReachedError


class Ignores:
    """Who ignores whom. It goes with either account."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def add(self, account_id: str, ignored_id: str) -> None:
        """
        Ignore a user; sqlite3.IntegrityError if there is no such user.

        Raises:
            LimitReachedError: the account ignores as many as it may.

        """
        params = {"account": account_id, "ignored": ignored_id}
        async with self._db.transaction() as tx:
            others = await tx.row(
                "SELECT count(*) FROM ignores WHERE account_id = :account AND ignored_id <> :ignored", params
            )
            if others is not None and others[0] >= IGNORED_MAX:
                raise LimitReachedError("ignored users", IGNORED_MAX)
            await tx.execute(
                """
                INSERT INTO ignores (account_id, ignored_id) VALUES (:account, :ignored)
                ON CONFLICT DO NOTHING""",
                params,
            )

    async def remove(self, account_id: str, ignored_id: str) -> None:
        """Hear a user again; one who is heard stays so."""
        async with self._db.transaction() as tx:
            await tx.execute(
                "DELETE FROM ignores WHERE account_id = :account AND ignored_id = :ignored",
                {"account": account_id, "ignored": ignored_id},
            )

    async def list(self, account_id: str) -> list[User]:
        """Return whom an account ignores, by name."""
        rows = await self._db.rows(
            "SELECT ignored_id FROM ignores WHERE account_id = :account", {"account": account_id}
        )
        users = await self._accounts.users(row["ignored_id"] for row in rows)
        return sorted(users.values(), key=lambda user: user.name.casefold())
