"""Values of the wire, made and read in tests."""

from __future__ import annotations

from typing import Any

import msgpack
from hypothesis import strategies as st
from msgspec import inspect

from protocol import codec, limits
from protocol.commands import Command

_IDS = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
_CHARS = st.characters(exclude_categories=["Cs"])


def packed(value: Any) -> bytes:
    """Encode any value as MessagePack."""
    data: bytes = msgpack.packb(value)
    return data


def decode_one(data: bytes) -> list[Any]:
    """Decode a message of exactly one value."""
    [value] = codec.decode(data, max_bytes=2 * limits.MESSAGE_BYTES)
    return value


def commands_of(params: type[Command]) -> st.SearchStrategy[Command]:
    """Return a strategy for every legal value of a command, read off its struct."""
    strategy: st.SearchStrategy[Command] = _values_of(inspect.type_info(params))
    return strategy


def _values_of(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.StructType(cls=cls, fields=fields):
            given = {f.name: _values_of(f.type) for f in fields if f.required}
            optional = {f.name: _values_of(f.type) for f in fields if not f.required}
            return st.fixed_dictionaries(given, optional=optional).map(lambda kwargs: cls(**kwargs))
        case inspect.UnionType(types=types):
            return st.one_of([_values_of(each) for each in types])
        case inspect.ListType(item_type=item, min_length=low, max_length=high):
            return st.lists(_values_of(item), min_size=low or 0, max_size=min(high or 3, 3))
        case inspect.StrType(pattern=None, min_length=low, max_length=high):
            return st.text(_CHARS, min_size=low or 0, max_size=min(high or 40, 40))
        case inspect.StrType(pattern=pattern, max_length=high):
            # ASCII, and at most the allowed length: a pattern alone would draw anything.
            found = st.from_regex(str(pattern), fullmatch=True, alphabet=st.characters(codec="ascii"))
            return found.filter(lambda text: high is None or len(text) <= high)
        case inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case _:
            raise AssertionError(f"no strategy for {info}: the wire has a new type")
