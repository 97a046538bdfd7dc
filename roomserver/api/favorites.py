"""Methods ``favorite.*``."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import Empty, FavoritesResult
from protocol.roles import Role
from roomserver.api.dispatch import Call, Handler
from roomserver.clock import ServerClock
from roomserver.directory import summaries
from roomserver.hub import Hub
from storage.favorites import Favorites


class FavoriteMethods:
    """The own favourite rooms."""

    def __init__(self, hub: Hub, favorites: Favorites, clock: ServerClock) -> None:
        self._hub = hub
        self._favorites = favorites
        self._clock = clock

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {commands.FavoriteSet: self.set, commands.FavoriteList: self.list}

    async def set(self, call: Call, command: commands.FavoriteSet) -> Empty:
        """Mark a room, or take the mark away."""
        if call.user.kind == "guest":
            raise Rejected(ErrorCode.FORBIDDEN, "expected a user, got a guest", needs=Role.USER.wire)
        live = await self._hub.open(command.room)
        if command.on:
            await self._favorites.add(call.user.id, live.id, self._clock.now_ms())
        else:
            await self._favorites.remove(call.user.id, live.id)
        return Empty()

    async def list(self, call: Call, _command: commands.FavoriteList) -> None:
        """List the favourites as the directory does, by population; the answer comes with the beat."""
        stored = await self._favorites.list(call.user.id)
        rows = summaries(self._hub, stored)
        # With the beat: what a live room says of itself may not be committed yet.
        self._hub.beat.answer(call.ask, FavoritesResult(rooms=rows))
