"""Cursors of lists in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode, Rejected
from roomserver.room.paging import next_offset, offset_of


@given(st.integers(0, 60), st.integers(1, 20))
def test_pages_cover_everything(total: int, limit: int) -> None:
    """Following the cursors gives every row once, in order, and ends."""
    rows = list(range(total))
    seen: list[int] = []
    cursor: str | None = None
    for _ in range(total + 1):
        offset = offset_of(cursor)
        page = rows[offset : offset + limit]
        seen += page
        cursor = next_offset(offset, page, total)
        if cursor is None:
            break
    assert seen == rows
    assert cursor is None


@pytest.mark.parametrize("cursor", ["", "-1", "1.5", "abc", "9" * 10, "٣", "²", "0x1", " 1"])
def test_strange_cursor(cursor: str) -> None:
    """A cursor that no page gave out is refused, naming the field."""
    with pytest.raises(Rejected) as refused:
        offset_of(cursor)
    assert refused.value.code is ErrorCode.BAD_PARAMS
    assert refused.value.facts == {"field": "cursor"}


def test_past_the_end() -> None:
    """A page behind the last row is empty and has no successor."""
    assert next_offset(100, [], 10) is None
