"""Names that look alike have one skeleton; those that do not, have not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.lookalikes import is_mixed, skeleton

_names = st.from_regex(r"[\w.-]{2,24}", fullmatch=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "PAYPAL"),
        ("paypal", "PaypaI"),
        ("paypal", "paypa1"),
        ("paypal", "раураӏ"),
        ("anna", "аnnа"),
        ("anna", "ａｎｎａ"),
        ("bob", "b0b"),
        ("bob", "вов".replace("в", "b")),
        ("sam", "sarn"),
        ("scope", "ѕсоре"),
        ("o-o", "o‐o"),
        ("straße", "STRASSE"),
        ("é\u0301x", "e\u0301\u0301x"),
    ],
)
def test_alike(one: str, other: str) -> None:
    """Case, width, look-alike letters and digits make no other name."""
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna", "annа2"), ("jose", "josé"), ("anna", "hanna"), ("bob", "bop"), ("日本", "日木")],
)
def test_different(one: str, other: str) -> None:
    """What a reader can tell apart stays apart, accents included."""
    assert skeleton(one) != skeleton(other)


@given(_names)
def test_skeleton_of_a_skeleton(name: str) -> None:
    """A skeleton looks like itself, and case does not matter to it."""
    assert skeleton(skeleton(name)) == skeleton(name)
    assert skeleton(name.upper()) == skeleton(name.upper().lower())


@given(st.from_regex(r"[a-f0-9]{6}", fullmatch=True), st.from_regex(r"[a-f0-9]{6}", fullmatch=True))
def test_guest_names_stay_apart(one: str, other: str) -> None:
    """Names the server gives to guests do not look alike."""
    assert (skeleton(f"guest-{one}") == skeleton(f"guest-{other}")) == (one == other)


@pytest.mark.parametrize(
    "name", ["anna", "anna_1.x-", "Ёжик", "Ωμέγα", "日本語abc", "かなカナ漢字", "한글漢字", "éa", "-1-"]
)
def test_written_together(name: str) -> None:
    """One script is fine, with digits and marks, and so are those that a language mixes."""
    assert not is_mixed(name)


@pytest.mark.parametrize("name", ["аnna", "Ωx", "annaя", "ёлкаб1b", "日本я", "かな한글"])
def test_mixed(name: str) -> None:
    """Letters of scripts that nobody writes together are a disguise."""
    assert is_mixed(name)
