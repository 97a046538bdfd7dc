"""
Pauses: a sweep that would delete too much right after a policy changed waits for a person.

A typing error in a policy (``30m`` for ``30d``) must not cost a month of records. What is over
stays hidden while it waits; only its deletion does.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from protocol.limits import HOUR_MS
from storage.database import Database
from storage.privacy.policy import Policy

WINDOW_MS = 72 * HOUR_MS
"""So long after a change, and after it reached the older rows, sweeps are watched."""
ROWS_MIN = 10_000
"""Fewer rows than this are never too many."""

_COUNT = {
    "events": """
      SELECT count(*) FROM events
      WHERE category = :category AND (:now IS NULL OR expires_at_ms <= :now)""",
    "plays": "SELECT count(*) FROM plays WHERE :now IS NULL OR expires_at_ms <= :now",
    "votes": "SELECT count(*) FROM votes WHERE :now IS NULL OR expires_at_ms <= :now",
    "connections": "SELECT count(*) FROM connections WHERE :now IS NULL OR expires_at_ms <= :now",
}
_TABLES_OF = {
    "chat": ("events",),
    "video": ("events", "plays"),
    "votes": ("votes",),
    "presence": ("events",),
    "signin": ("events",),
    "moderation": ("events",),
    "connections": ("connections",),
}
"""Where the rows of a category are."""


class Pause(NamedTuple):
    """A category whose rows wait: ``expired`` of ``total`` would have gone."""

    category: str
    at_ms: int
    expired: int
    total: int


class Pauses:
    """Watches sweeps for a while after each change of policy."""

    def __init__(self, db: Database, policy: Policy | None = None, changed_at_ms: int | None = None) -> None:
        self._db = db
        self.policy = policy
        self.changed_at_ms = changed_at_ms
        """When the policy in force began to be so; None: it never was another one."""

    async def check(self, now_ms: int) -> frozenset[str]:
        """Return the categories that must not be swept now, having paused those that would lose too much."""
        paused: dict[str, int | None] = {row["category"]: row["allowed_ms"] for row in await self._rows()}
        waiting = {category for category, allowed_ms in paused.items() if allowed_ms is None}
        if self.policy is not None and self._is_watching(now_ms):
            for category in _TABLES_OF.keys() - paused.keys():
                expired = await self._count(category, now_ms)
                if expired <= ROWS_MIN:
                    continue
                total = await self._count(category, None)
                if expired > total * self.policy.sweep_fraction:
                    await self._pause(category, now_ms, expired, total)
                    waiting.add(category)
        elif self.policy is not None and (paused.keys() - waiting) & _TABLES_OF.keys():
            await self._forget_allowed()
        return frozenset(waiting)

    def _is_watching(self, now_ms: int) -> bool:
        if self.changed_at_ms is None or self.policy is None:
            return False
        return now_ms < self.changed_at_ms + self.policy.cooloff_ms + WINDOW_MS

    async def waiting(self) -> list[Pause]:
        """Return what waits for a person."""
        return [
            Pause(row["category"], row["at_ms"], row["expired"], row["total"])
            for row in await self._rows()
            if row["allowed_ms"] is None
        ]

    async def allow(self, category: str, now_ms: int) -> bool:
        """Let a paused category be swept, until the next change of policy; say whether it was paused."""
        async with self._db.transaction() as tx:
            return bool(
                await tx.execute(
                    "UPDATE sweep_pauses SET allowed_ms = ? WHERE category = ? AND allowed_ms IS NULL",
                    (now_ms, category),
                )
            )

    async def waits(self, category: str, now_ms: int, expired: int, total: int) -> bool:
        """Pause a category that is not of the log, unless a person has let it go; say whether it waits."""
        for row in await self._rows():
            if row["category"] == category:
                return row["allowed_ms"] is None
        await self._pause(category, now_ms, expired, total)
        return True

    async def settled(self, category: str) -> None:
        """Forget that a category was paused: what waited is gone."""
        if any(row["category"] == category for row in await self._rows()):
            async with self._db.transaction() as tx:
                await tx.execute("DELETE FROM sweep_pauses WHERE category = ?", (category,))

    async def reset(self, policy: Policy, changed_at_ms: int | None) -> None:
        """Begin to watch again, under another policy; what waited is looked at anew."""
        self.policy, self.changed_at_ms = policy, changed_at_ms
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM sweep_pauses")

    async def _rows(self) -> list[sqlite3.Row]:
        return await self._db.rows("SELECT category, at_ms, expired, total, allowed_ms FROM sweep_pauses")

    async def _count(self, category: str, over_by_ms: int | None) -> int:
        """Count the rows of a category, or those of them that are over."""
        count = 0
        for table in _TABLES_OF[category]:
            row = await self._db.row(_COUNT[table], {"category": category, "now": over_by_ms})
            assert row is not None, "an aggregate always has a row"
            count += row[0]
        return count

    async def _pause(self, category: str, now_ms: int, expired: int, total: int) -> None:
        async with self._db.transaction() as tx:
            await tx.execute(
                "INSERT INTO sweep_pauses (category, at_ms, expired, total) VALUES (?, ?, ?, ?)",
                (category, now_ms, expired, total),
            )

    async def _forget_allowed(self) -> None:
        async with self._db.transaction() as tx:
            for category in _TABLES_OF:
                await tx.execute(
                    "DELETE FROM sweep_pauses WHERE category = ? AND allowed_ms IS NOT NULL", (category,)
                )
