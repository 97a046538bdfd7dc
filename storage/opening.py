"""
Opening: a room read back so that it goes on as if it had never stopped.

Reads what the journal wrote: the state, the current play with its votes, the chat a joiner
sees, the events a client can resume over, and the nonces that make a repeated message harmless.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from protocol.events import ChatMessage, RoomEvent
from protocol.limits import (
    CHAT_REPLAY_MESSAGES,
    CHAT_REPLAY_MS,
    FALLBACK_MAX,
    NONCE_WINDOW_MS,
    REPEAT_PLAYS_MAX,
)
from protocol.roles import Role
from protocol.values import Media, Play, Settings, User
from storage.accounts import Accounts
from storage.columns import to_media, to_rules, to_standing, to_waitlist
from storage.database import Database
from storage.downtimes import Downtimes, load_downtimes
from storage.fold import folded_users, gone_user, parse, unfold
from storage.privacy.logtables import TOMBSTONE_KIND
from storage.privacy.registry import STREAMED
from storage.records import OpenedRoom, RoomRecord, RoomTexts, VoteRecord
from storage.sanctions import block_rows, sanction_rows, to_block, to_sanction

_CHUNK = 1000
"""Chat rows read at a time on the way back through the last minutes."""

# A playlist may go in many ways, and the room with it as fallback may be at rest: it has none then.
_ROOM = """
SELECT rooms.*, (SELECT playlists.id FROM playlists WHERE playlists.id = fallback_playlist) AS fallback
FROM rooms WHERE rooms.id = :id"""

# A deletion leaves the row, without its text: such a row is part of the stream, not of the chat.
_CHAT = """
SELECT seq, at_ms, expires_at_ms, actor_id, nonce, kind, payload, payload ->> '$.id' AS message_id,
  payload ->> '$.deleted' IS NOT NULL AS deleted
FROM events
WHERE room_id = :room AND category = 'chat' AND seq < :before AND expires_at_ms > :now
ORDER BY seq DESC LIMIT :limit"""

# Numbers have no gap, so the newest are a range of them, in each category that has any.
_STREAM = f"""
SELECT seq, at_ms, expires_at_ms, media_expires_at_ms, kind, payload FROM events
WHERE room_id = :room AND category IN ({", ".join(f"'{name}'" for name in STREAMED)})
  AND seq > :seq - :limit AND epoch = :epoch AND expires_at_ms > :now
ORDER BY seq DESC LIMIT :limit"""  # noqa: S608 - constants


class _RecentChat(NamedTuple):
    messages: list[sqlite3.Row]
    nonces: list[tuple[str, str, str, int, int]]


def to_play(row: sqlite3.Row, users: Mapping[str, User]) -> Play:
    """Return the play of a row of ``plays`` whose id is named ``play_id``; media play at speed 1."""
    dj_id = row["dj_id"]
    return Play(
        id=row["play_id"],
        dj=dj_id and (users.get(dj_id) or gone_user(dj_id)),
        media=to_media(row["media"]),
        started_at_ms=row["started_at_ms"],
        duration_ms=row["duration_ms"],
        position_ms=row["position_ms"],
        velocity=1.0,
    )


async def open_room(
    db: Database, room_id: str, now_ms: int, *, resume_events: int, resume_ms: int
) -> OpenedRoom | None:
    """
    Return a room with all that belongs to it, None if there is none of this id.

    ``events`` are the newest of the current epoch, oldest first, without a hole up to the
    room's ``seq``: at most ``resume_events``, none older than ``resume_ms``.
    """
    row = await db.row(_ROOM, {"id": room_id})
    if row is None:
        return None
    room = _record(row)
    staff = await _staff(db, room_id)
    play_row = await db.row(
        "SELECT *, id AS play_id FROM plays WHERE room_id = :room AND ended_at_ms IS NULL", {"room": room_id}
    )
    votes = await _votes(db, play_row["play_id"], now_ms) if play_row else []
    recent = await _recent_chat(db, room, now_ms, await load_downtimes(db))
    stream = await _resumable(db, room, now_ms, resume_events, resume_ms)

    sanctions = await sanction_rows(db, room_id, now_ms)
    blocks = await block_rows(db, room_id)
    named = _named(room, play_row) | staff.keys()
    # The last messages are in both: each row is read once, for rooms open by the thousand after a restart.
    rows = {event["seq"]: event for event in (*recent.messages, *stream)}
    payloads = {seq: parse(event["payload"]) for seq, event in rows.items()}
    told = folded_users(list(payloads.values()))
    found = await Accounts(db).users(named | told | _concerned(sanctions, blocks))
    events = _events(rows, payloads, room_id, found)
    return OpenedRoom(
        room=room,
        staff=staff,
        play=to_play(play_row, found) if play_row else None,
        votes=votes,
        chat=[one for row in recent.messages if isinstance(one := events[row["seq"]], ChatMessage)],
        events=[events[row["seq"]] for row in stream],
        ends={seq: event["expires_at_ms"] for seq, event in rows.items()},
        nonces=recent.nonces,
        users={user_id: found.get(user_id) or gone_user(user_id) for user_id in named},
        fallback=await _fallback(db, room.fallback_playlist),
        sanctions=[to_sanction(row, found) for row in sanctions],
        addresses={row["account_id"]: row["address_key"] for row in sanctions if row["address_key"]},
        blocked=[to_block(row, found) for row in blocks],
        recent=await _recent_plays(db, room_id, now_ms),
    )


def _named(room: RoomRecord, play: sqlite3.Row | None) -> set[str]:
    named = {waiting.user_id for waiting in room.waitlist}
    named |= {reserved.user_id for reserved in room.standing.reservations}
    return named | {play["dj_id"]} if play and play["dj_id"] else named


def _concerned(sanctions: Iterable[sqlite3.Row], blocks: Iterable[sqlite3.Row]) -> set[str]:
    concerned = {row[field] for row in sanctions for field in ("account_id", "by_id")}
    return concerned | {row["by_id"] for row in blocks}


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
        settings=Settings(
            private=bool(row["private"]),
            password=row["password_hash"] is not None,
            capacity=row["capacity"],
            waitlist_cap=row["waitlist_cap"],
            slow_mode_ms=row["slow_mode_ms"],
            guests_chat=bool(row["guests_chat"]),
            chat_ttl_ms=row["chat_ttl_ms"],
            locked=bool(row["locked"]),
            cycle=bool(row["cycle"]),
            rules=to_rules(row["rules"]),
            fallback=row["fallback"] is not None,
        ),
        waitlist=to_waitlist(row["waitlist"]),
        leave_after_play=bool(row["leave_after_play"]),
        fallback_playlist=row["fallback"],
        fallback_next=row["fallback_next"],
        standing=to_standing(row["standing"]),
    )


async def _staff(db: Database, room_id: str) -> dict[str, Role]:
    rows = await db.rows(
        "SELECT account_id, role FROM staff WHERE room_id = :room ORDER BY position, account_id",
        {"room": room_id},
    )
    return {row["account_id"]: Role.from_wire(row["role"]) for row in rows}


async def _votes(db: Database, play_id: str, now_ms: int) -> list[VoteRecord]:
    rows = await db.rows(
        """
        SELECT play_id, account_id, value, grabbed, at_ms FROM votes
        WHERE play_id = :play AND expires_at_ms > :now
        ORDER BY at_ms, account_id""",
        {"play": play_id, "now": now_ms},
    )
    return [
        VoteRecord(row["play_id"], row["account_id"], row["value"], bool(row["grabbed"]), row["at_ms"])
        for row in rows
    ]


async def _recent_chat(db: Database, room: RoomRecord, now_ms: int, downtimes: Downtimes) -> _RecentChat:
    """
    Walk back through the chat until neither replay nor nonces want more; both oldest first.

    A nonce is as old as the time that a server lived since: a client could not repeat it meanwhile.
    """
    recent = _RecentChat([], [])
    before = room.seq + 1
    while True:
        rows = await db.rows(_CHAT, {"room": room.id, "before": before, "now": now_ms, "limit": _CHUNK})
        for row in rows:
            in_replay = len(recent.messages) < CHAT_REPLAY_MESSAGES and row["at_ms"] > now_ms - CHAT_REPLAY_MS
            lived_ms = downtimes.lived(row["at_ms"])
            in_window = lived_ms > now_ms - NONCE_WINDOW_MS
            if in_replay and not row["deleted"]:
                recent.messages.append(row)
            if in_window and row["nonce"] is not None:
                recent.nonces.append((row["actor_id"], row["nonce"], row["message_id"], row["seq"], lived_ms))
            if not in_replay and not in_window:
                break
        else:
            if len(rows) == _CHUNK:
                before = rows[-1]["seq"]
                continue
        recent.messages.reverse()
        recent.nonces.reverse()
        return recent


async def _recent_plays(db: Database, room_id: str, now_ms: int) -> list[tuple[str, str, int]]:
    rows = await db.rows(
        """
        SELECT media ->> '$.source' AS source, media ->> '$.source_id' AS source_id, started_at_ms FROM plays
        WHERE room_id = :room AND dj_id IS NOT NULL AND expires_at_ms > :now
          AND (ended_at_ms IS NULL OR ended_at_ms > started_at_ms)
        ORDER BY started_at_ms DESC LIMIT :limit""",
        {"room": room_id, "limit": REPEAT_PLAYS_MAX, "now": now_ms},
    )
    return [(row["source"], row["source_id"], row["started_at_ms"]) for row in reversed(rows)]


async def _resumable(
    db: Database, room: RoomRecord, now_ms: int, limit: int, window_ms: int
) -> list[sqlite3.Row]:
    params = {"room": room.id, "epoch": room.epoch, "seq": room.seq, "now": now_ms, "limit": limit}
    rows = await db.rows(_STREAM, params)
    ring: list[sqlite3.Row] = []
    for expected, row in zip(range(room.seq, 0, -1), rows, strict=False):
        if row["seq"] != expected or row["at_ms"] < now_ms - window_ms or row["kind"] == TOMBSTONE_KIND:
            break
        ring.append(row)
    ring.reverse()
    return ring


def _events(
    rows: Mapping[int, sqlite3.Row], payloads: Mapping[int, Any], room_id: str, users: dict[str, User]
) -> dict[int, RoomEvent]:
    return {
        seq: unfold(row["kind"], payloads[seq], room=room_id, seq=seq, at_ms=row["at_ms"], users=users)
        for seq, row in rows.items()
    }


async def _fallback(db: Database, playlist_id: str | None) -> list[Media]:
    if playlist_id is None:
        return []
    rows = await db.rows(
        "SELECT media FROM playlist_items WHERE playlist_id = :playlist ORDER BY position LIMIT :limit",
        {"playlist": playlist_id, "limit": FALLBACK_MAX},
    )
    return [to_media(row["media"]) for row in rows]
