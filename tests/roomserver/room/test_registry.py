"""Which function handles which input."""

from __future__ import annotations

import pytest

from protocol import commands
from protocol.methods import METHODS
from roomserver.room import inputs
from roomserver.room.registry import HANDLERS, handles
from roomserver.room.room import THEMES
from tests.support.moves import WRAPPED

OF_THE_SHELL = {
    commands.RoomGet,
    commands.RoomMembers,
    commands.RoomDelete,
    commands.RoomClaim,
    commands.HistoryRoom,
    commands.ChatHistory,
    commands.ModLog,
    commands.FavoriteSet,
    commands.SyncReport,
}
"""Commands that change nothing in a room, end it, or open it again, are answered by the shell."""


def test_every_room_command() -> None:
    """Every command that changes a room has a handler, directly or inside an input."""
    of_rooms = {
        method.params for method in METHODS.values() if issubclass(method.params, commands.RoomCommand)
    }
    core = {WRAPPED.get(command, command) for command in of_rooms - OF_THE_SHELL}
    from_the_shell = {
        inputs.Disconnected,
        inputs.DeckRead,
        inputs.Erase,
        inputs.FallbackRead,
        inputs.Forget,
        inputs.ProfileChanged,
        inputs.Reply,
        inputs.Return,
        inputs.StoodStill,
        inputs.TitlesOver,
        inputs.Unblock,
    }

    assert set(HANDLERS) == core | from_the_shell


def test_one_handler_each() -> None:
    """An input has one handler."""
    with pytest.raises(AssertionError, match="Enter has a handler already"):
        handles(inputs.Enter)(HANDLERS[inputs.Enter])


def test_handlers_live_in_themes() -> None:
    """Every handler is a function of a theme, with a docstring that says what it does."""
    for handler in HANDLERS.values():
        assert handler.__module__ in {theme.__name__ for theme in THEMES}
        assert handler.__doc__
