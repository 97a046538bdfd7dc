"""Decks: the tops of playlists, as the room core wants them."""

from __future__ import annotations

from roomserver.room.inputs import Deck, DeckItem
from storage.playlists import Playlists


class Decks:
    """Reads what a user would play next."""

    def __init__(self, playlists: Playlists) -> None:
        self._playlists = playlists

    async def deck(self, account_id: str, playlist_id: str | None) -> Deck | None:
        """Read the top of a playlist, the active one by default; None when there is none."""
        stored = await self._playlists.deck(account_id, playlist_id)
        if stored is None:
            return None
        items = tuple(DeckItem(item.id, item.media) for item in stored.items)
        return Deck(stored.playlist_id, items, stored.size)
