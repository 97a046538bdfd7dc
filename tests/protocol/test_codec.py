"""Bytes to messages and back."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol import codec, commands, limits
from protocol.codec import MalformedMessageError, Notification, Request, Response
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected, WireError
from protocol.events import Announcement
from protocol.methods import METHODS
from protocol.results import ChatResult
from tests.support.wire import commands_of, decode_one, packed

HELLO = commands.SessionGuest(name="Anna")


def refusal(method: str, params: dict[Any, Any]) -> Rejected:
    """Return why a request is refused."""
    with pytest.raises(Rejected) as caught:
        codec.parse_command(Request(1, method, params))
    return caught.value


def assert_malformed(data: bytes, match: str = "expected|truncated") -> None:
    """The bytes are refused as a whole."""
    with pytest.raises(MalformedMessageError, match=match):
        [codec.parse_request(value) for value in codec.decode(data, max_bytes=limits.MESSAGE_BYTES)]


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_round_trip(method: str, data: st.DataObject) -> None:
    """Every command of every method survives the wire."""
    command = data.draw(commands_of(METHODS[method].params))
    request_id = data.draw(st.none() | st.integers(0, limits.REQUEST_ID_MAX))
    request = codec.parse_request(decode_one(codec.encode_request(request_id, command)))

    assert request_id == request.id
    assert command == codec.parse_command(request)


def test_omitted_defaults() -> None:
    """A param with its default value is not sent."""
    assert decode_one(codec.encode_request(1, commands.SessionGuest())) == [0, 1, "session.guest", {}]


def test_several_values() -> None:
    """A message may carry several requests and notifications, in order."""
    data = codec.encode_request(1, HELLO) + codec.encode_request(None, HELLO) + codec.encode_request(2, HELLO)
    requests = [codec.parse_request(value) for value in codec.decode(data, max_bytes=200)]

    assert [request.id for request in requests] == [1, None, 2]


def test_response() -> None:
    """A result comes back under its request's id."""
    reply = codec.parse_reply(decode_one(codec.encode_result(7, ChatResult(id="m", seq=3))))

    assert Response(7, None, {"id": "m", "seq": 3}) == reply
    assert isinstance(reply, Response)
    assert reply.result is not None
    assert ChatResult(id="m", seq=3) == codec.read(reply.result, ChatResult)


def test_error() -> None:
    """A refusal comes back with its code, whether to retry, and its facts."""
    refused = Rejected(ErrorCode.SLOW_MODE, "too fast", retry_after_ms=20)
    reply = codec.parse_reply(decode_one(codec.encode_error(7, refused)))

    assert isinstance(reply, Response)
    assert reply.error is not None
    assert WireError(code="slow_mode", message="too fast", temporary=True, retry_after_ms=20) == codec.read(
        reply.error, WireError
    )


def test_event() -> None:
    """A notification carries its name and params."""
    reply = codec.parse_reply(decode_one(codec.encode_event("announcement", Announcement(text="hi"))))

    assert Notification("announcement", {"text": "hi"}) == reply


def test_unknown_fields_of_replies() -> None:
    """A client ignores fields it does not know, so that old bots keep running."""
    assert ChatResult(id="m", seq=3) == codec.read({"id": "m", "seq": 3, "new": 1}, ChatResult)


@pytest.mark.parametrize("cut", range(1, 14))
def test_truncated(cut: int) -> None:
    """A message that ends inside its only value is malformed."""
    assert_malformed(codec.encode_request(1, HELLO)[:-cut])


@pytest.mark.parametrize("kept", range(1, len(codec.encode_request(1, HELLO))))
def test_truncated_last_value(kept: int) -> None:
    """A message that ends inside its last value is malformed as a whole, wherever it was cut."""
    whole = codec.encode_request(1, HELLO)
    assert_malformed(whole + whole[:kept], "truncated")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xc1", id="a byte that MessagePack never uses"),
        pytest.param(codec.encode_request(1, HELLO) + b"\xc1", id="trailing garbage"),
        pytest.param(codec.encode_request(1, HELLO) + b"\x00", id="trailing number"),
        pytest.param(packed({"id": 1}), id="a map as envelope"),
        pytest.param(packed(None), id="nil as envelope"),
        pytest.param(packed([]), id="an empty envelope"),
        pytest.param(packed([1, 1, None, {}]), id="a response from a client"),
        pytest.param(packed([3, 1, "clock.sync", {}]), id="unknown envelope type"),
        pytest.param(packed([False, 1, "clock.sync", {}]), id="false as envelope type"),
        pytest.param(packed([0.0, 1, "clock.sync", {}]), id="float as envelope type"),
        pytest.param(packed([2.0, "clock.sync", {}]), id="float as notification type"),
        pytest.param(packed([0, True, "clock.sync", {}]), id="boolean id"),
        pytest.param(packed([0, 1.0, "clock.sync", {}]), id="float id"),
        pytest.param(packed([0, -1, "clock.sync", {}]), id="negative id"),
        pytest.param(packed([0, 2**32, "clock.sync", {}]), id="id past uint32"),
        pytest.param(packed([0, "1", "clock.sync", {}]), id="id as text"),
        pytest.param(packed([0, 1, b"clock.sync", {}]), id="method as bytes"),
        pytest.param(packed([0, 1, "clock.sync", []]), id="params as array"),
        pytest.param(packed([0, 1, "clock.sync", None]), id="params nil"),
        pytest.param(packed([0, 1, "clock.sync"]), id="no params"),
        pytest.param(packed([0, 1, "clock.sync", {}, 1]), id="one element too many"),
        pytest.param(packed([0, 1, "clock.sync", {1: 2}]), id="number as key"),
        pytest.param(packed([0, 1, "clock.sync", {b"t1_us": 2}]), id="bytes as key"),
        pytest.param(packed([0, 1, "clock.sync", {"t1_us": msgpack.ExtType(5, b"x")}]), id="ext type"),
        pytest.param(packed([0, 1, "clock.sync", {"t1_us": msgpack.Timestamp(1)}]), id="timestamp"),
        pytest.param(packed([msgpack.Timestamp(1), 1, "clock.sync", {}]), id="timestamp in the envelope"),
        pytest.param(b"\x94\x00\x01\xa1\xff\x80", id="invalid UTF-8"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="an array that claims 4 billion elements"),
        pytest.param(b"\xc6\xff\xff\xff\xff", id="bytes that claim 4 GiB"),
        pytest.param(b"\x91" * 10_000 + b"\x00", id="ten thousand levels"),
    ],
)
def test_malformed(data: bytes) -> None:
    """Bytes that are not this protocol are refused, never guessed at."""
    assert_malformed(data)


def nested(levels: int) -> bytes:
    """Return a request whose deepest value lies so many levels down, the envelope included."""
    value: Any = 1
    for _ in range(levels - 2):
        value = {"x": value}
    return packed([0, 1, "clock.sync", {"x": value}])


def test_nesting() -> None:
    """Nesting is allowed up to the limit, the envelope's array included."""
    assert decode_one(nested(limits.NESTING))

    assert_malformed(nested(limits.NESTING + 1), "nesting of at most 8")


def test_size() -> None:
    """A message may have exactly the allowed number of bytes."""
    data = codec.encode_request(1, HELLO)

    assert list(codec.decode(data, max_bytes=len(data)))
    with pytest.raises(MalformedMessageError, match=f"at most {len(data) - 1} bytes, got {len(data)}"):
        codec.decode(data, max_bytes=len(data) - 1)


def test_nothing_half_executed() -> None:
    """Everything is checked before the first value is handed out."""
    with pytest.raises(MalformedMessageError):
        codec.decode(codec.encode_request(1, HELLO) + packed("x"), max_bytes=100)


@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """No bytes at all cause anything but a value or a malformed message."""
    try:
        values = list(codec.decode(data, max_bytes=100))
    except MalformedMessageError:
        return
    assert all(isinstance(value, list) for value in values)


@given(data=st.binary(min_size=1, max_size=40), at=st.integers(0, 60))
def test_any_damage(data: bytes, at: int) -> None:
    """A damaged request is refused by a typed error, or is still a request."""
    whole = codec.encode_request(1, commands.ChatSend(room="lobby", text="hello", nonce="n" * 20))
    damaged = whole[:at] + data + whole[at + len(data) :]
    try:
        for value in codec.decode(damaged, max_bytes=1000):
            assert isinstance(codec.parse_command(codec.parse_request(value)), Command)
    except (MalformedMessageError, Rejected):
        pass


@pytest.mark.parametrize(
    "value",
    [
        [1, 1, None, None],
        [1, 1, {}, {}],
        [1, True, None, {}],
        [True, 1, None, {}],
        [1.0, 1, None, {}],
        [2.0, "hello", {}],
        [0, 1, "m", {}],
        [2, "hello", []],
        [],
    ],
)
def test_malformed_reply(value: list[Any]) -> None:
    """A response has exactly one of error and result, and numbers where numbers belong."""
    with pytest.raises(MalformedMessageError):
        codec.parse_reply(value)


def test_unknown_method() -> None:
    """A method that does not exist is named in the refusal, elided."""
    refused = refusal("chat.sned" * 20, {})

    assert refused.code == ErrorCode.UNKNOWN_METHOD
    assert "chat.sned" in refused.message
    assert len(refused.message) < 120


@pytest.mark.parametrize("name", ["hello", "play.started", "room.members.", "SESSION.GUEST", ""])
def test_event_names_as_methods(name: str) -> None:
    """Only exact method names are methods."""
    assert refusal(name, {}).code == ErrorCode.UNKNOWN_METHOD


SONG = {"source": "direct", "source_id": "/media/a.ogg", "title": "a", "duration_ms": 1000}


@pytest.mark.parametrize(
    ("method", "params", "field"),
    [
        ("room.get", {}, "room"),
        ("room.get", {"room": "lobby", "zoom": 1}, "zoom"),
        ("room.get", {"room": 1}, "room"),
        ("room.get", {"room": ""}, "room"),
        ("room.get", {"room": "x" * 33}, "room"),
        ("room.get", {"room": "two words"}, "room"),
        ("room.get", {"room": "lobby\n"}, "room"),
        ("room.create", {"name": "n", "slug": "UP"}, "slug"),
        ("room.create", {"name": "n", "slug": "up\n"}, "slug"),
        ("room.join", {"room": "lobby", "resume": {"epoch": "e", "seq": -1}}, "resume.seq"),
        ("room.join", {"room": "lobby", "resume": {"epoch": "e"}}, "resume.seq"),
        ("room.join", {"room": "lobby", "resume": {"epoch": "e", "seq": 1, "x": 1}}, "resume.x"),
        ("waitlist.join", {"room": "lobby", "media": {**SONG, "duration_ms": 1.5}}, "media.duration_ms"),
        ("waitlist.join", {"room": "lobby", "media": {**SONG, "extra": 1}}, "media.extra"),
        ("waitlist.join", {"room": "lobby", "media": {"source": "direct"}}, "media.source_id"),
        ("playlist.insert", {"playlist_id": "p", "items": [SONG, {**SONG, "title": ""}]}, "items[1].title"),
        ("playlist.insert", {"playlist_id": "p", "items": [SONG, {**SONG, "x": 1}]}, "items[1].x"),
        ("playlist.insert", {"playlist_id": "p", "items": []}, "items"),
        ("playlist.insert", {"playlist_id": "p", "items": [SONG], "at": {"after": 1}}, "at.after"),
        ("playlist.move", {"playlist_id": "p", "item_ids": ["a", "b c"], "at": "end"}, "item_ids[1]"),
        ("vote.cast", {"room": "lobby", "play_id": "p", "value": 2}, "value"),
        ("vote.cast", {"room": "lobby", "play_id": "p", "value": True}, "value"),
        ("clock.sync", {"t1_us": "1"}, "t1_us"),
        ("clock.sync", {"t1_us": 2**64 - 1}, "t1_us"),
        ("chat.send", {"room": "lobby", "text": ""}, "text"),
        ("chat.send", {"room": "lobby", "text": "hi", "emote": 1}, "emote"),
        ("staff.set", {"room": "lobby", "user": "u", "role": "host"}, "role"),
        ("session.register", {"username": "anna", "password": "short"}, "password"),
    ],
)
def test_bad_params(method: str, params: dict[str, Any], field: str) -> None:
    """The refusal names the path of the field, and says what was expected."""
    refused = refusal(method, params)

    assert (ErrorCode.BAD_PARAMS, field) == (refused.code, refused.facts["field"])
    assert refused.message[0].islower()


def test_long_field_names() -> None:
    """A refusal does not echo kilobytes."""
    refused = refusal("room.get", {"room": "lobby", "x" * 10_000: 1})

    assert len(str(refused.to_wire())) < 500
