"""Durations as people write them: ``90s``, ``10m``, ``1h30m``, ``2d``."""

from __future__ import annotations

import re
from typing import Self

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}
_TEXT = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.IGNORECASE)


class Duration(int):
    """
    Milliseconds, as everywhere in the protocol; ``str`` writes them as a person would.

    A command of the protocol wants a plain number: ``int(duration)``.
    """

    @classmethod
    def of(cls, text: str) -> Self:
        """
        Return the duration of a text.

        Raises:
            ValueError: it is none.

        """
        found = _TEXT.fullmatch(text.strip())
        parts = found.groups() if found is not None else ()
        if not any(parts):
            raise ValueError(f"expected a duration such as 90s, 10m or 1h30m, got {text!r}")
        return cls(sum(int(part or 0) * size for part, size in zip(parts, _UNITS.values(), strict=True)))

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self / 1000

    def __str__(self) -> str:
        rest, parts = int(self), []
        for unit, size in _UNITS.items():
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count} {unit if unit != 'm' else 'min'}")
        return " ".join(parts) or f"{self / 1000:g} s"

    __repr__ = __str__
