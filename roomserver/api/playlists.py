"""Methods ``playlist.*``."""

from __future__ import annotations

import random

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.limits import TITLE_CHARS
from protocol.media import checked
from protocol.results import InsertResult, ItemsResult, PlaylistResult, PlaylistsResult
from protocol.text import checked_text
from protocol.values import Playlist, PlaylistItem
from roomserver.api.dispatch import Call, Handler
from roomserver.clock import ServerClock
from roomserver.fallbacks import Fallbacks
from roomserver.hub import Hub
from roomserver.identity import new_id
from storage.playlists import Playlists

_shuffler = random.Random()  # noqa: S311 - an order, no secret
"""Not the system's: that asks the kernel once per item, which holds the loop for 10 ms a playlist."""


class PlaylistMethods:
    """The own playlists. Whatever changes one also changes what its owner plays next."""

    def __init__(self, hub: Hub, playlists: Playlists, fallbacks: Fallbacks, clock: ServerClock) -> None:
        self._hub = hub
        self._playlists = playlists
        self._fallbacks = fallbacks
        self._clock = clock

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.PlaylistList: self.list,
            commands.PlaylistCreate: self.create,
            commands.PlaylistRename: self.rename,
            commands.PlaylistDelete: self.delete,
            commands.PlaylistActivate: self.activate,
            commands.PlaylistShuffle: self.shuffle,
            commands.PlaylistItems: self.items,
            commands.PlaylistInsert: self.insert,
            commands.PlaylistMove: self.move,
            commands.PlaylistRemove: self.remove,
        }

    async def list(self, call: Call, _command: commands.PlaylistList) -> PlaylistsResult:
        """List the own playlists."""
        return PlaylistsResult(playlists=await self._playlists.list(call.user.id))

    async def create(self, call: Call, command: commands.PlaylistCreate) -> PlaylistResult:
        """Make a playlist."""
        if call.user.kind == "guest":
            raise Rejected(ErrorCode.FORBIDDEN, "expected a user, got a guest", needs="user")
        name = _checked_name(command.name)
        playlist = await self._playlists.create(call.user.id, new_id(), name, self._clock.now_ms())
        return PlaylistResult(playlist=playlist)

    async def rename(self, call: Call, command: commands.PlaylistRename) -> PlaylistResult:
        """Rename a playlist."""
        name = _checked_name(command.name)
        playlist = await self._playlists.rename(call.user.id, command.playlist_id, name)
        return PlaylistResult(playlist=playlist)

    async def delete(self, call: Call, command: commands.PlaylistDelete) -> PlaylistsResult:
        """Delete a playlist."""
        await self._playlists.delete(call.user.id, command.playlist_id)
        await self._refresh(call, command.playlist_id)
        return PlaylistsResult(playlists=await self._playlists.list(call.user.id))

    async def activate(self, call: Call, command: commands.PlaylistActivate) -> PlaylistResult:
        """Choose the active playlist."""
        playlist = await self._playlists.activate(call.user.id, command.playlist_id)
        self._hub.refresh_decks(call.user.id)
        return PlaylistResult(playlist=playlist)

    async def shuffle(self, call: Call, command: commands.PlaylistShuffle) -> PlaylistResult:
        """Shuffle a playlist."""
        playlist = await self._playlists.shuffle(call.user.id, command.playlist_id, _shuffler)
        return await self._changed(call, playlist)

    async def items(self, call: Call, command: commands.PlaylistItems) -> ItemsResult:
        """Page through a playlist."""
        page = await self._playlists.items(
            call.user.id, command.playlist_id, command.cursor, command.limit, command.query
        )
        return ItemsResult(items=page.items, total=page.total, next_cursor=page.next_cursor)

    async def insert(self, call: Call, command: commands.PlaylistInsert) -> InsertResult:
        """Add media."""
        media = [checked(item, f"items[{index}]") for index, item in enumerate(command.items)]
        items = [PlaylistItem(id=new_id(), media=one) for one in media]
        inserted = await self._playlists.insert(call.user.id, command.playlist_id, items, command.at)
        playlist = await self._playlists.find(call.user.id, command.playlist_id)
        await self._refresh(call, playlist.id)
        return InsertResult(playlist=playlist, items=inserted.items, already=inserted.already)

    async def move(self, call: Call, command: commands.PlaylistMove) -> PlaylistResult:
        """Move items."""
        playlist = await self._playlists.move(call.user.id, command.playlist_id, command.item_ids, command.at)
        return await self._changed(call, playlist)

    async def remove(self, call: Call, command: commands.PlaylistRemove) -> PlaylistResult:
        """Remove items."""
        playlist = await self._playlists.remove(call.user.id, command.playlist_id, command.item_ids)
        return await self._changed(call, playlist)

    async def _changed(self, call: Call, playlist: Playlist) -> PlaylistResult:
        await self._refresh(call, playlist.id)
        return PlaylistResult(playlist=playlist)

    async def _refresh(self, call: Call, playlist_id: str) -> None:
        self._hub.refresh_decks(call.user.id)
        await self._fallbacks.changed(call.user, playlist_id)


def _checked_name(name: str) -> str:
    cleaned = checked_text(name, TITLE_CHARS, "name")
    if not cleaned:
        raise Rejected(ErrorCode.BAD_PARAMS, "expected a name, got only white space", field="name")
    return cleaned
