"""Mentions: ``@name`` in a message, and what is left of one when the person is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from protocol.limits import NAME_CHARS
from protocol.text import name_key

EVERYONE = "everyone"
"""The word in ``mentions`` that means all members; no user has it as a name."""
GROUPS = frozenset({"djs", "staff", EVERYONE})
"""Words that stand for several people: those who play and wait, the staff who are here, everybody."""
GONE = "@deleted"
"""What is left of a mention of somebody who was erased."""

MENTION = re.compile(rf"@([\w.-]{{2,{NAME_CHARS}}})")


def spellings(word: str) -> Iterator[str]:
    """Yield what a word behind an ``@`` may name: a name may end in a dot or dash, and so may a sentence."""
    yield word
    bare = word.rstrip(".-")
    if bare != word:
        yield bare


def named_in(text: str) -> set[str]:
    """Return the keys (:func:`protocol.text.name_key`) of all that a text may mention."""
    return {name_key(name) for word in MENTION.findall(text) for name in spellings(word)}


def without(text: str, mentions: list[str], user_id: str) -> tuple[str, list[str]]:
    """
    Return the text and the mentions of a message once somebody it mentions is erased.

    The ids do not say which word meant whom, and the name must not be asked for any more: so
    every name that the text mentions goes, and the words for groups stay. The server and all
    clients hold the same afterwards, whatever they knew.
    """
    if user_id not in mentions:
        return text, mentions
    return MENTION.sub(lambda match: _gone(match[1]), text), [one for one in mentions if one != user_id]


def _gone(word: str) -> str:
    if any(name_key(name) in GROUPS for name in spellings(word)):
        return f"@{word}"
    return GONE + word[len(word.rstrip(".-")) :]
