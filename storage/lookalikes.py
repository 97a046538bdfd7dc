"""
Names that look alike: what a reader takes for the same name, however it is spelt.

The tables are Unicode's (UTS #39), as ``confusable-homoglyphs`` ships them.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from confusable_homoglyphs.categories import alias
from confusable_homoglyphs.confusables import confusables_data

from protocol.text import text_key

_EVERYWHERE = {"COMMON", "INHERITED"}
"""Digits, punctuation, combining marks: of no script."""

_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
"""Scripts that languages write together; UTS #39 calls it highly restrictive."""

_MARK = "\N{LEFT-TO-RIGHT MARK}"
"""The table wraps right-to-left letters in these, for its human readers."""


def skeleton(name: str) -> str:
    """
    Return what a name looks like: two names with one skeleton cannot be told apart.

    Case is ignored first, so a capital I and a small l would slip apart; they fall together
    with i and 1 here, at the price that "ali" and "all" do too.
    """
    table = _prototypes()
    letters = unicodedata.normalize("NFD", text_key(name))
    # Twice, as a prototype may have a capital, whose small letter has a prototype of its own.
    for _ in range(2):
        looks = "".join(table.get(letter, letter) for letter in letters)
        letters = unicodedata.normalize("NFD", looks).casefold()
    return letters.replace("i", "l")


def is_mixed(name: str) -> bool:
    """Say whether a name mixes letters of scripts that no language writes together."""
    scripts = {alias(letter) for letter in name} - _EVERYWHERE
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


@cache
def _prototypes() -> dict[str, str]:
    """
    Return what each letter looks like, as letters that stand for all their look-alikes.

    The library's table is symmetric and forgets which side was the prototype. But each
    look-alike has one prototype, so a letter with several neighbours is one; where two have
    only each other, the longer is (m looks like rn, and nothing maps a pair of letters),
    else the smaller code point.
    """
    table = {}
    for wrapped, neighbours in confusables_data.items():
        letter = wrapped.strip(_MARK)
        if len(letter) != 1 or len(neighbours) != 1:
            continue
        other = neighbours[0]["c"]
        is_pair = len(confusables_data[other]) == 1
        other = other.strip(_MARK)
        if not is_pair or (len(other), -ord(other[0])) > (1, -ord(letter)):
            table[letter] = other
    return table
