"""
``roomserver`` that kills itself with SIGKILL at a point of an erasure: ``python -m tests.support.dying``.

The point comes from the environment: the word of a stage that was just noted, ``intent`` (in
the ledger, not yet in the database), ``batch`` (a few batches of rows are committed), ``done``
(the ledger knows, the database does not).
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from roomserver.cli import main
from roomserver.privacy.erasure import Erasures
from storage.privacy.ledger import Ledger
from storage.privacy.requests import Requests

VARIABLE = "ROOMSERVER_DIES_AT"
POINTS = ("intent", "requested", "frozen", "memory", "batch", "rows", "search", "bytes", "done", "complete")
_BATCHES = 4


def after(owner: type, name: str, is_time: Callable[..., bool]) -> None:
    """Die right after a method returned, when it is time: nothing is flushed, nobody is told."""
    original = getattr(owner, name)

    def check(arguments: tuple[Any, ...]) -> None:
        if is_time(*arguments):
            os.kill(os.getpid(), signal.SIGKILL)

    def plain(self: Any, *arguments: Any) -> Any:
        result = original(self, *arguments)
        check(arguments)
        return result

    async def waiting(self: Any, *arguments: Any) -> Any:
        result = await original(self, *arguments)
        check(arguments)
        return result

    setattr(owner, name, waiting if inspect.iscoroutinefunction(original) else plain)


def arrange(point: str) -> None:
    """Make the process die at a point."""
    batches = iter(range(_BATCHES - 1, -1, -1))
    after(Ledger, "append", lambda kind, *_: kind == point)
    after(Erasures, "_note_intent", lambda *_: point == "requested")
    after(Erasures, "_reach", lambda _request, stage, *_: stage == point)
    after(Requests, "receive", lambda *_: point == "batch" and next(batches) == 0)
    after(Erasures, "_complete", lambda *_: point == "complete")


if __name__ == "__main__":
    arrange(os.environ[VARIABLE])
    sys.exit(main())
