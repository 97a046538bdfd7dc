"""
Rows from the future: what was recorded while a clock ran ahead.

A server that starts on a wrong clock stamps its records with it, and they would be kept until their
time after that instant. When time is trusted again they are as if recorded now: nobody was promised
that they stay for longer.
"""

from __future__ import annotations

from storage.database import Database

BATCH = 500


def _back(table: str, at: str, part: str | None, keys: str, only: str = "") -> tuple[str, str]:
    shifted = "" if part is None else f", {part} = {part} - ({at} - :now)"
    chosen = f"SELECT {keys} FROM {table} WHERE {at} > :now{only} LIMIT :batch"  # noqa: S608 - names of the schema
    return chosen, (
        f"UPDATE {table} SET expires_at_ms = expires_at_ms - ({at} - :now){shifted}, {at} = :now"  # noqa: S608 - same
        f" WHERE ({keys}) IN ({chosen})"
    )


# The play on air goes by its own beginning, whatever the calendar says.
_TABLES = (
    _back("events", "at_ms", "media_expires_at_ms", "id"),
    _back("plays", "started_at_ms", "media_expires_at_ms", "id", " AND ended_at_ms IS NOT NULL"),
    _back("votes", "at_ms", None, "play_id, account_id"),
    _back("connections", "at_ms", "raw_until_ms", "id"),
)


async def bring_back(db: Database, now_ms: int) -> int:
    """
    Let what is stamped with a time after ``now_ms`` be of now, and be over that much sooner.

    Return how many rows that were.

    Raises:
        StorageUnavailableError: what was brought back stays so; do it again.

    """
    brought = 0
    for chosen, update in _TABLES:
        # The whole table is looked through: by the reader, and only where there is something by the writer.
        while await db.row(chosen, {"now": now_ms, "batch": 1}) is not None:
            async with db.transaction() as tx:
                brought += await tx.execute(update, {"now": now_ms, "batch": BATCH})
    return brought
