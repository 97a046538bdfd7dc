"""The table of methods."""

from __future__ import annotations

import inspect
from collections import Counter

import pytest

from protocol import commands
from protocol.commands import Command, RoomCommand
from protocol.errors import ErrorCode
from protocol.limits import RATES
from protocol.methods import METHODS, Method
from protocol.results import Empty
from protocol.roles import PERMISSIONS
from protocol.values import Value

_NAMES = {
    "session": "guest register login resume logout",
    "account": "get update",
    "bot": "create list revoke",
    "clock": "sync",
    "user": "get",
    "ignore": "set list",
    "room": "list get create join leave update delete transfer claim members",
    "favorite": "set list",
    "waitlist": "join leave add remove move lock cycle clear",
    "booth": "skip leave vote_skip",
    "media": "report block blocked resolve",
    "sync": "report",
    "vote": "cast grab",
    "playlist": "list create rename delete activate shuffle items insert "
    "move remove update_item import export",
    "history": "room user",
    "chat": "send delete history",
    "mod": "mute unmute kick ban unban waitlist_ban waitlist_unban list log",
    "staff": "set",
    "privacy": "notice acknowledge accept consents self_ttl export erase status prove report_age",
}
CONTRACT = {f"{theme}.{name}" for theme, names in _NAMES.items() for name in names.split()}
"""The names of version 1 of the contract. A method outside it is an addition and goes here too."""

BEFORE_AUTH = {"clock.sync", "room.list", "room.get", "privacy.notice"}

GENERAL = {
    ErrorCode(code)
    for code in [
        "bad_params",
        "unknown_method",
        "unauthenticated",
        "forbidden",
        "not_found",
        "not_in_room",
        "rate_limited",
        "overloaded",
        "storage_unavailable",
        "internal",
        "notice_ack_required",
        "account_frozen",
    ]
}


def with_method() -> list[type[Command]]:
    """Return every command struct that is a method."""
    structs = [member for _, member in inspect.getmembers(commands, inspect.isclass)]
    return [each for each in structs if issubclass(each, Command) and "method" in vars(each)]


def test_every_command_once() -> None:
    """Every command with a method is in the table exactly once, and nothing else is."""
    listed = Counter(method.params for method in METHODS.values())

    assert listed == Counter(with_method())
    assert len({command.method for command in with_method()}) == len(with_method())


@pytest.mark.parametrize("name", METHODS)
def test_names(name: str) -> None:
    """A method is named as in the contract, and its struct after it."""
    params = METHODS[name].params

    assert name in CONTRACT
    assert params.method == name
    assert params.__name__ == "".join(word.capitalize() for word in name.replace("_", ".").split("."))


@pytest.mark.parametrize("name", METHODS)
def test_rows(name: str) -> None:
    """A row names a result, a rate class, permissions and domain errors that exist."""
    row: Method = METHODS[name]

    assert issubclass(row.result, Value)
    assert row.rate in RATES
    assert set(row.actions) <= set(PERMISSIONS)
    assert [PERMISSIONS[action].role for action in row.actions] == sorted(
        PERMISSIONS[action].role for action in row.actions
    )
    assert not set(row.errors) & GENERAL
    assert len(row.errors) == len(set(row.errors))


def test_rates_are_used() -> None:
    """Every rate class has methods."""
    assert {row.rate for row in METHODS.values()} == set(RATES)


@pytest.mark.parametrize("name", METHODS)
def test_docstrings(name: str) -> None:
    """Every method's struct says in its first line what it does."""
    doc = METHODS[name].params.__doc__

    assert doc
    assert doc.strip().splitlines()[0].endswith(".")


def test_before_auth() -> None:
    """Without a session only logging in and four harmless methods work."""
    allowed = {name for name, row in METHODS.items() if row.before_auth}

    assert {name for name in allowed if not name.startswith("session.")} == BEFORE_AUTH
    assert {name for name in METHODS if name.startswith("session.")} - allowed == {"session.logout"}


def test_permissions_are_about_rooms() -> None:
    """Only methods of a room ask for a role."""
    for row in METHODS.values():
        assert not row.actions or issubclass(row.params, RoomCommand)


def test_empty_result() -> None:
    """Nothing to say is an empty map."""
    assert Empty.__struct_fields__ == ()
