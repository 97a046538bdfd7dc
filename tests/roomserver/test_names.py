"""Names of people and slugs of rooms."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode, Rejected
from roomserver.names import checked_name, slug_of


@pytest.mark.parametrize("name", ["ab", "Zoë", "x_y.z-1", "a" * 24, "Ωμέγα", "한국"])
def test_good_names(name: str) -> None:
    """Letters of any script, digits, dots, dashes and underscores."""
    assert checked_name(name, "name") == name


@pytest.mark.parametrize(
    "name", ["", "a", "a" * 25, "two words", "a/b", "<b>", "a@b", "new\nline", "\u202eab\u202e c", "🎵🎵"]
)
def test_bad_names(name: str) -> None:
    """Anything else is refused, naming the field."""
    with pytest.raises(Rejected) as refused:
        checked_name(name, "username")
    assert refused.value.code is ErrorCode.BAD_PARAMS
    assert refused.value.facts == {"field": "username"}


@pytest.mark.parametrize("name", ["admin", "System", "EVERYONE", "ｈｏｓｔ", "here"])
def test_reserved(name: str) -> None:
    """Words that address everyone or name a role are taken, in whatever spelling."""
    with pytest.raises(Rejected) as refused:
        checked_name(name, "name")
    assert refused.value.code is ErrorCode.NAME_TAKEN


def test_cleaned() -> None:
    """A name is stored in its composed form and without invisible characters."""
    assert checked_name("Zoe\u0308\u200e", "name") == "Zoë"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Jazz & Soul", "jazz-soul"),
        ("  Späte Stunde!  ", "spate-stunde"),
        ("x" * 50, "x" * 32),
        ("日本", ""),
        ("--", ""),
        ("a" * 31 + " b", "a" * 31),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    """A slug is what ASCII keeps of the name, without dashes at its ends."""
    assert slug_of(name) == slug


@given(st.text())
def test_every_slug_is_one(name: str) -> None:
    """Whatever the name: a valid slug, or none."""
    slug = slug_of(name)
    assert slug == "" or re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", slug)
