"""Durations: what people write is read exactly, and anything else is refused with what was expected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.limits import DAY_MS, HOUR_MS
from storage.privacy.durations import LONGEST_MS, format_duration, parse_duration, say_duration


@pytest.mark.parametrize(
    ("text", "ms"),
    [("30d", 30 * DAY_MS), ("72h", 72 * HOUR_MS), ("15m", 900_000), ("1s", 1000), ("0s", 0), ("5ms", 5)],
)
def test_parsed(text: str, ms: int) -> None:
    """Each unit means what it says; nothing is allowed."""
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "value", [1.5, 30, "1.5d", "-1d", "forever", "30", "d", "", None, True, "30 d", "٣d"]
)
def test_refused(value: object) -> None:
    """Fractions, negative times, bare numbers and words are no durations."""
    with pytest.raises(ValueError, match="expected a duration such as"):
        parse_duration(value)


def test_longest() -> None:
    """More than 2**31 ms is fine, more than a hundred years a mistake."""
    assert parse_duration("36500d") == LONGEST_MS > 2**31
    with pytest.raises(ValueError, match="expected at most 36500d"):
        parse_duration("36501d")


@given(st.integers(0, LONGEST_MS))
def test_round_trip(ms: int) -> None:
    """What is formatted is read back as the same time."""
    assert parse_duration(format_duration(ms)) == ms


@pytest.mark.parametrize(
    ("ms", "words"), [(30 * DAY_MS, "30 days"), (DAY_MS, "1 day"), (90_000, "90 seconds"), (0, "0 seconds")]
)
def test_said(ms: int, words: str) -> None:
    """Times are said in their largest whole unit."""
    assert say_duration(ms) == words
