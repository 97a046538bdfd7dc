"""
The wash: bytes that ``secure_delete`` leaves behind.

SQLite overwrites what is deleted, but when it moves rows between neighbouring pages it rebuilds a
page in place and leaves old copies in the space that the page does not use. A row that is deleted
later is overwritten where it lives, not where it lived. (Found by 120 simulated days: one message
of some thousands, an hour too long.) Indexes, and tables that are one, do the same with keys.

So after a sweep the file is looked through for pages whose unused space is not empty, and that
space is filled with zeros, in the file: no statement reaches it in an index. It happens while the
log is empty, nobody can write and no connection remembers a page, and touches nothing that any
structure of the file refers to: cut short, or torn by a power cut, it has cleared less.
"""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import NamedTuple

from storage.database import Database
from storage.errors import unavailable_on_failure
from storage.privacy.pages import (
    Kind,
    Layout,
    Span,
    find_stained,
    kind_of,
    read_layout,
    read_page,
    stained,
    trunks,
    unused_in_tree,
)

PAGES_PER_TURN = 64
"""Pages cleared while nobody can write: two milliseconds, beside the emptying of the log."""
REST_SECONDS = 0.02
"""Between two turns, for those who write."""


class Washed(NamedTuple):
    """How many pages had leftovers, and whether all of them were cleared: a foreign reader prevents it."""

    pages: int
    is_complete: bool


async def wash(db: Database) -> Washed:
    """
    Clear what deleted rows left in space that no page uses.

    Call it after a checkpoint, which brings the pages into the file.

    Raises:
        StorageUnavailableError: what is washed is washed; wash again later.

    """
    with unavailable_on_failure():
        numbers = await asyncio.to_thread(find_stained, db.descriptor)
    pages, is_complete = 0, True
    for begin in range(0, len(numbers), PAGES_PER_TURN):
        if begin:
            await asyncio.sleep(REST_SECONDS)
        turn = numbers[begin : begin + PAGES_PER_TURN]
        cleared = await db.while_still(partial(clear, numbers=turn))
        pages += cleared or 0
        is_complete = is_complete and cleared is not None
    if pages:
        with unavailable_on_failure():
            await asyncio.to_thread(os.fdatasync, db.descriptor)
    return Washed(pages, is_complete)


def clear(descriptor: int, numbers: list[int]) -> int:
    """Fill the unused space of pages with zeros where it is not; return how many pages that were."""
    layout = read_layout(descriptor)
    if layout is None:
        return 0
    lists = trunks(descriptor, layout)
    cleared = 0
    for number in numbers:
        page = read_page(descriptor, layout, number)
        spans = stained(page, _unused(descriptor, layout, number, page, lists))
        for begin, end in spans:
            os.pwrite(descriptor, bytes(end - begin), (number - 1) * layout.page + begin)
        cleared += bool(spans)
    return cleared


def _unused(descriptor: int, layout: Layout, number: int, page: bytes, lists: dict[int, int]) -> list[Span]:
    # Asked again, now that nothing can change: the page may have become another since it was found.
    kind = kind_of(descriptor, layout, number)
    if kind in {Kind.ROOT, Kind.TREE}:
        return unused_in_tree(page, layout.usable)
    if kind == Kind.FREE and len(page) == layout.page:
        return [(min(lists.get(number, 0), layout.usable), layout.usable)]
    return []
