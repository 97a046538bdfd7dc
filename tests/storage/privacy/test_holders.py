"""Holders: what is kept outside the tables can be scrubbed, expired and searched, all of it."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from storage.privacy.holders import Holders, UnlabelledHolderError


class Notes:
    """A holder of texts by account, each with the instant it is over."""

    def __init__(self, name: str, categories: set[str]) -> None:
        self.name = name
        self.categories = frozenset(categories)
        self.max_age_s: int | None = 60
        self.kept: list[tuple[str, str, int]] = []

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:
        """Remove an account's texts."""
        return self._keep([one for one in self.kept if one[0] != subject or (ids and one[1] not in ids)])

    def expire(self, now: int) -> int:
        """Remove what is over."""
        return self._keep([one for one in self.kept if one[2] > now])

    def contains(self, probe: bytes) -> int:
        """Count the texts that hold the bytes."""
        return sum(probe in text.encode() for _, text, _ in self.kept)

    def _keep(self, left: list[tuple[str, str, int]]) -> int:
        gone = len(self.kept) - len(left)
        self.kept = left
        return gone


def two() -> tuple[Holders, Notes, Notes]:
    """Return holders with two of them."""
    holders, ring, cache = Holders(), Notes("ring", {"chat", "resume"}), Notes("cache", {"account"})
    holders.add(ring)
    holders.add(cache)
    return holders, ring, cache


def test_scrubbing_reaches_all() -> None:
    """A person leaves every holder, with a receipt each, and nobody else does."""
    holders, ring, cache = two()
    ring.kept = [("anna", "hello", 5), ("berta", "hi", 5)]
    cache.kept = [("anna", "profile", 5)]

    assert holders.scrub("anna") == {"ring": 1, "cache": 1}
    assert holders.scrub("anna") == {"ring": 0, "cache": 0}
    assert [who for who, _, _ in ring.kept] == ["berta"]


def test_expiring_reaches_all() -> None:
    """What is over leaves every holder, at its instant."""
    holders, ring, _ = two()
    ring.kept = [("anna", "hello", 5), ("berta", "hi", 6)]

    assert holders.expire(4) == {"ring": 0, "cache": 0}
    assert holders.expire(5) == {"ring": 1, "cache": 0}


def test_searching_names_those_that_hold() -> None:
    """Verification names the holders that still have the bytes."""
    holders, _, cache = two()
    cache.kept = [("anna", "canary", 5)]

    assert holders.contains(b"canary") == {"cache": 1}
    assert holders.contains(b"sparrow") == {}
    assert [holder.name for holder in holders] == ["ring", "cache"]


@pytest.mark.parametrize(("categories", "got"), [({"chat", "dreams"}, "got dreams"), (set(), "got none")])
def test_a_holder_without_a_category_is_refused(categories: set[str], got: str) -> None:
    """What the registry does not know cannot be held."""
    with pytest.raises(UnlabelledHolderError, match=got):
        Holders().add(Notes("secret", categories))
