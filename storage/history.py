"""Play history: what a room or a person has played, newest first."""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

from msgspec.structs import replace

from protocol.limits import TITLE_CHARS
from protocol.values import HistoryEntry, Media, Score, User
from storage.accounts import Accounts
from storage.columns import to_media
from storage.database import Database
from storage.errors import BadCursorError
from storage.fold import gone_user

_CURSOR = re.compile(r"(\d{1,16})\.([A-Za-z0-9_-]{1,32})")

_ROOM_PAGE = """
SELECT * FROM plays
WHERE room_id = :owner AND (started_at_ms, id) < (:at, :id)
  AND ended_at_ms IS NOT NULL AND expires_at_ms > :now
ORDER BY started_at_ms DESC, id DESC LIMIT :limit"""

_USER_PAGE = """
SELECT * FROM plays
WHERE dj_id = :owner AND (started_at_ms, id) < (:at, :id)
  AND ended_at_ms IS NOT NULL AND expires_at_ms > :now
ORDER BY started_at_ms DESC, id DESC LIMIT :limit"""


class HistoryPage(NamedTuple):
    """Finished plays, newest first; ``next_cursor`` is None on the last page."""

    plays: list[HistoryEntry]
    next_cursor: str | None


class History:
    """Finished plays that have not expired. A page's cursor comes from the page before it, None at first."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def room_page(self, room_id: str, cursor: str | None, limit: int, now_ms: int) -> HistoryPage:
        """
        Return a page of what a room has played.

        Raises:
            BadCursorError: the cursor is of no page.

        """
        return await self._page(_ROOM_PAGE, room_id, cursor, limit, now_ms)

    async def user_page(self, account_id: str, cursor: str | None, limit: int, now_ms: int) -> HistoryPage:
        """
        Return a page of what a person has played, in any room.

        Raises:
            BadCursorError: the cursor is of no page.

        """
        return await self._page(_USER_PAGE, account_id, cursor, limit, now_ms)

    async def _page(self, sql: str, owner: str, cursor: str | None, limit: int, now_ms: int) -> HistoryPage:
        at_ms, play_id = _parse(cursor)
        # One more than asked for tells whether there is a next page.
        rows = await self._db.rows(
            sql, {"owner": owner, "at": at_ms, "id": play_id, "now": now_ms, "limit": limit + 1}
        )
        page = rows[:limit]
        users = await self._accounts.users(row["dj_id"] for row in page if row["dj_id"])
        more = len(rows) > limit
        return HistoryPage(
            [_entry(row, users, now_ms) for row in page],
            f"{page[-1]['started_at_ms']}.{page[-1]['id']}" if more else None,
        )


def shown_media(row: sqlite3.Row, now_ms: int) -> Media:
    """Return the media of a play; without its title once that is over, though it may still be there."""
    media, ends_at_ms = to_media(row["media"]), row["media_expires_at_ms"]
    if ends_at_ms is None or ends_at_ms > now_ms:
        return media
    title = f"{media.source} {media.source_id}"[:TITLE_CHARS]
    return replace(media, title=title, artist=None, thumbnail_url=None)


def _parse(cursor: str | None) -> tuple[int, str]:
    if cursor is None:
        return 2**63 - 1, ""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursorError(cursor)
    return int(match[1]), match[2]


def _entry(row: sqlite3.Row, users: dict[str, User], now_ms: int) -> HistoryEntry:
    dj_id = row["dj_id"]
    return HistoryEntry(
        play_id=row["id"],
        room=row["room_id"],
        dj=dj_id and (users.get(dj_id) or gone_user(dj_id)),
        media=shown_media(row, now_ms),
        started_at_ms=row["started_at_ms"],
        ended_at_ms=row["ended_at_ms"],
        end=row["end_reason"],
        reason=row["reason"],
        score=Score(
            woots=row["woots"],
            mehs=row["mehs"],
            grabs=row["grabs"],
            listeners=row["listeners"],
            skipped=row["end_reason"] == "skipped",
        ),
    )
