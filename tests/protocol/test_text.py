"""Text as people may write it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.errors import ErrorCode, Rejected
from protocol.text import checked_text, clean, name_key, text_key

TRICKY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("e\u0301\u0327\u202e\u2066\u200e\u061c \t\n\u200d\u0958\u1100\u1161\ufdd0\x00"),
    )
)


@given(text=TRICKY)
@example(text="e\u202e\u0301")
@example(text="\u1100\x00\u1161")
def test_idempotent(text: str) -> None:
    """Clean text is in NFC, and stays as it is."""
    once = clean(text)

    assert once == clean(once)
    assert once == unicodedata.normalize("NFC", once)


@given(text=TRICKY)
def test_nothing_dangerous(text: str) -> None:
    """No control character, surrogate, private use or bidi override gets through."""
    kept = clean(text)

    assert not {unicodedata.category(char) for char in kept} & {"Cc", "Cs", "Co"}
    assert not {unicodedata.bidirectional(char) for char in kept} & {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    }
    assert kept == kept.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("  outer  white space\t", "outer  white space"),
        ("a\tb\r\nc", "a b  c"),
        ("a\x00b\x1bc\x7fd\x85e", "abcde"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("\u200emarks\u200f\u061c", "marks"),
        ("e\u0301", "é"),
        ("\ue000private\U000f0000", "private"),
        ("\ufffe\ufdd0noncharacters\U0010ffff", "noncharacters"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
    ],
)
def test_cases(text: str, expected: str) -> None:
    """Control characters and bidi overrides go, letters of every script stay."""
    assert clean(text) == expected


@pytest.mark.parametrize(
    "emoji",
    [
        pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467", id="family"),
        pytest.param("\U0001f3f3\ufe0f\u200d\U0001f308", id="flag with a variation selector"),
        pytest.param("\U0001f44d\U0001f3fd", id="skin tone"),
        pytest.param("\U0001f1e9\U0001f1ea", id="regional indicators"),
        pytest.param("\U0001fa77", id="pink heart, newer than the Unicode of Python 3.11"),
    ],
)
def test_emoji(emoji: str) -> None:
    """Emoji stay whole, those of a newer Unicode too."""
    assert clean(emoji) == emoji


@pytest.mark.parametrize(
    ("name", "other"),
    [("Anna", "aNNa"), ("A  b", "a b"), ("\uff21nna", "anna"), ("Stra\u00dfe", "STRASSE"), (" a ", "a")],
)
def test_same_name(name: str, other: str) -> None:
    """Names are the same whatever their case, width and spacing."""
    assert name_key(name) == name_key(other)


def test_other_name() -> None:
    """Accents tell names apart."""
    assert name_key("Ana") != name_key("Aná")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna", "aNNA"), ("Straße", "STRASSE"), ("ﬁn", "fin"), ("Ａnna", "anna")],
)
def test_same_key(one: str, other: str) -> None:
    """Case, ligatures and full-width letters make no difference."""
    assert text_key(one) == text_key(other)


def test_different_key() -> None:
    """Accents do."""
    assert text_key("Ana") != text_key("Aná")


@pytest.mark.parametrize("given", ["\ufb2c" * 2, "seven..", "\u202e seven.. \u202c"])
def test_length(given: str) -> None:
    """What counts is the length of what is left, which may be more than what came, or less."""
    left = clean(given)
    assert checked_text(given, len(left), "bio") == left
    with pytest.raises(Rejected, match=f"at most {len(left) - 1} characters, got {len(left)}") as caught:
        checked_text(given, len(left) - 1, "bio")
    assert (caught.value.code, caught.value.facts) == (ErrorCode.BAD_PARAMS, {"field": "bio"})
