"""The shapes of events."""

from __future__ import annotations

import inspect
import re

import pytest

from protocol import events
from protocol.events import (
    DIRECT_EVENTS,
    EVENTS,
    LATEST_EVENTS,
    ROOM_EVENTS,
    DirectEvent,
    Event,
    LatestEvent,
    RoomEvent,
)

ENVELOPE = {"room", "seq", "at_ms"}


def test_every_event() -> None:
    """Every event struct is in the table of its class, once."""
    structs = {
        member
        for _, member in inspect.getmembers(events, inspect.isclass)
        if issubclass(member, Event) and "wire" in vars(member)
    }

    assert structs == set(EVENTS.values())
    assert len(EVENTS) == len(ROOM_EVENTS) + len(LATEST_EVENTS) + len(DIRECT_EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_names(name: str) -> None:
    """An event is named as on the wire, and its struct after it."""
    struct = EVENTS[name]

    assert struct.wire == name
    assert re.fullmatch(r"[a-z]+(\.[a-z]+(_[a-z]+)*)?", name)
    assert struct.__name__ == "".join(word.capitalize() for word in name.replace("_", ".").split("."))
    assert struct.__doc__


@pytest.mark.parametrize("name", EVENTS)
def test_envelope(name: str) -> None:
    """Durable events carry room, seq and instant; latest values no seq."""
    fields = set(EVENTS[name].__struct_fields__)
    match EVENTS[name]:
        case struct if issubclass(struct, RoomEvent):
            assert fields >= ENVELOPE
        case struct if issubclass(struct, LatestEvent):
            assert fields & ENVELOPE == {"room"}
        case struct:
            assert issubclass(struct, DirectEvent)
            assert "seq" not in fields


def test_strangers_may_be_added() -> None:
    """A client ignores fields that it does not know."""
    assert not any(struct.__struct_config__.forbid_unknown_fields for struct in EVENTS.values())
