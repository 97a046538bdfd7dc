"""
Playlists: ordered media of one account, one playlist being active.

An item's place is an integer of no meaning but its order: ascending, with gaps, perhaps
negative. Adding at either end touches no other item; adding in the middle moves the tail
away only when the gap there is used up.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from protocol.commands import Place
from protocol.limits import ITEMS_PER_PLAYLIST, PLAYLISTS_PER_USER
from protocol.text import text_key
from protocol.values import Media, Playlist, PlaylistItem
from storage import places
from storage.columns import ids_param, media_column, to_media
from storage.database import Database, Transaction
from storage.errors import BadCursorError, LimitReachedError, NotFoundError
from storage.records import Deck

_LIST = """
SELECT playlists.id, playlists.name, playlists.id = active_playlist AS active,
  (SELECT count(*) FROM playlist_items WHERE playlist_id = playlists.id) AS size
FROM playlists JOIN accounts ON accounts.id = account_id
WHERE account_id = :account AND (:playlist IS NULL OR playlists.id = :playlist)
ORDER BY playlists.created_at_ms, playlists.id"""

_PAGE = """
SELECT id, media, position FROM playlist_items
WHERE playlist_id = :playlist AND position > :after
ORDER BY position LIMIT :limit"""

_SEARCH_PAGE = """
SELECT id, media, position FROM playlist_items
WHERE playlist_id = :playlist AND position > :after
  AND (instr(text_key(media ->> '$.title'), :needle)
       OR instr(text_key(coalesce(media ->> '$.artist', '')), :needle))
ORDER BY position LIMIT :limit"""

_SEARCH_COUNT = """
SELECT count(*) FROM playlist_items
WHERE playlist_id = :playlist
  AND (instr(text_key(media ->> '$.title'), :needle)
       OR instr(text_key(coalesce(media ->> '$.artist', '')), :needle))"""

_BEFORE_ALL = -(2**63)


class ItemsPage(NamedTuple):
    """Items in order, how many match in all, and the cursor of the next page."""

    items: list[PlaylistItem]
    total: int
    next_cursor: str | None


class Insertion(NamedTuple):
    """What was added, and the ``source_id`` of what was there already."""

    items: list[PlaylistItem]
    already: list[str]


class Playlists:
    """
    All playlists.

    Every call names whose playlist it means; another's raises :class:`NotFoundError` as one
    that does not exist.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, account_id: str) -> list[Playlist]:
        """Return all playlists of an account, oldest first."""
        rows = await self._db.rows(_LIST, {"account": account_id, "playlist": None})
        return [_to_playlist(row) for row in rows]

    async def find(self, account_id: str, playlist_id: str) -> Playlist:
        """Return one playlist; NotFoundError if there is none."""
        row = await self._db.row(_LIST, {"account": account_id, "playlist": playlist_id})
        if row is None:
            raise NotFoundError("playlist", playlist_id)
        return _to_playlist(row)

    async def active_id(self, account_id: str) -> str | None:
        """Return the id of the active playlist, None if the account has no playlist."""
        row = await self._db.row("SELECT active_playlist FROM accounts WHERE id = :id", {"id": account_id})
        return row["active_playlist"] if row else None

    async def create(self, account_id: str, playlist_id: str, name: str, now_ms: int) -> Playlist:
        """
        Make an empty playlist; an account's first one becomes the active one.

        Raises:
            LimitReachedError: the account has as many as it may.

        """
        params = {"account": account_id, "playlist": playlist_id, "name": name, "now": now_ms}
        async with self._db.transaction() as tx:
            count = await tx.row("SELECT count(*) FROM playlists WHERE account_id = :account", params)
            if count is not None and count[0] >= PLAYLISTS_PER_USER:
                raise LimitReachedError("playlists", PLAYLISTS_PER_USER)
            await tx.execute(
                """
                INSERT INTO playlists (id, account_id, name, created_at_ms)
                VALUES (:playlist, :account, :name, :now)""",
                params,
            )
            await tx.execute(
                """
                UPDATE accounts SET active_playlist = :playlist
                WHERE id = :account AND active_playlist IS NULL""",
                params,
            )
        return await self.find(account_id, playlist_id)

    async def rename(self, account_id: str, playlist_id: str, name: str) -> Playlist:
        """Give a playlist another name."""
        async with self._db.transaction() as tx:
            await _own(tx, account_id, playlist_id)
            await tx.execute(
                "UPDATE playlists SET name = :name WHERE id = :id", {"name": name, "id": playlist_id}
            )
        return await self.find(account_id, playlist_id)

    async def delete(self, account_id: str, playlist_id: str) -> None:
        """Delete a playlist; if it was active, the oldest that remains becomes so."""
        params = {"account": account_id, "playlist": playlist_id}
        async with self._db.transaction() as tx:
            await _own(tx, account_id, playlist_id)
            await tx.execute("DELETE FROM playlists WHERE id = :playlist", params)
            await tx.execute(
                """
                UPDATE accounts SET active_playlist =
                  (SELECT id FROM playlists WHERE account_id = :account
                   ORDER BY created_at_ms, id LIMIT 1)
                WHERE id = :account AND active_playlist = :playlist""",
                params,
            )

    async def activate(self, account_id: str, playlist_id: str) -> Playlist:
        """Make a playlist the one that turns in the booth are played from."""
        async with self._db.transaction() as tx:
            await _own(tx, account_id, playlist_id)
            await tx.execute(
                "UPDATE accounts SET active_playlist = :playlist WHERE id = :account",
                {"account": account_id, "playlist": playlist_id},
            )
        return await self.find(account_id, playlist_id)

    async def shuffle(self, account_id: str, playlist_id: str, rng: random.Random) -> Playlist:
        """Put the items in a random order."""
        async with self._db.transaction() as tx:
            await _own(tx, account_id, playlist_id)
            rows = await tx.rows(
                "SELECT id FROM playlist_items WHERE playlist_id = :playlist ORDER BY position",
                {"playlist": playlist_id},
            )
            ids = [row["id"] for row in rows]
            rng.shuffle(ids)
            await places.put(tx, ids, 0)
        return await self.find(account_id, playlist_id)

    async def items(
        self, account_id: str, playlist_id: str, cursor: str | None, limit: int, query: str | None = None
    ) -> ItemsPage:
        """
        Return a page of items, of those whose title or artist contains ``query`` in any case.

        Raises:
            NotFoundError: there is no such playlist.
            BadCursorError: the cursor is of no page.

        """
        playlist = await self.find(account_id, playlist_id)
        # One more than asked for tells whether there is a next page.
        params = {
            "playlist": playlist_id,
            "after": _parse(cursor),
            "limit": limit + 1,
            "needle": text_key(query or ""),
        }
        if query:
            rows = await self._db.rows(_SEARCH_PAGE, params)
            count = await self._db.row(_SEARCH_COUNT, params)
            total = count[0] if count else 0
        else:
            rows = await self._db.rows(_PAGE, params)
            total = playlist.size
        page = rows[:limit]
        return ItemsPage(
            [_to_item(row) for row in page],
            total,
            str(page[-1]["position"]) if len(rows) > limit else None,
        )

    async def insert(
        self, account_id: str, playlist_id: str, items: Sequence[PlaylistItem], at: Place
    ) -> Insertion:
        """
        Add items, in their order, except media that the playlist has already.

        Raises:
            NotFoundError: there is no such playlist, or no item to insert behind.
            LimitReachedError: the playlist would grow too long; nothing was added.

        """
        async with self._db.transaction() as tx:
            await _own(tx, account_id, playlist_id)
            added, already = await _sift(tx, playlist_id, items)
            count = await tx.row(
                "SELECT count(*) FROM playlist_items WHERE playlist_id = :id", {"id": playlist_id}
            )
            if count is not None and count[0] + len(added) > ITEMS_PER_PLAYLIST:
                raise LimitReachedError("items", ITEMS_PER_PLAYLIST)
            first = await places.make_room(tx, playlist_id, at, len(added))
            await tx.executemany(
                """
                INSERT INTO playlist_items (id, playlist_id, position, source, source_id, media)
                VALUES (?, ?, ?, ?, ?, ?)""",
                [
                    (
                        item.id,
                        playlist_id,
                        position,
                        item.media.source,
                        item.media.source_id,
                        media_column(item.media),
                    )
                    for position, item in enumerate(added, first)
                ],
            )
        return Insertion(added, already)

    async def would_take(self, account_id: str, playlist_id: str, media: Media) -> bool:
        """
        Say whether media can be added: False when the playlist has it already.

        Raises:
            NotFoundError: there is no such playlist.
            LimitReachedError: the playlist is full.

        """
        playlist = await self.find(account_id, playlist_id)
        row = await self._db.row(
            "SELECT 1 FROM playlist_items WHERE playlist_id = ? AND source = ? AND source_id = ?",
            (playlist_id, media.source, media.source_id),
        )
        if row is None and playlist.size >= ITEMS_PER_PLAYLIST:
            raise LimitReachedError("items", ITEMS_PER_PLAYLIST)
        return row is None

    async def move(self, account_id: str, playlist_id: str, item_ids: Sequence[str], at: Place) -> Playlist:
        """
        Move items, which keep the order given. Behind one of themselves means where that one was.

        Raises:
            NotFoundError: there is no such playlist, or not all of the items are in it.

        """
        ids = list(dict.fromkeys(item_ids))
        async with self._db.transaction() as tx:
            await _own(tx, account_id, playlist_id)
            await _require(tx, playlist_id, ids)
            first = await places.make_room(tx, playlist_id, at, len(ids), moved=ids)
            await places.put(tx, ids, first)
        return await self.find(account_id, playlist_id)

    async def remove(self, account_id: str, playlist_id: str, item_ids: Sequence[str]) -> Playlist:
        """
        Remove items.

        Raises:
            NotFoundError: there is no such playlist, or not all of the items are in it.

        """
        async with self._db.transaction() as tx:
            await _own(tx, account_id, playlist_id)
            await _require(tx, playlist_id, item_ids)
            await tx.execute(
                "DELETE FROM playlist_items WHERE id IN (SELECT value FROM json_each(:ids))",
                {"ids": ids_param(item_ids)},
            )
        return await self.find(account_id, playlist_id)

    async def deck(self, account_id: str, playlist_id: str | None, depth: int = 5) -> Deck | None:
        """Return the first ``depth`` items of a playlist (None: the active one); None if there is none."""
        row = await self._db.row(
            """
            SELECT playlists.id,
              (SELECT count(*) FROM playlist_items WHERE playlist_id = playlists.id) AS size
            FROM accounts JOIN playlists ON playlists.id = coalesce(:playlist, active_playlist)
            WHERE accounts.id = :account AND account_id = :account""",
            {"account": account_id, "playlist": playlist_id},
        )
        if row is None:
            return None
        items = await self._db.rows(_PAGE, {"playlist": row["id"], "after": _BEFORE_ALL, "limit": depth})
        return Deck(row["id"], [_to_item(item) for item in items], row["size"])


def _to_playlist(row: sqlite3.Row) -> Playlist:
    return Playlist(id=row["id"], name=row["name"], active=bool(row["active"]), size=row["size"])


def _to_item(row: sqlite3.Row) -> PlaylistItem:
    return PlaylistItem(id=row["id"], media=to_media(row["media"]))


def _parse(cursor: str | None) -> int:
    if cursor is None:
        return _BEFORE_ALL
    try:
        position = int(cursor)
    except ValueError:
        raise BadCursorError(cursor) from None
    if abs(position) >= -_BEFORE_ALL:
        raise BadCursorError(cursor)
    return position


async def _own(tx: Transaction, account_id: str, playlist_id: str) -> None:
    row = await tx.row(
        "SELECT 1 FROM playlists WHERE id = :playlist AND account_id = :account",
        {"playlist": playlist_id, "account": account_id},
    )
    if row is None:
        raise NotFoundError("playlist", playlist_id)


async def _require(tx: Transaction, playlist_id: str, ids: Sequence[str]) -> None:
    rows = await tx.rows(
        """
        SELECT value FROM json_each(:ids)
        WHERE value NOT IN (SELECT id FROM playlist_items WHERE playlist_id = :playlist)""",
        {"ids": ids_param(ids), "playlist": playlist_id},
    )
    if rows:
        raise NotFoundError("item", rows[0][0])


async def _sift(
    tx: Transaction, playlist_id: str, items: Sequence[PlaylistItem]
) -> tuple[list[PlaylistItem], list[str]]:
    """Part items into new ones and the source ids of those that are there, or twice in ``items``."""
    rows = await tx.rows(
        """
        SELECT source, source_id FROM playlist_items
        WHERE playlist_id = :playlist AND source_id IN (SELECT value FROM json_each(:ids))""",
        {"playlist": playlist_id, "ids": ids_param(item.media.source_id for item in items)},
    )
    there = {(row["source"], row["source_id"]) for row in rows}
    added = []
    already = []
    for item in items:
        key = (item.media.source, item.media.source_id)
        if key in there:
            already.append(item.media.source_id)
        else:
            there.add(key)
            added.append(item)
    return added, already
