"""
Restamps: a shorter policy reaches the rows that were recorded under a longer one.

Not at once: a change waits for the policy's cool-off, during which it can be taken back. When it
is due every row is held against the policy in force then, and its time becomes the shorter of
what it was promised and what it would be promised now. It never becomes longer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import msgspec

from storage.database import Database
from storage.privacy.recorder import Place, Recorder
from storage.privacy.subjects import Subject

BATCH = 500
_DONE = "done"

_AUTHOR = """
  rooms.slug, rooms.chat_ttl_ms, accounts.kind AS author_kind, accounts.country, staff.role
FROM {table} AS log
LEFT JOIN rooms ON rooms.id = {room}
LEFT JOIN accounts ON accounts.id = {person}
LEFT JOIN staff ON staff.room_id = {room} AND staff.account_id = {person}"""


class _Table(NamedTuple):
    """
    How to read a log table: its category, place, person and instant, and how rows are told apart.

    ``part`` is a column with an earlier end of something in the row, ``source`` where that came from.
    """

    category: str
    room: str
    person: str
    at: str
    part: str | None
    source: str
    keys: tuple[str, ...] = ("rowid",)

    def select(self, table: str, scope: str = "") -> str:
        """Return the query for a batch of rows after the keys ``:after0``, ``:after1``, in a scope."""
        keys = ", ".join(f"log.{key}" for key in self.keys)
        named = ", ".join(f"log.{key} AS key{number}" for number, key in enumerate(self.keys))
        after = ", ".join(f":after{number}" for number in range(len(self.keys)))
        author = _AUTHOR.format(table=table, room=self.room, person=self.person)
        return (
            f"SELECT {named}, {self.category} AS category, {self.room} AS room_id, {self.at} AS at_ms,"
            f" log.expires_at_ms, {self.part or 'NULL'} AS part_ms, {self.source} AS source, {author}"
            f" WHERE ({keys}) > ({after}) {scope} ORDER BY {keys} LIMIT :batch"
        )

    def after(self, cursor: str) -> dict[str, object]:
        """Return the parameters of the batch behind a cursor, the first for an empty one."""
        if self.keys == ("rowid",):
            return {"after0": int(cursor or 0), "batch": BATCH}
        parts = cursor.split("/") if cursor else [""] * len(self.keys)
        return {**{f"after{number}": part for number, part in enumerate(parts)}, "batch": BATCH}

    def cursor(self, rows: Sequence[sqlite3.Row]) -> str:
        """Return the cursor behind a batch."""
        return _DONE if len(rows) < BATCH else "/".join(str(key) for key in self.key(rows[-1]).values())

    def key(self, row: sqlite3.Row) -> dict[str, object]:
        """Return what tells a row apart, as parameters."""
        return {f"key{number}": row[f"key{number}"] for number in range(len(self.keys))}

    def scope(self, room_id: str | None, account_id: str | None) -> str:
        """Return the condition for rows of one room, of one person, or of all."""
        # By the index of what a person did, which is little; but once through the table for a room.
        of_room = "" if room_id is None else f" AND +{self.room} = :room"
        return of_room if account_id is None else f"{of_room} AND {self.person} = :account"

    def update(self, table: str) -> str:
        """Return the statement that shortens a row. Never longer, whatever happened since it was read."""
        part = "" if self.part is None else f", {self.part} = min({self.part}, :part)"
        keys = " AND ".join(f"{key} = :key{number}" for number, key in enumerate(self.keys))
        return f"UPDATE {table} SET expires_at_ms = min(expires_at_ms, :ends){part} WHERE {keys}"  # noqa: S608 - names of the schema


_TABLES = {
    "events": _Table(
        "log.category", "log.room_id", "log.actor_id", "log.at_ms",
        "media_expires_at_ms", "log.payload ->> '$.play.media.source'",
    ),
    "plays": _Table(
        "'video'", "log.room_id", "log.dj_id", "log.started_at_ms",
        "media_expires_at_ms", "log.media ->> '$.source'",
    ),
    "connections": _Table(
        "'connections'", "NULL", "log.account_id", "log.at_ms", "raw_until_ms", "NULL"
    ),
    "votes": _Table(
        "'votes'", "(SELECT room_id FROM plays WHERE id = log.play_id)", "log.account_id", "log.at_ms",
        None, "NULL", keys=("play_id", "account_id"),
    ),
}  # fmt: skip


class Restamp(NamedTuple):
    """A change that reaches older rows at ``due_at_ms``: of one room, of one person, or of all (None)."""

    id: int
    room_id: str | None
    account_id: str | None
    due_at_ms: int
    cursors: dict[str, str]


class Looked(NamedTuple):
    """
    A row with when it is over, and when it would be by the recorder's policy.

    ``part_ms`` and ``would_part_ms`` are the same of its titles, or of its address; None: it has none.
    """

    category: str
    room_id: str | None
    at_ms: int
    ends_ms: int
    would_end_ms: int
    part_ms: int | None
    would_part_ms: int | None

    @property
    def would_be_shorter(self) -> bool:
        """Whether anything of the row would be over sooner."""
        if self.part_ms is not None and self.would_part_ms is not None and self.would_part_ms < self.part_ms:
            return True
        return self.would_end_ms < self.ends_ms


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
        for name, table in _TABLES.items():
            if job.cursors.get(name) != _DONE:
                return await self._batch(job, name, table)
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM restamps WHERE id = ?", (job.id,))
        return 0

    async def look(self) -> AsyncIterator[Looked]:
        """Yield every row with what the policy would make of it, changing none."""
        for name, table in _TABLES.items():
            cursor = ""
            while cursor != _DONE:
                rows = await self._db.rows(table.select(name), table.after(cursor))
                cursor = table.cursor(rows)
                for row in rows:
                    yield self._looked(row)

    async def _batch(self, job: Restamp, name: str, table: _Table) -> int:
        scope = {"room": job.room_id, "account": job.account_id}
        # Beside the writer: for one person or room the whole log may have to be looked through.
        rows = await self._db.rows(
            table.select(name, table.scope(job.room_id, job.account_id)),
            {**scope, **table.after(job.cursors.get(name, ""))},
        )
        looked = [(row, self._looked(row)) for row in rows]
        shorter = [
            {**table.key(row), "ends": one.would_end_ms, "part": one.would_part_ms or one.part_ms}
            for row, one in looked
            if one.would_be_shorter
        ]
        cursors = msgspec.json.encode({**job.cursors, name: table.cursor(rows)}).decode()
        async with self._db.transaction() as tx:
            await tx.executemany(table.update(name), shorter)
            await tx.execute("UPDATE restamps SET cursors = ? WHERE id = ?", (cursors, job.id))
        return len(shorter)

    def _looked(self, row: sqlite3.Row) -> Looked:
        category, at_ms, ends_ms, part_ms = (
            row["category"],
            row["at_ms"],
            row["expires_at_ms"],
            row["part_ms"],
        )
        chosen = row["chat_ttl_ms"]
        place = Place(row["room_id"] or "", row["slug"] or "", None if chosen in {None, -1} else chosen)
        # The person's own choice for chat is made for what is said from then on.
        subject = Subject(row["author_kind"], row["country"], None)
        ttl_ms = self._recorder.effective_of(category, place, subject, row["role"]).ttl_ms
        would_end_ms = ends_ms if ttl_ms is None else at_ms + ttl_ms
        would_part_ms = None
        if part_ms is not None and category == "connections":
            would_part_ms = min(would_end_ms, at_ms + self._recorder.in_force.policy.raw_address_ms)
        elif part_ms is not None:
            titles = self._recorder.effective_of("media", place, subject, row["role"], row["source"]).ttl_ms
            would_part_ms = None if titles is None else at_ms + titles
        return Looked(category, row["room_id"], at_ms, ends_ms, would_end_ms, part_ms, would_part_ms)
