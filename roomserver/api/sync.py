"""Method ``sync.report``: how closely players keep time, for the operator's statistics."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.results import Empty
from protocol.roles import Action
from roomserver.api.dispatch import Call, Handler
from roomserver.hub import Hub
from roomserver.metrics.observer import Observer
from roomserver.room.booth import require_current
from roomserver.room.machine import Trigger


class SyncMethods:
    """Taking reports of players. Nothing is kept of a report but what it adds to the sums."""

    def __init__(self, hub: Hub, errors: Observer) -> None:
        self._hub = hub
        self._errors = errors
        self.seeks = 0
        """Corrections by seeking that players reported."""
        self.stalls = 0
        """Times that players ran dry."""

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {commands.SyncReport: self.report}

    async def report(self, call: Call, command: commands.SyncReport) -> Empty:
        """Take a member's report about the current play."""
        live = await self._hub.open(command.room)
        live.room.state.require(call.user, Action.WATCH)
        require_current(live.room.state, command.play_id, Trigger.VOTE)
        self._errors.observe(command.error_ms_p50 / 1000)
        self.seeks += command.seeks
        self.stalls += command.stalls
        return Empty()
