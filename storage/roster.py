"""The roster: accounts and sessions as an operator looks through them."""

from __future__ import annotations

from typing import NamedTuple

from protocol.text import text_key
from protocol.values import UserKind
from storage.database import Database


class RosterEntry(NamedTuple):
    """An account in a list: no address, no password."""

    id: str
    name: str
    kind: UserKind
    created_at_ms: int
    sessions: int


class StandingSession(NamedTuple):
    """A session that is valid now. The hash is what is stored of its token."""

    token_hash: bytes
    created_at_ms: int
    expires_at_ms: int


class StaffRole(NamedTuple):
    """A role in a room."""

    slug: str
    role: str


class RoomEntry(NamedTuple):
    """A room in a list, private and archived ones included. ``host`` is a name."""

    id: str
    slug: str
    name: str
    is_private: bool
    host: str | None
    created_at_ms: int
    deleted_at_ms: int | None
    """When it is deleted unless somebody takes it over; None: it is open."""


class BotEntry(NamedTuple):
    """A bot in a list, with the name of its owner and its scopes as they are stored (JSON)."""

    id: str
    name: str
    owner: str
    scopes: str
    token_expires_at_ms: int | None


class Roster:
    """Reads across accounts; what it tells is for the operator alone."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def accounts(self, kind: UserKind | None, query: str, limit: int, now_ms: int) -> list[RosterEntry]:
        """Return the newest accounts, at most ``limit``, whose name contains ``query``; None is any kind."""
        rows = await self._db.rows(
            """
            SELECT id, name, kind, created_at_ms,
              (SELECT count(*) FROM sessions WHERE account_id = accounts.id AND expires_at_ms > :now)
            FROM accounts
            WHERE (:kind IS NULL OR kind = :kind) AND instr(name_key, :query) > 0
            ORDER BY created_at_ms DESC, id LIMIT :limit""",
            {"kind": kind, "query": text_key(query), "limit": limit, "now": now_ms},
        )
        return [RosterEntry(*row) for row in rows]

    async def sessions(self, account_id: str, now_ms: int) -> list[StandingSession]:
        """Return an account's valid sessions, oldest first."""
        rows = await self._db.rows(
            """
            SELECT token_hash, created_at_ms, expires_at_ms FROM sessions
            WHERE account_id = :id AND expires_at_ms > :now ORDER BY created_at_ms, token_hash""",
            {"id": account_id, "now": now_ms},
        )
        return [StandingSession(*row) for row in rows]

    async def roles(self, account_id: str) -> list[StaffRole]:
        """Return where an account is staff, by slug."""
        rows = await self._db.rows(
            """
            SELECT slug, role FROM staff JOIN rooms ON rooms.id = room_id
            WHERE account_id = :id ORDER BY slug""",
            {"id": account_id},
        )
        return [StaffRole(*row) for row in rows]

    async def rooms(self, query: str, limit: int) -> list[RoomEntry]:
        """Return the newest rooms, at most ``limit``, whose name or slug contains ``query``."""
        rows = await self._db.rows(
            """
            SELECT rooms.id, slug, rooms.name, private, accounts.name, rooms.created_at_ms, archived_until_ms
            FROM rooms
              LEFT JOIN staff ON staff.room_id = rooms.id AND role = 'host'
              LEFT JOIN accounts ON accounts.id = staff.account_id
            WHERE instr(text_key(rooms.name), :query) > 0 OR instr(slug, :query) > 0
            ORDER BY rooms.created_at_ms DESC, rooms.id LIMIT :limit""",
            {"query": text_key(query), "limit": limit},
        )
        return [RoomEntry(*row)._replace(is_private=bool(row["private"])) for row in rows]

    async def bots(self, owner_id: str | None, now_ms: int) -> list[BotEntry]:
        """Return the bots of an account, or all (None), by owner and age."""
        rows = await self._db.rows(
            """
            SELECT bot.id, bot.name, owner.name, scopes,
              (SELECT max(expires_at_ms) FROM sessions WHERE account_id = bot.id AND expires_at_ms > :now)
            FROM bots
              JOIN accounts AS bot ON bot.id = bots.account_id
              JOIN accounts AS owner ON owner.id = bots.owner_id
            WHERE :owner IS NULL OR bots.owner_id = :owner
            ORDER BY owner.name_key, bot.created_at_ms, bot.id""",
            {"owner": owner_id, "now": now_ms},
        )
        return [BotEntry(*row) for row in rows]

    async def owner_of(self, bot_id: str) -> str | None:
        """Return the id of a bot's owner."""
        row = await self._db.row("SELECT owner_id FROM bots WHERE account_id = :id", {"id": bot_id})
        return None if row is None else row["owner_id"]
