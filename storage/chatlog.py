"""The chat log: what was said in a room, without what was deleted or has expired."""

from __future__ import annotations

from typing import NamedTuple

from protocol.events import ChatMessage
from storage.accounts import Accounts
from storage.database import Database
from storage.fold import folded_users, parse, unfold

_NEWEST = 2**63 - 1


class ChatPage(NamedTuple):
    """Messages, newest first, and whether there are older ones."""

    messages: list[ChatMessage]
    more: bool


class ChatLog:
    """Reads the log's chat messages."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def page(self, room_id: str, before_seq: int | None, limit: int, now_ms: int) -> ChatPage:
        """Return the newest ``limit`` messages before ``before_seq`` (None: the newest of all)."""
        rows = await self._db.rows(
            """
            SELECT seq, at_ms, kind, payload FROM events
            WHERE room_id = :room AND category = 'chat' AND seq < :before
              AND expires_at_ms > :now AND payload ->> '$.deleted' IS NULL
            ORDER BY seq DESC LIMIT :limit""",
            {
                "room": room_id,
                "before": _NEWEST if before_seq is None else before_seq,
                "now": now_ms,
                # One more than asked for tells whether there are older ones.
                "limit": limit + 1,
            },
        )
        page = rows[:limit]
        users = await self._accounts.users(folded_users([parse(row["payload"]) for row in page]))
        messages = []
        for row in page:
            message = unfold(
                row["kind"], row["payload"], room=room_id, seq=row["seq"], at_ms=row["at_ms"], users=users
            )
            assert isinstance(message, ChatMessage), "the category chat holds messages only"
            messages.append(message)
        return ChatPage(messages, len(rows) > limit)

    async def has(self, room_id: str, message_id: str) -> bool:
        """Say whether a room's log has a message, if only its place: deleted, or over a moment ago."""
        row = await self._db.row(
            """
            SELECT 1 FROM events
            WHERE kind = 'chat.message' AND room_id = :room AND payload ->> '$.id' = :id""",
            {"room": room_id, "id": message_id},
        )
        return row is not None

    async def author(self, room_id: str, message_id: str, now_ms: int) -> str | None:
        """Return the id of who wrote a message; None if it is unknown, deleted or expired."""
        row = await self._db.row(
            """
            SELECT actor_id FROM events
            WHERE kind = 'chat.message' AND room_id = :room AND payload ->> '$.id' = :id
              AND expires_at_ms > :now AND payload ->> '$.deleted' IS NULL""",
            {"room": room_id, "id": message_id, "now": now_ms},
        )
        return row["actor_id"] if row else None

    async def count_by_user(self, room_id: str, user_id: str, now_ms: int) -> int:
        """Return how many messages of a user a room's log shows."""
        return await self._count(
            """
            SELECT count(*) FROM events
            WHERE actor_id = :user AND category = 'chat' AND +room_id = :room
              AND expires_at_ms > :now AND payload ->> '$.deleted' IS NULL""",
            {"room": room_id, "user": user_id, "now": now_ms},
        )

    async def count_all(self, room_id: str, now_ms: int) -> int:
        """Return how many messages a room's log shows."""
        return await self._count(
            """
            SELECT count(*) FROM events
            WHERE room_id = :room AND category = 'chat'
              AND expires_at_ms > :now AND payload ->> '$.deleted' IS NULL""",
            {"room": room_id, "now": now_ms},
        )

    async def _count(self, sql: str, params: dict[str, object]) -> int:
        row = await self._db.row(sql, params)
        assert row is not None, "an aggregate always has a row"
        count: int = row[0]
        return count
