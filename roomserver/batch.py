"""What rooms did since the last beat, waiting to be committed and told."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from protocol import codec
from protocol.events import Event, PlayCue, PlayStarted, PlayStopped, RoomEvent, RoomMembers, VoteTally
from roomserver.live import LiveRoom, Subscriber
from roomserver.ring import unheard
from storage.records import Writes

_ENDS_A_CUE = PlayStarted, PlayStopped
_DIFFERENCES = RoomMembers, VoteTally
"""They say what changed since the one before them."""


class Ask(NamedTuple):
    """Where the answer to a request goes. ``request_id`` is None when none is wanted."""

    subscriber: Subscriber
    request_id: int | None
    method: str = ""
    """For the count of outcomes: a method of the protocol."""


class Answer(NamedTuple):
    """The bytes of an answer, and where it goes."""

    ask: Ask
    payload: bytes


class Join(NamedTuple):
    """A connection that comes in, and where in the room's stream its join result stands."""

    subscriber: Subscriber
    seq: int


class ToldEvent(NamedTuple):
    """An event of a room's stream, and its bytes."""

    event: RoomEvent
    encoded: bytes

    def payload(self, *, hears_chat: bool) -> bytes:
        """Return the bytes for a connection that may know what is said, or may not."""
        return self.encoded if hears_chat else unheard(self.event, self.encoded)


@dataclass(slots=True)
class RoomBatch:
    """What one room did in a beat."""

    events: list[ToldEvent] = field(default_factory=list)
    latest: dict[str, bytes] = field(default_factory=dict)
    direct: list[tuple[str, bytes]] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    has_opinions: bool = False
    """The turn must be stored although nothing was told."""
    expelled: set[str] = field(default_factory=set)
    """User ids whose connections are out once they have been told."""
    turned_away: list[tuple[Subscriber, list[bytes]]] = field(default_factory=list)
    """Connections that came and were put out within the beat, with what they are told."""

    def add(self, event: RoomEvent, encoded: bytes) -> None:
        """
        Have an event of the room's stream told.

        Latest values are told behind the events of their beat: a cue that a play ended would come
        back to life.
        """
        self.events.append(ToldEvent(event, encoded))
        if isinstance(event, _ENDS_A_CUE):
            self.latest.pop(PlayCue.wire, None)

    def add_latest(self, event: Event) -> None:
        """
        Have a latest value told, instead of the one before it.

        What says who came, went or voted since the one before it replaces none: with a slow disk a
        beat has several, and whoever misses one holds a wrong list.
        """
        key = event.wire
        if isinstance(event, _DIFFERENCES):
            key = f"{key} {len(self.latest)}"
        self.latest[key] = codec.encode_event(event.wire, event)

    def turn_away(self, live: LiveRoom, user_id: str) -> None:
        """Take back the joins of a user who was put out before they were let in."""
        mine = [payload for whom, payload in self.direct if whom == user_id]
        for join in [one for one in self.joins if one.subscriber.user and one.subscriber.user.id == user_id]:
            self.joins.remove(join)
            join.subscriber.forget(live)
            self.turned_away.append((join.subscriber, mine))


@dataclass(slots=True)
class Batch:
    """What all rooms did in a beat."""

    writes: Writes = field(default_factory=Writes)
    rooms: dict[LiveRoom, RoomBatch] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    cycled: list[tuple[LiveRoom, str]] = field(default_factory=list)
    """(room, user id) whose deck should be read again once this is committed."""
    noticed: list[tuple[LiveRoom, str | None]] = field(default_factory=list)
    """(room, user id) whose recording notice is another one once this is committed; None: everyone's."""
    barriers: list[asyncio.Future[None]] = field(default_factory=list)
    outcomes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Requests by method and the outcome they have if this is committed."""

    def __bool__(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.rooms or self.answers or self.writes or self.barriers or self.outcomes)
