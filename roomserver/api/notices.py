"""Methods ``privacy.notice`` and ``privacy.acknowledge``: what is recorded, and that it was read."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import Empty, NoticeResult
from roomserver.api.dispatch import Call, Handler
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.notices import NoticeBoard


class NoticeMethods:
    """The recording notice."""

    def __init__(self, hub: Hub, notices: NoticeBoard, clock: ServerClock) -> None:
        self._hub = hub
        self._notices = notices
        self._clock = clock

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.PrivacyNotice: self.notice,
            commands.PrivacyAcknowledge: self.acknowledge,
        }

    async def notice(self, call: Call, command: commands.PrivacyNotice) -> NoticeResult:
        """Read the recording notice, of a room where one is named."""
        live = None if command.room is None else await self._hub.open(command.room)
        return NoticeResult(notice=self._notices.of(call.caller.user, live))

    async def acknowledge(self, call: Call, command: commands.PrivacyAcknowledge) -> Empty:
        """Note that a notice was read; only one that says what is so now counts."""
        here = call.caller.rooms.values()
        if not self._notices.is_current(call.user, command.hash, here):
            message = f"expected the hash of a notice in force here, got {command.hash[:64]!r}"
            raise Rejected(ErrorCode.CONFLICT, message, field="hash")
        await self._notices.acknowledge(call.user, command.hash, self._clock.now_ms())
        return Empty()
