"""Bans from the whole server, of accounts and of networks, as the operator set them."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from storage.database import Database


class ServerBan(NamedTuple):
    """
    Who stays out: an account, or a network.

    Of a network there is a keyed hash and its prefix's length, never an address. ``network`` is its
    text where it is too wide to be anybody's. ``until_ms`` None is for good.
    """

    id: str
    account_id: str | None
    network_key: bytes | None
    network: str | None
    prefix: str | None
    """IP version and bits: ``4/24``."""
    reason: str | None
    at_ms: int
    until_ms: int | None

    def is_over(self, now_ms: int) -> bool:
        """Say whether it has run out."""
        return self.until_ms is not None and self.until_ms <= now_ms


class ServerBans:
    """All bans from the server."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self, now_ms: int) -> list[ServerBan]:
        """Return the bans in force, oldest first."""
        rows = await self._db.rows(
            """
            SELECT id, account_id, network_key, network, prefix, reason, at_ms, until_ms FROM server_bans
            WHERE until_ms IS NULL OR until_ms > :now ORDER BY at_ms, id""",
            {"now": now_ms},
        )
        return [_to_ban(row) for row in rows]

    async def put(self, ban: ServerBan) -> None:
        """
        Store a ban, in the place of one of the same account or network.

        Raises:
            StorageUnavailableError: nothing has changed.

        """
        async with self._db.transaction() as tx:
            await tx.execute(
                "DELETE FROM server_bans WHERE account_id = :account OR network_key = :network",
                {"account": ban.account_id, "network": ban.network_key},
            )
            await tx.execute(
                """
                INSERT INTO server_bans
                  (id, account_id, network_key, network, prefix, reason, at_ms, until_ms)
                VALUES (:id, :account_id, :network_key, :network, :prefix, :reason, :at_ms, :until_ms)""",
                ban._asdict(),
            )

    async def lift(self, ban_id: str) -> None:
        """Forget a ban."""
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM server_bans WHERE id = :id", {"id": ban_id})

    async def bots_of(self, account_ids: list[str]) -> list[tuple[str, str]]:
        """Return the bots of some accounts, as (bot, owner)."""
        owners = ", ".join("?" * len(account_ids))
        rows = await self._db.rows(
            f"SELECT account_id, owner_id FROM bots WHERE owner_id IN ({owners})",  # noqa: S608 - question marks
            tuple(account_ids),
        )
        return [(row["account_id"], row["owner_id"]) for row in rows]


def _to_ban(row: sqlite3.Row) -> ServerBan:
    return ServerBan(*row)
