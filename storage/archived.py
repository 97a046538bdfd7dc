"""Archived rooms: their host was erased and nobody inherits them; whoever takes one over opens it again."""

from __future__ import annotations

from typing import NamedTuple

from protocol.roles import Role
from storage.database import Database, Transaction
from storage.errors import NotFoundError
from storage.journal import PUT_STAFF
from storage.privacy.holds import is_room_held

_OF = "SELECT id, slug, archived_until_ms FROM rooms WHERE archived_until_ms IS NOT NULL"

# Nothing of what was running goes on: nobody waits, nothing plays, no playlist fills in. A play
# that was on ends as if its DJ had left, with the score it has. Texts go whoever wrote them: the
# host is answerable for them, and the room is called by its address until it has one again.
_CLOSE = (
    """
    UPDATE plays SET ended_at_ms = :now, end_reason = 'left',
      woots = (SELECT count(*) FROM votes WHERE play_id = plays.id AND value > 0),
      mehs = (SELECT count(*) FROM votes WHERE play_id = plays.id AND value < 0),
      grabs = (SELECT count(*) FROM votes WHERE play_id = plays.id AND grabbed)
    WHERE room_id = :room AND ended_at_ms IS NULL""",
    """
    UPDATE rooms SET archived_until_ms = :until, name = slug, description = '', welcome = '',
      password_hash = NULL, fallback_playlist = NULL, fallback_next = 0, waitlist = '[]',
      standing = '{}', leave_after_play = 0
    WHERE id = :room AND archived_until_ms IS NULL""",
    "DELETE FROM staff WHERE room_id = :room AND role = 'host'",
)


class ArchivedRoom(NamedTuple):
    """A room that waits for a host, until an instant."""

    id: str
    slug: str
    until_ms: int


class ArchivedRooms:
    """All archived rooms."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def archive(self, tx: Transaction, room_id: str, now_ms: int, until_ms: int) -> None:
        """Close a room that is at rest; one that is archived keeps its time."""
        params = {"room": room_id, "now": now_ms, "until": until_ms}
        for statement in _CLOSE:
            await tx.execute(statement, params)

    async def find(self, ref: str) -> ArchivedRoom | None:
        """Return an archived room by id or slug."""
        row = await self._db.row(f"{_OF} AND (id = :ref OR slug = :ref)", {"ref": ref})
        return None if row is None else ArchivedRoom(*row)

    async def due(self, now_ms: int) -> list[ArchivedRoom]:
        """Return those whose time is over and of whom nothing is held, the longest first."""
        rows = await self._db.rows(
            f"{_OF} AND archived_until_ms <= :now AND NOT {is_room_held('id')}"
            " ORDER BY archived_until_ms, id",
            {"now": now_ms},
        )
        return [ArchivedRoom(*row) for row in rows]

    async def count(self) -> int:
        """Return how many there are."""
        return len(await self._db.rows(_OF))

    async def role_of(self, room_id: str, account_id: str) -> Role:
        """Return what an account was in a room when it was archived, and still is."""
        row = await self._db.row(
            "SELECT role FROM staff WHERE room_id = :room AND account_id = :account",
            {"room": room_id, "account": account_id},
        )
        return Role.USER if row is None else Role.from_wire(row["role"])

    async def reopen(self, tx: Transaction, room_id: str, host_id: str, epoch: str, now_ms: int) -> None:
        """
        Give a room a host; it is open again, under a new epoch: no event tells what went.

        Raises:
            NotFoundError: it is not archived, or its time is over.

        """
        changed = await tx.execute(
            """
            UPDATE rooms SET archived_until_ms = NULL, epoch = :epoch
            WHERE id = :room AND archived_until_ms > :now""",
            {"room": room_id, "epoch": epoch, "now": now_ms},
        )
        if not changed:
            raise NotFoundError("archived room", room_id)
        await tx.execute(PUT_STAFF, {"room": room_id, "account": host_id, "role": Role.HOST.wire})
