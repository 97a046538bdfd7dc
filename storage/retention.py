"""
Retention: what is recorded, why, for how long; and the sweep that keeps it so.

One table of categories drives recording, sweeping and the notice said at the door.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from protocol.limits import DAY_MS, GUEST_BAN_MS
from protocol.values import Notice, NoticeCategory
from storage.database import Database

POLICY_REV = 1
"""The revision of the policy below; it rises with every change of a purpose or a time."""

SESSION_TTL_MS = 30 * DAY_MS
"""How long a session lives unused; a guest without any lives no longer than this."""

SWEEP_BATCH = 500
"""Rows a transaction deletes at most: one big statement would hold up the room's beats."""

_FREED_PAGES = 1000
_HASH_CHARS = 16


class Category(NamedTuple):
    """A kind of recorded data. ``ttl_ms`` None: as long as the account exists."""

    name: str
    what: str
    purpose: str
    ttl_ms: int | None


CATEGORIES: dict[str, Category] = {
    category.name: category
    for category in (
        Category(
            "account",
            "your name, profile, playlists and room roles",
            "to know you when you come back",
            None,
        ),
        Category("chat", "what you say in chat", "to show it to the room and to moderate", 30 * DAY_MS),
        Category(
            "video", "what you play, skip and queue for", "to show the room's and your history", 90 * DAY_MS
        ),
        Category("votes", "your votes and grabs", "to count the score of a play", 30 * DAY_MS),
        Category("presence", "when you join and leave rooms", "to keep rooms in step", 7 * DAY_MS),
        Category("signin", "when you sign in", "to protect your account", 90 * DAY_MS),
        Category("moderation", "what staff do, and to whom", "to review moderation", 365 * DAY_MS),
    )
}

_CATEGORY_OF = {
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
    "member.muted": "moderation",
    "member.unmuted": "moderation",
    "member.kicked": "moderation",
    "member.banned": "moderation",
    "member.unbanned": "moderation",
    "member.waitlist_banned": "moderation",
    "member.waitlist_unbanned": "moderation",
    "user.updated": "presence",
    "user.erased": "presence",
}


def category_of(kind: str) -> str:
    """Return the category of a room event by its wire name; KeyError for any other name."""
    return _CATEGORY_OF[kind]


def expires_at(category: str, at_ms: int) -> int:
    """
    Return the instant from which a row recorded at ``at_ms`` is invisible.

    Raises:
        ValueError: rows of this category do not expire on their own.

    """
    ttl_ms = CATEGORIES[category].ttl_ms
    if ttl_ms is None:
        raise ValueError(f"expected a category with a time to live, got {category!r}")
    return at_ms + ttl_ms


def render_notice(url: str) -> Notice:
    """Return the recording notice of the policy in force; ``url`` is where its full text is."""
    categories = [
        NoticeCategory(category=each.name, what=each.what, purpose=each.purpose, ttl_ms=each.ttl_ms)
        for each in CATEGORIES.values()
    ]
    kept = "; ".join(f"{each.what} ({_period(each.ttl_ms)}, {each.purpose})" for each in CATEGORIES.values())
    text = f"This server records {kept}. Records are deleted when their time is over."
    content = msgspec.json.encode((POLICY_REV, text, categories))
    return Notice(
        rev=POLICY_REV,
        hash=hashlib.sha256(content).hexdigest()[:_HASH_CHARS],
        url=url,
        text=text,
        categories=categories,
    )


def _period(ttl_ms: int | None) -> str:
    return "for the life of your account" if ttl_ms is None else f"for {ttl_ms // DAY_MS} days"


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
