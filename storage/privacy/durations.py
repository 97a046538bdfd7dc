"""Durations as people write them: ``30d``, ``72h``, ``15m``, ``90s``, ``500ms``."""

from __future__ import annotations

import re

from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

LONGEST_MS = 36_500 * DAY_MS
"""A hundred years; more is a mistake."""

_UNITS = {"d": DAY_MS, "h": HOUR_MS, "m": MINUTE_MS, "s": SECOND_MS, "ms": 1}
_FORM = re.compile(r"(\d{1,13})(ms|s|m|h|d)", re.ASCII)


def parse_duration(value: object) -> int:
    """
    Return a duration in milliseconds.

    Raises:
        ValueError: it is none, or longer than a hundred years.

    """
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'expected a duration such as "30d", "72h" or "90s", got {value!r}')
    ms = int(match[1]) * _UNITS[match[2]]
    if ms > LONGEST_MS:
        raise ValueError(f"expected at most 36500d, got {value!r}")
    return ms


def format_duration(ms: int) -> str:
    """Return a duration in its largest whole unit, as :func:`parse_duration` reads it."""
    unit = next((unit for unit in _UNITS if ms and ms % _UNITS[unit] == 0), "s")
    return f"{ms // _UNITS[unit]}{unit}"


_WORDS = {"d": "day", "h": "hour", "m": "minute", "s": "second", "ms": "millisecond"}


def say_duration(ms: int) -> str:
    """Return a duration in words: ``30 days``."""
    text = format_duration(ms)
    match = _FORM.fullmatch(text)
    assert match is not None, "what is formatted can be parsed"
    return f"{match[1]} {_WORDS[match[2]]}{'' if match[1] == '1' else 's'}"
