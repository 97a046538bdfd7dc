"""
Folding: events as JSON that holds ids of people instead of people.

A log row must survive a rename, and an erasure must not have to rewrite every row that
mentions somebody. So each :class:`~protocol.values.User` inside an event, at any depth, is
stored as ``{"$user": id}`` and looked up again when the row is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, get_args

import msgspec

from protocol.events import ROOM_EVENTS, RoomEvent
from protocol.values import SYSTEM, User

_MARK = "$user"
_NAME_MARK = "<@"
"""Begins the token that stands for a name in a message."""
_STREAM_FIELDS = frozenset({"room", "seq", "at_ms"})
"""Columns of the row, hence not in its payload."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


class _Field(NamedTuple):
    name: str
    default: Any
    holds_users: bool


def gone_user(user_id: str) -> User:
    """Return who stands in for somebody without an account: no longer, or never as the system."""
    if user_id == SYSTEM.id:
        return SYSTEM
    return User(id=user_id, name="(gone)", kind="user", created_at_ms=0)


def fold(event: RoomEvent) -> str:
    """Return the event's own fields as JSON, people folded to ids; without room, seq and at_ms."""
    return _encoder.encode(_fold_struct(event)).decode()


def unfold(
    kind: str, payload: str | dict[str, Any], *, room: str, seq: int, at_ms: int, users: Mapping[str, User]
) -> RoomEvent:
    """
    Return the event that was folded; people not in ``users`` become :func:`gone_user`.

    ``payload`` is the row's text, or what :func:`parse` made of it.

    Raises:
        KeyError: ``kind`` is not the wire name of a room event.
        msgspec.ValidationError: the payload is not one of this kind.

    """
    fields = _unfold_value(parse(payload) if isinstance(payload, str) else payload, users)
    fields.update(room=room, seq=seq, at_ms=at_ms)
    if (mentions := fields.get("mentions")) and _NAME_MARK in fields["text"]:
        fields["text"] = _named(fields["text"], mentions, users)
    return msgspec.convert(fields, ROOM_EVENTS[kind])


def _named(text: str, mentions: Iterable[str], users: Mapping[str, User]) -> str:
    """Put names for the tokens of those whom a message mentions, see ``shipped.mentions``."""
    for user_id in mentions:
        user = users.get(user_id)
        text = text.replace(f"<@{user_id}>", f"@{'deleted' if user is None else user.name}")
    return text


def parse(payload: str) -> Any:
    """Return a payload as plain data, people still folded."""
    return _decoder.decode(payload)


def folded_users(payload: Any) -> set[str]:
    """Return the ids of everyone folded, or named by a token, in plain data from :func:`parse`."""
    found: set[str] = set()
    rest = [payload]
    while rest:
        value = rest.pop()
        if isinstance(value, list):
            rest.extend(value)
        elif isinstance(value, dict):
            if _MARK in value:
                found.add(value[_MARK])
                continue
            rest.extend(value.values())
            if _NAME_MARK in str(value.get("text", "")):
                found.update(value.get("mentions", ()))
    return found


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[_Field, ...]:
    # Once per class: most fields cannot hold users, and chat must not pay for looking.
    return tuple(
        _Field(field.name, field.default, _holds_users(field.type))
        for field in msgspec.structs.fields(struct)
        if not (issubclass(struct, RoomEvent) and field.name in _STREAM_FIELDS)
    )


def _holds_users(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation is User or any(field.holds_users for field in _fields(annotation))
    return any(_holds_users(part) for part in get_args(annotation))


def _fold_struct(struct: msgspec.Struct) -> dict[str, Any]:
    folded = {}
    for name, default, holds_users in _fields(type(struct)):
        value = getattr(struct, name)
        if value is not default:
            folded[name] = _fold_value(value) if holds_users else value
    return folded


def _fold_value(value: Any) -> Any:
    if isinstance(value, User):
        return {_MARK: value.id}
    if isinstance(value, list):
        return [_fold_value(each) for each in value]
    if isinstance(value, msgspec.Struct):
        return _fold_struct(value)
    return value


def _unfold_value(value: Any, users: Mapping[str, User]) -> Any:
    if isinstance(value, list):
        return [_unfold_value(each, users) for each in value]
    if isinstance(value, dict):
        user_id = value.get(_MARK)
        if user_id is not None:
            return users.get(user_id) or gone_user(user_id)
        return {key: _unfold_value(each, users) for key, each in value.items()}
    return value
