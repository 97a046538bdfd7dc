"""The shapes of results."""

from __future__ import annotations

import inspect

import msgspec

from protocol import codec, results
from protocol.events import EVENTS, ChatMessage
from protocol.methods import METHODS
from protocol.results import Empty, JoinResult
from protocol.values import Value
from tests.support.people import BY_ROLE
from tests.support.rooms import ROOM
from tests.support.wire import decode_one


def test_every_result_is_answered() -> None:
    """Every result belongs to a method."""
    structs = {
        member
        for _, member in inspect.getmembers(results, inspect.isclass)
        if issubclass(member, Value) and member.__module__ == results.__name__
    }

    assert structs <= {method.result for method in METHODS.values()}


def test_empty() -> None:
    """Nothing to say is an empty map, not nil."""
    assert decode_one(codec.encode_result(1, Empty())) == [1, 1, None, {}]


def test_missed_events() -> None:
    """The events of a recovery are notifications as the client would have got them."""
    message = ChatMessage(
        room=ROOM, seq=4, at_ms=1, id="m", user=next(iter(BY_ROLE.values())), text="hi", mentions=[]
    )
    [kind, name, params] = decode_one(codec.encode_event(message.wire, message))

    assert (kind, EVENTS[name]) == (codec.NOTIFICATION, ChatMessage)
    assert codec.read(params, ChatMessage) == message


def test_join() -> None:
    """A join result may lack the snapshot, the missed events a cue or a vote to skip, and nothing else."""
    optional = {field.name for field in msgspec.structs.fields(JoinResult) if not field.required}

    assert optional == {"snapshot", "events", "cue", "skip"}
