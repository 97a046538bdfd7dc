"""
The wash: bytes that ``secure_delete`` leaves behind.

SQLite overwrites what is deleted, but when it moves rows between neighbouring pages it rebuilds a
page in place and leaves old copies in the space that the page does not use. A row that is deleted
later is overwritten where it lives, not where it lived. (Found by 120 simulated days: one message
of some thousands, an hour too long.)

So after a sweep the file is looked through for pages whose unused space is not empty. A row of
such a page is made as long as the page has room, and short again, in one transaction: SQLite
clears the space when it packs the page, and again when it frees the long row. All changes go through
SQL; the file is only ever read here.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from storage.database import Database

COLUMNS: Mapping[str, str] = {
    "events": "payload",
    "plays": "media",
    "connections": "os",
    "accounts": "name",
    "playlists": "name",
    "playlist_items": "media",
    "rooms": "description",
}
"""Tables with texts of people, and a text column that may end in spaces for the length of a transaction."""

PAGES_PER_TURN = 20
"""Pages washed in one transaction: a live one waits for no more."""
_LEAF, _INTERIOR = 13, 5
_SPARE = 8
"""Bytes of a page left free: lengths within a row take more room when it grows."""
_TEXT = re.compile(rb"[^\x00]{6,}")
"""Leftovers worth washing: shorter ones are where rows were, two bytes each, and no part of any row."""
_LONGEST = 3900
"""A longer row would leave its page."""


class Stain(NamedTuple):
    """A page with leftovers: a row on it, and by how many bytes that row can grow."""

    table: str
    rowid: int
    room: int


class _Page:
    """A page of the file, as far as it concerns us (https://sqlite.org/fileformat2.html, 1.6)."""

    def __init__(self, data: bytes, number: int) -> None:
        self._data = data
        self._head = 100 if number == 1 else 0
        self.kind = data[self._head]
        self.cells = self._int(3)
        self._first = self._head + (12 if self.kind == _INTERIOR else 8)

    def _int(self, offset: int, size: int = 2) -> int:
        at = self._head + offset
        return int.from_bytes(self._data[at : at + size])

    def children(self) -> Iterator[int]:
        """Yield the pages below an interior page."""
        for number in range(self.cells):
            at = self._cell(number)
            yield int.from_bytes(self._data[at : at + 4])
        yield self._int(8, 4)

    def _cell(self, number: int) -> int:
        at = self._first + 2 * number
        return int.from_bytes(self._data[at : at + 2])

    def is_stained(self) -> bool:
        """Say whether a leaf's unused space holds anything that could be a text."""
        return _TEXT.search(self._data, self._first + 2 * self.cells, self._int(5) or 65536) is not None

    def stain(self, table: str) -> Stain:
        """Return the row to wash a leaf with."""
        at = self._cell(0)
        size, at = self._varint(at)
        rowid, _ = self._varint(at)
        # What is free: the unused space, the blocks of deleted rows, and crumbs.
        free = (self._int(5) or 65536) - self._first - 2 * self.cells + self._data[self._head + 7]
        block = self._int(1)
        while block:
            free += int.from_bytes(self._data[block + 2 : block + 4])
            block = int.from_bytes(self._data[block : block + 2])
        return Stain(table, rowid, max(0, min(free, _LONGEST - size) - _SPARE))

    def _varint(self, at: int) -> tuple[int, int]:
        value = 0
        for _ in range(8):
            byte = self._data[at]
            at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value, at
        return value << 8 | self._data[at], at + 1


def find_stains(descriptor: int, roots: Mapping[str, int]) -> list[Stain]:
    """
    Return the pages of tables that hold leftovers; ``roots`` are their first pages.

    The file may change under it: what is found is a hint, and what is missed is found next time.
    """
    size = int.from_bytes(os.pread(descriptor, 2, 16))
    size = 65536 if size == 1 else size
    stains = []
    for table, root in roots.items():
        waiting = [root]
        while waiting:
            number = waiting.pop()
            data = os.pread(descriptor, size, (number - 1) * size)
            if len(data) < size:
                continue
            page = _Page(data, number)
            if page.kind == _INTERIOR:
                waiting.extend(page.children())
            elif page.kind == _LEAF and page.cells and page.is_stained():
                stains.append(page.stain(table))
    return stains


async def wash(db: Database) -> int:
    """
    Clear what deleted rows left in the unused space of pages; return how many pages that were.

    Call it after a checkpoint, which brings the pages into the file, and have one follow.

    Raises:
        StorageUnavailableError: what is washed is washed; wash again later.

    """
    rows = await db.rows("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'")
    roots = {row["name"]: row["rootpage"] for row in rows if row["name"] in COLUMNS}
    try:
        stains = await asyncio.to_thread(find_stains, db.descriptor, roots)
    except (IndexError, RecursionError):
        return 0  # a page changed while it was read
    for begin in range(0, len(stains), PAGES_PER_TURN):
        async with db.transaction() as tx:
            for stain in stains[begin : begin + PAGES_PER_TURN]:
                column, table = COLUMNS[stain.table], stain.table
                params = {"rowid": stain.rowid, "pad": " " * stain.room, "n": stain.room}
                await tx.execute(
                    f"UPDATE {table} SET {column} = {column} || :pad WHERE rowid = :rowid",  # noqa: S608 - names of the table above
                    params,
                )
                await tx.execute(
                    f"UPDATE {table} SET {column} = substr({column}, 1, length({column}) - :n)"  # noqa: S608 - same
                    " WHERE rowid = :rowid",
                    params,
                )
    return len(stains)
