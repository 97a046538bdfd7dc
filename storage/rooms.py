"""Rooms at rest: making, finding and listing them. :mod:`storage.opening` brings one back whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

import msgspec

from protocol.roles import Role
from protocol.values import User
from storage.accounts import Accounts
from storage.columns import ids_param, rules_column, standing_column, waitlist_column
from storage.database import Database, Transaction
from storage.errors import LimitReachedError, NotFoundError, RoomArchivedError, RoomExistsError
from storage.opening import open_room, to_play
from storage.privacy.holds import is_room_held
from storage.records import ListedRoom, OpenedRoom, RoomRecord

RESUME_EVENTS = 512
RESUME_MS = 120_000


class Rooms:
    """All rooms. A ``ref`` is a room's id or its slug."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def create(self, room: RoomRecord, host_id: str | None, at_most: int | None = None) -> None:
        """
        Add a room, and its creator as host; a room of the operator has none.

        Raises:
            LimitReachedError: the host has made ``at_most`` rooms already.
            RoomExistsError: another room has this slug, or goes by it as its id.

        """
        try:
            async with self._db.transaction() as tx:
                if await tx.row("SELECT 1 FROM rooms WHERE id = :slug", {"slug": room.slug}) is not None:
                    raise RoomExistsError(room.slug)
                if at_most is not None and await _count(tx, host_id) >= at_most:
                    raise LimitReachedError("rooms", at_most)
                await tx.execute(_INSERT, _params(room, host_id))
                if host_id is not None:
                    await tx.execute(
                        "INSERT INTO staff (room_id, account_id, role) VALUES (:room, :host, :role)",
                        {"room": room.id, "host": host_id, "role": Role.HOST.wire},
                    )
        except sqlite3.IntegrityError as error:
            if "rooms.slug" in str(error):
                raise RoomExistsError(room.slug) from error
            raise

    async def find(self, ref: str) -> str | None:
        """Return a room's id. Where one room's slug is another's id, the id wins."""
        row = await self._db.row(
            "SELECT id FROM rooms WHERE id = :ref OR slug = :ref ORDER BY id = :ref DESC LIMIT 1",
            {"ref": ref},
        )
        return row["id"] if row else None

    async def open(
        self, ref: str, now_ms: int, *, resume_events: int = RESUME_EVENTS, resume_ms: int = RESUME_MS
    ) -> OpenedRoom | None:
        """
        Return everything needed to run a room; see :func:`storage.opening.open_room`.

        Raises:
            RoomArchivedError: it is not to be run, see :mod:`storage.archived`.

        """
        room_id = await self.find(ref)
        if room_id is None:
            return None
        row = await self._db.row("SELECT archived_until_ms FROM rooms WHERE id = :id", {"id": room_id})
        if row is not None and row["archived_until_ms"] is not None:
            raise RoomArchivedError(room_id, row["archived_until_ms"])
        return await open_room(self._db, room_id, now_ms, resume_events=resume_events, resume_ms=resume_ms)

    async def set_epoch(self, room_id: str, epoch: str) -> None:
        """
        Begin a new incarnation of a room's stream; ``seq`` goes on from where it is.

        Raises:
            NotFoundError: there is no such room.

        """
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                "UPDATE rooms SET epoch = :epoch WHERE id = :id", {"epoch": epoch, "id": room_id}
            )
            if not changed:
                raise NotFoundError("room", room_id)

    async def renumber(self, account_id: str, epoch: str, but: Collection[str]) -> int:
        """
        Begin a new incarnation of the streams that name an account, but of some; return of how many.

        For rooms at rest, when a profile changes or goes: no event tells of it, and nobody may go
        on from where they were as if nothing had happened.
        """
        async with self._db.transaction() as tx:
            return await tx.execute(_RENUMBER, {"id": account_id, "epoch": epoch, "but": ids_param(but)})

    async def delete(self, room_id: str) -> None:
        """
        Delete a room with everything that belongs to it; its log goes too.

        Where something of it is held it is as good as gone: archived, and over at once, so that
        the sweep tries again (:mod:`storage.privacy.holds`).
        """
        async with self._db.transaction() as tx:
            held = await tx.row(f"SELECT {is_room_held(':room')}", {"room": room_id})
            if held is not None and held[0]:
                for statement in _HIDE:
                    await tx.execute(statement, {"room": room_id})
                return
            await tx.execute(
                "DELETE FROM votes WHERE play_id IN (SELECT id FROM plays WHERE room_id = :room)",
                {"room": room_id},
            )
            await tx.execute("DELETE FROM events WHERE room_id = :room", {"room": room_id})
            await tx.execute("DELETE FROM rooms WHERE id = :room", {"room": room_id})

    async def active(self) -> list[str]:
        """Return the ids of rooms that must run after a restart: with a play, a place taken or one kept."""
        rows = await self._db.rows(
            """
            SELECT id FROM rooms
            WHERE waitlist <> '[]' OR standing ->> '$.reservations' IS NOT NULL
              OR id IN (SELECT room_id FROM plays WHERE ended_at_ms IS NULL)
            ORDER BY id"""
        )
        return [row["id"] for row in rows]

    async def directory(self) -> list[ListedRoom]:
        """Return all public rooms with what they play, oldest first."""
        rows = await self._db.rows(
            f"""
            SELECT {LISTED} WHERE NOT private AND archived_until_ms IS NULL
            ORDER BY rooms.created_at_ms, rooms.id"""
        )
        users = await self._accounts.users(row["dj_id"] for row in rows if row["dj_id"])
        return [to_listed(row, users) for row in rows]


LISTED = """
  rooms.id, slug, name, description, private, password_hash IS NOT NULL AS password,
  rooms.created_at_ms, plays.id AS play_id, dj_id, media, started_at_ms, duration_ms, position_ms
FROM rooms LEFT JOIN plays ON plays.room_id = rooms.id AND plays.ended_at_ms IS NULL"""
"""What a query selects for :func:`to_listed`, and from where."""

_RENUMBER = """
UPDATE rooms SET epoch = :epoch
WHERE id NOT IN (SELECT value FROM json_each(:but)) AND id IN (
  SELECT room_id FROM staff WHERE account_id = :id
  UNION SELECT room_id FROM events WHERE actor_id = :id AND category = 'chat'
)"""
"""Of what a snapshot shows, those who wait or play are in rooms that run, not in rooms at rest."""

_HIDE = (
    """
    UPDATE plays SET ended_at_ms = started_at_ms, end_reason = 'left'
    WHERE room_id = :room AND ended_at_ms IS NULL""",
    "UPDATE rooms SET archived_until_ms = 0, waitlist = '[]', standing = '{}' WHERE id = :room",
    "UPDATE events SET expires_at_ms = 0 WHERE room_id = :room",
    "UPDATE plays SET expires_at_ms = 0 WHERE room_id = :room",
)
"""Nobody comes in, nothing goes on, and no way of reading shows what happened there."""

_INSERT = """
INSERT INTO rooms
  (id, slug, name, description, welcome, private, password_hash, capacity, waitlist_cap,
   slow_mode_ms, guests_chat, locked, cycle, fallback_playlist, created_by, created_at_ms, epoch,
   seq, waitlist, leave_after_play, fallback_next, rules, standing, chat_ttl_ms)
VALUES
  (:id, :slug, :name, :description, :welcome, :private, :password_hash, :capacity, :waitlist_cap,
   :slow_mode_ms, :guests_chat, :locked, :cycle, :fallback_playlist, :created_by, :created_at_ms,
   :epoch, :seq, :waitlist, :leave_after_play, :fallback_next, :rules,
   :standing, :chat_ttl_ms)"""


async def _count(tx: Transaction, account_id: str | None) -> int:
    """Return how many rooms an account has made."""
    row = await tx.row("SELECT count(*) FROM rooms WHERE created_by = :account", {"account": account_id})
    assert row is not None, "an aggregate always has a row"
    count: int = row[0]
    return count


def _params(room: RoomRecord, host_id: str | None) -> dict[str, object]:
    params = {
        **msgspec.structs.asdict(room),
        **msgspec.structs.asdict(room.texts),
        **msgspec.structs.asdict(room.settings),
        "created_by": host_id,
        "waitlist": waitlist_column(room.waitlist),
        "rules": rules_column(room.settings.rules),
        "standing": standing_column(room.standing),
    }
    # Not columns of their own: their fields are, and what only says whether follows from others.
    for composed in ("texts", "settings", "password", "fallback"):
        del params[composed]
    return params


def to_listed(row: sqlite3.Row, users: dict[str, User]) -> ListedRoom:
    """Return the room of a row of :data:`LISTED`; its DJ is among ``users``, unless gone."""
    return ListedRoom(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        private=bool(row["private"]),
        password=bool(row["password"]),
        created_at_ms=row["created_at_ms"],
        play=to_play(row, users) if row["play_id"] is not None else None,
    )
