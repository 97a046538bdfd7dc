"""Items of playlists one by one: changing one, and walking all of them for an export."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from protocol.values import Media, PlaylistItem
from storage.columns import media_column, to_media
from storage.database import Database
from storage.errors import BadCursorError, NotFoundError

_FIND = """
SELECT media FROM playlist_items JOIN playlists ON playlists.id = playlist_id
WHERE playlist_items.id = :item AND playlist_id = :playlist AND account_id = :account"""

_WALK = """
SELECT media, position FROM playlist_items
WHERE playlist_id = :playlist AND (:after IS NULL OR position > :after)
ORDER BY position LIMIT :limit"""


class Stretch(NamedTuple):
    """A part of a playlist in order. ``cursors[n]`` begins behind the n-th media."""

    name: str
    media: list[Media]
    cursors: list[str]
    more: bool
    """Whether there are items behind the last one."""


class Items:
    """
    Items of all playlists.

    Every call names whose playlist it means; another's raises :class:`NotFoundError` as one
    that does not exist.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def update(
        self, account_id: str, playlist_id: str, item_id: str, change: Callable[[Media], Media]
    ) -> PlaylistItem:
        """
        Replace an item's media by what ``change`` makes of it; what that raises leaves it as it was.

        The source stays: another one would be another item.

        Raises:
            NotFoundError: there is no such playlist, or no such item in it.

        """
        params = {"item": item_id, "playlist": playlist_id, "account": account_id}
        async with self._db.transaction() as tx:
            row = await tx.row(_FIND, params)
            if row is None:
                raise NotFoundError("item", item_id)
            before = to_media(row["media"])
            media = change(before)
            same = (media.source, media.source_id) == (before.source, before.source_id)
            assert same, "the columns of the source would not follow"
            await tx.execute(
                "UPDATE playlist_items SET media = :media WHERE id = :item",
                {"media": media_column(media), "item": item_id},
            )
        return PlaylistItem(id=item_id, media=media)

    async def walk(self, account_id: str, playlist_id: str, cursor: str | None, limit: int) -> Stretch:
        """
        Return the next ``limit`` media of a playlist, from its beginning when there is no cursor.

        Raises:
            NotFoundError: there is no such playlist.
            BadCursorError: the cursor is of no stretch.

        """
        params = {"playlist": playlist_id, "account": account_id, "after": _parse(cursor), "limit": limit + 1}
        playlist = await self._db.row(
            "SELECT name FROM playlists WHERE id = :playlist AND account_id = :account", params
        )
        if playlist is None:
            raise NotFoundError("playlist", playlist_id)
        rows = await self._db.rows(_WALK, params)
        return Stretch(
            playlist["name"],
            [to_media(row["media"]) for row in rows[:limit]],
            [str(row["position"]) for row in rows[:limit]],
            len(rows) > limit,
        )


def _parse(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    digits = cursor.removeprefix("-")
    # Eighteen digits fit SQLite's integers, and no position comes near.
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise BadCursorError(cursor)
    return int(cursor)
