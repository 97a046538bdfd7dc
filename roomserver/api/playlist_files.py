"""Methods ``playlist.update_item``, ``playlist.export`` and ``playlist.import``."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from protocol import commands
from protocol.commands import Command
from protocol.errors import Rejected
from protocol.media import checked
from protocol.playlist_json import PAGE_ITEMS, export_page, parse
from protocol.results import ExportResult, InsertResult, ItemResult
from protocol.values import Media, PlaylistItem
from roomserver.api.dispatch import Call, Handler
from roomserver.fallbacks import Fallbacks
from roomserver.hub import Hub
from roomserver.identity import new_id
from storage.items import Items
from storage.playlists import Playlists


class PlaylistFileMethods:
    """Editing items, and playlists as JSON text."""

    def __init__(self, hub: Hub, playlists: Playlists, items: Items, fallbacks: Fallbacks) -> None:
        self._hub = hub
        self._playlists = playlists
        self._items = items
        self._fallbacks = fallbacks

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.PlaylistUpdateItem: self.update_item,
            commands.PlaylistExport: self.export,
            commands.PlaylistImport: self.import_,
        }

    async def update_item(self, call: Call, command: commands.PlaylistUpdateItem) -> ItemResult:
        """Change an item's texts or trim."""
        item = await self._items.update(
            call.user.id, command.playlist_id, command.item_id, lambda media: _changed(media, command)
        )
        self._hub.refresh_decks(call.user.id)
        await self._fallbacks.changed(call.user, command.playlist_id)
        return ItemResult(item=item)

    async def export(self, call: Call, command: commands.PlaylistExport) -> ExportResult:
        """Write a page of a playlist."""
        stretch = await self._items.walk(call.user.id, command.playlist_id, command.cursor, PAGE_ITEMS)
        text, count = export_page(stretch.name, stretch.media)
        more = stretch.more or count < len(stretch.media)
        return ExportResult(text=text, next_cursor=stretch.cursors[count - 1] if more else None)

    async def import_(self, call: Call, command: commands.PlaylistImport) -> InsertResult:
        """Add the items of a text, all or none."""
        items = [PlaylistItem(id=new_id(), media=media) for media in parse(command.text)]
        inserted = await self._playlists.insert(call.user.id, command.playlist_id, items, "end")
        playlist = await self._playlists.find(call.user.id, command.playlist_id)
        self._hub.refresh_decks(call.user.id)
        await self._fallbacks.changed(call.user, command.playlist_id)
        return InsertResult(playlist=playlist, items=inserted.items, already=inserted.already)


def _changed(media: Media, command: commands.PlaylistUpdateItem) -> Media:
    given: dict[str, Any] = {
        name: value
        for name in ("title", "artist", "start_ms", "end_ms")
        if (value := getattr(command, name)) is not None
    }
    # An empty artist and a trim of zero take it away; a title has no empty form.
    values = {name: value or None for name, value in given.items()}
    try:
        return checked(replace(media, **values), "item")
    except Rejected as rejected:
        field = str(rejected.facts["field"]).removeprefix("item.")
        raise Rejected(rejected.code, rejected.message, field=field) from None
