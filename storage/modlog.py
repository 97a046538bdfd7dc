"""
The moderation log: what staff did, read from the room's events.

What nobody is told has no number in the room's stream; its entry has that of the event before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from protocol.values import LogEntry, User
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import BadCursorError
from storage.fold import folded_users, gone_user, parse

# What staff did to somebody else, or to the room. A DJ's own skip is no moderation. Whose play
# was skipped and whose message deleted is not in the event: it is known while their record is.
# Deletions of own messages say so themselves (``own``), but for those of earlier versions.
_LOGGED = """
SELECT id, coalesce(seq, payload ->> '$.after') AS seq, at_ms, kind, payload,
  CASE WHEN kind IN ('play.started', 'play.stopped') THEN (
    SELECT dj_id FROM plays
    WHERE id = events.payload ->> '$.previous.play_id' AND expires_at_ms > :now)
  WHEN kind = 'chat.deleted' AND json_array_length(payload, '$.ids') = 1 THEN (
    SELECT actor_id FROM events AS said
    WHERE said.kind = 'chat.message' AND said.room_id = :room
      AND said.payload ->> '$.id' = events.payload ->> '$.ids[0]' AND said.expires_at_ms > :now)
  END AS whose
FROM events
WHERE room_id = :room AND id < :before AND expires_at_ms > :now AND (
  (category = 'moderation' AND NOT (kind = 'chat.deleted' AND (
     coalesce(payload ->> '$.own', 0)
     OR coalesce(payload ->> '$.user', whose, '') = payload ->> '$.by."$user"')))
  OR (kind = 'waitlist.changed' AND payload ->> '$.by' IS NOT NULL)
  OR (kind IN ('play.started', 'play.stopped') AND payload ->> '$.previous.by' IS NOT NULL
      AND payload ->> '$.previous.end' = 'skipped'
      AND NOT EXISTS (
        SELECT 1 FROM plays WHERE id = payload ->> '$.previous.play_id'
        AND dj_id = payload ->> '$.previous.by."$user"')))
ORDER BY +id DESC LIMIT :limit"""
_BEFORE_ALL = 2**62


class LogPage(NamedTuple):
    """A page of the log, newest first."""

    entries: list[LogEntry]
    next_cursor: str | None


class ModLog:
    """Reads the moderation log; what has expired is not there."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def page(self, room_id: str, cursor: str | None, limit: int, now_ms: int) -> LogPage:
        """
        Return a page, newest first.

        Raises:
            BadCursorError: no page has given out this cursor.

        """
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise BadCursorError(cursor)
        before = _BEFORE_ALL if cursor is None else int(cursor)
        rows = await self._db.rows(
            _LOGGED, {"room": room_id, "before": before, "now": now_ms, "limit": limit + 1}
        )
        payloads = [parse(row["payload"]) for row in rows[:limit]]
        named = {said["user"] for said in payloads if isinstance(said.get("user"), str)}
        whose = {row["whose"] for row in rows[:limit] if row["whose"]}
        users = await self._accounts.users(folded_users(payloads) | named | whose)
        entries = [_entry(row, payload, users) for row, payload in zip(rows, payloads, strict=False)]
        return LogPage(entries, str(rows[limit - 1]["id"]) if len(rows) > limit else None)


def _entry(row: sqlite3.Row, payload: Mapping[str, Any], users: Mapping[str, User]) -> LogEntry:
    kind: str = row["kind"]
    said = payload.get("previous") or {} if kind.startswith("play.") else payload
    return LogEntry(
        seq=row["seq"],
        at_ms=row["at_ms"],
        action="booth.skip" if kind.startswith("play.") else kind,
        by=_user(said.get("by"), users),
        user=_user(said.get("user") or row["whose"], users),
        reason=said.get("reason"),
        until_ms=said.get("until_ms"),
        detail=_detail(kind, said),
    )


def _user(folded: object, users: Mapping[str, User]) -> User | None:
    # chat.deleted names its user by id alone, everything else by the folded mark.
    user_id = folded.get("$user") if isinstance(folded, dict) else folded
    if not isinstance(user_id, str):
        return None
    return users.get(user_id) or gone_user(user_id)


def _detail(kind: str, said: Mapping[str, Any]) -> str | None:
    """Return what an action did beyond whom it concerned, in words of the wire."""
    match kind:
        case "staff.changed":
            return str(said.get("role"))
        case "waitlist.changed":
            return str(said.get("change"))
        case "waitlist.settings":
            return ", ".join(name for name in ("locked", "cycle") if said.get(name)) or "unlocked, no cycle"
        case "room.updated":
            return ", ".join(sorted(said.keys() - {"by"}))
        case "chat.deleted":
            return (
                "all"
                if said.get("all")
                else f"{len(said.get('ids') or [])} messages"
                if said.get("ids")
                else None
            )
        case _:
            return said.get("detail")
