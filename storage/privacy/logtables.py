"""
The log tables, written: the one module that inserts into ``events``, ``plays``, ``votes``, ``connections``.

Rows come from :mod:`storage.privacy.recorder`, each with its promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from storage.columns import media_column
from storage.database import Transaction
from storage.records import ConnectionRow, EventRow, PlayEnd, PlayRow, VoteRow

TOMBSTONE_KIND = "unrecorded"
"""Kind of a row that only keeps its place in a room's stream: what it was is not recorded."""

_INSERT_EVENT = """
INSERT INTO events
  (category, kind, room_id, epoch, seq, actor_id, at_ms, nonce, payload, expires_at_ms, policy_rev,
   media_expires_at_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_INSERT_PLAY = """
INSERT INTO plays
  (id, room_id, dj_id, media, started_at_ms, duration_ms, position_ms, expires_at_ms, policy_rev,
   media_expires_at_ms)
VALUES
  (:id, :room, :dj, :media, :started_at, :duration, :position, :expires_at, :policy_rev, :media_expires_at)"""

# One that was cut in its lead-in took no time: a start that never came would put it after its successor.
_END_PLAY = """
UPDATE plays SET started_at_ms = min(started_at_ms, :ended_at_ms),
  ended_at_ms = :ended_at_ms, end_reason = :end, ended_by = :by, reason = :reason,
  woots = :woots, mehs = :mehs, grabs = :grabs, listeners = :listeners
WHERE id = :play_id"""

_PUT_VOTE = """
INSERT INTO votes (play_id, account_id, value, grabbed, at_ms, expires_at_ms, policy_rev)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (play_id, account_id) DO UPDATE SET
  value = excluded.value, grabbed = excluded.grabbed, at_ms = excluded.at_ms,
  expires_at_ms = excluded.expires_at_ms, policy_rev = excluded.policy_rev"""


_INSERT_CONNECTION = """
INSERT INTO connections
  (account_id, at_ms, address, network, address_key, browser, os, raw_until_ms, expires_at_ms, policy_rev)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


async def insert_connections(tx: Transaction, rows: Sequence[ConnectionRow]) -> None:
    """Write where accounts connected from."""
    if rows:
        await tx.executemany(_INSERT_CONNECTION, rows)


async def insert_events(tx: Transaction, rows: Sequence[EventRow]) -> None:
    """Write log rows."""
    if rows:
        await tx.executemany(_INSERT_EVENT, rows)


async def write_plays(tx: Transaction, plays: Iterable[PlayRow | PlayEnd]) -> None:
    """Begin and end plays, in order."""
    # Runs of one kind go together, the order between runs stays: a room's next play may only
    # be inserted after its last one has ended.
    for kind, run in groupby(plays, key=type):
        sql = _INSERT_PLAY if kind is PlayRow else _END_PLAY
        await tx.executemany(
            sql, [_play_params(play) if isinstance(play, PlayRow) else play._asdict() for play in run]
        )


async def put_votes(tx: Transaction, rows: Sequence[VoteRow]) -> None:
    """Write votes; a later one of the same user on the same play replaces the earlier one."""
    if rows:
        await tx.executemany(_PUT_VOTE, rows)


def _play_params(row: PlayRow) -> dict[str, Any]:
    play = row.play
    return {
        "id": play.id,
        "room": row.room_id,
        "dj": play.dj and play.dj.id,
        "media": media_column(play.media),
        "started_at": play.started_at_ms,
        "duration": play.duration_ms,
        "position": play.position_ms,
        "expires_at": row.expires_at_ms,
        "policy_rev": row.policy_rev,
        "media_expires_at": row.media_expires_at_ms,
    }
