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
