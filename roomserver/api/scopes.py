"""Where a bot's scope is for its own things only, and the table of methods cannot tell whose they are."""

from __future__ import annotations

from protocol.commands import BoothSkip, RoomCommand
from protocol.scopes import lacking
from roomserver.api.caller import Caller
from roomserver.live import LiveRoom


def require_moderate(caller: Caller) -> None:
    """
    Check that a caller may act on others; people are bound by their role alone.

    Raises:
        Rejected: ``forbidden`` for a bot without the scope.

    """
    if caller.scopes is not None and "moderate" not in caller.scopes:
        raise lacking(caller.scopes, {"moderate"})


def require_own(caller: Caller, live: LiveRoom, command: RoomCommand) -> None:
    """
    Check that a bot with the scope ``dj`` alone skips nobody's play but its own.

    Raises:
        Rejected: ``forbidden``.

    """
    if not isinstance(command, BoothSkip) or caller.user is None:
        return
    dj = live.room.state.dj
    if dj is None or dj.id != caller.user.id:
        require_moderate(caller)
