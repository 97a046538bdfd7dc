"""
The timer wheel: one timer for the deadlines of all connections.

A timer handle per connection costs memory and a heap operation per message; here a
connection sits in one slot, looks at itself when the slot comes round, and says when to
look again. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable

Check = Callable[[int], int | None]
"""Looks at a connection at an instant (ms); answers when to look again, or None for never."""

SLOT_MS = 500
"""Resolution: deadlines are met at most this late."""


STOOD_STILL_MS = 2000
"""
So late the process stood still (stopped, swapped out, suspended). What clients sent meanwhile
waits in the kernel and is read after the timers, so nobody is judged before one more slot.
"""


class Wheel:
    """Checks by slot. The owner calls :meth:`advance` every ``SLOT_MS``."""

    def __init__(self, now_ms: int) -> None:
        self._next_slot = now_ms // SLOT_MS
        self._is_excused = False
        self._slots: dict[int, list[Check]] = {}

    def add(self, at_ms: int, check: Check) -> None:
        """Run a check at or shortly after an instant."""
        slot = max(-(-at_ms // SLOT_MS), self._next_slot)
        self._slots.setdefault(slot, []).append(check)

    def advance(self, now_ms: int) -> None:
        """
        Run every check that is due; after standing still, only at the second call.

        A check that raises is not run again, and does not keep the others from being run.
        """
        stood_still = now_ms - self._next_slot * SLOT_MS > STOOD_STILL_MS
        self._is_excused = stood_still and not self._is_excused
        if self._is_excused:
            return
        current = now_ms // SLOT_MS
        failures: list[Exception] = []
        while self._next_slot <= current:
            due = self._slots.pop(self._next_slot, ())
            self._next_slot += 1
            for check in due:
                try:
                    again_at = check(now_ms)
                except Exception as error:  # noqa: BLE001 - a bug of one connection, raised below
                    failures.append(error)
                    continue
                if again_at is not None:
                    self.add(again_at, check)
        if failures:
            raise failures[0]

    def __len__(self) -> int:
        return sum(len(checks) for checks in self._slots.values())
