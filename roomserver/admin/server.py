"""Commands ``server.*``: the server itself."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.errors import ErrorCode, Rejected
from roomserver import VERSION
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.alive import Alive
from roomserver.config import ConfigError
from roomserver.health import Health
from roomserver.reload import Reloader


class ServerReload(AdminCommand, frozen=True, kw_only=True, tag="server.reload"):
    """Read the settings again, as on SIGHUP."""


class ServerStatus(AdminCommand, frozen=True, kw_only=True, tag="server.status"):
    """Say how the server is."""

    changes = False


class ServerAdministration:
    """Carries the commands out."""

    def __init__(self, alive: Alive, health: Health, reloader: Reloader) -> None:
        self._alive = alive
        self._health = health
        self._reloader = reloader
        self._since_ms = alive.clock.now_ms()

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {ServerReload: self.reload, ServerStatus: self.status}

    async def reload(self, _command: ServerReload) -> Mapping[str, object]:
        """Reload the settings."""
        try:
            done = await self._reloader.reload()
        except ConfigError as error:
            raise Rejected(ErrorCode.BAD_PARAMS, str(error)) from error
        return {"applied": done.applied, "restart": done.restart}

    async def status(self, _command: ServerStatus) -> Mapping[str, object]:
        """Say how it is: alarms break a promise, obstacles keep it from taking work."""
        people = [person for person in self._alive.people if person.callers]
        rooms = list(self._alive.hub)
        return {
            "version": VERSION,
            "up_ms": self._alive.clock.now_ms() - self._since_ms,
            "alarms": self._health.alarms(),
            "obstacles": self._health.obstacles(),
            "users_online": len(people),
            "connections": sum(len(person.callers) for person in people),
            "rooms_open": len(rooms),
            "rooms_playing": sum(live.room.state.turn is not None for live in rooms),
        }
