"""The scopes of bots."""

from __future__ import annotations

from typing import get_args

import pytest

from protocol.commands import RoomCommand
from protocol.errors import ErrorCode, Rejected
from protocol.methods import METHODS
from protocol.roles import PERMISSIONS, Role
from protocol.scopes import METHOD_SCOPES, SCOPES, lacking, require_scope
from protocol.values import Scope

PEOPLE_ONLY = {
    "session.logout",
    "account.update",
    "bot.create",
    "bot.list",
    "bot.revoke",
    "room.create",
    "room.delete",
    "room.transfer",
    "room.claim",
    "favorite.set",
    "favorite.list",
    "ignore.set",
    "ignore.list",
    "media.report",
}
"""Beside what is about a person's own data (``privacy.*``) and their player (``sync.*``)."""


def allows(scope: Scope | None, method: str) -> bool:
    """Say whether a bot with this scope alone may call a method."""
    try:
        require_scope({scope} if scope else set(), method)
    except Rejected as refused:
        return refused.code is not ErrorCode.FORBIDDEN
    return True


def test_every_scope_has_a_meaning() -> None:
    """The table of meanings names the scopes of the wire, in their order."""
    assert tuple(SCOPES) == get_args(Scope)


def test_only_methods() -> None:
    """The table names methods that exist, and leaves out those for people."""
    left_out = {name for name in METHODS if name not in METHOD_SCOPES}

    assert set(METHOD_SCOPES) <= set(METHODS)
    assert left_out >= PEOPLE_ONLY
    assert {name.partition(".")[0] for name in left_out - PEOPLE_ONLY} <= {"privacy", "sync"}


@pytest.mark.parametrize("method", METHODS)
def test_every_cell(method: str) -> None:
    """A bot with one scope may call exactly the methods that the scope is named for, and the open ones."""
    named = METHOD_SCOPES.get(method)

    for scope in SCOPES:
        assert allows(scope, method) == (named is not None and (not named or scope in named))
    assert allows(None, method) == (named == frozenset())


def test_acting_on_others_needs_moderate() -> None:
    """What only staff may do with others needs ``moderate`` or ``manage``: no other scope leads there."""
    strong: set[Scope] = {"moderate", "manage"}
    for name, method in METHODS.items():
        lowest = min((PERMISSIONS[action].role for action in method.actions), default=Role.GUEST)
        scopes = METHOD_SCOPES.get(name)
        if lowest >= Role.BOUNCER and scopes is not None:
            assert scopes <= strong, name
            assert issubclass(method.params, RoomCommand)


def test_refusals_say_what_is_missing() -> None:
    """A refusal names the scopes expected and those held; for people only, it says so."""
    with pytest.raises(Rejected, match=r"expected the scope chat\.read, got vote, dj") as refused:
        require_scope({"dj", "vote"}, "chat.history")
    assert refused.value.facts == {"needs": "chat.read"}
    with pytest.raises(Rejected, match="expected the scope dj or moderate, got none"):
        require_scope(set(), "booth.skip")
    with pytest.raises(Rejected, match=r"expected a person for bot\.create, got a bot") as refused:
        require_scope(set(SCOPES), "bot.create")
    assert refused.value.facts == {"needs": "user"}
    assert lacking(["chat.read"], {"moderate"}).message == "expected the scope moderate, got chat.read"
