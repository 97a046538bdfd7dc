"""
Erasing a person from the log tables, in small batches.

What must go by its category goes; where a client may still resume over it, a row without
content keeps its place in the stream for that long. What stays is unlinked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from storage.columns import ids_param, media_column, to_media
from storage.database import Database, Transaction
from storage.fold import parse
from storage.privacy.registry import CATEGORIES
from storage.privacy.unlinking import GONE, Leaver, leads_to, unlinked_payload, without_texts

BATCH = 100
"""Rows a transaction changes at most: the rooms' beats get their turn in between."""

SCAN = 20_000
"""Rows of the log looked through at a time for words about somebody, on the reading connection."""

_OF = "SELECT id, kind, category, seq, at_ms, payload FROM events WHERE actor_id = :id LIMIT :batch"
_ABOUT = """
SELECT id, kind, category, seq, at_ms, payload FROM events
WHERE id > :after AND id <= :upto AND kind <> 'user.erased' AND (instr(payload, :id)
  OR (category = 'video' AND instr(payload, '"reason"')
      AND payload ->> '$.previous.play_id' IN (SELECT value FROM json_each(:plays))))"""
_BLANK = """
UPDATE events SET payload = :payload, actor_id = :actor, nonce = NULL,
  expires_at_ms = min(expires_at_ms, :ends)
WHERE id = :event"""
_DELETE = "DELETE FROM events WHERE id IN (SELECT value FROM json_each(:ids))"
_UNLINK_PLAY = "UPDATE plays SET dj_id = ?, media = ?, reason = NULL WHERE id = ?"
_REWRITE = "UPDATE events SET payload = :payload WHERE id = :event"


Note = Callable[[Transaction, str, int], Awaitable[None]]
"""Counts what a transaction did, within it: the table, and how many rows."""


class LogEraser:
    """
    Erases one person from events, plays and votes.

    Every method works in transactions of at most :data:`BATCH` rows, may be cut short by a
    crash and run again. Rows younger than ``resume_ms`` keep their place in the stream.
    """

    def __init__(self, db: Database, leaver: Leaver, note: Note, now_ms: int, resume_ms: int) -> None:
        self._db = db
        self._leaver = leaver
        self._note = note
        self._resumable_since = now_ms - resume_ms
        self._resume_ms = resume_ms

    async def events_of(self) -> None:
        """Erase what the person did."""
        rows: list[sqlite3.Row] = [*await self._peek(_OF)]
        while rows:
            async with self._db.transaction() as tx:
                rows = await tx.rows(_OF, {"id": self._leaver.id, "batch": BATCH})
                # A trip to the database for all of a kind, not for each row: beats wait meanwhile.
                goes = {row["id"] for row in rows if self._goes(row)}
                await tx.execute(_DELETE, {"ids": ids_param(goes)})
                await tx.executemany(_BLANK, [self._blank(row) for row in rows if row["id"] not in goes])
                await self._note(tx, "events", len(rows))

    async def events_about(self) -> None:
        """Take the person out of what others did: their places in lists, words about them."""
        last = await self._db.row("SELECT coalesce(max(id), 0) AS id FROM events")
        after, end = 0, 0 if last is None else last["id"]
        plays = ids_param(self._leaver.plays)
        while after < end:
            params = {"after": after, "upto": after + SCAN, "id": self._leaver.id, "plays": plays}
            rows = await self._db.rows(_ABOUT, params)
            for start in range(0, len(rows), BATCH):
                part = [row for row in rows[start : start + BATCH] if self._leads_here(row)]
                async with self._db.transaction() as tx:
                    await tx.executemany(
                        _REWRITE, [{"event": row["id"], "payload": self._payload(row)} for row in part]
                    )
                    await self._note(tx, "events", len(part))
            after += SCAN

    async def plays(self) -> None:
        """Unlink the plays: they count on, by nobody, without the words somebody wrote."""
        sql = "SELECT id, media FROM plays WHERE dj_id = :id LIMIT :batch"
        rows: list[sqlite3.Row] = [*await self._peek(sql)]
        while rows:
            async with self._db.transaction() as tx:
                rows = await tx.rows(sql, {"id": self._leaver.id, "batch": BATCH})
                bare = [(media_column(without_texts(to_media(row["media"]))), row["id"]) for row in rows]
                await tx.executemany(_UNLINK_PLAY, [(GONE, *one) for one in bare])
                await self._note(tx, "plays", len(rows))
        ended = await self._db.rows("SELECT id FROM plays WHERE ended_by = :id", {"id": self._leaver.id})
        for start in range(0, len(ended), BATCH):
            async with self._db.transaction() as tx:
                count = await tx.execute(
                    """
                    UPDATE plays SET ended_by = :pseudonym, reason = NULL
                    WHERE id IN (SELECT value FROM json_each(:ids))""",
                    {
                        "pseudonym": self._leaver.pseudonym,
                        "ids": ids_param([row["id"] for row in ended[start : start + BATCH]]),
                    },
                )
                await self._note(tx, "plays", count)

    async def votes(self) -> None:
        """Delete the votes; those on a play that is on count until it ends, by nobody."""
        count = BATCH
        while count == BATCH:
            async with self._db.transaction() as tx:
                await tx.execute(
                    """
                    UPDATE OR REPLACE votes SET account_id = :pseudonym
                    WHERE account_id = :id AND play_id IN (SELECT id FROM plays WHERE ended_at_ms IS NULL)""",
                    {"id": self._leaver.id, "pseudonym": self._leaver.pseudonym},
                )
                count = await tx.execute(
                    """
                    DELETE FROM votes WHERE account_id = :id AND play_id IN
                      (SELECT play_id FROM votes WHERE account_id = :id LIMIT :batch)""",
                    {"id": self._leaver.id, "batch": BATCH},
                )
                await self._note(tx, "votes", count)

    async def _peek(self, sql: str) -> list[sqlite3.Row]:
        return await self._db.rows(sql, {"id": self._leaver.id, "batch": 1})

    def _goes(self, row: sqlite3.Row) -> bool:
        """Say whether a row goes as a whole: its category says so, and nobody can resume over it."""
        is_streamed = row["seq"] is not None and row["at_ms"] >= self._resumable_since
        return CATEGORIES[row["category"]].on_erase == "delete" and not is_streamed

    def _blank(self, row: sqlite3.Row) -> dict[str, Any]:
        erased = CATEGORIES[row["category"]].on_erase
        return {
            "event": row["id"],
            "payload": self._payload(row),
            "actor": self._leaver.pseudonym if erased == "pseudonymise" else None,
            "ends": row["at_ms"] + self._resume_ms if erased == "delete" else 2**53,
        }

    def _leads_here(self, row: sqlite3.Row) -> bool:
        return leads_to(parse(row["payload"]), self._leaver)

    def _payload(self, row: sqlite3.Row) -> str:
        fresh = unlinked_payload(row["kind"], parse(row["payload"]), self._leaver)
        return msgspec.json.encode(fresh).decode()


async def reasoned_plays(db: Database, account_id: str) -> frozenset[str]:
    """Return the plays of a person that somebody gave a reason for ending."""
    rows = await db.rows("SELECT id FROM plays WHERE dj_id = :id AND reason IS NOT NULL", {"id": account_id})
    return frozenset(row["id"] for row in rows)
