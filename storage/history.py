"""Finished plays with their scores."""

from __future__ import annotations

import msgspec

from protocol.values import HistoryEntry, Media, Score
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import BadCursorError

_FIELDS = (
    "p.id, p.room_id, p.dj_id, p.media, p.started_at_ms, p.ended_at_ms, p.end_reason, p.reason,"
    " p.woots, p.mehs, p.grabs, p.listeners"
)


class History:
    """Reads plays; what has expired is not there."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def room_page(
        self, room_id: str, cursor: str | None, limit: int, now_ms: int
    ) -> tuple[list[HistoryEntry], str | None]:
        """Return a room's plays, newest first, and the next page's cursor."""
        return await self._page("room_id", room_id, cursor, limit, now_ms)

    async def user_page(
        self, account_id: str, cursor: str | None, limit: int, now_ms: int
    ) -> tuple[list[HistoryEntry], str | None]:
        """Return a DJ's plays, newest first, and the next page's cursor."""
        return await self._page("dj_id", account_id, cursor, limit, now_ms)

    async def _page(
        self, column: str, value: str, cursor: str | None, limit: int, now_ms: int
    ) -> tuple[list[HistoryEntry], str | None]:
        before, _, last_id = (cursor or f"{2**62}.").partition(".")
        if not before.isascii() or not before.isdigit() or len(before) > 19:
            raise BadCursorError(cursor or "")
        rows = await self._db.rows(
            f"SELECT {_FIELDS} FROM plays p WHERE p.{column} = :value"  # noqa: S608 - own names
            " AND p.ended_at_ms IS NOT NULL AND p.expires_at_ms > :now"
            " AND (p.started_at_ms, p.id) < (:before, :last_id)"
            " ORDER BY p.started_at_ms DESC, p.id DESC LIMIT :limit",
            {"value": value, "now": now_ms, "before": int(before), "last_id": last_id, "limit": limit + 1},
        )
        users = await self._accounts.users(row["dj_id"] for row in rows if row["dj_id"])
        entries = [
            HistoryEntry(
                play_id=row["id"],
                room=row["room_id"],
                dj=users.get(row["dj_id"]),
                media=msgspec.json.decode(row["media"], type=Media),
                started_at_ms=row["started_at_ms"],
                ended_at_ms=row["ended_at_ms"],
                end=row["end_reason"],
                reason=row["reason"],
                score=Score(
                    woots=row["woots"], mehs=row["mehs"], grabs=row["grabs"], listeners=row["listeners"]
                ),
            )
            for row in rows[:limit]
        ]
        more = len(rows) > limit
        return entries, f"{entries[-1].started_at_ms}.{entries[-1].play_id}" if more else None
