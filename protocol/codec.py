"""
Bytes to messages and back.

A WebSocket message is one or more MessagePack values back to back. Each value is a
MessagePack-RPC envelope; params and results are maps. The same rules hold in both
directions, so server and clients share this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import msgpack
import msgspec

from protocol import limits
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.methods import METHODS

REQUEST = 0
RESPONSE = 1
NOTIFICATION = 2

_encoder = msgspec.msgpack.Encoder()
_T = TypeVar("_T")


class MalformedMessageError(ValueError):
    """Bytes that are not this protocol. The server closes with 4000, with the text as reason."""


class Request(NamedTuple):
    """A call. ``id`` is None when it came as a notification and wants no response."""

    id: int | None
    method: str
    params: dict[str, Any]


class Response(NamedTuple):
    """An answer: exactly one of ``error`` and ``result`` is None."""

    id: int
    error: dict[str, Any] | None
    result: dict[str, Any] | None


class Notification(NamedTuple):
    """An event."""

    name: str
    params: dict[str, Any]


def encode_request(request_id: int | None, command: Command) -> bytes:
    """Encode a command; without an id as a notification, which gets no response."""
    if request_id is None:
        return _encoder.encode((NOTIFICATION, command.method, command))
    return _encoder.encode((REQUEST, request_id, command.method, command))


def encode_result(request_id: int, result: object) -> bytes:
    """Encode a successful response."""
    return _encoder.encode((RESPONSE, request_id, None, result))


def encode_error(request_id: int, error: Rejected) -> bytes:
    """Encode a refusal."""
    return _encoder.encode((RESPONSE, request_id, error.to_wire(), None))


def encode_event(name: str, params: object) -> bytes:
    """Encode a notification."""
    return _encoder.encode((NOTIFICATION, name, params))


def encode_value(value: object) -> bytes:
    """Encode one plain value or struct, for splicing with :class:`msgspec.Raw`."""
    return _encoder.encode(value)


def decode(data: bytes, *, max_bytes: int, nesting: int = limits.NESTING) -> Iterator[list[Any]]:
    """
    Yield the MessagePack values of a message, each a list.

    All values are checked before the first is yielded: a message is malformed or not,
    never half executed.

    Raises:
        MalformedMessageError: empty, truncated, too long, too deep, or no array.

    """
    if len(data) > max_bytes:
        raise MalformedMessageError(f"expected at most {max_bytes} bytes, got {len(data)}")
    unpacker = msgpack.Unpacker(
        strict_map_key=True, raw=False, ext_hook=_refuse_extension, max_buffer_size=max_bytes
    )
    unpacker.feed(data)
    values = []
    # Where the last whole value ended: inside a value cut short, tell() may be at the end already.
    end = 0
    try:
        for value in unpacker:
            if not isinstance(value, list):
                raise MalformedMessageError(f"expected an array as envelope, got {type(value).__name__}")
            _check_containers(value, nesting)
            values.append(value)
            end = unpacker.tell()
    except MalformedMessageError:
        raise
    except (ValueError, msgpack.UnpackException, RecursionError) as exc:
        # UnicodeDecodeError, FormatError, StackError and bad map keys are all ValueErrors.
        raise MalformedMessageError(f"expected MessagePack, got {type(exc).__name__}") from exc
    if not data:
        raise MalformedMessageError("expected at least one value, got an empty message")
    if end != len(data):
        raise MalformedMessageError(f"expected a whole value, truncated after {end} of {len(data)} bytes")
    return iter(values)


def _refuse_extension(code: int, data: bytes) -> object:
    raise MalformedMessageError(f"expected no extension types, got type {code} of {len(data)} bytes")


def _check_containers(value: list[Any], allowed: int) -> None:
    # Checked here because msgpack's strict keys include bytes, and its extension hook never
    # sees timestamps.
    level: list[Any] = [value]
    depth = 0
    while level:
        depth += 1
        if depth > allowed:
            raise MalformedMessageError(f"expected nesting of at most {allowed}, got more")
        below: list[Any] = []
        for container in level:
            children = container
            if type(container) is dict:
                children = container.values()
                if not all(type(key) is str for key in container):
                    raise MalformedMessageError("expected strings as keys")
            for child in children:
                if type(child) in (list, dict):
                    below.append(child)
                elif type(child) is msgpack.Timestamp:
                    raise MalformedMessageError("expected no extension types, got a timestamp")
        level = below


def _is_integer(kind: object, expected: int, request_id: object = 0) -> bool:
    # False == 0 == 0.0 in Python, and a literal pattern compares with ==.
    return type(kind) is int and kind == expected and type(request_id) is int


def parse_request(value: list[Any]) -> Request:
    """
    Read a client's envelope: ``[0, id, method, params]`` or ``[2, method, params]``.

    Raises:
        MalformedMessageError: any other shape.

    """
    match value:
        case [kind, request_id, str(method), dict(params)] if (
            _is_integer(kind, REQUEST)
            and type(request_id) is int
            and 0 <= request_id <= limits.REQUEST_ID_MAX
        ):
            return Request(request_id, method, params)
        case [kind, str(method), dict(params)] if _is_integer(kind, NOTIFICATION):
            return Request(None, method, params)
        case _:
            raise MalformedMessageError("expected [0, id, method, params] or [2, method, params]")


def parse_reply(value: list[Any]) -> Response | Notification:
    """
    Read a server's envelope: ``[1, id, error, result]`` or ``[2, name, params]``.

    Raises:
        MalformedMessageError: any other shape.

    """
    match value:
        case [kind, int(request_id), None, dict(result)] if _is_integer(kind, RESPONSE, request_id):
            return Response(request_id, None, result)
        case [kind, int(request_id), dict(error), None] if _is_integer(kind, RESPONSE, request_id):
            return Response(request_id, error, None)
        case [kind, str(name), dict(params)] if _is_integer(kind, NOTIFICATION):
            return Notification(name, params)
        case _:
            raise MalformedMessageError("expected [1, id, error, result] or [2, name, params]")


def parse_command(request: Request) -> Command:
    """
    Turn a request into its typed command.

    Raises:
        Rejected: ``unknown_method``, or ``bad_params`` with the path in ``field``.

    """
    method = METHODS.get(request.method)
    if method is None:
        known = "a method of the protocol"
        raise Rejected(ErrorCode.UNKNOWN_METHOD, f"expected {known}, got {request.method[:64]!r}")
    try:
        # Strict: a number is not a string of digits. Picking the struct by name is three
        # times cheaper than converting to a tagged union.
        return msgspec.convert(request.params, method.params)
    except msgspec.ValidationError as exc:
        raise _bad_params(exc) from None


def _bad_params(exc: msgspec.ValidationError) -> Rejected:
    sentence, _, path = str(exc).partition(" - at `")
    field = path.rstrip("`").removeprefix("$").removeprefix(".")
    if "field `" in sentence:
        # "Object contains unknown field `x`" and "missing required field `x`" name it inside.
        inner = sentence.split("field `", 1)[1].split("`", 1)[0]
        field = f"{field}.{inner}" if field else inner
    message = sentence[:1].lower() + sentence[1:]
    # An unknown field's name is as long as the client made it.
    return Rejected(ErrorCode.BAD_PARAMS, message[:200], field=field[:200])


def read(value: dict[str, Any], shape: type[_T]) -> _T:
    """
    Read a result or an event's params into its struct; unknown fields are ignored.

    Raises:
        msgspec.ValidationError: the value does not have that shape.

    """
    return msgspec.convert(value, shape)
