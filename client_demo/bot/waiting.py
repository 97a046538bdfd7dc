"""Conversations: a handler that waits for what comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from client_demo.bot.timekeeping import Timekeeper

_E = TypeVar("_E")


class _Waiter(NamedTuple):
    event_type: type[Any]
    room: str | None
    check: Callable[[Any], bool]
    future: asyncio.Future[Any]


class Waiters:
    """Everybody who waits for an event."""

    def __init__(self, time: Timekeeper) -> None:
        self._time = time
        self._waiting: list[_Waiter] = []

    async def wait_for(
        self, event_type: type[_E], room: str | None, check: Callable[[_E], bool], seconds: float
    ) -> _E | None:
        """Return the next event of a type (in a room) that passes the check; None when none came in time."""
        future: asyncio.Future[_E] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(event_type, room, check, future)
        self._waiting.append(waiter)
        late: asyncio.Task[None] = asyncio.ensure_future(self._time.sleep(seconds))
        try:
            both: list[asyncio.Future[Any]] = [future, late]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return future.result() if future.done() else None
        finally:
            late.cancel()
            self._waiting.remove(waiter)

    def tell(self, event: object) -> None:
        """Hand an event to whoever waits for it. A check that fails ends that wait alone."""
        for waiter in self._waiting:
            if waiter.future.done() or not isinstance(event, waiter.event_type):
                continue
            if waiter.room is not None and getattr(event, "room", waiter.room) != waiter.room:
                continue
            try:
                passed = waiter.check(event)
            except Exception as error:  # noqa: BLE001 - the bot's author wrote it; they are told where they wait
                waiter.future.set_exception(error)
            else:
                if passed:
                    waiter.future.set_result(event)
