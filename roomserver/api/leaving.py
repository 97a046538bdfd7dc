"""Leaving for good: what a logout, a change of user and the end of an account have in common."""

from __future__ import annotations

import contextlib

from protocol import commands
from protocol.errors import Rejected
from roomserver.api.caller import Caller
from roomserver.hub import Hub


def leave_rooms(hub: Hub, caller: Caller) -> None:
    """Take a connection out of its rooms; with the user's last one, booth, waitlist and presence end."""
    assert caller.user is not None, "only a user is in rooms"
    for live in list(caller.rooms.values()):
        live.unsubscribe(caller)
        with contextlib.suppress(Rejected):  # a room that is being mended has nobody in it
            hub.apply(live, caller.user, commands.RoomLeave(room=live.id))
    caller.rooms.clear()
