"""
Categories of recorded data: what, why, and for how long.

One table drives what the recorder promises at capture, what the sweeper deletes and what
the notice says at the door.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from protocol.limits import DAY_MS
from protocol.values import Notice, NoticeCategory
from storage.database import Database

POLICY_REV = 1
"""The revision of this table; every recorded row carries it."""


class Category(NamedTuple):
    """A kind of data. ``ttl_ms`` None: kept as long as the account."""

    what: str
    purpose: str
    ttl_ms: int | None


CATEGORIES: dict[str, Category] = {
    "account": Category("name, password hash, e-mail if given, playlists", "service", None),
    "chat": Category("messages and who wrote them", "service, security", 30 * DAY_MS),
    "video": Category("what was played, by whom, skips and the waitlist", "service", 90 * DAY_MS),
    "votes": Category("woots, mehs and grabs", "service", 30 * DAY_MS),
    "presence": Category("who entered and left a room", "security", 7 * DAY_MS),
    "signin": Category("when an account logged in", "security", 90 * DAY_MS),
    "moderation": Category("who changed what in a room", "security", 365 * DAY_MS),
}

EVENT_CATEGORIES: dict[str, str] = {
    "play.started": "video",
    "play.stopped": "video",
    "play.moved": "video",
    "booth.leaving": "video",
    "waitlist.changed": "video",
    "waitlist.settings": "moderation",
    "chat.message": "chat",
    "chat.deleted": "moderation",
    "room.updated": "moderation",
    "staff.changed": "moderation",
    "user.updated": "presence",
}


def category_of(event: str) -> str:
    """Return the category under which a room event is recorded."""
    return EVENT_CATEGORIES[event]


def expires_at(category: str, at_ms: int) -> int:
    """Return the instant up to which a row written at ``at_ms`` may be kept."""
    ttl_ms = CATEGORIES[category].ttl_ms
    assert ttl_ms is not None, f"{category} rows belong to an account and do not expire"
    return at_ms + ttl_ms


def render_notice(url: str) -> Notice:
    """Return the recording notice, made from the table and nothing else."""
    categories = [
        NoticeCategory(category=name, what=one.what, purpose=one.purpose, ttl_ms=one.ttl_ms)
        for name, one in CATEGORIES.items()
    ]
    kept = {name: (one.ttl_ms or 0) // DAY_MS for name, one in CATEGORIES.items()}
    text = (
        f"This server records what you say in chat for {kept['chat']} days, and what you play, "
        f"skip and queue for {kept['video']} days. Votes are kept {kept['votes']} days, and who "
        f"was in the room {kept['presence']} days. Everyone in the room sees chat, plays and votes; "
        f"the operator can read the record."
    )
    digest = hashlib.sha256(f"{POLICY_REV}{text}{categories}".encode()).hexdigest()[:16]
    return Notice(rev=POLICY_REV, hash=digest, url=url, text=text, categories=categories)


_EXPIRED = {
    "events": "SELECT id FROM events WHERE expires_at_ms <= :now ORDER BY expires_at_ms LIMIT :batch",
    "plays": "SELECT rowid FROM plays WHERE expires_at_ms <= :now AND ended_at_ms IS NOT NULL LIMIT :batch",
}
_KEYED = {
    "votes": "DELETE FROM votes WHERE (play_id, account_id) IN (SELECT play_id, account_id FROM votes"
    " WHERE expires_at_ms <= :now LIMIT :batch)",
    "sessions": "DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions"
    " WHERE expires_at_ms <= :now LIMIT :batch)",
    "accounts": "DELETE FROM accounts WHERE id IN (SELECT id FROM accounts a WHERE kind = 'guest'"
    " AND created_at_ms <= :now - 172800000"
    " AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = a.id) LIMIT :batch)",
}


async def sweep(db: Database, now_ms: int, batch: int = 500) -> dict[str, int]:
    """
    Delete what has expired, in small transactions; return how many rows of each table.

    Afterwards the log is emptied into the file, so that deleted bytes leave the disk.
    """
    statements = {
        table: f"DELETE FROM {table} WHERE rowid IN ({select})"  # noqa: S608 - names from the table above
        for table, select in _EXPIRED.items()
    }
    gone = {}
    for table, sql in (statements | _KEYED).items():
        gone[table] = 0
        while True:
            async with db.transaction() as tx:
                count = await tx.execute(sql, {"now": now_ms, "batch": batch})
            gone[table] += count
            if count < batch:
                break
    if any(gone.values()):
        await db.checkpoint()
    return gone
