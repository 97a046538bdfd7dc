"""The shapes that commands, results and events share."""

from __future__ import annotations

import inspect
from typing import get_args

import msgspec
import pytest

from protocol import events, results, values
from protocol.values import Id, Ms, RoleName, Settings, Slug, StaffRoleName, User, Value
from tests.support.people import person

STRUCTS = [
    member
    for module in (values, results, events)
    for _, member in inspect.getmembers(module, inspect.isclass)
    if issubclass(member, Value) and member.__module__ == module.__name__
]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_structs(struct: type[Value]) -> None:
    """What the server sends cannot be changed, leaves defaults out, and is described."""
    config = struct.__struct_config__

    assert config.frozen
    assert config.omit_defaults
    assert struct.__doc__


@pytest.mark.parametrize("text", ["a", "A-z_09", "x" * 32])
def test_ids(text: str) -> None:
    """Ids are URL-safe and at most 32 characters."""
    assert msgspec.convert(text, Id) == text


@pytest.mark.parametrize("text", ["", "x" * 33, "a b", "a/b", "a\n", "\na", "é"])
def test_not_ids(text: str) -> None:
    """Anything else is no id, a line feed at the end included."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Id)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Slug)


@pytest.mark.parametrize("number", [-1, 2**53, 1.0, True, "1"])
def test_not_instants(number: object) -> None:
    """Milliseconds are integers that JavaScript holds exactly."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(number, Ms)


def test_optional_fields_are_left_out() -> None:
    """A field with a default of None is never sent as nil."""
    assert set(msgspec.to_builtins(person("Anna"))) == {"id", "name", "kind", "created_at_ms"}


def test_public_fields() -> None:
    """Others never see an address, a country or a birth date."""
    assert set(User.__struct_fields__) == {"id", "name", "kind", "avatar_url", "bio", "created_at_ms"}


def test_password_is_a_flag() -> None:
    """Settings say whether there is a password, never which."""
    assert Settings.__annotations__["password"] == "bool"


def test_staff_roles() -> None:
    """What can be granted are roles."""
    assert set(get_args(StaffRoleName)) < set(get_args(RoleName))
