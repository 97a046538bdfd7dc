"""Favourite rooms: which rooms an account wants to find again."""

from __future__ import annotations

from protocol.limits import FAVORITES_PER_USER
from storage.accounts import Accounts
from storage.database import Database
from storage.errors import LimitReachedError
from storage.records import ListedRoom
from storage.rooms import LISTED, to_listed

_LIST = f"""
SELECT {LISTED} JOIN favorites ON favorites.room_id = rooms.id
WHERE favorites.account_id = :account AND archived_until_ms IS NULL
ORDER BY favorites.at_ms DESC, rooms.id"""


class Favorites:
    """All favourites. They go with their account, and with their room."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = Accounts(db)

    async def add(self, account_id: str, room_id: str, now_ms: int) -> None:
        """
        Mark a room; one that is marked keeps its place. sqlite3.IntegrityError if there is no such room.

        Raises:
            LimitReachedError: the account has as many as it may.

        """
        params = {"account": account_id, "room": room_id, "now": now_ms}
        async with self._db.transaction() as tx:
            others = await tx.row(
                "SELECT count(*) FROM favorites WHERE account_id = :account AND room_id <> :room", params
            )
            if others is not None and others[0] >= FAVORITES_PER_USER:
                raise LimitReachedError("favourites", FAVORITES_PER_USER)
            await tx.execute(
                """
                INSERT INTO favorites (account_id, room_id, at_ms) VALUES (:account, :room, :now)
                ON CONFLICT DO NOTHING""",
                params,
            )

    async def remove(self, account_id: str, room_id: str) -> None:
        """Take the mark away; without one nothing happens."""
        async with self._db.transaction() as tx:
            await tx.execute(
                "DELETE FROM favorites WHERE account_id = :account AND room_id = :room",
                {"account": account_id, "room": room_id},
            )

    async def list(self, account_id: str) -> list[ListedRoom]:
        """Return the marked rooms, private ones too, the one marked last first."""
        rows = await self._db.rows(_LIST, {"account": account_id})
        users = await self._accounts.users(row["dj_id"] for row in rows if row["dj_id"])
        return [to_listed(row, users) for row in rows]
