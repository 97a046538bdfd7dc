"""What types mean to a reader, and the structs that the wire is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, get_args

import msgspec
from msgspec import inspect

from protocol import commands, values
from protocol.commands import base
from protocol.events import DIRECT_EVENTS, LATEST_EVENTS, ROOM_EVENTS, Event
from protocol.methods import METHODS

_PATTERNS = {
    get_args(annotated)[1].pattern: word
    for annotated, word in (
        (values.Id, "id"),
        (values.Slug, "slug"),
        (base.IdOrNone, "id or empty"),
        (values.HttpUrl, "http(s) URL"),
        (base.CountryCode, "country code of two capitals"),
        (base.CountryCodeOrNone, "country code of two capitals, or empty"),
        (base.Email, "email address"),
        (base.EmailOrNone, "email address or empty"),
        (base.HttpUrlOrNone, "http(s) URL or empty"),
    )
}


def type_text(info: inspect.Type, *, ms: bool = False) -> str:
    """Return what a type means to a reader; ``ms`` for fields that are milliseconds."""
    match info:
        case inspect.StructType(cls=cls):
            return struct_link(cls)
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


def struct_link(cls: type) -> str:
    """Return a link to a struct's heading."""
    if issubclass(cls, Event):
        return f"[`{cls.wire}`](#{slug(cls.wire)})" if hasattr(cls, "wire") else "event"
    return f"[{cls.__name__}](#{slug(cls.__name__)})"


def slug(heading: str) -> str:
    """Return a heading's anchor."""
    return heading.lower().replace(".", "")


def sentence(cls: type) -> str:
    """Return the first paragraph of a struct's docstring, on one line."""
    paragraph = (cls.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def field_rows(cls: type, without: Iterable[str] = ()) -> Iterator[str]:
    """Yield a table row for each field."""
    for field in msgspec.structs.fields(cls):
        if field.name in without:
            continue
        [info] = [each.type for each in info_of(cls).fields if each.name == field.name]
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


def info_of(cls: type) -> inspect.StructType:
    """Return what msgspec knows of a struct."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType), f"{cls} is no struct"
    return info


def _without_nil(info: inspect.Type) -> inspect.Type:
    if not isinstance(info, inspect.UnionType):
        return info
    kept = tuple(each for each in info.types if not isinstance(each, inspect.NoneType))
    return kept[0] if len(kept) == 1 else inspect.UnionType(kept)


def table(head: str, rows: Iterable[str]) -> list[str]:
    """Return a table; nothing when it has no rows."""
    body = list(rows)
    if not body:
        return []
    columns = head.count("|") - 1
    return [head, "|" + "---|" * columns, *body, ""]


def value_types() -> list[type]:
    """Return every struct that params, results and events refer to, in the order of their names."""
    found: set[type] = set()
    roots = [*(m.params for m in METHODS.values()), *(m.result for m in METHODS.values())]
    roots += [*ROOM_EVENTS.values(), *LATEST_EVENTS.values(), *DIRECT_EVENTS.values()]
    found.update(m.result for m in METHODS.values() if m.result.__module__ == values.__name__)
    open_types: list[Any] = [info_of(root) for root in roots]
    while open_types:
        info = open_types.pop()
        for cls in _structs_in(info):
            if cls not in found:
                found.add(cls)
                open_types.append(info_of(cls))
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
