"""Mutes, bans and block-lists of a room, as the journal writes and the opening reads them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from protocol.values import BlockedMedia, Sanction, User
from storage.database import Database, Transaction
from storage.fold import gone_user
from storage.records import BlockRow, SanctionRow

_PUT_SANCTION = """
INSERT OR REPLACE INTO sanctions
  (room_id, kind, account_id, until_ms, by_id, at_ms, reason, shadow, address_key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_LIFT_SANCTION = "DELETE FROM sanctions WHERE room_id = ? AND kind = ? AND account_id = ?"
_PUT_BLOCK = """
INSERT OR REPLACE INTO blocked_media (room_id, source, source_id, title, by_id, at_ms)
VALUES (?, ?, ?, ?, ?, ?)"""
_LIFT_BLOCK = "DELETE FROM blocked_media WHERE room_id = ? AND source = ? AND source_id = ?"


async def write_sanctions(tx: Transaction, rows: Iterable[SanctionRow]) -> None:
    """Put or lift mutes and bans, in order."""
    for row in rows:
        if row.sanction is None:
            await tx.execute(_LIFT_SANCTION, (row.room_id, row.kind, row.account_id))
            continue
        one = row.sanction
        values = (one.until_ms, one.by.id, one.at_ms, one.reason, one.shadow, row.address_key)
        await tx.execute(_PUT_SANCTION, (row.room_id, row.kind, row.account_id, *values))


async def write_blocks(tx: Transaction, rows: Iterable[BlockRow]) -> None:
    """Put media on block-lists or take it off, in order."""
    for row in rows:
        key = (row.room_id, row.source, row.source_id)
        if row.entry is None:
            await tx.execute(_LIFT_BLOCK, key)
        else:
            await tx.execute(_PUT_BLOCK, (*key, row.entry.title, row.entry.by.id, row.entry.at_ms))


async def sanction_rows(db: Database, room_id: str, now_ms: int) -> list[sqlite3.Row]:
    """Return the mutes and bans in force, oldest first."""
    return await db.rows(
        """
        SELECT kind, account_id, until_ms, by_id, at_ms, reason, shadow, address_key FROM sanctions
        WHERE room_id = :room AND (until_ms IS NULL OR until_ms > :now) ORDER BY at_ms, account_id""",
        {"room": room_id, "now": now_ms},
    )


async def block_rows(db: Database, room_id: str) -> list[sqlite3.Row]:
    """Return the block-list, oldest first."""
    return await db.rows(
        """
        SELECT source, source_id, title, by_id, at_ms FROM blocked_media
        WHERE room_id = :room ORDER BY at_ms, source_id""",
        {"room": room_id},
    )


def to_sanction(row: sqlite3.Row, users: Mapping[str, User]) -> Sanction:
    """Return the mute or ban of a row; people who are gone are named so."""
    return Sanction(
        user=users.get(row["account_id"]) or gone_user(row["account_id"]),
        kind=row["kind"],
        until_ms=row["until_ms"],
        by=users.get(row["by_id"]) or gone_user(row["by_id"]),
        at_ms=row["at_ms"],
        reason=row["reason"],
        shadow=bool(row["shadow"]),
    )


def to_block(row: sqlite3.Row, users: Mapping[str, User]) -> BlockedMedia:
    """Return the entry of a row of the block-list."""
    return BlockedMedia(
        source=row["source"],
        source_id=row["source_id"],
        title=row["title"],
        by=users.get(row["by_id"]) or gone_user(row["by_id"]),
        at_ms=row["at_ms"],
    )
