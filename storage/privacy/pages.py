"""
The database's file as pages: which bytes of it mean nothing.

See https://sqlite.org/fileformat2.html, 1.5 to 1.8.

Only what SQLite itself would write over next is called unused: the space between a tree page's list
of cells and the cells, the blocks of deleted cells, pages that are free. That holds for tables and
indexes alike, for leaves and what is above them. What does not look like a page that SQLite wrote
has no unused bytes.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

_TEXT = re.compile(rb"[^\x00]{6,}")
"""Leftovers worth clearing: shorter ones are where cells were, two bytes each, and no part of any value."""
_HEADERS = {2: 12, 5: 12, 10: 8, 13: 8}
"""Kind of a tree's page (index or table, above or leaf) to the bytes of its header."""
_LOCK_BYTE = 0x4000_0000
"""Where no page is: SQLite locks these bytes."""
STRETCH_PAGES = 256
"""Pages read at once when the whole file is looked through."""

Span = tuple[int, int]
"""Where in a page unused bytes begin, and end."""


class Kind(IntEnum):
    """What a page is, as the pointer map has it."""

    ROOT = 1
    FREE = 2
    OVERFLOW_FIRST = 3
    OVERFLOW_NEXT = 4
    TREE = 5


class Layout(NamedTuple):
    """How a file is laid out: ``pages`` of ``page`` bytes, of which ``usable`` are SQLite's."""

    page: int
    usable: int
    pages: int

    def map_of(self, number: int) -> int:
        """Return the page with the map's entry of a page; a page of the map has itself."""
        group = self.usable // 5 + 1
        found = (number - 2) // group * group + 2
        return found + 1 if found == self.lock_page else found

    @property
    def lock_page(self) -> int:
        """The page that is none."""
        return _LOCK_BYTE // self.page + 1

    def maps(self) -> Iterator[int]:
        """Yield the pages of the map."""
        for number in range(2, self.pages + 1, self.usable // 5 + 1):
            yield self.map_of(number)


def read_layout(descriptor: int) -> Layout | None:
    """Return how a file is laid out; None if it has no pointer map, hence is none of ours."""
    header = os.pread(descriptor, 100, 0)
    if len(header) < 100 or header[:16] != b"SQLite format 3\0":
        return None
    (page,) = struct.unpack_from(">H", header, 16)
    page = 65536 if page == 1 else page
    (largest_root,) = struct.unpack_from(">I", header, 52)
    pages = os.fstat(descriptor).st_size // page
    return Layout(page, page - header[20], pages) if largest_root and page >= 512 else None


def read_page(descriptor: int, layout: Layout, number: int) -> bytes:
    """Return a page; shorter where the file ends."""
    return os.pread(descriptor, layout.page, (number - 1) * layout.page)


def kind_of(descriptor: int, layout: Layout, number: int) -> int | None:
    """Return what the map calls a page; None for page 1, the map itself and the page that is none."""
    at = layout.map_of(number) if number > 1 else number
    if number <= at or number == layout.lock_page:
        return None
    entry = os.pread(descriptor, 1, (at - 1) * layout.page + 5 * (number - at - 1))
    return entry[0] if entry else None


def trunks(descriptor: int, layout: Layout) -> dict[int, int]:
    """Return the free pages that list others, and where in each the list ends."""
    found: dict[int, int] = {}
    (number,) = struct.unpack(">I", os.pread(descriptor, 4, 32))
    while 1 < number <= layout.pages and number not in found:
        following, listed = struct.unpack(">II", os.pread(descriptor, 8, (number - 1) * layout.page))
        found[number] = 8 + 4 * listed
        number = following
    return found


def unused_in_tree(page: bytes, usable: int) -> list[Span]:
    """Return the unused spans of a tree's page."""
    if len(page) < usable or (first := _HEADERS.get(page[0])) is None:
        return []
    block, cells, content = struct.unpack_from(">HHH", page, 1)
    end = first + 2 * cells
    if not end <= (content or 65536) <= usable:
        return []
    content = content or 65536
    if cells and min(struct.unpack_from(f">{cells}H", page, first)) < content:
        return []
    spans = [(end, content)]
    before = content
    while block:
        if not before <= block <= usable - 4:
            return []
        following, size = struct.unpack_from(">HH", page, block)
        before = block + size
        if size < 4 or before > usable:
            return []
        spans.append((block + 4, before))
        block = following
    return spans


def stained(page: bytes, spans: list[Span]) -> list[Span]:
    """Return the spans that hold what could be a value, or a part of one."""
    return [span for span in spans if _TEXT.search(page, *span)]


def find_stained(descriptor: int) -> list[int]:
    """
    Look through a whole file for pages with leftovers.

    It may change meanwhile: what is found is a hint, and what is missed is found next time.
    """
    layout = read_layout(descriptor)
    if layout is None:
        return []
    found: list[int] = []
    for at in layout.maps():
        kinds = read_page(descriptor, layout, at)[: layout.usable : 5]
        last = min(at + layout.usable // 5, layout.pages)
        for begin in range(at + 1, last + 1, STRETCH_PAGES):
            stretch = os.pread(descriptor, STRETCH_PAGES * layout.page, (begin - 1) * layout.page)
            for number in range(begin, min(begin + STRETCH_PAGES, last + 1)):
                start = (number - begin) * layout.page
                page = stretch[start : start + layout.page]
                if _looks_stained(page, kinds[number - at - 1 : number - at], layout.usable):
                    found.append(number)
    return found


def _looks_stained(page: bytes, kind: bytes, usable: int) -> bool:
    if kind in {b"\x01", b"\x05"}:
        return bool(stained(page, unused_in_tree(page, usable)))
    # A list of free pages has numbers of four bytes, the first of them 0 below 64 GiB.
    return kind == b"\x02" and _TEXT.search(page) is not None
