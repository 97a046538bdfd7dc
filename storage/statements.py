"""Statements to be run later, and many rows as few statements."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

Params: TypeAlias = Mapping[str, Any] | Sequence[Any]

_ROW = re.compile(r"VALUES\s*(\(\?(?:, \?)*\))")
ROWS_AT_ONCE = (64, 8, 1)
"""
How many rows a statement takes. Few sizes, because each is a statement to be prepared and kept;
64 rows of 20 columns stay below the 2000 parameters that any SQLite takes.
"""


class Statement(NamedTuple):
    """A statement and its parameters."""

    sql: str
    params: Params


def joined(sql: str, rows: Sequence[Params]) -> Iterator[Statement]:
    """
    Yield as few statements as do what ``sql`` does for each row, in order.

    A statement with one ``VALUES (?, …)`` takes many rows. That is for the sake of the thread:
    between two statements SQLite gives the interpreter back, and gets it again only when the
    event loop lets go of it.
    """
    if _sized(sql, 1) is None:
        yield from (Statement(sql, row) for row in rows)
        return
    at = 0
    while at < len(rows):
        size = next(size for size in ROWS_AT_ONCE if size <= len(rows) - at)
        params = tuple(itertools.chain.from_iterable(rows[at : at + size]))
        yield Statement(_sized(sql, size) or sql, params)
        at += size


@functools.lru_cache(maxsize=256)
def _sized(sql: str, size: int) -> str | None:
    """Return a statement for so many rows, None if it takes one only."""
    match = _ROW.search(sql)
    if match is None:
        return None
    return sql[: match.start(1)] + ", ".join([match[1]] * size) + sql[match.end(1) :]
