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


class Wheel:
    """Checks by slot. The owner calls :meth:`advance` every ``SLOT_MS``."""

    def __init__(self, now_ms: int) -> None:
        self._next_slot = now_ms // SLOT_MS
        self._slots: dict[int, list[Check]] = {}

    def add(self, at_ms: int, check: Check) -> None:
        """Run a check at or shortly after an instant."""
        slot = max(-(-at_ms // SLOT_MS), self._next_slot)
        self._slots.setdefault(slot, []).append(check)

    def advance(self, now_ms: int) -> None:
        """Run every check that is due."""
        current = now_ms // SLOT_MS
        while self._next_slot <= current:
            due = self._slots.pop(self._next_slot, ())
            self._next_slot += 1
            for check in due:
                again_at = check(now_ms)
                if again_at is not None:
                    self.add(again_at, check)

    def __len__(self) -> int:
        return sum(len(checks) for checks in self._slots.values())
