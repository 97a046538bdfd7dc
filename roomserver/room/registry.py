"""
The registry of handlers: which function handles which input.

A handler checks everything first and raises :class:`protocol.errors.Rejected`, or
changes the state and returns the outcome. It never does both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from protocol.values import User
from roomserver.room.effects import Outcome
from roomserver.room.state import RoomState

_C = TypeVar("_C")
Handler = Callable[[RoomState, User, Any, int], Outcome]

HANDLERS: dict[type[Any], Handler] = {}
"""Filled by the theme modules, which :mod:`roomserver.room.room` imports."""


def handles(
    command: type[_C],
) -> Callable[[Callable[[RoomState, User, _C, int], Outcome]], Callable[[RoomState, User, _C, int], Outcome]]:
    """Register the decorated function as the one handler of an input type."""

    def register(
        handler: Callable[[RoomState, User, _C, int], Outcome],
    ) -> Callable[[RoomState, User, _C, int], Outcome]:
        assert command not in HANDLERS, f"{command.__name__} has a handler already"
        HANDLERS[command] = cast("Handler", handler)
        return handler

    return register
