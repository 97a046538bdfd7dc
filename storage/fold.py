"""
Folding: events as the log keeps them, with ids in the place of people.

A log that holds names would need rewriting at every rename and erasure; a log of ids is
right by itself, and names are put back when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from protocol.events import ROOM_EVENTS, RoomEvent
from protocol.values import Play, Previous, User

_OWN = {"room", "seq", "at_ms"}
_FIELDS: dict[type[RoomEvent], tuple[str, ...]] = {
    event: tuple(field for field in event.__struct_fields__ if field not in _OWN)
    for event in ROOM_EVENTS.values()
}
_MARK = "$user"
_encode = msgspec.json.Encoder().encode


def _folded(value: Any) -> Any:
    if isinstance(value, User):
        return {_MARK: value.id}
    if isinstance(value, (Play, Previous)):
        return {
            field: _folded(part)
            for field in value.__struct_fields__
            if (part := getattr(value, field)) is not None or field == "dj"
        }
    if type(value) is list:
        return [_folded(part) for part in value]
    return value


def fold(event: RoomEvent) -> str:
    """Return an event's own fields as JSON, people folded to ``{"$user": id}``."""
    values = {
        field: _folded(value)
        for field in _FIELDS[type(event)]
        if (value := getattr(event, field)) is not None
    }
    return _encode(values).decode()


def folded_users(payload: Any) -> Iterator[str]:
    """Yield the ids of everyone a decoded payload names."""
    if isinstance(payload, dict):
        if _MARK in payload:
            yield payload[_MARK]
            return
        for part in payload.values():
            yield from folded_users(part)
    elif isinstance(payload, list):
        for part in payload:
            yield from folded_users(part)


def _unfolded(value: Any, users: Mapping[str, User]) -> Any:
    if isinstance(value, dict):
        if _MARK in value:
            user_id = value[_MARK]
            user = users.get(user_id) or User(id=user_id, name="(gone)", kind="user", created_at_ms=0)
            return msgspec.to_builtins(user)
        return {field: _unfolded(part, users) for field, part in value.items()}
    if isinstance(value, list):
        return [_unfolded(part, users) for part in value]
    return value


def unfold(
    kind: str, payload: Any, *, room: str, seq: int, at_ms: int, users: Mapping[str, User]
) -> RoomEvent:
    """Return the event of a row's decoded payload; whoever is gone is named so."""
    shape = ROOM_EVENTS[kind]
    values = {"previous": None} if "previous" in shape.__struct_fields__ else {}
    values |= _unfolded(payload, users)
    return msgspec.convert(values | {"room": room, "seq": seq, "at_ms": at_ms}, shape)
