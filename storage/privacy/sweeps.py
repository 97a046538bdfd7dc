"""What the sweep does with rows that are over, as data: one task per kind of row."""

from __future__ import annotations

from typing import NamedTuple

from protocol.limits import BLOCK_TITLE_MS, DAY_MS, GUEST_BAN_MS, HOUR_MS, TITLE_CHARS
from storage.privacy.holds import asked, is_account_held
from storage.privacy.registry import CATEGORIES, LOG_TABLES, TABLES
from storage.privacy.unlinking import REMOVED_SOURCE
from storage.sessions import SESSION_TTL_MS


class Task(NamedTuple):
    """
    One kind of row that ends.

    ``statements`` are run in order in one transaction, for at most ``:batch`` rows that are over
    by ``:now``; the last one makes them go, and its count is the task's. All choose their rows
    alike. A ``category`` can be held back by a pause.
    """

    name: str
    category: str | None
    statements: tuple[str, ...]


PARAMS: dict[str, int] = {
    "session_ttl": SESSION_TTL_MS,
    "guest_ban": GUEST_BAN_MS,
    "block_title": BLOCK_TITLE_MS,
}
"""What statements may name beside ``:now``, ``:batch`` and ``:category``."""

_EVENTS = f"""
  SELECT id FROM events WHERE category = :category AND expires_at_ms <= :now
    AND {asked("events", "category", "room_id", "actor_id", "at_ms")}
  ORDER BY expires_at_ms, id LIMIT :batch"""  # noqa: S608 - constants
_DELETE_EVENTS = f"DELETE FROM events WHERE id IN ({_EVENTS})"  # noqa: S608 - constants
_BUCKETS = {"presence": HOUR_MS, "video": DAY_MS, "moderation": DAY_MS}
"""How finely what ends is counted, by category; of others nothing is counted."""

# The play on air stays whatever its age: a room cannot lose it.
_PLAYS = f"""
  SELECT id FROM plays WHERE expires_at_ms <= :now AND ended_at_ms IS NOT NULL
    AND {asked("plays", "'video'", "room_id", "dj_id", "started_at_ms")}
  ORDER BY expires_at_ms, id LIMIT :batch"""  # noqa: S608 - constants
# An address that somebody typed is words of theirs: it is counted without it, as nobody could erase it there.
_COUNTED = f"""
  CASE WHEN media ->> '$.source' = 'direct' AND substr(media ->> '$.source_id', 1, 1) <> '/'
  THEN '{REMOVED_SOURCE}' ELSE media ->> '$.source_id' END"""
_COUNT_PLAYS = f"""
INSERT INTO media_days (room_id, day_ms, source, source_id, plays, woots, mehs, grabs)
SELECT room_id, started_at_ms - started_at_ms % {DAY_MS}, media ->> '$.source', {_COUNTED},
  count(*), sum(woots), sum(mehs), sum(grabs)
FROM plays WHERE id IN ({_PLAYS}) GROUP BY 1, 2, 3, 4
ON CONFLICT (room_id, day_ms, source, source_id) DO UPDATE SET plays = plays + excluded.plays,
  woots = woots + excluded.woots, mehs = mehs + excluded.mehs, grabs = grabs + excluded.grabs"""  # noqa: S608 - constants

# A title of some kind must be there: what it is called where it comes from.
_NO_TITLE = f"substr({{0}} ->> '$.source' || ' ' || ({{0}} ->> '$.source_id'), 1, {TITLE_CHARS})"
_PLAY_TITLES = f"""
UPDATE plays SET media_expires_at_ms = NULL,
  media = json_set(json_remove(media, '$.artist', '$.thumbnail_url'), '$.title', {_NO_TITLE.format("media")})
WHERE id IN (SELECT id FROM plays WHERE media_expires_at_ms <= :now
             AND {asked("plays", "'media'", "room_id", "dj_id", "started_at_ms")}
             ORDER BY media_expires_at_ms LIMIT :batch)
"""  # noqa: S608 - constants
_EVENT_TITLES = f"""
UPDATE events SET media_expires_at_ms = NULL,
  payload = json_set(json_remove(payload, '$.play.media.artist', '$.play.media.thumbnail_url'),
    '$.play.media.title', {_NO_TITLE.format("(payload -> '$.play.media')")})
WHERE id IN (SELECT id FROM events WHERE media_expires_at_ms <= :now
             AND {asked("events", "'media'", "room_id", "actor_id", "at_ms")}
             ORDER BY media_expires_at_ms LIMIT :batch)"""  # noqa: S608 - constants

_ID_ALONE = f"substr(source || ' ' || source_id, 1, {TITLE_CHARS})"
_FREE_BLOCKS = asked("blocked_media", "'media'", "room_id", "by_id", "at_ms")
TITLED_BLOCKS = f"title <> {_ID_ALONE} AND {_FREE_BLOCKS}"
"""The condition for entries of block-lists that have a title, and may lose it."""
_BLOCK_TITLES = f"""
UPDATE blocked_media SET title = {_ID_ALONE} WHERE (room_id, source, source_id) IN
  (SELECT room_id, source, source_id FROM blocked_media
   WHERE at_ms <= :now - :block_title AND {TITLED_BLOCKS} LIMIT :batch)"""  # noqa: S608 - constants


def _count_events(bucket_ms: int) -> str:
    # Rooms that are gone count nothing: their tallies went with them.
    return f"""
INSERT INTO tallies (room_id, kind, at_ms, n)
SELECT room_id, kind, at_ms - at_ms % {bucket_ms}, count(*) FROM events
WHERE id IN ({_EVENTS}) AND room_id IN (SELECT id FROM rooms) GROUP BY 1, 2, 3
ON CONFLICT (room_id, kind, at_ms) DO UPDATE SET n = n + excluded.n"""  # noqa: S608 - constants


def _event_tasks() -> list[Task]:
    tasks = []
    for name, category in CATEGORIES.items():
        if category.ttl_ms is not None:
            counting = (_count_events(_BUCKETS[name]),) if name in _BUCKETS else ()
            tasks.append(Task(f"events.{name}", name, (*counting, _DELETE_EVENTS)))
    return tasks


def _by_expiry(table: str, keys: str, category: str | None = None) -> Task:
    columns = TABLES[table].columns
    account = next(iter(TABLES[table].people), "NULL")
    at = "at_ms" if "at_ms" in columns else "NULL"
    free = asked(table, f"'{category}'" if category else "NULL", "NULL", account, at)
    sql = f"""
DELETE FROM {table} WHERE ({keys}) IN
  (SELECT {keys} FROM {table} WHERE expires_at_ms <= :now AND {free}
   ORDER BY expires_at_ms LIMIT :batch)"""  # noqa: S608 - names of the schema
    return Task(table, category, (sql,))


_FREE_SERVER_BANS = asked("server_bans", "'bans'", "NULL", "account_id", "at_ms")
_FREE_SANCTIONS = asked("sanctions", "'bans'", "room_id", "account_id", "at_ms")

KEYS: dict[str, str] = {
    "sessions": "token_hash",
    "consent_log": "id",
    "privacy_requests": "id",
    "age_reports": "target_id, reporter",
    "tombstones": "kind, keyed",
    "privacy_audit": "id",
}
"""Tables beside the log whose rows carry the instant they are over, with what tells rows apart."""

TASKS: tuple[Task, ...] = (
    *_event_tasks(),
    Task("plays", "video", (_COUNT_PLAYS, f"DELETE FROM plays WHERE id IN ({_PLAYS})")),  # noqa: S608 - constants
    # Their counts stay with the play.
    _by_expiry("votes", "play_id, account_id", "votes"),
    Task("titles of plays", "media", (_PLAY_TITLES,)),
    Task("titles of events", "media", (_EVENT_TITLES,)),
    # Of what staff blocked: by when they did, as the policy's time is for what a log holds.
    Task("titles of blocks", "media", (_BLOCK_TITLES,)),
    Task(
        "addresses of connections",
        "connections",
        (
            f"""
            UPDATE connections SET address = NULL, raw_until_ms = NULL WHERE id IN
              (SELECT id FROM connections WHERE raw_until_ms <= :now
                 AND {asked("connections", "'connections'", "NULL", "account_id", "at_ms")}
               ORDER BY raw_until_ms LIMIT :batch)""",  # noqa: S608 - names of the schema
        ),
    ),
    _by_expiry("connections", "id", "connections"),
    *(_by_expiry(table, keys) for table, keys in KEYS.items()),
    Task(
        "sanctions",
        None,
        (
            f"""
            DELETE FROM sanctions WHERE (room_id, kind, account_id) IN
              (SELECT room_id, kind, account_id FROM sanctions WHERE until_ms <= :now AND {_FREE_SANCTIONS}
               LIMIT :batch)""",  # noqa: S608 - constants
        ),
    ),
    Task(
        "bans from the server",
        None,
        (
            f"""
            DELETE FROM server_bans WHERE id IN
              (SELECT id FROM server_bans WHERE until_ms <= :now AND {_FREE_SERVER_BANS} LIMIT :batch)""",  # noqa: S608 - constants
        ),
    ),
    # A guest may be banned for good; where they came from is not kept that long.
    Task(
        "addresses of bans",
        None,
        (
            f"""
            UPDATE sanctions SET address_key = NULL WHERE (room_id, kind, account_id) IN
              (SELECT room_id, kind, account_id FROM sanctions
               WHERE address_key IS NOT NULL AND at_ms <= :now - :guest_ban
                 AND {_FREE_SANCTIONS} LIMIT :batch)""",  # noqa: S608 - constants
        ),
    ),
    # They were revoked while they were held.
    Task(
        "bots",
        None,
        (
            f"""
            DELETE FROM bots WHERE account_id IN
              (SELECT bots.account_id FROM bots JOIN account_privacy USING (account_id)
               WHERE state = 'erasing' AND NOT {is_account_held("bots.account_id")} LIMIT :batch)""",  # noqa: S608 - constants
        ),
    ),
    # A guest without a session can never come back.
    Task(
        "guests",
        None,
        (
            f"""
            DELETE FROM accounts WHERE id IN
              (SELECT id FROM accounts
               WHERE kind = 'guest' AND created_at_ms <= :now - :session_ttl
                 AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.account_id = accounts.id)
                 AND NOT EXISTS (SELECT 1 FROM staff WHERE staff.account_id = accounts.id)
                 AND NOT {is_account_held("id")}
               LIMIT :batch)""",  # noqa: S608 - constants
        ),
    ),
)
"""Everything that ends, in the order in which it is swept."""

assert set(KEYS) <= set(TABLES) - LOG_TABLES, "tables beside the log"
