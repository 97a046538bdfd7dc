"""Chat filters: words, hooks of others, and what happens when one fails."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from protocol.commands import ChatSend
from protocol.errors import ErrorCode, Rejected
from protocol.values import User
from roomserver.chatfilter import GROUP, ChatFilter, WordFilter, filtered, make_filters
from roomserver.config import ChatConfig, ConfigError

ANNA = User(id="a", name="anna", kind="user", created_at_ms=0)


class Shout:
    """Makes everything loud."""

    name = "shout"

    def filter_chat(self, text: str, user: User, room: str) -> str:
        """Return capitals, and whose."""
        return f"{text.upper()} ({user.name} in {room})"


class Broken:
    """Has a bug."""

    name = "broken"

    def filter_chat(self, text: str, user: User, room: str) -> str:
        """Fail."""
        raise ZeroDivisionError(text, user, room)


def said(text: str, *filters: ChatFilter) -> str:
    """Return what is left of a message."""
    return filtered(filters, ChatSend(room="lobby", text=text, nonce="n"), ANNA).text


@pytest.mark.parametrize("text", ["so a darn thing", "DARN", "ｄａｒｎ", "well, darn!", "two words here"])
def test_blocked_word(text: str) -> None:
    """A blocked word is found in any case and width, as a word of its own; it is not repeated."""
    with pytest.raises(Rejected) as caught:
        said(text, WordFilter(["darn", "two  Words", " "]))
    assert caught.value.code is ErrorCode.FORBIDDEN
    assert "darn" not in caught.value.message


@pytest.mark.parametrize("text", ["darning socks", "d a r n", "twowords"])
def test_other_words(text: str) -> None:
    """Words that only contain a blocked one are said."""
    assert said(text, WordFilter(["darn", "two words"])) == text


def test_no_words() -> None:
    """A filter without words lets everything through."""
    assert said("darn", WordFilter([])) == "darn"


def test_order_and_failure() -> None:
    """Filters run in order; one that fails is passed over, and the rest of the command stays."""
    assert said("hi", Broken(), Shout()) == "HI (anna in lobby)"
    command = ChatSend(room="lobby", text="hi", nonce="n")
    assert filtered([Shout()], command, ANNA).nonce == "n"
    assert filtered([], command, ANNA) is command


def test_from_configuration() -> None:
    """The configuration names filters; words make the built-in one; unknown names are errors."""
    assert make_filters(ChatConfig()) == []
    [words] = make_filters(ChatConfig(blocked_words=["darn"]))
    assert words.name == "words"
    with pytest.raises(ConfigError, match=r"chat\.filters: expected one of .*, got 'nope'"):
        make_filters(ChatConfig(filters=["nope"]))


@pytest.mark.parametrize(
    ("value", "problem"),
    [("no_such_module:Filter", "ModuleNotFoundError"), ("fractions:Fraction.from_float", "TypeError")],
)
def test_filter_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, value: str, problem: str) -> None:
    """A filter that fails to import or to be made is a problem of the settings, and named."""
    points = [EntryPoint("bad", value, GROUP)]
    monkeypatch.setattr("roomserver.chatfilter.entry_points", lambda group: points if group == GROUP else [])
    with pytest.raises(ConfigError, match=rf"chat\.filters: expected 'bad' to be a filter, got {problem}"):
        make_filters(ChatConfig(filters=["bad"]))
