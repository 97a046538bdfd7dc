"""Playlists: ordered media of one owner."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from protocol import limits
from protocol.commands import Place
from protocol.values import Media, Playlist, PlaylistItem
from storage.database import Database, Transaction
from storage.errors import BadCursorError, LimitReachedError, NotFoundError

_json = msgspec.json.Encoder().encode
DECK_DEPTH = 5

_PLAYLIST = (
    "SELECT p.id, p.name, p.id IS a.active_playlist AS active,"
    " (SELECT count(*) FROM playlist_items i WHERE i.playlist_id = p.id) AS size"
    " FROM playlists p JOIN accounts a ON a.id = p.account_id"
)


class StoredDeck(NamedTuple):
    """The top of a playlist."""

    playlist_id: str
    items: list[PlaylistItem]
    size: int


def _item(row: sqlite3.Row) -> PlaylistItem:
    return PlaylistItem(id=row["id"], media=msgspec.json.decode(row["media"], type=Media))


def _playlist(row: sqlite3.Row) -> Playlist:
    return Playlist(id=row["id"], name=row["name"], active=bool(row["active"]), size=row["size"])


class Playlists:
    """Playlists by owner. A playlist of somebody else is one that does not exist."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, account_id: str) -> list[Playlist]:
        """Return an owner's playlists, oldest first."""
        rows = await self._db.rows(
            f"{_PLAYLIST} WHERE p.account_id = ? ORDER BY p.created_at_ms, p.id", (account_id,)
        )
        return [_playlist(row) for row in rows]

    async def _get(self, tx: Transaction | Database, account_id: str, playlist_id: str) -> Playlist:
        row = await tx.row(f"{_PLAYLIST} WHERE p.account_id = ? AND p.id = ?", (account_id, playlist_id))
        if row is None:
            raise NotFoundError("playlist", playlist_id)
        return _playlist(row)

    async def create(self, account_id: str, playlist_id: str, name: str, now_ms: int) -> Playlist:
        """Make a playlist; the first becomes the active one. Raises LimitReachedError."""
        async with self._db.transaction() as tx:
            row = await tx.row("SELECT count(*) FROM playlists WHERE account_id = ?", (account_id,))
            if row is not None and row[0] >= limits.PLAYLISTS_PER_USER:
                raise LimitReachedError("playlists", limits.PLAYLISTS_PER_USER)
            await tx.execute(
                "INSERT INTO playlists (id, account_id, name, created_at_ms) VALUES (?, ?, ?, ?)",
                (playlist_id, account_id, name, now_ms),
            )
            await tx.execute(
                "UPDATE accounts SET active_playlist = coalesce(active_playlist, ?) WHERE id = ?",
                (playlist_id, account_id),
            )
            return await self._get(tx, account_id, playlist_id)

    async def rename(self, account_id: str, playlist_id: str, name: str) -> Playlist:
        """Rename a playlist."""
        async with self._db.transaction() as tx:
            await self._get(tx, account_id, playlist_id)
            await tx.execute("UPDATE playlists SET name = ? WHERE id = ?", (name, playlist_id))
            return await self._get(tx, account_id, playlist_id)

    async def delete(self, account_id: str, playlist_id: str) -> None:
        """Delete a playlist; if it was active, the oldest remaining becomes so."""
        async with self._db.transaction() as tx:
            await self._get(tx, account_id, playlist_id)
            await tx.execute("DELETE FROM playlists WHERE id = ?", (playlist_id,))
            await tx.execute(
                "UPDATE accounts SET active_playlist = (SELECT id FROM playlists WHERE account_id = ?"
                " ORDER BY created_at_ms, id LIMIT 1) WHERE id = ? AND active_playlist = ?",
                (account_id, account_id, playlist_id),
            )

    async def activate(self, account_id: str, playlist_id: str) -> Playlist:
        """Make a playlist the active one."""
        async with self._db.transaction() as tx:
            await self._get(tx, account_id, playlist_id)
            await tx.execute(
                "UPDATE accounts SET active_playlist = ? WHERE id = ?", (playlist_id, account_id)
            )
            return await self._get(tx, account_id, playlist_id)

    async def active_id(self, account_id: str) -> str | None:
        """Return the active playlist's id."""
        row = await self._db.row("SELECT active_playlist FROM accounts WHERE id = ?", (account_id,))
        return None if row is None else row[0]

    async def shuffle(self, account_id: str, playlist_id: str, rng: random.Random) -> Playlist:
        """Shuffle a playlist with the given source of order."""
        async with self._db.transaction() as tx:
            playlist = await self._get(tx, account_id, playlist_id)
            ids = await self._order(tx, playlist_id)
            rng.shuffle(ids)
            await _renumber(tx, ids)
            return playlist

    async def _order(self, tx: Transaction, playlist_id: str) -> list[str]:
        rows = await tx.rows(
            "SELECT id FROM playlist_items WHERE playlist_id = ? ORDER BY position, id", (playlist_id,)
        )
        return [row[0] for row in rows]

    async def items(
        self,
        account_id: str,
        playlist_id: str,
        *,
        cursor: str | None = None,
        limit: int = limits.PAGE_DEFAULT,
        query: str | None = None,
    ) -> tuple[list[PlaylistItem], int, str | None]:
        """Return a page of items, how many match in all, and the next page's cursor."""
        await self._get(self._db, account_id, playlist_id)
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 9):
            raise BadCursorError(cursor)
        offset = int(cursor or 0)
        where = "playlist_id = :list AND (:query = '' OR instr(text_key(media ->> '$.title'), :query)"
        where += " OR instr(text_key(coalesce(media ->> '$.artist', '')), :query))"
        values = {"list": playlist_id, "query": (query or "").casefold(), "limit": limit, "offset": offset}
        rows = await self._db.rows(
            f"SELECT id, media FROM playlist_items WHERE {where}"  # noqa: S608
            " ORDER BY position, id LIMIT :limit OFFSET :offset",
            values,
        )
        total = await self._db.row(f"SELECT count(*) FROM playlist_items WHERE {where}", values)  # noqa: S608
        count = 0 if total is None else total[0]
        following = offset + len(rows)
        return [_item(row) for row in rows], count, str(following) if rows and following < count else None

    async def insert(
        self, account_id: str, playlist_id: str, items: Sequence[tuple[str, Media]], at: Place
    ) -> tuple[Playlist, list[PlaylistItem], list[str]]:
        """
        Add media under the given item ids; return the playlist, what was added, and the
        ``source_id`` of what was there already.

        Raises:
            NotFoundError, LimitReachedError: nothing was added.

        """
        async with self._db.transaction() as tx:
            playlist = await self._get(tx, account_id, playlist_id)
            added, already = await self._new(tx, playlist_id, items)
            if playlist.size + len(added) > limits.ITEMS_PER_PLAYLIST:
                raise LimitReachedError("items", limits.ITEMS_PER_PLAYLIST)
            order = await self._order(tx, playlist_id)
            await tx.executemany(
                "INSERT INTO playlist_items (id, playlist_id, position, source, source_id, media)"
                " VALUES (?, ?, 0, ?, ?, ?)",
                [
                    (one.id, playlist_id, one.media.source, one.media.source_id, _json(one.media).decode())
                    for one in added
                ],
            )
            await _renumber(tx, _placed(order, [one.id for one in added], at))
            return await self._get(tx, account_id, playlist_id), added, already

    async def _new(
        self, tx: Transaction, playlist_id: str, items: Sequence[tuple[str, Media]]
    ) -> tuple[list[PlaylistItem], list[str]]:
        added: list[PlaylistItem] = []
        already: list[str] = []
        seen: set[tuple[str, str]] = set()
        for item_id, media in items:
            key = (media.source, media.source_id)
            row = await tx.row(
                "SELECT 1 FROM playlist_items WHERE playlist_id = ? AND source = ? AND source_id = ?",
                (playlist_id, *key),
            )
            if row is not None or key in seen:
                already.append(media.source_id)
            else:
                added.append(PlaylistItem(id=item_id, media=media))
            seen.add(key)
        return added, already

    async def move(self, account_id: str, playlist_id: str, item_ids: Sequence[str], at: Place) -> Playlist:
        """Move items, which keep the order given."""
        async with self._db.transaction() as tx:
            playlist = await self._get(tx, account_id, playlist_id)
            order = await self._order(tx, playlist_id)
            _require_all(order, item_ids)
            moved = list(dict.fromkeys(item_ids))
            rest = [item_id for item_id in order if item_id not in set(moved)]
            await _renumber(tx, _placed(rest, moved, at))
            return playlist

    async def remove(self, account_id: str, playlist_id: str, item_ids: Sequence[str]) -> Playlist:
        """Remove items."""
        async with self._db.transaction() as tx:
            await self._get(tx, account_id, playlist_id)
            _require_all(await self._order(tx, playlist_id), item_ids)
            await tx.executemany("DELETE FROM playlist_items WHERE id = ?", [(one,) for one in item_ids])
            return await self._get(tx, account_id, playlist_id)

    async def deck(
        self, account_id: str, playlist_id: str | None, depth: int = DECK_DEPTH
    ) -> StoredDeck | None:
        """Return the top of a playlist, the active one by default; None when there is none."""
        row = await self._db.row(
            "SELECT p.id, (SELECT count(*) FROM playlist_items i WHERE i.playlist_id = p.id)"
            " FROM accounts a JOIN playlists p ON p.account_id = a.id"
            " WHERE a.id = ? AND p.id = coalesce(?, a.active_playlist)",
            (account_id, playlist_id),
        )
        if row is None:
            return None
        items = await self._db.rows(
            "SELECT id, media FROM playlist_items WHERE playlist_id = ? ORDER BY position, id LIMIT ?",
            (row[0], depth),
        )
        return StoredDeck(row[0], [_item(item) for item in items], row[1])

    async def has_room_for(self, account_id: str, playlist_id: str, media: Media) -> bool:
        """
        Say whether media would be added: False when it is there already.

        Raises:
            NotFoundError, LimitReachedError: it cannot be added.

        """
        playlist = await self._get(self._db, account_id, playlist_id)
        row = await self._db.row(
            "SELECT 1 FROM playlist_items WHERE playlist_id = ? AND source = ? AND source_id = ?",
            (playlist_id, media.source, media.source_id),
        )
        if row is None and playlist.size >= limits.ITEMS_PER_PLAYLIST:
            raise LimitReachedError("items", limits.ITEMS_PER_PLAYLIST)
        return row is None


def _require_all(order: Sequence[str], item_ids: Sequence[str]) -> None:
    missing = set(item_ids) - set(order)
    if missing:
        raise NotFoundError("item", min(missing))


def _placed(order: Sequence[str], items: Sequence[str], at: Place) -> list[str]:
    if at == "start":
        return [*items, *order]
    if at == "end":
        return [*order, *items]
    if at.after not in order:
        raise NotFoundError("item", at.after)
    index = order.index(at.after) + 1
    return [*order[:index], *items, *order[index:]]


async def _renumber(tx: Transaction, ids: Sequence[str]) -> None:
    await tx.executemany(
        "UPDATE playlist_items SET position = ? WHERE id = ?",
        [(position, item_id) for position, item_id in enumerate(ids)],
    )
