"""The sweep: what has expired goes, batch by batch, and its bytes with it."""

from __future__ import annotations

from protocol.limits import GUEST_BAN_MS
from storage.database import Database
from storage.sessions import SESSION_TTL_MS

SWEEP_BATCH = 500
"""Rows a transaction deletes at most: one big statement would hold up the room's beats."""

_FREED_PAGES = 1000

_SWEEPS = {
    "events": """
        DELETE FROM events WHERE id IN
          (SELECT id FROM events WHERE expires_at_ms <= :now LIMIT :batch)""",
    # The play on air stays whatever its age: a room cannot lose it.
    "plays": """
        DELETE FROM plays WHERE id IN
          (SELECT id FROM plays WHERE expires_at_ms <= :now AND ended_at_ms IS NOT NULL LIMIT :batch)""",
    "votes": """
        DELETE FROM votes WHERE (play_id, account_id) IN
          (SELECT play_id, account_id FROM votes WHERE expires_at_ms <= :now LIMIT :batch)""",
    "sessions": """
        DELETE FROM sessions WHERE token_hash IN
          (SELECT token_hash FROM sessions WHERE expires_at_ms <= :now LIMIT :batch)""",
    "sanctions": """
        DELETE FROM sanctions WHERE (room_id, kind, account_id) IN
          (SELECT room_id, kind, account_id FROM sanctions WHERE until_ms <= :now LIMIT :batch)""",
    # A guest may be banned for good; where they came from is not kept that long.
    "addresses": """
        UPDATE sanctions SET address_key = NULL WHERE (room_id, kind, account_id) IN
          (SELECT room_id, kind, account_id FROM sanctions
           WHERE address_key IS NOT NULL AND at_ms <= :now - :guest_ban LIMIT :batch)""",
    # A guest without a session can never come back.
    "accounts": """
        DELETE FROM accounts WHERE id IN
          (SELECT id FROM accounts
           WHERE kind = 'guest' AND created_at_ms <= :now - :session_ttl
             AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.account_id = accounts.id)
             AND NOT EXISTS (SELECT 1 FROM staff WHERE staff.account_id = accounts.id)
           LIMIT :batch)""",
}


async def sweep(db: Database, now_ms: int, batch: int = SWEEP_BATCH) -> dict[str, int]:
    """
    Delete what has expired, and return how many rows of which table went.

    Works in transactions of at most ``batch`` rows, so that others get their turn in between,
    and then empties the write-ahead log: until then it still holds the deleted bytes, those of
    chat that staff deleted too, hence also when nothing has expired.

    Raises:
        StorageUnavailableError: what was deleted so far stays deleted; sweep again later.

    """
    params = {"now": now_ms, "batch": batch, "session_ttl": SESSION_TTL_MS, "guest_ban": GUEST_BAN_MS}
    deleted = {}
    for table, sql in _SWEEPS.items():
        deleted[table] = 0
        while True:
            async with db.transaction() as tx:
                count = await tx.execute(sql, params)
            deleted[table] += count
            if count < batch:
                break
    if any(deleted.values()):
        await db.shrink(_FREED_PAGES)
    await db.checkpoint()
    return deleted
