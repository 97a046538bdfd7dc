"""
The journal: commits what a beat changed, all or nothing.

Rows of the log come from :mod:`storage.privacy.recorder` and are written by
:mod:`storage.privacy.logtables`, so that none is without the promise made at its capture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from protocol.limits import ITEMS_PER_PLAYLIST
from storage.columns import ids_param, media_column, rules_column, standing_column, waitlist_column
from storage.database import Database, Transaction
from storage.privacy.logtables import insert_connections, insert_events, put_votes, write_plays
from storage.privacy.recorder import NOWHERE, Recorder, shipped_recorder
from storage.records import (
    ChatErasure,
    CycleRow,
    EventDraft,
    GrabRow,
    RoomState,
    SettingsRow,
    StaffRow,
    Writes,
)
from storage.sanctions import write_blocks, write_sanctions

# The row stays, so that the stream has no hole. The unary plus keeps the planner from
# preferring an index on seq, which would read every message of the room.
_ERASE_IDS = """
UPDATE events SET payload = json_set(json_remove(payload, '$.reply_to'),
  '$.text', '', '$.mentions', json('[]'), '$.deleted', json('true'))
WHERE kind = 'chat.message' AND room_id = :room AND +seq < :before
  AND payload ->> '$.id' IN (SELECT value FROM json_each(:ids))"""
_ERASE_USER = """
UPDATE events SET payload = json_set(json_remove(payload, '$.reply_to'),
  '$.text', '', '$.mentions', json('[]'), '$.deleted', json('true'))
WHERE kind = 'chat.message' AND actor_id IN (:user, :pseudonym) AND category = 'chat' AND +room_id = :room
  AND +seq < :before AND payload ->> '$.deleted' IS NULL"""
_ERASE_ALL = """
UPDATE events SET payload = json_set(json_remove(payload, '$.reply_to'),
  '$.text', '', '$.mentions', json('[]'), '$.deleted', json('true'))
WHERE kind = 'chat.message' AND room_id = :room AND category = 'chat' AND seq < :before
  AND payload ->> '$.deleted' IS NULL"""

_SET_ROOM = """
UPDATE rooms SET name = :name, description = :description, welcome = :welcome,
  password_hash = :password_hash, private = :private, capacity = :capacity,
  waitlist_cap = :waitlist_cap, slow_mode_ms = :slow_mode_ms, guests_chat = :guests_chat,
  locked = :locked, cycle = :cycle, rules = :rules, chat_ttl_ms = :chat_ttl_ms,
  fallback_playlist = :fallback_playlist
WHERE id = :room"""

# Who gets another role goes to the end, as in the room and with its clients.
PUT_STAFF = """
INSERT INTO staff (room_id, account_id, role, position)
SELECT :room, :account, :role, coalesce(max(position), 0) + 1 FROM staff WHERE room_id = :room
ON CONFLICT (room_id, account_id) DO UPDATE SET role = excluded.role, position = excluded.position"""

_CYCLE = """
UPDATE playlist_items
SET position = (SELECT max(position) + 1 FROM playlist_items WHERE playlist_id = :playlist)
WHERE id = :item AND playlist_id = :playlist"""

# Selecting from playlists makes a grab into a playlist deleted meanwhile vanish, where VALUES
# would fail the whole beat on the foreign key; the WHERE also parts the upsert from a join.
_GRAB = """
INSERT INTO playlist_items (id, playlist_id, position, source, source_id, media, grabbed)
SELECT :item, id,
  (SELECT coalesce(max(position), 0) + 1 FROM playlist_items WHERE playlist_id = :playlist),
  :source, :source_id, :media, 1
FROM playlists
WHERE id = :playlist
  AND (SELECT count(*) FROM playlist_items WHERE playlist_id = :playlist) < :limit
ON CONFLICT DO NOTHING"""

_SET_STATE = """
WITH new (room, seq, waitlist, leave, fallback_next, standing) AS (VALUES (?, ?, ?, ?, ?, ?))
UPDATE rooms SET seq = new.seq, waitlist = new.waitlist, leave_after_play = new.leave,
  fallback_next = new.fallback_next, standing = new.standing
FROM new WHERE rooms.id = new.room"""


class Journal:
    """Writes beats and single log rows."""

    def __init__(self, db: Database, recorder: Recorder | None = None) -> None:
        self._db = db
        self._recorder = recorder or shipped_recorder()

    async def commit(self, writes: Writes) -> None:
        """
        Commit a beat: when this returns, it survives the death of the process.

        In one trip to the database's thread, and with many rows a statement where it can be: a
        thread waits for the interpreter between two of them.

        Raises:
            StorageUnavailableError: nothing of it was applied.
            sqlite3.IntegrityError: rows contradict each other, which is a bug; nothing was applied.

        """
        async with self._db.batch(urgent=True) as tx:
            await insert_events(tx, writes.events)
            for erasure in writes.erasures:
                await _erase(tx, erasure)
            await write_plays(tx, writes.plays)
            await put_votes(tx, writes.votes)
            await _many(tx, _SET_ROOM, [_settings_params(row) for row in writes.settings])
            for row in writes.staff:
                await _write_staff(tx, row)
            await write_sanctions(tx, writes.sanctions)
            await write_blocks(tx, writes.blocks)
            await _many(tx, _CYCLE, [_cycle_params(row) for row in writes.cycles])
            await _many(tx, _GRAB, [_grab_params(row) for row in writes.grabs])
            await insert_connections(tx, writes.connections)
            await _many(tx, _SET_STATE, [_state_params(state) for state in writes.states])

    async def record(self, drafts: Sequence[EventDraft]) -> None:
        """
        Commit what belongs to no beat and no room, such as sign-ins.

        Raises:
            StorageUnavailableError: none was recorded.

        """
        rows = [row for draft in drafts if (row := self._recorder.event(draft, NOWHERE)) is not None]
        if rows:
            async with self._db.transaction() as tx:
                await insert_events(tx, rows)


async def _many(tx: Transaction, sql: str, params: Sequence[Any]) -> None:
    if params:
        await tx.executemany(sql, params)


async def _erase(tx: Transaction, erasure: ChatErasure) -> None:
    params = {"room": erasure.room_id, "before": erasure.before_seq}
    if erasure.ids is not None:
        await tx.execute(_ERASE_IDS, {**params, "ids": ids_param(erasure.ids)})
    elif erasure.user_id is not None:
        await tx.execute(_ERASE_USER, {**params, "user": erasure.user_id, "pseudonym": erasure.pseudonym})
    else:
        await tx.execute(_ERASE_ALL, params)


async def _write_staff(tx: Transaction, row: StaffRow) -> None:
    params = {"room": row.room_id, "account": row.account_id}
    if row.role is None:
        await tx.execute("DELETE FROM staff WHERE room_id = :room AND account_id = :account", params)
    else:
        await tx.execute(PUT_STAFF, {**params, "role": row.role.wire})


def _settings_params(row: SettingsRow) -> dict[str, Any]:
    texts, settings = row.texts, row.settings
    return {
        "room": row.room_id,
        "name": texts.name,
        "description": texts.description,
        "welcome": texts.welcome,
        "password_hash": texts.password_hash,
        "private": settings.private,
        "capacity": settings.capacity,
        "waitlist_cap": settings.waitlist_cap,
        "slow_mode_ms": settings.slow_mode_ms,
        "guests_chat": settings.guests_chat,
        "chat_ttl_ms": settings.chat_ttl_ms,
        "locked": settings.locked,
        "cycle": settings.cycle,
        "rules": rules_column(settings.rules),
        "fallback_playlist": row.fallback_playlist,
    }


def _cycle_params(row: CycleRow) -> dict[str, str]:
    return {"playlist": row.playlist_id, "item": row.item_id}


def _grab_params(row: GrabRow) -> dict[str, Any]:
    return {
        "item": row.item_id,
        "playlist": row.playlist_id,
        "source": row.media.source,
        "source_id": row.media.source_id,
        "media": media_column(row.media),
        "limit": ITEMS_PER_PLAYLIST,
    }


def _state_params(state: RoomState) -> tuple[object, ...]:
    return (
        state.room_id,
        state.seq,
        waitlist_column(state.waitlist),
        state.leave_after_play,
        state.fallback_next,
        standing_column(state.standing),
    )
