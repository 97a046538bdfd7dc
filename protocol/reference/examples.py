"""
Examples of everything on the wire, made from the structs themselves.

A field's value is chosen by its name where the name says what it is, else by its type. Each
example is converted to its struct, so that one which the protocol refuses cannot be shown.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import inspect

from protocol import codec, limits
from protocol.commands import Command
from protocol.errors import CLOSE_MEANINGS, CloseCode, ErrorCode, Rejected, Verdict, close_verdict
from protocol.events import Closing, Event
from protocol.methods import METHODS, Method
from protocol.reference.shapes import info_of

REQUEST_ID = 7
_BYTES_PER_LINE = 32
_NOW_MS = 1_893_456_000_000
_INSTANTS = {
    "at_ms",
    "created_at_ms",
    "started_at_ms",
    "starts_at_ms",
    "ended_at_ms",
    "until_ms",
    "muted_until_ms",
    "expires_at_ms",
    "token_expires_at_ms",
    "effective_at_ms",
    "server_time_ms",
    "due_at_ms",
}
_BY_NAME: dict[str, Any] = {
    "room": "lobby",
    "slug": "lobby",
    "user": "u8Fz3",
    "play_id": "p7Kd2",
    "playlist_id": "l5Rt9",
    "item_id": "i2Qx6",
    "item_ids": ["i2Qx6"],
    "bot_id": "b4Hn1",
    "ids": ["m1Wc8"],
    "source": "youtube",
    "source_id": "dQw4w9WgXcQ",
    "title": "Night Bus",
    "artist": "The House Band",
    "name": "Anna",
    "username": "anna",
    "text": "hello @anna",
    "nonce": "n-1",
    "reason": "too loud",
    "epoch": "e3Vb7",
    "token": "dGhpcyBpcyBub3QgYSB0b2tlbg",
    "password": "correct horse",
    "confirm": "lobby",
    "url": "https://radio.example/privacy",
    "hash": "5f1d0c",
    "year": 1990,
    "duration_ms": 180_000,
    "velocity": 1.0,
    "seq": 42,
    "rev": 1,
    "kind": "user",
    "role": "bouncer",
    "scopes": ["chat.read", "chat.write"],
    "message_bytes": limits.MESSAGE_BYTES,
}
_BY_FIELD: dict[tuple[str, str], Any] = {
    ("PlaylistImport", "text"): '{"name":"Mine","items":[]}',
    ("PrivacyErase", "confirm"): "anna",
    ("BotCreate", "name"): "ping-bot",
    ("ModList", "kind"): "mute",
    ("Sanction", "kind"): "mute",
    ("RoomCreate", "name"): "Den",
    ("Room", "name"): "Lobby",
    ("RoomInfo", "name"): "Lobby",
    ("RoomSummary", "name"): "Lobby",
    ("Notice", "text"): "This server records what you say in chat (for 30 days, ...).",
    ("ExportResult", "text"): '{"name":"Mine","items":[]}',
}
"""Where a name means something else in one struct."""

_SHOWN = {
    ("ChatSend", "nonce"),
    ("WaitlistJoin", "media"),
    ("RoomJoin", "resume"),
    ("RoomUpdate", "slow_mode_ms"),
    ("BoothSkip", "reason"),
    ("ModMute", "reason"),
    ("ChatDelete", "id"),
    ("JoinResult", "snapshot"),
    ("Closing", "retry_after_ms"),
    ("Session", "scopes"),
}
"""Optional fields that an example is not to be without."""


def _struct(info: inspect.StructType) -> dict[str, Any]:
    owner = info.cls.__name__
    made = {}
    for field in info.fields:
        if field.required or (owner, field.encode_name) in _SHOWN:
            made[field.encode_name] = _value(field.type, field.encode_name, owner)
    return made


def _value(info: inspect.Type, name: str, owner: str) -> Any:
    if (owner, name) in _BY_FIELD:
        return _BY_FIELD[owner, name]
    known = _BY_NAME.get(name)
    if known is not None and _fits(known, info):
        return known
    match info:
        case inspect.StructType():
            return _struct(info)
        case inspect.UnionType(types=types):
            return _value(next(each for each in types if not isinstance(each, inspect.NoneType)), name, owner)
        case inspect.ListType(item_type=item):
            return [_value(item, name, owner)]
        case inspect.TupleType(item_types=items):
            return [_value(item, name, owner) for item in items]
        case inspect.DictType(value_type=value):
            return {"chat": _value(value, name, owner)}
        case _:
            return _scalar(info, name)


def _scalar(info: inspect.Type, name: str) -> Any:
    match info:
        case inspect.LiteralType(values=words):
            return words[0]
        case inspect.IntType():
            return _number(info, name)
        case inspect.StrType():
            return _text(info)
        case _:
            return {"BoolType": True, "FloatType": 1.0, "AnyType": 1}[type(info).__name__]


def _fits(value: object, info: inspect.Type) -> bool:
    match info:
        case inspect.UnionType(types=types):
            return any(_fits(value, each) for each in types)
        case inspect.ListType():
            return isinstance(value, list)
        case inspect.LiteralType(values=words):
            return value in words
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.IntType():
            return type(value) is int
        case inspect.FloatType():
            return type(value) is float
        case _:
            return False


def _number(info: inspect.IntType, name: str) -> int:
    if name in _INSTANTS:
        return _NOW_MS
    if name.endswith("_us"):
        return _NOW_MS * 1000
    if name.endswith("_ms"):
        return max(info.ge or 0, 5000)
    return max(info.ge or 0, 1)


def _text(info: inspect.StrType) -> str:
    pattern = info.pattern or ""
    if pattern.startswith("^https"):
        return "https://radio.example/cover.png"
    if "@" in pattern:
        return "anna@mail.example"
    if pattern == r"^[A-Z]{2}\Z":
        return "CH"
    return "a1B2c3".ljust(info.min_length or 0, "x") if pattern else "text".ljust(info.min_length or 0, "x")


def params_of(method: Method) -> Command:
    """Return an example of a method's params."""
    return msgspec.convert(_struct(info_of(method.params)), method.params)


def result_of(method: Method) -> Any:
    """Return an example of what a method answers."""
    if method.result.__name__ == "JoinResult":
        made = _struct(info_of(method.result))
        return msgspec.convert({**made, "recovered": False}, method.result)
    return msgspec.convert(_struct(info_of(method.result)), method.result)


def event_of(event: type[Event]) -> Event:
    """Return an example of an event."""
    return msgspec.convert(_struct(info_of(event)), event)


_FACTS: dict[ErrorCode, dict[str, Any]] = {
    ErrorCode.BAD_PARAMS: {"field": "items[3].title"},
    ErrorCode.FORBIDDEN: {"needs": "bouncer"},
    ErrorCode.STALE_PLAY: {"play_id": "p7Kd2"},
    ErrorCode.TOO_MANY: {"limit": 10},
    **{
        code: {"retry_after_ms": 1500}
        for code in (ErrorCode.RATE_LIMITED, ErrorCode.OVERLOADED, ErrorCode.MUTED, ErrorCode.SLOW_MODE)
    },
}


def error_of(code: ErrorCode) -> Rejected:
    """Return an example of a refusal, with the facts that its meaning names."""
    return Rejected(code, **_FACTS.get(code, {}))


def closing_of(code: CloseCode) -> Closing:
    """Return an example of what is said before a close."""
    waits = close_verdict(code) is not Verdict.STOP
    return Closing(
        code=code.value, reason=CLOSE_MEANINGS[code].split(";")[0], retry_after_ms=5000 if waits else None
    )


def block(title: str, data: bytes) -> list[str]:
    """Return a message in both notations: as JSON, and as the bytes on the wire."""
    [value] = codec.decode(data, max_bytes=len(data), nesting=32)
    text = data.hex(" ").split(" ")
    rows = [" ".join(text[at : at + _BYTES_PER_LINE]) for at in range(0, len(text), _BYTES_PER_LINE)]
    return [
        title,
        "",
        "```json",
        json.dumps(value, ensure_ascii=False),
        "```",
        "",
        "```text",
        *rows,
        "```",
        "",
    ]


def folded(summary: str, lines: list[str]) -> list[str]:
    """Return lines that a reader unfolds."""
    return ["<details>", f"<summary>{summary}</summary>", "", *lines, "</details>", ""]


def method_block(name: str) -> list[str]:
    """Return the example of a method: a request and its response."""
    method = METHODS[name]
    request = block("Request:", codec.encode_request(REQUEST_ID, params_of(method)))
    response = block("Response:", codec.encode_result(REQUEST_ID, result_of(method)))
    return folded("Example", [*request, *response])


def event_block(event: type[Event]) -> list[str]:
    """Return the example of an event."""
    return folded("Example", block("Notification:", codec.encode_event(event.wire, event_of(event))))


def error_block(code: ErrorCode) -> list[str]:
    """Return the example of an error."""
    return block(f"`{code.value}`:", codec.encode_error(REQUEST_ID, error_of(code)))


def close_block(code: CloseCode) -> list[str]:
    """Return the example of what is said before a close."""
    closing = closing_of(code)
    return block(f"{code.value} `{code.word}`:", codec.encode_event(closing.wire, closing))


def limits_block() -> list[str]:
    """Return the limits and rates as ``hello`` announces them."""
    announced = {"limits": limits.Limits(), "rates": limits.RATES}
    return block("In `hello`, among its other fields:", codec.encode_event("hello", announced))
