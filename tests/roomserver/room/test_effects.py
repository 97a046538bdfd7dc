"""What a room asks the shell to do."""

from __future__ import annotations

import inspect
from typing import get_args

from roomserver.room import effects
from roomserver.room.effects import Effect, Outcome


def test_closed_union() -> None:
    """Every effect is in the union that the shell matches on."""
    defined = {
        member
        for _, member in inspect.getmembers(effects, inspect.isclass)
        if member.__module__ == effects.__name__
    }

    assert defined == {*get_args(Effect), Outcome}
