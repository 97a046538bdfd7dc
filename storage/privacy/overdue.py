"""How late deletions are, and when the next is due: what the promise of retention is measured by."""

from __future__ import annotations

from protocol.limits import BLOCK_TITLE_MS
from storage.database import Database
from storage.privacy.holds import asked
from storage.privacy.sweeps import TITLED_BLOCKS


async def overdue(db: Database, now_ms: int) -> dict[str, int]:
    """Return how long the oldest row that is over has been so, in milliseconds, by category."""
    params = {"now": now_ms, "nothing_held": db.holds_nothing, "block_title": BLOCK_TITLE_MS}
    rows = await db.rows(_OLDEST, params)
    late: dict[str, int] = {}
    for row in rows:
        if row["oldest"] is not None:
            late[row["category"]] = max(late.get(row["category"], 0), now_ms - row["oldest"])
    return late


async def next_expiry(db: Database, now_ms: int) -> int | None:
    """Return the next instant after ``now_ms`` at which a log row is over; None if there is none."""
    row = await db.row(_NEXT, {"now": now_ms})
    assert row is not None, "an aggregate always has a row"
    at_ms: int | None = row[0]
    return at_ms


_EVENT = asked("events", "category", "room_id", "actor_id", "at_ms")
_PLAY = asked("plays", "'video'", "room_id", "dj_id", "started_at_ms")
_VOTE = asked("votes", "'votes'", "NULL", "account_id", "at_ms")
_CONNECTION = asked("connections", "'connections'", "NULL", "account_id", "at_ms")
_PLAY_TITLE = asked("plays", "'media'", "room_id", "dj_id", "started_at_ms")
_EVENT_TITLE = asked("events", "'media'", "room_id", "actor_id", "at_ms")

# What is held is not late.
_OLDEST = f"""
SELECT category, min(expires_at_ms) AS oldest FROM events WHERE expires_at_ms <= :now AND {_EVENT}
  GROUP BY category
UNION ALL SELECT 'video', min(expires_at_ms) FROM plays
  WHERE expires_at_ms <= :now AND ended_at_ms IS NOT NULL AND {_PLAY}
UNION ALL SELECT 'votes', min(expires_at_ms) FROM votes WHERE expires_at_ms <= :now AND {_VOTE}
UNION ALL SELECT 'connections', min(expires_at_ms) FROM connections
  WHERE expires_at_ms <= :now AND {_CONNECTION}
UNION ALL SELECT 'connections', min(raw_until_ms) FROM connections
  WHERE raw_until_ms <= :now AND {_CONNECTION}
UNION ALL SELECT 'media', min(media_expires_at_ms) FROM plays
  WHERE media_expires_at_ms <= :now AND {_PLAY_TITLE}
UNION ALL SELECT 'media', min(media_expires_at_ms) FROM events
  WHERE media_expires_at_ms <= :now AND {_EVENT_TITLE}
UNION ALL SELECT 'media', min(at_ms) + :block_title FROM blocked_media
  WHERE at_ms <= :now - :block_title AND {TITLED_BLOCKS}"""  # noqa: S608 - constants

_NEXT = """
SELECT min(at_ms) FROM (
  SELECT min(expires_at_ms) AS at_ms FROM events WHERE category = 'chat' AND expires_at_ms > :now
  UNION ALL SELECT min(expires_at_ms) FROM events WHERE category = 'video' AND expires_at_ms > :now
  UNION ALL SELECT min(expires_at_ms) FROM events WHERE category = 'presence' AND expires_at_ms > :now
  UNION ALL SELECT min(expires_at_ms) FROM votes WHERE expires_at_ms > :now
  UNION ALL SELECT min(expires_at_ms) FROM plays WHERE expires_at_ms > :now)"""
