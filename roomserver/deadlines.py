"""Deadlines: which room wants to be looked at when, the nearest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from roomserver.live import LiveRoom

SPARE = 64
"""So many entries that nobody waits for any more may stand there beside as many as are waited for."""


class Deadlines:
    """
    One deadline for each room: ``armed_at`` of the room, in milliseconds, says which it is.

    A room whose deadline moves leaves the old one behind; they are thrown away when their time
    comes, or when they are more than the others. Rooms that are gone, or broken, have none.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, LiveRoom]] = []
        self._pushes = 0
        self._full = SPARE

    def __len__(self) -> int:
        """Count the entries, also those that nobody waits for any more."""
        return len(self._heap)

    def arm(self, live: LiveRoom) -> bool:
        """Note when a room wants to be looked at next; say whether that is before all others."""
        deadline = live.room.deadline()
        if deadline is None or deadline == live.armed_at:
            live.armed_at = deadline
            return False
        live.armed_at = deadline
        self._pushes += 1
        if len(self._heap) >= self._full:
            self._tidy()
        heapq.heappush(self._heap, (deadline, self._pushes, live))
        return self._heap[0][1] == self._pushes

    def next_ms(self) -> int | None:
        """Return the nearest deadline; None when no room has one."""
        while self._heap and not _is_armed(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: int) -> Iterator[tuple[int, LiveRoom]]:
        """Yield rooms whose deadline has come, with it; each is without one then, until it is armed again."""
        while (deadline := self.next_ms()) is not None and deadline <= now:
            _, _, live = heapq.heappop(self._heap)
            live.armed_at = None
            yield deadline, live

    def _tidy(self) -> None:
        armed = {entry[2]: entry for entry in self._heap if _is_armed(entry)}
        self._heap = list(armed.values())
        heapq.heapify(self._heap)
        self._full = SPARE + 2 * len(self._heap)


def _is_armed(entry: tuple[int, int, LiveRoom]) -> bool:
    deadline, _, live = entry
    return live.armed_at == deadline and not live.is_broken
