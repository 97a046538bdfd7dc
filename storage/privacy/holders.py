"""
Holders: everything that keeps personal data outside the tables.

A cache, a ring, a queue, a folder of archives: each registers itself, says what it keeps and
for how long, and can remove one person's data, what is too old, and prove that it did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from storage.privacy.registry import CATEGORIES


class DataHolder(Protocol):
    """Something that keeps personal data. No method waits, and each may be repeated."""

    @property
    def name(self) -> str:
        """A word for receipts and reports; no data."""
        ...

    @property
    def categories(self) -> frozenset[str]:
        """What it keeps, in categories of the registry."""
        ...

    @property
    def max_age_s(self) -> int | None:
        """How old anything in it gets, in seconds; None: as old as what it belongs to."""
        ...

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:
        """Remove what it keeps of an account: the things of ``ids``, or all (None). Return how many went."""
        ...

    def expire(self, now: int) -> int:
        """Remove what is over at ``now`` (Unix epoch, milliseconds). Return how many went."""
        ...

    def contains(self, probe: bytes) -> int:
        """Count the things that hold these bytes: for verification only."""
        ...


class UnlabelledHolderError(Exception):
    """A holder says that it keeps a category which the registry does not know, or says nothing."""

    def __init__(self, name: str, unknown: frozenset[str]) -> None:
        super().__init__(name, unknown)
        self.name = name
        self.unknown = unknown

    def __str__(self) -> str:
        got = ", ".join(sorted(self.unknown)) or "none"
        return f"expected categories of the registry for holder {self.name!r}, got {got}"


class Holders:
    """All holders of this process, in the order they came."""

    def __init__(self) -> None:
        self._holders: list[DataHolder] = []

    def add(self, holder: DataHolder) -> None:
        """
        Take a holder in.

        Raises:
            UnlabelledHolderError: the registry does not know what it keeps.

        """
        unknown = frozenset(holder.categories - CATEGORIES.keys())
        if unknown or not holder.categories:
            raise UnlabelledHolderError(holder.name, unknown)
        self._holders.append(holder)

    def __iter__(self) -> Iterator[DataHolder]:
        return iter(self._holders)

    def scrub(self, subject: str, ids: Collection[str] | None = None) -> dict[str, int]:
        """Remove what any holder keeps of an account; return the receipts by holder."""
        return {holder.name: holder.scrub(subject, ids) for holder in self._holders}

    def expire(self, now_ms: int) -> dict[str, int]:
        """Remove what is over; return how many things went, by holder."""
        return {holder.name: holder.expire(now_ms) for holder in self._holders}

    def contains(self, probe: bytes) -> dict[str, int]:
        """Return the holders that hold these bytes, with how many things do."""
        return {holder.name: found for holder in self._holders if (found := holder.contains(probe))}
