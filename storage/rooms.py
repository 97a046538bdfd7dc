"""Rooms at rest."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from protocol import limits
from protocol.events import ChatMessage, RoomEvent
from protocol.roles import Role
from protocol.values import Media, Play, RoomSummary, Settings
from storage.accounts import Accounts
from storage.chatlog import hydrate
from storage.database import Database
from storage.errors import RoomExistsError
from storage.records import OpenedRoom, RoomRecord, RoomTexts, VoteRecord, WaitingRecord

_RULES = ("private", "capacity", "waitlist_cap", "slow_mode_ms", "guests_chat", "locked", "cycle")
_FLAGS = {"private", "guests_chat", "locked", "cycle"}


def _settings(row: sqlite3.Row) -> Settings:
    rules: dict[str, Any] = {name: bool(row[name]) if name in _FLAGS else row[name] for name in _RULES}
    return Settings(password=row["password_hash"] is not None, **rules)


def _record(row: sqlite3.Row) -> RoomRecord:
    return RoomRecord(
        id=row["id"],
        slug=row["slug"],
        created_at_ms=row["created_at_ms"],
        epoch=row["epoch"],
        seq=row["seq"],
        texts=RoomTexts(
            name=row["name"],
            description=row["description"],
            welcome=row["welcome"],
            password_hash=row["password_hash"],
        ),
        settings=_settings(row),
        waitlist=msgspec.json.decode(row["waitlist"], type=list[WaitingRecord]),
        leave_after_play=bool(row["leave_after_play"]),
        fallback_playlist=row["fallback_playlist"],
        fallback_next=row["fallback_next"],
    )


class Rooms:
    """Rooms by id and slug."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def create(self, room: RoomRecord, host_id: str | None) -> None:
        """
        Store a new room and its host.

        Raises:
            RoomExistsError: another room has the slug.

        """
        rules = {name: getattr(room.settings, name) for name in _RULES}
        values = {
            "id": room.id,
            "slug": room.slug,
            **msgspec.structs.asdict(room.texts),
            **rules,
            "fallback_playlist": room.fallback_playlist,
            "created_by": host_id,
            "created_at_ms": room.created_at_ms,
            "epoch": room.epoch,
            "seq": room.seq,
        }
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        async with self._db.transaction() as tx:
            try:
                await tx.execute(f"INSERT INTO rooms ({names}) VALUES ({marks})", values)  # noqa: S608
            except sqlite3.IntegrityError as exc:
                raise RoomExistsError(room.slug) from exc
            if host_id is not None:
                staff = (room.id, host_id, Role.HOST.wire)
                await tx.execute("INSERT INTO staff (room_id, account_id, role) VALUES (?, ?, ?)", staff)

    async def find(self, ref: str) -> str | None:
        """Return the id of a room named by id or slug."""
        row = await self._db.row("SELECT id FROM rooms WHERE id = ? OR slug = ?", (ref, ref))
        return None if row is None else row[0]

    async def count_by_creator(self, account_id: str) -> int:
        """Count the rooms an account has made."""
        row = await self._db.row("SELECT count(*) FROM rooms WHERE created_by = ?", (account_id,))
        return 0 if row is None else row[0]

    async def set_epoch(self, room_id: str, epoch: str) -> None:
        """Begin a new numbering: what was numbered before cannot be continued."""
        async with self._db.transaction() as tx:
            await tx.execute("UPDATE rooms SET epoch = ? WHERE id = ?", (epoch, room_id))

    async def active(self, now_ms: int) -> list[str]:
        """Return the rooms that must run without anybody entering: somebody plays or waits."""
        del now_ms  # a play that is over since the stop still has to make way
        rows = await self._db.rows(
            "SELECT id FROM rooms WHERE waitlist != '[]'"
            " UNION SELECT room_id FROM plays WHERE ended_at_ms IS NULL"
        )
        return [row[0] for row in rows]

    async def directory(self) -> list[RoomSummary]:
        """Return the public rooms as they rest: nobody there."""
        rows = await self._db.rows(
            "SELECT id, slug, name, description, password_hash FROM rooms WHERE private = 0"
        )
        return [
            RoomSummary(
                id=row["id"],
                slug=row["slug"],
                name=row["name"],
                description=row["description"],
                private=False,
                password=row["password_hash"] is not None,
                population=0,
                guests=0,
                dj=None,
                play=None,
            )
            for row in rows
        ]

    async def open(
        self, ref: str, now_ms: int, *, resume_events: int = 512, resume_ms: int = 120_000
    ) -> OpenedRoom | None:
        """Return a room with everything its owner needs to go on where it stopped."""
        row = await self._db.row("SELECT * FROM rooms WHERE id = ? OR slug = ?", (ref, ref))
        if row is None:
            return None
        room = _record(row)
        staff = await self._db.rows("SELECT account_id, role FROM staff WHERE room_id = ?", (room.id,))
        current = await self._db.row(
            "SELECT * FROM plays WHERE room_id = ? AND ended_at_ms IS NULL", (room.id,)
        )
        named = {member["account_id"] for member in staff} | {place.user_id for place in room.waitlist}
        if current is not None and current["dj_id"]:
            named.add(current["dj_id"])
        users = await self._accounts.users(named)
        events = await self._stream(room, now_ms, resume_events, resume_ms)
        return OpenedRoom(
            room=room,
            staff={member["account_id"]: Role.from_wire(member["role"]) for member in staff},
            play=None if current is None else _play(current, users),
            listeners=0,
            votes=[] if current is None else await self._votes(current["id"]),
            chat=await self._chat(room, now_ms),
            events=events,
            nonces=await self._nonces(room, now_ms),
            users=users,
            fallback=await self._fallback(room.fallback_playlist),
        )

    async def _votes(self, play_id: str) -> list[VoteRecord]:
        rows = await self._db.rows("SELECT * FROM votes WHERE play_id = ?", (play_id,))
        return [
            VoteRecord(row["play_id"], row["account_id"], row["value"], bool(row["grabbed"]), row["at_ms"])
            for row in rows
        ]

    async def _stream(self, room: RoomRecord, now_ms: int, count: int, age_ms: int) -> list[RoomEvent]:
        rows = await self._db.rows(
            "SELECT kind, seq, at_ms, payload FROM events WHERE room_id = ? AND epoch = ?"
            " AND seq IS NOT NULL AND at_ms >= ? AND expires_at_ms > ? ORDER BY seq DESC LIMIT ?",
            (room.id, room.epoch, now_ms - age_ms, now_ms, count),
        )
        contiguous: list[sqlite3.Row] = []
        for row in rows:
            if row["seq"] != room.seq - len(contiguous):
                break
            contiguous.append(row)
        return await hydrate(self._accounts, room.id, contiguous[::-1])

    async def _chat(self, room: RoomRecord, now_ms: int) -> list[ChatMessage]:
        rows = await self._db.rows(
            "SELECT kind, seq, at_ms, payload FROM events WHERE room_id = ? AND category = 'chat'"
            " AND at_ms >= ? AND expires_at_ms > ? AND payload ->> '$.deleted' IS NULL"
            " ORDER BY seq DESC LIMIT ?",
            (room.id, now_ms - limits.CHAT_REPLAY_MS, now_ms, limits.CHAT_REPLAY_MESSAGES),
        )
        events = await hydrate(self._accounts, room.id, rows[::-1])
        return [event for event in events if isinstance(event, ChatMessage)]

    async def _nonces(self, room: RoomRecord, now_ms: int) -> list[tuple[str, str, str, int, int]]:
        rows = await self._db.rows(
            "SELECT actor_id, nonce, payload ->> '$.id', seq, at_ms FROM events"
            " WHERE room_id = ? AND category = 'chat' AND nonce IS NOT NULL AND at_ms >= ? ORDER BY at_ms",
            (room.id, now_ms - limits.NONCE_WINDOW_MS),
        )
        return [tuple(row) for row in rows]

    async def _fallback(self, playlist_id: str | None) -> list[Media]:
        rows = await self._db.rows(
            "SELECT media FROM playlist_items WHERE playlist_id = ? ORDER BY position", (playlist_id,)
        )
        return [msgspec.json.decode(row[0], type=Media) for row in rows]


def _play(row: sqlite3.Row, users: dict[str, Any]) -> Play:
    return Play(
        id=row["id"],
        dj=users.get(row["dj_id"]),
        media=msgspec.json.decode(row["media"], type=Media),
        started_at_ms=row["started_at_ms"],
        duration_ms=row["duration_ms"],
        position_ms=row["position_ms"],
        velocity=1.0,
    )
