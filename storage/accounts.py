"""Accounts: guests, users, bots and administrators."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from protocol.text import name_key
from protocol.values import User
from storage.database import Database, Transaction
from storage.errors import NameTakenError
from storage.records import StoredAccount

_FIELDS = ", ".join(StoredAccount._fields)
_CHUNK = 500


def stored_account(row: sqlite3.Row) -> StoredAccount:
    """Return the account of a row that selected :data:`StoredAccount`'s fields."""
    return StoredAccount(*row)


async def insert_account(tx: Transaction, account: StoredAccount) -> None:
    """
    Insert an account.

    Raises:
        NameTakenError: another account's name reads the same.

    """
    marks = ", ".join("?" * (len(StoredAccount._fields) + 1))
    try:
        await tx.execute(
            f"INSERT INTO accounts ({_FIELDS}, name_key) VALUES ({marks})",  # noqa: S608 - own field names
            (*account, name_key(account.name)),
        )
    except sqlite3.IntegrityError as exc:
        raise NameTakenError(account.name) from exc


class Accounts:
    """Accounts by id and by name."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, account: StoredAccount) -> None:
        """
        Store a new account.

        Raises:
            NameTakenError: another account's name reads the same.

        """
        async with self._db.transaction() as tx:
            await insert_account(tx, account)

    async def by_name(self, name: str) -> StoredAccount | None:
        """Return the account whose name reads like this one."""
        return await self._one("name_key = ?", name_key(name))

    async def by_id(self, account_id: str) -> StoredAccount | None:
        """Return an account."""
        return await self._one("id = ?", account_id)

    async def _one(self, where: str, value: str) -> StoredAccount | None:
        row = await self._db.row(f"SELECT {_FIELDS} FROM accounts WHERE {where}", (value,))  # noqa: S608
        return None if row is None else stored_account(row)

    async def users(self, ids: Iterable[str]) -> dict[str, User]:
        """Return what others see of these accounts; who is gone is missing."""
        wanted = list(set(ids))
        found: dict[str, User] = {}
        for start in range(0, len(wanted), _CHUNK):
            found |= await self._users(wanted[start : start + _CHUNK])
        return found

    async def _users(self, ids: Sequence[str]) -> dict[str, User]:
        marks = ", ".join("?" * len(ids))
        rows = await self._db.rows(f"SELECT {_FIELDS} FROM accounts WHERE id IN ({marks})", ids)  # noqa: S608
        return {row["id"]: stored_account(row).to_user() for row in rows}

    async def update(
        self,
        account_id: str,
        *,
        name: str | None = None,
        password_hash: str | None = None,
        email: str | None = None,
        avatar_url: str | None = None,
        bio: str | None = None,
    ) -> None:
        """
        Change what is given; an empty text removes e-mail, avatar or bio.

        Raises:
            NameTakenError: another account's name reads the same.

        """
        changes: dict[str, str | None] = {}
        if name is not None:
            changes |= {"name": name, "name_key": name_key(name)}
        if password_hash is not None:
            changes["password_hash"] = password_hash
        optional = {"email": email, "avatar_url": avatar_url, "bio": bio}
        changes |= {field: text or None for field, text in optional.items() if text is not None}
        if not changes:
            return
        assignments = ", ".join(f"{field} = ?" for field in changes)
        sql = f"UPDATE accounts SET {assignments} WHERE id = ?"  # noqa: S608 - own field names
        async with self._db.transaction() as tx:
            try:
                await tx.execute(sql, (*changes.values(), account_id))
            except sqlite3.IntegrityError as exc:
                raise NameTakenError(name or "") from exc

    async def set_kind(self, account_id: str, kind: str) -> None:
        """Make an account an administrator, or a user again."""
        async with self._db.transaction() as tx:
            await tx.execute("UPDATE accounts SET kind = ? WHERE id = ?", (kind, account_id))
