"""Cursors of lists that live in memory: opaque to clients, an offset to us."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.errors import ErrorCode, Rejected


def offset_of(cursor: str | None) -> int:
    """
    Return where a page begins.

    Raises:
        Rejected: ``bad_params`` for a cursor that no page has given out.

    """
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 9:
        message = f"expected a cursor of an earlier page, got {cursor!r}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="cursor")
    return int(cursor)


def next_offset(offset: int, page: Sequence[object], total: int) -> str | None:
    """Return the next page's cursor, None after the last."""
    following = offset + len(page)
    return str(following) if page and following < total else None
