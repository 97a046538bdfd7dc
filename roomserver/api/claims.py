"""Method ``room.claim``."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.results import RoomResult
from roomserver.api.dispatch import Call, Handler
from roomserver.privacy.unowned import UnownedRooms


class ClaimMethods:
    """Rooms without a host, and who takes them over."""

    def __init__(self, unowned: UnownedRooms) -> None:
        self._unowned = unowned

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {commands.RoomClaim: self.claim}

    async def claim(self, call: Call, command: commands.RoomClaim) -> RoomResult:
        """Become the host of an archived room."""
        live = await self._unowned.claim(command.room, call.user)
        return RoomResult(room=live.summary())
