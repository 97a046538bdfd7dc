"""Chat as it was recorded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from protocol.events import ChatMessage, RoomEvent
from storage.accounts import Accounts
from storage.database import Database
from storage.fold import folded_users, unfold

_KEPT = "room_id = :room AND category = 'chat' AND expires_at_ms > :now AND payload ->> '$.deleted' IS NULL"


async def hydrate(accounts: Accounts, room_id: str, rows: Sequence[sqlite3.Row]) -> list[RoomEvent]:
    """Return the events of rows (kind, seq, at_ms, payload), with people by their present names."""
    payloads = [json.loads(row["payload"]) for row in rows]
    users = await accounts.users(user for payload in payloads for user in folded_users(payload))
    return [
        unfold(row["kind"], payload, room=room_id, seq=row["seq"], at_ms=row["at_ms"], users=users)
        for row, payload in zip(rows, payloads, strict=True)
    ]


class ChatLog:
    """Reads chat; what has expired or was deleted is not there."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def page(
        self, room_id: str, before_seq: int | None, limit: int, now_ms: int
    ) -> tuple[list[ChatMessage], bool]:
        """Return messages, newest first, and whether there are older ones."""
        before = 2**62 if before_seq is None else before_seq
        rows = await self._db.rows(
            f"SELECT kind, seq, at_ms, payload FROM events WHERE {_KEPT} AND seq < :before"  # noqa: S608
            " ORDER BY seq DESC LIMIT :limit",
            {"room": room_id, "now": now_ms, "before": before, "limit": limit + 1},
        )
        events = await hydrate(self._accounts, room_id, rows[:limit])
        return [event for event in events if isinstance(event, ChatMessage)], len(rows) > limit

    async def author(self, room_id: str, message_id: str, now_ms: int) -> str | None:
        """Return who wrote a message that is still there."""
        row = await self._db.row(
            f"SELECT actor_id FROM events WHERE {_KEPT} AND payload ->> '$.id' = :id",  # noqa: S608
            {"room": room_id, "now": now_ms, "id": message_id},
        )
        return None if row is None else row[0]

    async def count_by_user(self, room_id: str, user_id: str, now_ms: int) -> int:
        """Count a user's messages that are still there."""
        row = await self._db.row(
            f"SELECT count(*) FROM events WHERE {_KEPT} AND actor_id = :user",  # noqa: S608
            {"room": room_id, "now": now_ms, "user": user_id},
        )
        return 0 if row is None else row[0]

    async def count(self, room_id: str, now_ms: int) -> int:
        """Count all messages that are still there."""
        row = await self._db.row(
            f"SELECT count(*) FROM events WHERE {_KEPT}",  # noqa: S608
            {"room": room_id, "now": now_ms},
        )
        return 0 if row is None else row[0]
