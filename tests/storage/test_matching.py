"""Texts that read the same have the same key."""

from __future__ import annotations

import pytest

from storage.matching import text_key


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna", "aNNA"), ("Straße", "STRASSE"), ("ﬁn", "fin"), ("Ａnna", "anna")],
)
def test_same(one: str, other: str) -> None:
    """Case, ligatures and full-width letters make no difference."""
    assert text_key(one) == text_key(other)


def test_different() -> None:
    """Accents do."""
    assert text_key("Ana") != text_key("Aná")
