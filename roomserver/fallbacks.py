"""Fallbacks: rooms hear what their fallback playlist holds when its owner changes it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from protocol.errors import Rejected
from protocol.limits import FALLBACK_MAX
from protocol.values import Media, User
from roomserver.decks import Decks
from roomserver.hub import Hub
from roomserver.live import LiveRoom
from roomserver.room.inputs import FallbackRead
from storage.errors import NotFoundError, StorageUnavailableError


class Fallbacks:
    """Feeds the rooms that are open; one at rest reads its playlist when it is opened."""

    def __init__(self, hub: Hub, decks: Decks) -> None:
        self._hub = hub
        self._decks = decks
        self._reading = asyncio.Lock()

    async def changed(self, owner: User, playlist_id: str) -> None:
        """Let the rooms that fall back to a playlist play what it holds now, or nothing if it is gone."""
        if not self._rooms_with(playlist_id):
            return
        async with self._reading:  # one after the other: the last read is of the last change
            # What cannot be read is read when the room is opened again: the playlist is changed all the same.
            with suppress(StorageUnavailableError):
                items = await self._read(owner, playlist_id)
                for live in self._rooms_with(playlist_id):
                    with suppress(Rejected):  # its owner is about to be erased, and their playlists with them
                        self._hub.apply(live, owner, FallbackRead(items))

    async def _read(self, owner: User, playlist_id: str) -> tuple[Media, ...] | None:
        try:
            return await self._decks.media(owner.id, playlist_id, FALLBACK_MAX)
        except NotFoundError:
            return None

    def _rooms_with(self, playlist_id: str) -> list[LiveRoom]:
        rooms = [live for live in self._hub if live.room.state.fallback_playlist == playlist_id]
        return [live for live in rooms if not live.is_broken]  # one that is mended reads it anew
