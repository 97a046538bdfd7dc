"""
Erasing a person from the tables beside the log.

Most follow the registry: a row that is of the person goes, one that must stay loses them.
Sanctions, block-lists and copies of what the person wrote need more than that.
"""

from __future__ import annotations

from storage.database import Database
from storage.privacy.erasing_log import BATCH, Note
from storage.privacy.registry import CATEGORIES, TABLES, OnErase
from storage.privacy.unlinking import GONE, Leaver

SPECIAL = frozenset(
    # Where an account stands goes with it and not before: without that row it would be active again.
    {
        "account_privacy",
        "events",
        "plays",
        "votes",
        "accounts",
        "sanctions",
        "server_bans",
        "blocked_media",
        "playlists",
        "rooms",
    }
)
"""Tables that the registry's rule alone does not do justice; each has a step of its own."""

_KEYS = "SELECT name FROM pragma_table_info(:table) WHERE pk > 0 ORDER BY pk"


class TableEraser:
    """Erases one person from everything but the log; methods as in ``LogEraser``."""

    def __init__(self, db: Database, leaver: Leaver, note: Note) -> None:
        self._db = db
        self._leaver = leaver
        self._note = note

    async def sanctions(self) -> None:
        """Delete mutes and bans of the person; one that keeps out an address stays, of nobody."""
        params = {"id": self._leaver.id, "pseudonym": self._leaver.pseudonym}
        async with self._db.transaction() as tx:
            count = await tx.execute(
                """
                UPDATE OR REPLACE sanctions SET account_id = :pseudonym, reason = NULL
                WHERE account_id = :id AND kind = 'ban' AND address_key IS NOT NULL""",
                params,
            )
            count += await tx.execute("DELETE FROM sanctions WHERE account_id = :id", params)
            count += await tx.execute(
                "UPDATE sanctions SET by_id = :pseudonym, reason = NULL WHERE by_id = :id", params
            )
            await self._note(tx, "sanctions", count)
        async with self._db.transaction() as tx:
            count = await tx.execute("DELETE FROM server_bans WHERE account_id = :id", params)
            await self._note(tx, "server_bans", count)
        async with self._db.transaction() as tx:
            count = await tx.execute("UPDATE blocked_media SET by_id = :pseudonym WHERE by_id = :id", params)
            await self._note(tx, "blocked_media", count)

    async def playlists(self) -> None:
        """Delete the playlists, items first: a cascade would be one long transaction."""
        count = BATCH
        while count == BATCH:
            async with self._db.transaction() as tx:
                count = await tx.execute(
                    """
                    DELETE FROM playlist_items WHERE id IN
                      (SELECT playlist_items.id FROM playlist_items
                       JOIN playlists ON playlists.id = playlist_id WHERE account_id = :id LIMIT :batch)""",
                    {"id": self._leaver.id, "batch": BATCH},
                )
                await self._note(tx, "playlist_items", count)
        async with self._db.transaction() as tx:
            count = await tx.execute("DELETE FROM playlists WHERE account_id = :id", {"id": self._leaver.id})
            await self._note(tx, "playlists", count)
        async with self._db.transaction() as tx:
            count = await tx.execute(
                "UPDATE rooms SET created_by = NULL WHERE created_by = :id", {"id": self._leaver.id}
            )
            await self._note(tx, "rooms", count)

    async def the_rest(self) -> None:
        """Do with every other table what the registry says of the column that names the person."""
        for name, table in TABLES.items():
            if name in SPECIAL:
                continue
            for column in table.people:
                action = CATEGORIES[table.columns[column]].on_erase
                await self._by_rule(name, column, action)

    async def _by_rule(self, table: str, column: str, action: OnErase) -> None:
        keys = ", ".join(row["name"] for row in await self._db.rows(_KEYS, {"table": table}))
        chosen = f"({keys}) IN (SELECT {keys} FROM {table} WHERE {column} = :id LIMIT :batch)"  # noqa: S608 - names of the registry
        if action == "delete":
            sql = f"DELETE FROM {table} WHERE {chosen}"  # noqa: S608 - same
        else:
            sql = f"UPDATE OR REPLACE {table} SET {column} = :stand_in WHERE {chosen}"  # noqa: S608 - same
        params: dict[str, object] = {"id": self._leaver.id, "batch": BATCH}
        if action != "delete":
            params["stand_in"] = GONE if action == "unlink_person" else self._leaver.pseudonym
        count = BATCH
        while count == BATCH:
            async with self._db.transaction() as tx:
                count = await tx.execute(sql, params)
                await self._note(tx, table, count)
