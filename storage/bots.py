"""Bots: accounts that a user owns and a token logs in. They go with their owner."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from protocol.limits import BOTS_PER_USER, DAY_MS
from protocol.scopes import SCOPES
from protocol.values import Scope
from storage.accounts import insert_account, to_account
from storage.database import Database
from storage.errors import LimitReachedError, NotFoundError
from storage.privacy.holds import is_account_held
from storage.records import StoredAccount
from storage.sessions import insert_session

TOKEN_TTL_MS = 365 * DAY_MS
"""How long a bot's token lives unused: one that was forgotten somewhere does not work for ever."""

_scopes = msgspec.json.Decoder(list[str])


class OwnedBot(NamedTuple):
    """A bot as its owner sees it. ``token_expires_at_ms`` is None once its token has expired."""

    account: StoredAccount
    scopes: frozenset[Scope]
    token_expires_at_ms: int | None


class Bots:
    """All bots. Instants are milliseconds."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(
        self, owner_id: str, account: StoredAccount, scopes: Collection[Scope], token_hash: bytes
    ) -> OwnedBot:
        """
        Add a bot with its account and its token, all or nothing.

        Raises:
            NameTakenError: another account has the name, or one that looks the same.
            LimitReachedError: the owner has as many bots as they may.

        """
        now_ms = account.created_at_ms
        async with self._db.transaction() as tx:
            row = await tx.row(
                f"SELECT count(*) FROM bots WHERE owner_id = :owner AND {_THERE}",  # noqa: S608 - constants
                {"owner": owner_id},
            )
            if row is not None and row[0] >= BOTS_PER_USER:
                raise LimitReachedError("bots", BOTS_PER_USER)
            await insert_account(tx, account)
            await tx.execute(
                "INSERT INTO bots (account_id, owner_id, scopes) VALUES (:id, :owner, :scopes)",
                {"id": account.id, "owner": owner_id, "scopes": _column(scopes)},
            )
            await insert_session(tx, token_hash, account.id, now_ms, now_ms + TOKEN_TTL_MS)
        return OwnedBot(account, frozenset(scopes), now_ms + TOKEN_TTL_MS)

    async def of_owner(self, owner_id: str, now_ms: int) -> list[OwnedBot]:
        """Return a user's bots, the oldest first."""
        rows = await self._db.rows(
            f"""
            SELECT accounts.*, bots.scopes AS scopes,
              (SELECT max(expires_at_ms) FROM sessions
               WHERE sessions.account_id = accounts.id AND expires_at_ms > :now) AS expires_at_ms
            FROM bots JOIN accounts ON accounts.id = bots.account_id
            WHERE bots.owner_id = :owner AND {_THERE} ORDER BY accounts.created_at_ms, accounts.id""",  # noqa: S608 - constants
            {"owner": owner_id, "now": now_ms},
        )
        return [OwnedBot(to_account(row), _to_scopes(row["scopes"]), row["expires_at_ms"]) for row in rows]

    async def owner_of(self, bot_id: str) -> str | None:
        """Return who owns a bot; None for what is none."""
        row = await self._db.row("SELECT owner_id FROM bots WHERE account_id = :id", {"id": bot_id})
        return None if row is None else row["owner_id"]

    async def log_in(self, bot_id: str, token_hash: bytes, now_ms: int) -> frozenset[Scope]:
        """
        Return what a bot may do, and let its token live on.

        Raises:
            NotFoundError: it was revoked.

        """
        async with self._db.transaction() as tx:
            row = await tx.row("SELECT scopes FROM bots WHERE account_id = :id", {"id": bot_id})
            if row is None:
                raise NotFoundError("bot", bot_id)
            await tx.execute(
                "UPDATE sessions SET expires_at_ms = :expires WHERE token_hash = :hash",
                {"expires": now_ms + TOKEN_TTL_MS, "hash": token_hash},
            )
        return _to_scopes(row["scopes"])

    async def revoke(self, owner_id: str, bot_id: str) -> None:
        """
        Delete a bot with its account, its token, its playlists and its roles.

        One that is held loses its token and is in no list; it goes with the next sweep after the hold.

        Raises:
            NotFoundError: the owner has no such bot.

        """
        params = {"id": bot_id, "owner": owner_id}
        async with self._db.transaction() as tx:
            found = await tx.row(
                f"SELECT {is_account_held(':id')} FROM bots"  # noqa: S608 - constants
                f" WHERE account_id = :id AND owner_id = :owner AND {_THERE}",
                params,
            )
            if found is None:
                raise NotFoundError("bot", bot_id)
            if not found[0]:
                await tx.execute("DELETE FROM bots WHERE account_id = :id", params)
                return
            await tx.execute("DELETE FROM sessions WHERE account_id = :id", params)
            await tx.execute(
                """
                INSERT INTO account_privacy (account_id, state) VALUES (:id, 'erasing')
                ON CONFLICT (account_id) DO UPDATE SET state = 'erasing'""",
                params,
            )

    async def staffed(self, bot_id: str) -> list[str]:
        """Return the ids of the rooms where a bot has a role."""
        rows = await self._db.rows(
            "SELECT room_id FROM staff WHERE account_id = :id ORDER BY room_id", {"id": bot_id}
        )
        return [row["room_id"] for row in rows]


_THERE = """NOT EXISTS
  (SELECT 1 FROM account_privacy WHERE account_id = bots.account_id AND state = 'erasing')"""
"""The condition for bots that were not revoked while they are held."""


def _column(scopes: Collection[Scope]) -> str:
    return msgspec.json.encode([scope for scope in SCOPES if scope in scopes]).decode()


def _to_scopes(column: str) -> frozenset[Scope]:
    # A scope that this version does not know grants nothing.
    held = _scopes.decode(column)
    return frozenset(scope for scope in SCOPES if scope in held)
