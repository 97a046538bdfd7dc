"""The three kinds of events, and what each carries."""

from __future__ import annotations

from typing import ClassVar

from protocol.values import Id, Ms, Value


class Event(Value, frozen=True, kw_only=True):
    """Base of all notifications of the server."""

    wire: ClassVar[str]


class RoomEvent(Event, frozen=True, kw_only=True):
    """A durable change of a room; ``seq`` rises by exactly 1 per event of the room."""

    room: Id
    seq: int
    at_ms: Ms


class LatestEvent(Event, frozen=True, kw_only=True):
    """A value that a later event of the same name replaces; may be merged or dropped."""

    room: Id


class DirectEvent(Event, frozen=True, kw_only=True):
    """A notification to one connection or user."""
