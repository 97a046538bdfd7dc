"""A process that stood still."""

from __future__ import annotations

import asyncio

import pytest

from roomserver.live import LiveRoom
from roomserver.standstill import Standstill
from tests.roomserver.fakes import beating


class Clock:
    """The loop's clock, set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)


async def active_at(live: LiveRoom) -> int:
    """Return when somebody in a room was heard of last."""
    return live.room.state.active_at_ms["ann"]


async def test_time_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every room gets the time back, once; one that is being mended, which begins anew, is passed over."""
    async with beating() as house:
        den, attic = await house.room(), await house.room("attic")
        for live in (den, attic):
            live.room.state.active_at_ms["ann"] = 0
        attic.is_broken = True
        with monkeypatch.context() as patch:
            clock, standstill = Clock(patch), Standstill(house.hub)
            for seconds in (0.0, 1.9, 0.1, 3.5, 0.1):
                clock.now += seconds
                standstill.look()
        assert await active_at(den) == 3500
        assert await active_at(attic) == 0
        attic.is_broken = False


async def test_before_rooms_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub has it looked for before a room that is due is judged by the clock."""
    async with beating() as house:
        told: list[str] = []
        live = await house.room()
        house.hub.on_wake = lambda: told.append("looked")

        def tick(_now: int) -> list[object]:
            told.append("tick")
            return []

        monkeypatch.setattr(live.room, "tick", tick)
        monkeypatch.setattr(live.room, "deadline", lambda: None if "tick" in told else 0)
        house.hub._arm(live)
        house.hub.wake()
        assert told == ["looked", "tick"]
