"""Mentions in messages, and what an erasure leaves of them."""

from __future__ import annotations

import pytest

from protocol.mentions import named_in, without


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("hi @Anna", {"anna"}),
        ("@anna, @ben.", {"anna", "ben.", "ben"}),
        ("@Straße-", {"strasse-", "strasse"}),
        ("a@b, @x", set()),
    ],
)
def test_named(text: str, keys: set[str]) -> None:
    """A mention is a name behind an @, compared as names are, with and without the sentence's dot."""
    assert named_in(text) == keys


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hi @Anna!", "hi @deleted!"),
        ("@anna. And @anna-", "@deleted. And @deleted-"),
        ("@djs, @Staff and @everyone.", "@djs, @Staff and @everyone."),
        ("@ümit", "@deleted"),
        ("anna", "anna"),
    ],
)
def test_without(text: str, left: str) -> None:
    """Names go, words for groups stay; the ids of the others do too."""
    assert without(text, ["anna-id", "ben-id"], "anna-id") == (left, ["ben-id"])


def test_others_stay() -> None:
    """A message that does not mention somebody is the same afterwards."""
    mentions = ["ben-id"]
    text, left = without("hi @ben", mentions, "anna-id")
    assert text == "hi @ben"
    assert left is mentions
