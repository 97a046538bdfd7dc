"""An event loop whose time passes only when there is nothing left to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from typing import Any, TypeVar

_T = TypeVar("_T")

LIFE: ContextVar[int] = ContextVar("LIFE", default=0)
"""Which start of the server a task or timer belongs to; 0 is the world around it."""
TURNS_MAX = 20_000
"""Turns of the loop in one instant, after which it is taken to go round for ever."""
THREAD_SECONDS = 0.002
"""How long work takes that the server gives to a thread."""


class StuckError(Exception):
    """Nothing is due any more, and somebody still waits."""


class _Selector:
    """Waits by letting time pass."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._turns = 0

    def select(self, timeout: float | None) -> list[Any]:
        """Pass the time until the next timer."""
        if timeout is None:
            raise StuckError("nothing is due, and the run is not over")
        self._turns = 0 if timeout > 0 else self._turns + 1
        if self._turns > TURNS_MAX:
            self._turns = 0
            raise StuckError(f"time stands still at {self._loop.now}")
        self._loop.now += timeout
        return []

    def close(self) -> None:
        """There is nothing to close."""


class VirtualLoop(asyncio.BaseEventLoop):
    """
    A loop without sockets, threads or a clock of its own.

    ``now`` is its time in seconds. ``listeners`` are the servers that were opened on it.
    Tasks are kept by the life of the server they belong to, so that a crash can end them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = _Selector(self)
        self.lives: dict[int, list[asyncio.Task[Any]]] = {}
        self.listeners: list[Listener] = []
        self.caught: list[dict[str, Any]] = []
        """What only the loop's last resort caught: bugs of the server, always."""
        self.set_task_factory(self._make_task)  # type: ignore[arg-type]  # generic in what a task returns
        self.set_exception_handler(lambda _, context: self.caught.append(context))

    def time(self) -> float:
        """Return the virtual time."""
        return self.now

    def _process_events(self, event_list: list[Any]) -> None:
        assert not event_list, "there are no sockets"

    def _write_to_self(self) -> None:
        """Nothing waits outside the loop."""

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, _T], context: Context | None = None
    ) -> asyncio.Task[_T]:
        task = asyncio.Task(coro, loop=loop, context=context)
        life = LIFE.get() if context is None else context.get(LIFE, 0)
        self.lives.setdefault(life, []).append(task)
        return task

    def run_in_executor(  # type: ignore[override]  # any callable, any result
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Do a thread's work, with its result a little later."""
        future = self.create_future()
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - goes to whoever awaits it, as from a thread
            self.call_later(THREAD_SECONDS, _fail, future, error)
        else:
            self.call_later(THREAD_SECONDS, _resolve, future, result)
        return future

    async def create_server(  # type: ignore[override]  # the shape the server uses
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *_: Any, **__: Any
    ) -> Listener:
        """Listen on the simulated network."""
        listener = Listener(self, protocol_factory, LIFE.get())
        self.listeners.append(listener)
        return listener

    async def create_unix_server(  # type: ignore[override]  # the shape the server uses
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *_: Any, sock: socket.socket, **__: Any
    ) -> Listener:
        """Open a door for the operator, through which nobody comes."""
        sock.close()
        return Listener(self, protocol_factory, LIFE.get())

    # Ends

    def end_life(self, life: int) -> None:
        """Cancel every task and timer of one life of the server, as its death would."""
        for listener in list(self.listeners):
            if listener.life == life:
                listener.close()
        for task in self.lives.get(life, []):
            task.cancel()
        for handle in self.timers_of(life):
            handle.cancel()

    def timers_of(self, life: int) -> list[asyncio.TimerHandle]:
        """Return the armed timers of one life."""
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # BaseEventLoop's heap
        return [one for one in scheduled if not one.cancelled() and one._context.get(LIFE, 0) == life]  # type: ignore[attr-defined]  # the handle's own

    def tasks_of(self, life: int) -> list[asyncio.Task[Any]]:
        """Return the tasks of one life that are not done."""
        return [task for task in self.lives.get(life, []) if not task.done()]


class Listener:
    """What the server listens with."""

    def __init__(self, loop: VirtualLoop, factory: Callable[[], asyncio.BaseProtocol], life: int) -> None:
        self._loop = loop
        self.factory = factory
        self.life = life

    @property
    def sockets(self) -> list[Listener]:
        """Itself, as the one socket."""
        return [self]

    def getsockname(self) -> tuple[str, int]:
        """Return an address nobody looks at."""
        return "127.0.0.1", 1

    def close(self) -> None:
        """Listen no more."""
        if self in self._loop.listeners:
            self._loop.listeners.remove(self)

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
