"""
The journal: the one place that writes the log.

Whatever a beat changed is committed here in one transaction, and every recorded row gets
its promise: category, policy revision, expiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from storage.database import Database, Transaction
from storage.records import ChatErasure, EventRow, PlayEnd, PlayRow, Writes
from storage.retention import POLICY_REV, expires_at

_json = msgspec.json.Encoder().encode

_EVENT = (
    "INSERT INTO events (category, kind, room_id, epoch, seq, actor_id, at_ms, nonce, payload,"
    " expires_at_ms, policy_rev) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PLAY = (
    "INSERT INTO plays (id, room_id, dj_id, media, started_at_ms, duration_ms, position_ms,"
    " expires_at_ms, policy_rev) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PLAY_END = (
    "UPDATE plays SET ended_at_ms = ?, end_reason = ?, ended_by = ?, reason = ?, woots = ?, mehs = ?,"
    " grabs = ?, listeners = ? WHERE id = ?"
)
_VOTE = (
    "INSERT INTO votes (play_id, account_id, value, grabbed, at_ms, expires_at_ms, policy_rev)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (play_id, account_id) DO UPDATE SET"
    " value = excluded.value, grabbed = excluded.grabbed, at_ms = excluded.at_ms,"
    # A promise may be shortened later, never lengthened.
    " expires_at_ms = min(expires_at_ms, excluded.expires_at_ms)"
)
_SETTINGS = (
    "UPDATE rooms SET name = ?, description = ?, welcome = ?, password_hash = ?, private = ?, capacity = ?,"
    " waitlist_cap = ?, slow_mode_ms = ?, guests_chat = ?, locked = ?, cycle = ? WHERE id = ?"
)
_STATE = "UPDATE rooms SET seq = ?, waitlist = ?, leave_after_play = ?, fallback_next = ? WHERE id = ?"
_ERASE = (
    "UPDATE events SET payload = json_set(payload, '$.text', '', '$.mentions', json('[]'),"
    " '$.deleted', json('true')) WHERE room_id = ? AND category = 'chat' AND seq < ?"
)
_CYCLE = (
    "UPDATE playlist_items SET position = (SELECT max(position) + 1 FROM playlist_items"
    " WHERE playlist_id = ?) WHERE id = ? AND playlist_id = ?"
)
_GRAB = (
    "INSERT OR IGNORE INTO playlist_items (id, playlist_id, position, source, source_id, media)"
    " SELECT ?, p.id, 1 + coalesce((SELECT max(position) FROM playlist_items WHERE playlist_id = p.id), 0),"
    " ?, ?, ? FROM playlists p WHERE p.id = ?"
)


class Journal:
    """Commits beats and records single rows."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def commit(self, writes: Writes) -> None:
        """
        Commit a beat, all or nothing.

        Raises:
            StorageUnavailableError: the database refused; nothing was applied.

        """
        async with self._db.transaction() as tx:
            await _record(tx, writes.events)
            for erasure in writes.erasures:
                await _erase(tx, erasure)
            for play in writes.plays:
                await _write_play(tx, play)
            for sql, rows in _plain(writes):
                if rows:
                    await tx.executemany(sql, rows)
            for room_id, account_id, role in writes.staff:
                place = (room_id, account_id)
                await tx.execute("DELETE FROM staff WHERE room_id = ? AND account_id = ?", place)
                if role is not None:
                    values = (room_id, account_id, role.wire)
                    await tx.execute("INSERT INTO staff (room_id, account_id, role) VALUES (?, ?, ?)", values)

    async def record(self, rows: Iterable[EventRow]) -> None:
        """
        Record rows that belong to no room's stream, such as sign-ins.

        Raises:
            StorageUnavailableError: the database refused; nothing was applied.

        """
        async with self._db.transaction() as tx:
            await _record(tx, rows)


async def _record(tx: Transaction, rows: Iterable[EventRow]) -> None:
    values = [(*row, expires_at(row.category, row.at_ms), POLICY_REV) for row in rows]
    if values:
        await tx.executemany(_EVENT, values)


async def _erase(tx: Transaction, erasure: ChatErasure) -> None:
    base = (erasure.room_id, erasure.before_seq)
    if erasure.ids is not None:
        await tx.executemany(f"{_ERASE} AND payload ->> '$.id' = ?", [(*base, id_) for id_ in erasure.ids])
    elif erasure.user_id is not None:
        await tx.execute(f"{_ERASE} AND actor_id = ?", (*base, erasure.user_id))
    else:
        await tx.execute(_ERASE, base)


async def _write_play(tx: Transaction, row: PlayRow | PlayEnd) -> None:
    match row:
        case PlayRow(room_id, play):
            begun = (
                play.id,
                room_id,
                None if play.dj is None else play.dj.id,
                _json(play.media).decode(),
                play.started_at_ms,
                play.duration_ms,
                play.position_ms,
                expires_at("video", play.started_at_ms),
                POLICY_REV,
            )
            await tx.execute(_PLAY, begun)
        case PlayEnd():
            play_id, *values = row
            await tx.execute(_PLAY_END, (*values, play_id))


def _plain(writes: Writes) -> list[tuple[str, list[tuple[Any, ...]]]]:
    return [
        (_VOTE, [(*vote, expires_at("votes", vote.at_ms), POLICY_REV) for vote in writes.votes]),
        (
            _SETTINGS,
            [
                (
                    texts.name,
                    texts.description,
                    texts.welcome,
                    texts.password_hash,
                    rules.private,
                    rules.capacity,
                    rules.waitlist_cap,
                    rules.slow_mode_ms,
                    rules.guests_chat,
                    rules.locked,
                    rules.cycle,
                    room_id,
                )
                for room_id, texts, rules in writes.settings
            ],
        ),
        (_CYCLE, [(playlist_id, item_id, playlist_id) for playlist_id, item_id in writes.cycles]),
        (
            _GRAB,
            [
                (item_id, media.source, media.source_id, _json(media).decode(), playlist_id)
                for item_id, playlist_id, media in writes.grabs
            ],
        ),
        (
            _STATE,
            [
                (one.seq, _json(one.waitlist).decode(), one.leave_after_play, one.fallback_next, one.room_id)
                for one in writes.states
            ],
        ),
    ]
