"""
The reference for bot developers, rendered from the structs and tables of this package.

``python -m protocol.reference`` prints it; a test keeps ``docs/protocol.md`` equal to it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, get_args

import msgspec
from msgspec import inspect

from protocol import PROTOCOL_VERSION, SUBPROTOCOL, codec, commands, limits, results, values
from protocol.commands import base
from protocol.errors import CLOSE_MEANINGS, ERRORS, ErrorCode, close_verdict
from protocol.events import DIRECT_EVENTS, LATEST_EVENTS, ROOM_EVENTS, Event, RoomEvent
from protocol.limits import RATES, Limits
from protocol.methods import METHODS, Method
from protocol.roles import PERMISSIONS, Role, may

_PATTERNS = {
    get_args(annotated)[1].pattern: word
    for annotated, word in (
        (values.Id, "id"),
        (values.Slug, "slug"),
        (base.IdOrNone, "id or empty"),
        (values.HttpUrl, "http(s) URL"),
        (base.CountryCode, "country code of two capitals"),
        (base.Email, "email address"),
        (base.EmailOrNone, "email address or empty"),
        (base.HttpUrlOrNone, "http(s) URL or empty"),
    )
}

_INTRODUCTION = f"""\
# Protocol reference

The wire protocol of roomserver, version {PROTOCOL_VERSION}, for people who write a bot or a client.
This file is rendered from the code by `python -m protocol.reference`; do not edit it.

## Transport

- Connect a WebSocket to `/ws` and offer the subprotocol `{SUBPROTOCOL}`; without it the answer is HTTP 400.
- Send and expect binary messages. One message holds one or more MessagePack values back to back, in both
  directions. Text messages, fragmented messages and extension types (timestamps too) are refused.
- Every value is an array:

  | | |
  |---|---|
  | request | `[0, id, method, params]` |
  | response | `[1, id, error, result]`, one of `error` and `result` is nil |
  | notification | `[2, name, params]` |

- `id` is a number from 0 to {limits.REQUEST_ID_MAX} that no other open request of the connection has.
  Every request gets one response. A method sent as a notification gets none.
- `params` and `result` are maps with strings as keys.
- An unknown method is answered `unknown_method`; an unknown, missing or ill-typed param `bad_params`, with
  its path in `field`, such as `items[3].title`. A client ignores events and fields that it does not know.
- A message has at most {limits.MESSAGE_BYTES} bytes and a nesting of at most {limits.NESTING}.
- Fields ending in `_ms` are integer milliseconds (instants: since the Unix epoch, by the server's clock);
  `clock.sync` alone uses microseconds, `_us`. Ids are opaque.

## Connection

1. The server begins with `hello`: its version, limits, rates and clock.
2. Log in with a `session.*` method within {limits.Limits().auth_timeout_ms // 1000} s. A bot sends its
   token with `session.resume`. Before that only the methods marked *before login* work.
3. `room.join` enters a room and answers what it is now. One connection may be in several rooms.
   Several connections of one user are one member.
4. The server pings; WebSocket libraries answer by themselves. Silence ends the connection.
5. Before the server closes, it sends `closing` with the close code, because proxies lose close reasons.

## Room stream

Every room event carries `seq`, which rises by exactly 1 per event of the room; `epoch` names the numbering.
Keep both. Apply an event when its `seq` is the last one plus 1, and ignore it when it is not higher than
the last one. On a gap, and after a reconnect, call `room.join` with `resume`: the answer has either
`recovered: true` and all missed events, or `recovered: false` and a snapshot. On `resync`, join without
`resume`. A snapshot with the events after it applied equals the later snapshot; chat older than
{limits.CHAT_REPLAY_MS // limits.MINUTE_MS} minutes aside.
Latest-value events carry no `seq`: a later one replaces an earlier one, and some may never arrive.

## Playback

A play is a timing vector. At server time `t` its media is at
`position_ms + velocity * (t - started_at_ms)`. `play.started` comes ahead of `started_at_ms`, so that
everybody can load the media and start together. Measure the server's clock with `clock.sync`: with `t4`
for the arrival of the answer, the offset is `((t2 - t1) + (t3 - t4)) / 2`; trust the probes with the
shortest round trip.
"""

_NOTATION = """\
`?` marks an optional field: leave it out rather than sending nil. "or nil" means that the field is always
there. Lengths count characters after Unicode normalisation (NFC)."""


def type_text(info: inspect.Type, *, ms: bool = False) -> str:
    """Return what a type means to a reader; ``ms`` for fields that are milliseconds."""
    match info:
        case inspect.StructType(cls=cls):
            return _struct_link(cls)
        case inspect.UnionType(types=types):
            parts = [type_text(each, ms=ms) for each in types if not isinstance(each, inspect.NoneType)]
            nil = ["nil"] if any(isinstance(each, inspect.NoneType) for each in types) else []
            return " or ".join(parts + nil)
        case inspect.ListType(item_type=item, min_length=low, max_length=high):
            return f"list of {type_text(item)}{_bounds(low, high, ' ({})')}"
        case inspect.TupleType(item_types=items):
            return f"[{', '.join(type_text(item) for item in items)}]"
        case inspect.DictType(key_type=key, value_type=value):
            return f"map of {type_text(key)} to {type_text(value)}"
        case inspect.StrType(pattern=None, min_length=low, max_length=high):
            return f"text{_bounds(low, high, ', {} characters')}"
        case inspect.StrType(pattern=pattern):
            return _PATTERNS[str(pattern)]
        case inspect.IntType(ge=low, le=high):
            return ("milliseconds" if ms else "integer") + _bounds(low, high, ", {}")
        case inspect.LiteralType(values=words):
            return ", ".join(f"`{json.dumps(word)}`" for word in words)
        case _:
            return {"AnyType": "anything", "BoolType": "boolean", "FloatType": "number"}[type(info).__name__]


def _bounds(low: int | None, high: int | None, form: str) -> str:
    if high is not None and high >= 2**53 - 1:
        # What JavaScript holds exactly is no limit worth a reader's time.
        low, high = max(low or 0, 0), None
    if not low and high is None:
        return ""
    if high is None:
        return form.format(f"at least {low}")
    return form.format(f"{low or 0} to {high}" if low is not None else f"at most {high}")


def _struct_link(cls: type) -> str:
    if issubclass(cls, Event):
        return f"[`{cls.wire}`](#{_slug(cls.wire)})" if hasattr(cls, "wire") else "event"
    return f"[{cls.__name__}](#{_slug(cls.__name__)})"


def _slug(heading: str) -> str:
    return heading.lower().replace(".", "")


def _doc(cls: type) -> str:
    paragraph = (cls.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def _fields(cls: type, without: Iterable[str] = ()) -> Iterator[str]:
    for field in msgspec.structs.fields(cls):
        if field.name in without:
            continue
        [info] = [each.type for each in _info(cls).fields if each.name == field.name]
        mark, note = "", ""
        if not field.required:
            mark = "?"
            if field.default is None:
                info = _without_nil(info)
            elif isinstance(field.default, str | int | bool):
                note = f"; default `{json.dumps(field.default)}`"
        text = type_text(info, ms=field.encode_name.endswith("_ms"))
        if field.name == "room" and issubclass(cls, commands.Command):
            text = "id or slug"
        yield f"| `{field.encode_name}`{mark} | {text}{note} |"


def _info(cls: type) -> inspect.StructType:
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType), f"{cls} is no struct"
    return info


def _without_nil(info: inspect.Type) -> inspect.Type:
    if not isinstance(info, inspect.UnionType):
        return info
    kept = tuple(each for each in info.types if not isinstance(each, inspect.NoneType))
    return kept[0] if len(kept) == 1 else inspect.UnionType(kept)


def _table(head: str, rows: Iterable[str]) -> list[str]:
    body = list(rows)
    if not body:
        return []
    columns = head.count("|") - 1
    return [head, "|" + "---|" * columns, *body, ""]


def _permission(method: Method) -> str:
    if not method.actions:
        return ""
    parts = [f"{action} ({PERMISSIONS[action].role.wire})" for action in method.actions]
    return f"Role: {'; '.join(parts)}."


def _method(name: str, method: Method) -> list[str]:
    errors = ", ".join(f"`{code.value}`" for code in method.errors)
    notes = [
        f"Rate class `{method.rate}`.",
        _permission(method),
        f"Errors: {errors}." if errors else "",
        "Works *before login*." if method.before_auth else "",
    ]
    result = list(_fields(method.result))
    answer = "Answers an empty map." if not result else "Answers:"
    if method.result.__module__ == values.__name__:
        answer, result = f"Answers a {_struct_link(method.result)}.", []
    elif method.result is not results.Empty and (doc := _doc(method.result)):
        answer = f"Answers: {doc[0].lower()}{doc[1:]}"
    return [
        f"### `{name}`",
        "",
        _doc(method.params),
        "",
        " ".join(note for note in notes if note),
        "",
        *(_table("| param | type |", _fields(method.params)) or ["No params.", ""]),
        answer,
        "",
        *_table("| result | type |", result),
    ]


def _methods() -> Iterator[str]:
    yield from ("## Methods", "", _NOTATION, "")
    general = ", ".join(f"`{code.value}`" for code in _general())
    yield f"Every method may also answer {general}."
    yield "The role in brackets is the lowest one that may; see [Roles](#roles)."
    yield ""
    for name, method in METHODS.items():
        yield from _method(name, method)


def _general() -> list[ErrorCode]:
    # The general codes come first in the enumeration, the domain's follow.
    codes = list(ErrorCode)
    return codes[: codes.index(ErrorCode.INVALID_CREDENTIALS)]


def _event_section(
    title: str, intro: str, table: dict[str, type[Event]], without: Iterable[str]
) -> Iterator[str]:
    yield from (f"## {title}", "", intro, "")
    for name, struct in table.items():
        yield from (f"### `{name}`", "", _doc(struct), "")
        yield from _table("| field | type |", _fields(struct, without))


def _events() -> Iterator[str]:
    envelope = set(RoomEvent.__struct_fields__)
    intro = "Durable changes of a room. Each also carries `room` (its id), `seq` and `at_ms`."
    yield from _event_section("Room events", intro, dict(ROOM_EVENTS), envelope)
    intro = "Values that replace each other, without `seq`. Each also carries `room`."
    yield from _event_section("Latest-value events", intro, dict(LATEST_EVENTS), {"room"})
    intro = "Notifications to one connection, or to all connections of one user."
    yield from _event_section("Direct notifications", intro, dict(DIRECT_EVENTS), ())


def value_types() -> list[type]:
    """Return every struct that params, results and events refer to, in the order of their names."""
    found: set[type] = set()
    roots = [*(m.params for m in METHODS.values()), *(m.result for m in METHODS.values())]
    roots += [*ROOM_EVENTS.values(), *LATEST_EVENTS.values(), *DIRECT_EVENTS.values()]
    found.update(m.result for m in METHODS.values() if m.result.__module__ == values.__name__)
    open_types: list[Any] = [_info(root) for root in roots]
    while open_types:
        info = open_types.pop()
        for cls in _structs_in(info):
            if cls not in found:
                found.add(cls)
                open_types.append(_info(cls))
    return sorted((cls for cls in found if not issubclass(cls, Event)), key=lambda cls: cls.__name__)


def _structs_in(info: inspect.StructType) -> Iterator[type]:
    inner: list[inspect.Type] = [field.type for field in info.fields]
    while inner:
        match inner.pop():
            case inspect.StructType(cls=cls):
                yield cls
            case inspect.UnionType(types=types):
                inner += types
            case inspect.ListType(item_type=item):
                inner.append(item)
            case inspect.TupleType(item_types=items):
                inner += items
            case inspect.DictType(value_type=value):
                inner.append(value)
            case _:
                pass


def _values() -> Iterator[str]:
    yield from ("## Types", "")
    for cls in value_types():
        yield from (f"### {cls.__name__}", "", _doc(cls), "")
        yield from _table("| field | type |", _fields(cls))


def _roles() -> Iterator[str]:
    yield from ("## Roles", "")
    yield "A role holds in one room; `admin` holds everywhere. Staff act on lower roles only, and grant"
    yield "roles below their own; `host` changes by transfer alone."
    yield ""
    head = f"| action | {' | '.join(role.wire for role in Role)} | |"
    rows = []
    for action, permission in PERMISSIONS.items():
        cells = " | ".join("✓" if may(role, action) else "" for role in Role)
        rows.append(f"| {action} | {cells} | {permission.note} |")
    yield from _table(head, rows)


def _codes() -> Iterator[str]:
    yield from ("## Errors", "")
    yield "An error is a map of `code`, `message` (for people), `temporary` (whether the same request may"
    yield "succeed later), and facts such as `field`, `retry_after_ms`, `needs`, `limit` or `play_id`."
    yield ""
    errors = (f"| `{c.value}` | {'yes' if e.temporary else 'no'} | {e.meaning} |" for c, e in ERRORS.items())
    yield from _table("| code | temporary | meaning |", errors)
    yield from ("## Close codes", "")
    yield "The hundreds digit says what to do: 40xx stop, 41xx back off and resume, 42xx reconnect now and"
    yield "resume. Of the codes of RFC 6455, 1002, 1003, 1007, 1008 and 1009 mean stop; all others back off."
    yield ""
    closes = (
        f"| {code.value} | `{code.word}` | {close_verdict(code)} | {meaning} |"
        for code, meaning in CLOSE_MEANINGS.items()
    )
    yield from _table("| code | reason | do | meaning |", closes)


def _limits() -> Iterator[str]:
    yield from ("## Limits and rates", "", "The defaults; `hello` announces those in force.", "")
    announced = Limits()
    rows = (f"| `{name}` | {getattr(announced, name)} |" for name in Limits.__struct_fields__)
    yield from _table("| limit | value |", rows)
    yield "A rate is a token bucket per user: `burst` requests at once, one more every `per_ms` milliseconds."
    yield ""
    rates = (f"| `{name}` | {rate.burst} | {rate.per_ms} |" for name, rate in RATES.items())
    yield from _table("| rate class | burst | per_ms |", rates)


def _hex(data: bytes) -> str:
    text = data.hex(" ").split(" ")
    return "\n".join(" ".join(text[at : at + 24]) for at in range(0, len(text), 24))


def _example() -> Iterator[str]:
    command = commands.ChatSend(room="lobby", text="hello @anna", nonce="n-1")
    answer = results.ChatResult(id="m1", seq=42)
    yield from ("## Example", "")
    pairs = (
        ("A request:", codec.encode_request(7, command)),
        ("Its response:", codec.encode_result(7, answer)),
    )
    for title, data in pairs:
        [value] = codec.decode(data, max_bytes=limits.MESSAGE_BYTES)
        yield from (title, "", "```json", json.dumps(value), "```", "", "On the wire:", "")
        yield from ("```text", _hex(data), "```", "")


def render() -> str:
    """Return the whole reference as Markdown."""
    parts: list[str] = [_INTRODUCTION]
    for section in (_example, _methods, _events, _values, _roles, _codes, _limits):
        parts += section()
    return "\n".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
