"""What the server tells, sorted: rooms that are kept current, and events for the application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from client_demo.sdk.room import Room
from client_demo.sdk.rooms import Resynced
from protocol.events import Event, Resync, RoomClosed, RoomEvent
from protocol.results import JoinResult

EVENTS_MAX = 10_000
"""
Events kept for an application that does not take them. Beyond that they give way to the state:
the application gets a :class:`Resynced` for each room, as after too long a time away.
"""


class Inbox:
    """
    The rooms a client is in, and the events it has not taken yet.

    ``catch_up`` is called with a room that has to be joined again on the same connection: it has
    a gap, or a new epoch.
    """

    def __init__(self, catch_up: Callable[[Room], None]) -> None:
        self._catch_up = catch_up
        self._events: asyncio.Queue[Event | Resynced | None] = asyncio.Queue()
        self.rooms: dict[str, Room] = {}

    def take(self, event: Event) -> None:
        """Apply an event, and keep it for the application when it is news."""
        match event:
            case Resync():
                if event.room in self.rooms:
                    self.rooms[event.room].forget_position()
                    self._catch_up(self.rooms[event.room])
            case RoomClosed():
                # Out is out: to be back after the next lost connection would be rude.
                self.rooms.pop(event.room, None)
                self._tell(event)
            case _:
                self._apply(event)

    def _apply(self, event: Event) -> None:
        ident = getattr(event, "room", None)
        if ident is None:
            self._tell(event)
            return
        room = self.rooms.get(ident)
        if room is None:
            return  # an event of a room before its join result is part of that result
        had_gap = room.has_gap
        # One we do not know only has its place in the numbering.
        if room.take(event) and type(event) is not RoomEvent:
            self._tell(event)
        if room.has_gap and not had_gap:
            self._catch_up(room)

    def joined(self, room: Room, result: JoinResult) -> None:
        """Take the result of a first join; at once, as the same message may carry what follows it."""
        room.joined(result)
        self.rooms[room.id] = room

    def rejoined(self, room: Room, result: JoinResult) -> None:
        """Take the result of a resume."""
        for event in room.rejoined(result):
            self._tell(event)

    def _tell(self, event: Event | Resynced) -> None:
        if self._events.qsize() < EVENTS_MAX:
            self._events.put_nowait(event)
            return
        while not self._events.empty():
            self._events.get_nowait()
        for room in self.rooms.values():
            self._events.put_nowait(Resynced(room=room.id, snapshot=room.snapshot))

    def end(self) -> None:
        """Tell the application that nothing more will come."""
        self._events.put_nowait(None)

    async def next(self) -> Event | Resynced | None:
        """Return the next event; None when there will be no more, however often it is asked."""
        event = await self._events.get()
        if event is None:
            self._events.put_nowait(None)
        return event
