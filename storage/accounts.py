"""Accounts: who people are. Guests have one too, without a password."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from protocol.text import text_key
from protocol.values import User, UserKind
from storage.columns import ids_param
from storage.database import Database, Transaction
from storage.errors import NameTakenError, NotFoundError
from storage.lookalikes import skeleton
from storage.records import StoredAccount


class Accounts:
    """All accounts. Changes of an unknown id raise :class:`NotFoundError`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, account: StoredAccount) -> None:
        """
        Add an account.

        Raises:
            NameTakenError: another one has this name, or one that looks the same.

        """
        async with self._db.transaction() as tx:
            await insert_account(tx, account)

    async def by_id(self, account_id: str) -> StoredAccount | None:
        """Return the account with this id."""
        row = await self._db.row("SELECT * FROM accounts WHERE id = :id", {"id": account_id})
        return to_account(row) if row else None

    async def by_name(self, name: str) -> StoredAccount | None:
        """Return the account whose name reads like this one."""
        row = await self._db.row("SELECT * FROM accounts WHERE name_key = :key", {"key": text_key(name)})
        return to_account(row) if row else None

    async def is_taken(self, name: str, but_for: str | None = None) -> bool:
        """Say whether an account, other than ``but_for``, has this name, or one that looks the same."""
        row = await self._db.row(
            """
            SELECT 1 FROM accounts
            WHERE (name_key = :key OR name_skeleton = :skeleton) AND id IS NOT :but_for""",
            {"key": text_key(name), "skeleton": skeleton(name), "but_for": but_for},
        )
        return row is not None

    async def users(self, ids: Iterable[str]) -> dict[str, User]:
        """
        Return what others see of these accounts, without bios.

        Unknown ids are left out, and who is being erased: that may wait for a hold, and hiding does not.
        """
        wanted = set(ids)
        if not wanted:
            return {}
        rows = await self._db.rows(
            """
            SELECT id, name, kind, avatar_url, created_at_ms FROM accounts
            WHERE id IN (SELECT value FROM json_each(:ids))
              AND NOT EXISTS (SELECT 1 FROM account_privacy WHERE account_id = id AND state = 'erasing')""",
            {"ids": ids_param(wanted)},
        )
        return {
            row["id"]: User(
                id=row["id"],
                name=row["name"],
                kind=row["kind"],
                avatar_url=row["avatar_url"],
                created_at_ms=row["created_at_ms"],
            )
            for row in rows
        }

    async def update(
        self,
        account_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        avatar_url: str | None = None,
        bio: str | None = None,
        password_hash: str | None = None,
    ) -> None:
        """
        Change what is given, all or nothing; None leaves a field as it is, the empty string removes it.

        Raises:
            NameTakenError: another account has the name, or one that looks the same; another
                spelling of the own one is allowed.

        """
        given = {"email": email, "avatar_url": avatar_url, "bio": bio, "password_hash": password_hash}
        values = {field: value for field, value in given.items() if value is not None}
        if name is not None:
            values |= {"name": name, "name_key": text_key(name), "name_skeleton": skeleton(name)}
        if not values:
            return
        assignments = ", ".join(f"{field} = nullif(:{field}, '')" for field in values)
        try:
            await self._change(account_id, assignments, values)
        except sqlite3.IntegrityError as error:
            raise NameTakenError(name or "") from error

    async def move(self, account_id: str, country: str) -> None:
        """Have an account live in another country (ISO 3166), or in none that it names (empty)."""
        await self._change(account_id, "country = nullif(:country, '')", {"country": country})

    async def accept_policy(self, account_id: str, rev: int) -> None:
        """Record that the policy of this revision was accepted."""
        await self._change(account_id, "policy_rev = :rev", {"rev": rev})

    async def set_kind(self, account_id: str, kind: UserKind) -> None:
        """Make an account a user, a bot, an admin."""
        await self._change(account_id, "kind = :kind", {"kind": kind})

    async def delete(self, account_id: str) -> None:
        """Delete an account with its sessions, playlists and roles; log rows keep its id only."""
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM staff WHERE account_id = :id", {"id": account_id})
            deleted = await tx.execute("DELETE FROM accounts WHERE id = :id", {"id": account_id})
            if not deleted:
                raise NotFoundError("user", account_id)

    async def _change(self, account_id: str, assignments: str, values: Mapping[str, object]) -> None:
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                f"UPDATE accounts SET {assignments} WHERE id = :id",  # noqa: S608 - own column names
                {**values, "id": account_id},
            )
            if not changed:
                raise NotFoundError("user", account_id)


def to_account(row: sqlite3.Row) -> StoredAccount:
    """Return the account of a row that holds all columns of its table, and perhaps more."""
    return StoredAccount(**{field: row[field] for field in StoredAccount._fields})


async def give_up_name(tx: Transaction, guest_id: str, name: str, instead: str) -> None:
    """
    Have a guest go on under another name, if theirs is this one or looks the same.

    Raises:
        NameTakenError: another account has the name that they should go on under.

    """
    values = {"id": guest_id, "key": text_key(name), "skeleton": skeleton(name)}
    free = {"instead": instead, "free_key": text_key(instead), "free_skeleton": skeleton(instead)}
    try:
        await tx.execute(
            """
            UPDATE accounts SET name = :instead, name_key = :free_key, name_skeleton = :free_skeleton
            WHERE id = :id AND kind = 'guest' AND (name_key = :key OR name_skeleton = :skeleton)""",
            {**values, **free},
        )
    except sqlite3.IntegrityError as error:
        raise NameTakenError(instead) from error


async def insert_account(tx: Transaction, account: StoredAccount) -> None:
    """
    Add an account within a transaction.

    Raises:
        NameTakenError: another account has its name, or one that looks the same.

    """
    try:
        await tx.execute(
            """
            INSERT INTO accounts
              (id, kind, name, name_key, name_skeleton, password_hash, email, country, avatar_url, bio,
               policy_rev, active_playlist, created_at_ms)
            VALUES
              (:id, :kind, :name, :name_key, :name_skeleton, :password_hash, :email, :country,
               :avatar_url, :bio, :policy_rev, :active_playlist, :created_at_ms)""",
            {
                **account._asdict(),
                "name_key": text_key(account.name),
                "name_skeleton": skeleton(account.name),
            },
        )
    except sqlite3.IntegrityError as error:
        if "accounts.name_" in str(error):
            raise NameTakenError(account.name) from error
        raise
