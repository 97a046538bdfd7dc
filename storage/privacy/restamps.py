"""
Restamps: a shorter policy reaches the rows that were recorded under a longer one.

Not at once: a change waits for the policy's cool-off, during which it can be taken back. When it
is due every row is held against the policy in force then, and its time becomes the shorter of
what it was promised and what it would be promised now. It never becomes longer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple

import msgspec

from storage.database import Database, Transaction
from storage.privacy.recorder import Place, Recorder
from storage.privacy.subjects import Subject

BATCH = 500

_AUTHOR = """
  rooms.slug, rooms.chat_ttl_ms, accounts.kind AS author_kind, accounts.country, staff.role
FROM {table} AS log
LEFT JOIN rooms ON rooms.id = {room}
LEFT JOIN accounts ON accounts.id = {person}
LEFT JOIN staff ON staff.room_id = {room} AND staff.account_id = {person}"""
_WHERE = """
WHERE log.rowid > :cursor AND (:room IS NULL OR {room} = :room) AND (:account IS NULL OR {person} = :account)
ORDER BY log.rowid LIMIT :batch"""


class _Table(NamedTuple):
    """How to read a log table: its category, place, person and instant."""

    category: str
    room: str
    person: str
    at: str

    def select(self, table: str) -> str:
        author = _AUTHOR.format(table=table, room=self.room, person=self.person)
        where = _WHERE.format(room=self.room, person=self.person)
        columns = (
            f"log.rowid AS rowid, {self.category} AS category, {self.room} AS room_id, {self.at} AS at_ms,"
            " log.expires_at_ms"
        )
        return f"SELECT {columns}, {author} {where}"


_TABLES = {
    "events": _Table("log.category", "log.room_id", "log.actor_id", "log.at_ms"),
    "plays": _Table("'video'", "log.room_id", "log.dj_id", "log.started_at_ms"),
    "connections": _Table("'connections'", "NULL", "log.account_id", "log.at_ms"),
}
"""Votes are not among them: they follow their play, and have no row number."""

_VOTES = """
SELECT votes.play_id, votes.account_id, votes.at_ms, votes.expires_at_ms, plays.room_id,
  rooms.slug, rooms.chat_ttl_ms, accounts.kind AS author_kind, accounts.country, staff.role
FROM votes
LEFT JOIN plays ON plays.id = votes.play_id
LEFT JOIN rooms ON rooms.id = plays.room_id
LEFT JOIN accounts ON accounts.id = votes.account_id
LEFT JOIN staff ON staff.room_id = plays.room_id AND staff.account_id = votes.account_id
WHERE (votes.play_id, votes.account_id) > (:play, :voter)
  AND (:room IS NULL OR plays.room_id = :room) AND (:account IS NULL OR votes.account_id = :account)
ORDER BY votes.play_id, votes.account_id LIMIT :batch"""


class Restamp(NamedTuple):
    """A change that reaches older rows at ``due_at_ms``: of one room, of one person, or of all (None)."""

    id: int
    room_id: str | None
    account_id: str | None
    due_at_ms: int
    cursors: dict[str, str]


class Looked(NamedTuple):
    """A row with when it is over, and when it would be by the recorder's policy."""

    category: str
    room_id: str | None
    at_ms: int
    ends_ms: int
    would_end_ms: int


class Restamps:
    """The changes that wait, and their carrying out."""

    def __init__(self, db: Database, recorder: Recorder) -> None:
        self._db = db
        self._recorder = recorder

    async def ask(
        self, now_ms: int, due_at_ms: int, *, room_id: str | None = None, account_id: str | None = None
    ) -> None:
        """Ask for a change to reach older rows; a later one of the same scope takes its place."""
        async with self._db.transaction() as tx:
            await tx.execute(
                "DELETE FROM restamps WHERE room_id IS ? AND account_id IS ?", (room_id, account_id)
            )
            await tx.execute(
                "INSERT INTO restamps (room_id, account_id, due_at_ms, asked_ms) VALUES (?, ?, ?, ?)",
                (room_id, account_id, due_at_ms, now_ms),
            )

    async def waiting(self) -> list[Restamp]:
        """Return what waits or is being carried out, the next one first."""
        rows = await self._db.rows(
            "SELECT id, room_id, account_id, due_at_ms, cursors FROM restamps ORDER BY due_at_ms, id"
        )
        return [
            Restamp(
                row["id"],
                row["room_id"],
                row["account_id"],
                row["due_at_ms"],
                msgspec.json.decode(row["cursors"], type=dict[str, str]),
            )
            for row in rows
        ]

    async def step(self, now_ms: int) -> int | None:
        """
        Carry out a batch of what is due; return how many rows became shorter, None if nothing is due.

        A crash repeats a batch at most, which changes nothing more.
        """
        due = [one for one in await self.waiting() if one.due_at_ms <= now_ms]
        if not due:
            return None
        job = due[0]
        async with self._db.transaction() as tx:
            for table in (*_TABLES, "votes"):
                if job.cursors.get(table) == "done":
                    continue
                shortened, cursor = await self._batch(tx, job, table)
                cursors = msgspec.json.encode({**job.cursors, table: cursor}).decode()
                await tx.execute("UPDATE restamps SET cursors = ? WHERE id = ?", (cursors, job.id))
                return shortened
            await tx.execute("DELETE FROM restamps WHERE id = ?", (job.id,))
        return 0

    async def look(self) -> AsyncIterator[Looked]:
        """Yield every row with what the policy would make of it, changing none."""
        scope = {"room": None, "account": None, "batch": BATCH}
        for name, table in _TABLES.items():
            cursor, is_more = 0, True
            while is_more:
                rows = await self._db.rows(table.select(name), {**scope, "cursor": cursor})
                is_more = len(rows) == BATCH
                for row in rows:
                    cursor = row["rowid"]
                    yield self._looked(row, row["category"])
        play_id, voter, is_more = "", "", True
        while is_more:
            rows = await self._db.rows(_VOTES, {**scope, "play": play_id, "voter": voter})
            is_more = len(rows) == BATCH
            for row in rows:
                play_id, voter = row["play_id"], row["account_id"]
                yield self._looked(row, "votes")

    async def _batch(self, tx: Transaction, job: Restamp, table: str) -> tuple[int, str]:
        scope = {"room": job.room_id, "account": job.account_id, "batch": BATCH}
        if table == "votes":
            play_id, _, voter = job.cursors.get(table, "").partition("/")
            rows = await tx.rows(_VOTES, {**scope, "play": play_id, "voter": voter})
            shorter: list[tuple[Any, ...]] = [
                (ends, row["play_id"], row["account_id"]) for row, ends in self._shorter(rows, "votes")
            ]
            sql = "UPDATE votes SET expires_at_ms = ? WHERE play_id = ? AND account_id = ?"
            last = f"{rows[-1]['play_id']}/{rows[-1]['account_id']}" if rows else ""
        else:
            cursor = int(job.cursors.get(table, "0"))
            rows = await tx.rows(_TABLES[table].select(table), {**scope, "cursor": cursor})
            shorter = [(ends, row["rowid"]) for row, ends in self._shorter(rows, None)]
            sql = f"UPDATE {table} SET expires_at_ms = ? WHERE rowid = ?"  # noqa: S608 - a name of the schema
            last = str(rows[-1]["rowid"]) if rows else ""
        await tx.executemany(sql, shorter)
        return len(shorter), "done" if len(rows) < BATCH else last

    def _shorter(
        self, rows: Iterable[sqlite3.Row], category: str | None
    ) -> Iterable[tuple[sqlite3.Row, int]]:
        """Yield the rows whose time would be shorter now, with when they would be over.

        ``category`` is that of all rows, None where each says its own.
        """
        for row in rows:
            looked = self._looked(row, category or row["category"])
            if looked.would_end_ms < looked.ends_ms:
                yield row, looked.would_end_ms

    def _looked(self, row: sqlite3.Row, category: str) -> Looked:
        chosen = row["chat_ttl_ms"]
        place = Place(row["room_id"] or "", row["slug"] or "", None if chosen in {None, -1} else chosen)
        # The person's own choice for chat is made for what is said from then on.
        subject = Subject(row["author_kind"], row["country"], None)
        decided = self._recorder.effective_of(category, place, subject, row["role"])
        ends_ms = row["expires_at_ms"]
        would_end_ms = ends_ms if decided.ttl_ms is None else row["at_ms"] + decided.ttl_ms
        return Looked(category, row["room_id"], row["at_ms"], ends_ms, would_end_ms)
