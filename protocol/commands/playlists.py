"""Commands of playlists and history."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol import limits
from protocol.commands.base import Command, ItemIds, PlaylistName, RoomCommand
from protocol.values import Cursor, Id, Limit, Media, Ms


class PlaylistList(Command, frozen=True, kw_only=True):
    """List the own playlists."""

    method = "playlist.list"


class PlaylistCreate(Command, frozen=True, kw_only=True):
    """Make a playlist; the first one becomes the active one."""

    method = "playlist.create"
    name: PlaylistName


class PlaylistRename(Command, frozen=True, kw_only=True):
    """Rename a playlist."""

    method = "playlist.rename"
    playlist_id: Id
    name: PlaylistName


class PlaylistDelete(Command, frozen=True, kw_only=True):
    """Delete a playlist and its items."""

    method = "playlist.delete"
    playlist_id: Id


class PlaylistActivate(Command, frozen=True, kw_only=True):
    """Choose the playlist that turns in the booth are played from."""

    method = "playlist.activate"
    playlist_id: Id


class PlaylistShuffle(Command, frozen=True, kw_only=True):
    """Shuffle a playlist."""

    method = "playlist.shuffle"
    playlist_id: Id


class PlaylistItems(Command, frozen=True, kw_only=True):
    """Page through a playlist, or search in it."""

    method = "playlist.items"
    playlist_id: Id
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT
    query: Annotated[str, Meta(max_length=limits.TITLE_CHARS)] | None = None


class After(Command, frozen=True, kw_only=True):
    """A place in a playlist: behind this item."""

    after: Id


Place = Literal["start", "end"] | After


class PlaylistInsert(Command, frozen=True, kw_only=True):
    """Add media to a playlist; those already in it are named, not added again."""

    method = "playlist.insert"
    playlist_id: Id
    items: Annotated[list[Media], Meta(min_length=1, max_length=limits.INSERT_MAX)]
    at: Place = "end"


class PlaylistMove(Command, frozen=True, kw_only=True):
    """Move items, which keep the order given."""

    method = "playlist.move"
    playlist_id: Id
    item_ids: ItemIds
    at: Place


class PlaylistRemove(Command, frozen=True, kw_only=True):
    """Remove items."""

    method = "playlist.remove"
    playlist_id: Id
    item_ids: ItemIds


class PlaylistUpdateItem(Command, frozen=True, kw_only=True):
    """Change an item's texts or trim; nil leaves a field, an empty artist removes it, zero a trim."""

    method = "playlist.update_item"
    playlist_id: Id
    item_id: Id
    title: Annotated[str, Meta(min_length=1, max_length=limits.TITLE_CHARS)] | None = None
    artist: Annotated[str, Meta(max_length=limits.TITLE_CHARS)] | None = None
    start_ms: Ms | None = None
    end_ms: Ms | None = None


class PlaylistExport(Command, frozen=True, kw_only=True):
    """Read a playlist as open JSON, a page of items at a time."""

    method = "playlist.export"
    playlist_id: Id
    cursor: Cursor | None = None


class PlaylistImport(Command, frozen=True, kw_only=True):
    """
    Add the items of a JSON text to a playlist, in parts that fit a message.

    ``text`` is open JSON as ``playlist.export`` gives it, or a plug.dj export. A malformed
    item is named and nothing of the part is imported.
    """

    method = "playlist.import"
    playlist_id: Id
    text: Annotated[str, Meta(min_length=2, max_length=limits.MESSAGE_BYTES)]


class MediaResolve(Command, frozen=True, kw_only=True):
    """Find out what a pasted link leads to, where the server does that."""

    method = "media.resolve"
    url: Annotated[str, Meta(min_length=1, max_length=limits.URL_CHARS)]


class HistoryRoom(RoomCommand, frozen=True, kw_only=True):
    """Page through a room's finished plays, newest first."""

    method = "history.room"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT


class HistoryUser(Command, frozen=True, kw_only=True):
    """Page through the own finished plays, newest first."""

    method = "history.user"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT
