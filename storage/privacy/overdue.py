"""How late deletions are, by category: what the promise of retention is measured by."""

from __future__ import annotations

from storage.database import Database
from storage.privacy.registry import LOG_TABLES, TABLES

ROW_PROMISE_MS = 15 * 60 * 1000
"""How long after its expiry a row is gone."""


async def overdue(db: Database, now_ms: int, promise_ms: int = ROW_PROMISE_MS) -> dict[str, int]:
    """Return by how much the oldest row of each log table, or category in it, is beyond its promise."""
    late: dict[str, int] = {}
    for name in sorted(LOG_TABLES):
        group = "category" if "category" in TABLES[name].columns else f"'{name}'"
        rows = await db.rows(
            f"""
            SELECT {group} AS name, min(expires_at_ms) AS oldest FROM {name}
            WHERE {_ENDED.get(name, "1")} GROUP BY 1""",  # noqa: S608 - names of the registry
        )
        late |= {row["name"]: max(0, now_ms - row["oldest"] - promise_ms) for row in rows}
    return late


_ENDED = {"plays": "ended_at_ms IS NOT NULL"}
"""The play on air outlives its time: a room cannot lose it."""
