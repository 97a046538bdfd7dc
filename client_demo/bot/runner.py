"""A bot at work: events in, handlers called, and nothing that a handler does ends it."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from client_demo.bot.audience import Audience
from client_demo.bot.calling import Calling
from client_demo.bot.happenings import Ready
from client_demo.bot.waiting import Waiters
from client_demo.sdk import Client, Room, StoppedError
from protocol.events import ChatMessage, RoomClosed, UserErased

if TYPE_CHECKING:
    from client_demo.bot.bot import Bot
    from client_demo.bot.handlers import Handler, Repeating
    from client_demo.bot.timekeeping import Timekeeper

log = logging.getLogger("bot")

QUEUE_MAX = 1000
"""Events that wait for one handler; beyond that the oldest are given up, and counted."""
CALLS_MAX = 100
"""Commands that run beside each other; beyond that they are not taken."""


class Runner:
    """
    Runs a bot on a client. :meth:`swap` replaces the bot while the client stays.

    ``dropped`` counts events that a handler was too slow for, ``failures`` errors of handlers.
    """

    def __init__(self, bot: Bot, client: Client, time: Timekeeper) -> None:
        self.bot = bot
        self.client = client
        self.time = time
        self.waiters = Waiters(time)
        self.dropped = 0
        self.failures = 0
        self._calling = Calling(self)
        self._audience = Audience()
        self._queues: dict[Handler, asyncio.Queue[tuple[Any, Room | None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """What belongs to the bot of now."""
        self._listening: asyncio.Task[None] | None = None

    # Life

    def start(self) -> None:
        """Begin: tell the bot about its rooms, then listen."""
        self._begin()
        self._listening = asyncio.create_task(self._listen())

    def _begin(self) -> None:
        for handler in self.bot.handlers:
            self._queues[handler] = asyncio.Queue()
            self._spawn(self._serve(handler, self._queues[handler]))
        for repeating in self.bot.repeating:
            for room in list(self.client.rooms.values()) if repeating.per_room else [None]:
                self._spawn(self._repeat(repeating, room))
        for room in list(self.client.rooms.values()):
            self._audience.begin(room)
            self._tell(Ready(room=room.id), room)

    async def swap(self, bot: Bot) -> None:
        """Let another bot take over, in the same rooms, on the same connection."""
        await self._end()
        self.bot = bot
        self._begin()

    async def finished(self) -> None:
        """Wait until the server ends it for good."""
        if self._listening is not None:
            await asyncio.wait([self._listening])

    async def stop(self) -> None:
        """End what runs."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._end()

    async def _end(self) -> None:
        tasks, self._tasks = self._tasks, set()
        self._queues.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Events

    async def _listen(self) -> None:
        async for event in self.client.events():
            self._take(event)

    def _take(self, event: Any) -> None:
        ident = event.room if isinstance(getattr(event, "room", None), str) else None
        room = None if ident is None else self.client.rooms.get(ident)
        if isinstance(event, UserErased):
            self.bot.shelf.forget(event.user_id)
        if isinstance(event, RoomClosed):
            log.warning("out of a room: %s", event.reason)
        if room is not None:
            for happening in self._audience.changes(room, event):
                self._tell(happening, room)
        if isinstance(event, ChatMessage):
            if self._is_own(event):
                return
            if room is not None:
                self._call(room, event)
        self._tell(event, room)

    def _is_own(self, message: ChatMessage) -> bool:
        session = self.client.session
        return session is not None and message.user.id == session.user.id

    def _tell(self, event: Any, room: Room | None) -> None:
        self.waiters.tell(event)
        for handler, queue in self._queues.items():
            if isinstance(event, handler.event_type):
                if queue.qsize() >= QUEUE_MAX:
                    queue.get_nowait()
                    self.dropped += 1
                queue.put_nowait((event, room))

    async def _serve(self, handler: Handler, queue: asyncio.Queue[tuple[Any, Room | None]]) -> None:
        wants_room = any(given.kind is Room for given in handler.signature.given)
        while True:
            event, room = await queue.get()
            if wants_room and room is None:
                continue  # the bot is out of that room by now
            handed = handler.signature.hand({**self._known(room), handler.event_type: event})
            await self.guard(handler.name, partial(handler.function, **handed))

    async def _repeat(self, repeating: Repeating, room: Room | None) -> None:
        while True:
            await self.time.sleep(repeating.seconds)
            if room is not None and room.id not in self.client.rooms:
                return
            handed = repeating.signature.hand(self._known(room))
            await self.guard(repeating.function.__name__, partial(repeating.function, **handed))

    def _known(self, room: Room | None) -> dict[type, Any]:
        bots = dict.fromkeys(type(self.bot).__mro__, self.bot)
        return {**bots, Room: room, Client: self.client}

    # Commands

    def _call(self, room: Room, message: ChatMessage) -> None:
        work = self._calling.call(room, message, self._known(room))
        if work is None:
            return
        if len(self._tasks) >= CALLS_MAX + len(self._queues):
            self.dropped += 1
        else:
            self._spawn(self.guard(message.text.split(maxsplit=1)[0], work))

    async def guard(self, where: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run something of the bot's author; what goes wrong is logged and told, and goes no further."""
        try:
            await work()
        except StoppedError:
            pass  # the client is over; so will the bot be
        except Exception as error:
            self.failures += 1
            log.exception("%s failed", where)
            for handler in self.bot.error_handlers:
                try:
                    outcome = handler(error, where)
                    if inspect.isawaitable(outcome):
                        await outcome
                except Exception:
                    log.exception("the error handler failed")
