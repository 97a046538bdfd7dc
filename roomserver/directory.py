"""The directory: rooms as rows, live ones as they are now, others as they rest."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.text import name_key
from protocol.values import RoomSummary
from roomserver.live import LiveRoom
from storage.records import ListedRoom


def summaries(live: Iterable[LiveRoom], stored: Iterable[ListedRoom]) -> list[RoomSummary]:
    """Return a row for each stored room, the most populated first, then by name."""
    now = {room.id: room.summary() for room in live if not room.is_broken}
    rows = [now.get(room.id) or _at_rest(room) for room in stored]
    rows.sort(key=lambda row: (-row.population, name_key(row.name), row.id))
    return rows


def _at_rest(room: ListedRoom) -> RoomSummary:
    """Return the row of a room that is not open: nobody is there."""
    return RoomSummary(
        id=room.id,
        slug=room.slug,
        name=room.name,
        description=room.description,
        private=room.private,
        password=room.password,
        population=0,
        guests=0,
        dj=None if room.play is None else room.play.dj,
        play=room.play,
    )
