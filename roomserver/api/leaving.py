"""Leaving for good: what a logout, a change of user and the end of an account have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from protocol import commands
from protocol.errors import Rejected
from protocol.values import SYSTEM, User
from roomserver.api.caller import Caller
from roomserver.hub import Hub
from roomserver.room.inputs import Appoint
from storage.errors import RoomArchivedError


def leave_rooms(hub: Hub, caller: Caller) -> None:
    """Take a connection out of its rooms; with the user's last one, booth, waitlist and presence end."""
    assert caller.user is not None, "only a user is in rooms"
    for live in list(caller.rooms.values()):
        live.unsubscribe(caller)
        with contextlib.suppress(Rejected):  # a room that is being mended has nobody in it
            hub.apply(live, caller.user, commands.RoomLeave(room=live.id))
    caller.rooms.clear()


async def dismiss(hub: Hub, user: User, room_ids: Iterable[str]) -> None:
    """
    Take a user's role away in some rooms; return when that is committed and told.

    Raises:
        Rejected: a room is being mended; try again.
        StorageUnavailableError: try again.

    """
    for room_id in room_ids:
        try:
            live = await hub.open(room_id)
        except RoomArchivedError:
            continue  # whoever takes it over finds it without them
        hub.apply(live, SYSTEM, Appoint(commands.StaffSet(room=live.id, user=user.id, role="user"), user))
    await hub.beat.barrier()
