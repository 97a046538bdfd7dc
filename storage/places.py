"""Places in a playlist: which position an item gets, and who must make room for it."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.commands import After, Place
from storage.columns import ids_param
from storage.database import Transaction
from storage.errors import NotFoundError

GAP = 1000
"""How far the tail moves beyond what is needed, so that the next insertions there need no move."""


async def make_room(
    tx: Transaction, playlist_id: str, at: Place, count: int, *, moved: Sequence[str] = ()
) -> int:
    """
    Return the first of ``count`` free positions in a row at a place.

    Items in ``moved`` are about to leave their places and do not count.

    Raises:
        NotFoundError: the item to be behind is not in the playlist.

    """
    params = {"playlist": playlist_id, "moved": ids_param(moved)}
    low, high = await _ends(tx, params)
    if at == "start":
        return low - count
    if at == "end":
        return high + 1
    anchor = await _anchor(tx, at, params)
    if anchor is None:
        return low - count
    return await _behind(tx, anchor, count, params)


async def put(tx: Transaction, item_ids: Sequence[str], first: int) -> None:
    """Give items positions in a row, in their order."""
    await tx.execute(
        """
        UPDATE playlist_items SET position = :first + place.key
        FROM json_each(:ids) AS place
        WHERE playlist_items.id = place.value""",
        {"first": first, "ids": ids_param(item_ids)},
    )


async def _ends(tx: Transaction, params: dict[str, str]) -> tuple[int, int]:
    row = await tx.row(
        """
        SELECT coalesce(min(position), 0) AS low, coalesce(max(position), -1) AS high
        FROM playlist_items WHERE playlist_id = :playlist""",
        params,
    )
    assert row is not None, "an aggregate always has a row"
    return row["low"], row["high"]


async def _anchor(tx: Transaction, at: After, params: dict[str, str]) -> int | None:
    """Return the position of the item to be behind: if that moves itself, of the one before it."""
    row = await tx.row(
        """
        SELECT (SELECT max(position) FROM playlist_items
                WHERE playlist_id = :playlist AND position <= anchor.position
                  AND id NOT IN (SELECT value FROM json_each(:moved))) AS position
        FROM playlist_items AS anchor WHERE playlist_id = :playlist AND id = :after""",
        {**params, "after": at.after},
    )
    if row is None:
        raise NotFoundError("item", at.after)
    position: int | None = row["position"]
    return position


async def _behind(tx: Transaction, anchor: int, count: int, params: dict[str, str]) -> int:
    row = await tx.row(
        """
        SELECT min(position) AS position FROM playlist_items
        WHERE playlist_id = :playlist AND position > :anchor
          AND id NOT IN (SELECT value FROM json_each(:moved))""",
        {**params, "anchor": anchor},
    )
    assert row is not None, "an aggregate always has a row"
    if row["position"] is not None and row["position"] - anchor <= count:
        await tx.execute(
            """
            UPDATE playlist_items SET position = position + :shift
            WHERE playlist_id = :playlist AND position > :anchor""",
            {**params, "anchor": anchor, "shift": count + GAP},
        )
    return anchor + 1
