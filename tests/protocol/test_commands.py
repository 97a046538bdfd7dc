"""The shapes of commands."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
import pytest

from protocol import commands, limits
from protocol.commands import Command

STRUCTS = [
    member
    for _, member in inspect.getmembers(commands, inspect.isclass)
    if issubclass(member, Command) and member is not Command
]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_strict(struct: type[Command]) -> None:
    """A command cannot be changed, takes fields by name, and refuses unknown ones."""
    config = struct.__struct_config__

    assert config.frozen
    assert config.forbid_unknown_fields
    assert config.omit_defaults
    assert struct.__doc__


def test_rooms_by_id_or_slug() -> None:
    """A room is named by ``room`` in every command about one."""
    for struct in STRUCTS:
        if "room" in struct.__struct_fields__ and struct is not commands.PrivacyNotice:
            assert issubclass(struct, commands.RoomCommand)


ADDRESSES = ("anna+rooms@example.org", "o'neil_x=1@mail.example.co.uk", "ünal@bücher.example", "a..b@x.y")
NO_ADDRESSES = (
    *(">x@y.z", "x@y.z>", "<x@y.z>", "a,b@x.y", "a;b@x.y", "a:b@x.y", "a(b)@x.y", "[a]@x.y", "a@[1.2.3.4]"),
    *('"a"@x.y', "a\\b@x.y", "a b@x.y", "a\x00b@x.y", "a\x7f@x.y", "a@b\x1f.c", "x@y..z", "x@y.z.", "x@.y"),
)


@pytest.mark.parametrize(
    ("struct", "fields"),
    [
        (commands.AccountUpdate, {"email": ""}),
        *((commands.AccountUpdate, {"email": one}) for one in ADDRESSES),
        (commands.AccountUpdate, {"avatar_url": ""}),
        (commands.AccountUpdate, {"bio": ""}),
        (commands.AccountUpdate, {"email": "anna@example.org", "avatar_url": "https://example.org/a.png"}),
        (commands.RoomUpdate, {"room": "lobby", "password": "", "description": ""}),
        (commands.ChatSend, {"room": "lobby", "text": "e\u0301" * limits.CHAT_CHARS}),
        (commands.BoothSkip, {"room": "lobby", "play_id": "p", "requeue_at": 0}),
        (commands.ClockSync, {"t1_us": -1}),
    ],
)
def test_accepted(struct: type[Command], fields: dict[str, Any]) -> None:
    """Values at the edge that must work: empty texts remove, 0 is an index, NFD is longer."""
    assert isinstance(msgspec.convert(fields, struct), struct)


@pytest.mark.parametrize(
    ("struct", "fields"),
    [
        (commands.AccountUpdate, {"email": "anna@example"}),
        (commands.AccountUpdate, {"email": "anna@example.org\n"}),
        *((commands.AccountUpdate, {"email": one}) for one in NO_ADDRESSES),
        (commands.AccountUpdate, {"avatar_url": "javascript:alert(1)"}),
        (commands.AccountUpdate, {"avatar_url": "https://a\nb"}),
        (commands.RoomUpdate, {"room": "lobby", "capacity": 0}),
        (commands.RoomUpdate, {"room": "lobby", "slow_mode_ms": -1}),
        (commands.RoomUpdate, {"room": "lobby", "name": ""}),
        (commands.PlaylistInsert, {"playlist_id": "p", "items": [], "at": "end"}),
        (commands.PlaylistMove, {"playlist_id": "p", "item_ids": ["i"], "at": "middle"}),
        (commands.ChatHistory, {"room": "lobby", "limit": 101}),
        (commands.StaffSet, {"room": "lobby", "user": "u", "role": "admin"}),
    ],
)
def test_refused(struct: type[Command], fields: dict[str, Any]) -> None:
    """Values outside the limits never become a command."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, struct)
