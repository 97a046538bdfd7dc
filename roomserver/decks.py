"""Decks: the tops of playlists, as the room core wants them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from protocol.values import Media
from roomserver.room.inputs import Deck, DeckItem
from storage.playlists import Playlists


async def _nothing(_account_id: str) -> None:
    """Know nothing more of somebody."""


class Decks:
    """
    Reads what a user would play next.

    ``know`` is told of each first, by id: their turn may come while they are away, and what records
    it must know whose it is.
    """

    def __init__(self, playlists: Playlists, know: Callable[[str], Awaitable[None]] = _nothing) -> None:
        self._playlists = playlists
        self._know = know

    async def deck(self, account_id: str, playlist_id: str | None) -> Deck | None:
        """Read the top of a playlist, the active one by default; None when there is none."""
        await self._know(account_id)
        stored = await self._playlists.deck(account_id, playlist_id)
        if stored is None:
            return None
        items = tuple(DeckItem(item.id, item.media) for item in stored.items)
        return Deck(stored.playlist_id, items, stored.size)

    async def media(self, account_id: str, playlist_id: str, at_most: int) -> tuple[Media, ...]:
        """
        Read a playlist's first media.

        Raises:
            NotFoundError: there is no such playlist of the account.

        """
        page = await self._playlists.items(account_id, playlist_id, None, at_most)
        return tuple(item.media for item in page.items)
