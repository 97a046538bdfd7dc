"""Editing items, exporting and importing, over a real connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Self

from client_demo.sdk import Client
from protocol import commands
from protocol.errors import ErrorCode
from protocol.limits import ITEMS_PER_PLAYLIST, MESSAGE_BYTES
from protocol.playlist_json import export_page, parse
from protocol.results import ExportResult, InsertResult, ItemResult, ItemsResult, PlaylistResult
from protocol.values import Media, PlaylistItem
from storage.playlists import Playlists
from tests.support.world import World, assert_refused, me

LOOP_MAX_MS = 20
"""No operation may keep the loop from others for longer."""


def track(number: int) -> Media:
    """A track of three minutes."""
    return Media(
        source="youtube", source_id=f"{number:011}", title=f"Title {number}", artist="A", duration_ms=180_000
    )


async def playlist_of(client: Client, *numbers: int) -> tuple[str, list[PlaylistItem]]:
    """Make a playlist with these tracks."""
    made: PlaylistResult = await client.call(commands.PlaylistCreate(name="Mine"))
    playlist_id = made.playlist.id
    if not numbers:
        return playlist_id, []
    insert = commands.PlaylistInsert(playlist_id=playlist_id, items=[track(number) for number in numbers])
    inserted: InsertResult = await client.call(insert)
    return playlist_id, inserted.items


async def test_update_item(world: World) -> None:
    """Texts and trim are changed one by one, cleaned, and taken away by an empty text and by zero."""
    anna = await world.user("anna")
    playlist_id, [item] = await playlist_of(anna, 1)

    async def update(**changes: object) -> Media:
        command = commands.PlaylistUpdateItem(playlist_id=playlist_id, item_id=item.id, **changes)  # type: ignore[arg-type]
        result: ItemResult = await anna.call(command)
        assert result.item.id == item.id
        return result.item.media

    assert (await update(title=" New\u202e ")).title == "New"
    trimmed = await update(start_ms=1000, end_ms=60_000)
    assert (trimmed.title, trimmed.artist, trimmed.start_ms, trimmed.end_ms) == ("New", "A", 1000, 60_000)
    bare = await update(artist="", start_ms=0, end_ms=0)
    assert (bare.artist, bare.start_ms, bare.end_ms) == (None, None, None)
    items: ItemsResult = await anna.call(commands.PlaylistItems(playlist_id=playlist_id))
    assert [each.media for each in items.items] == [bare]


async def test_refused_updates(world: World) -> None:
    """A wrong value is named by its field, another's item is not found, and nothing has changed."""
    anna, berta = await world.user("anna"), await world.user("berta")
    playlist_id, [item] = await playlist_of(anna, 1)

    def update(**changes: object) -> commands.PlaylistUpdateItem:
        return commands.PlaylistUpdateItem(playlist_id=playlist_id, item_id=item.id, **changes)  # type: ignore[arg-type]

    error = await assert_refused(anna, update(title=" "), ErrorCode.BAD_PARAMS, "got only white space")
    assert error.field == "title"
    error = await assert_refused(anna, update(end_ms=180_001), ErrorCode.BAD_PARAMS, "end_ms <= 180000")
    assert error.field == "end_ms"
    error = await assert_refused(anna, update(artist="\u0958" * 128), ErrorCode.BAD_PARAMS, "at most 128")
    assert error.field == "artist"
    await assert_refused(berta, update(title="Mine"), ErrorCode.NOT_FOUND)
    items: ItemsResult = await anna.call(commands.PlaylistItems(playlist_id=playlist_id))
    assert items.items == [item]


async def test_an_edited_item_plays_as_edited(world: World) -> None:
    """Who waits plays the item as it is now, not as it was when they queued up."""
    anna = await world.user("anna")
    playlist_id, items = await playlist_of(anna, 1, 2)
    view = await anna.join("lobby")
    await anna.call(commands.WaitlistJoin(room=view.id))
    edit = commands.PlaylistUpdateItem(playlist_id=playlist_id, item_id=items[1].id, title="Better")
    await anna.call(edit)
    deck = await Playlists(world.server._database).deck(me(anna).id, None)
    assert deck is not None
    titles = {each.media.title for each in deck.items}
    assert "Better" in titles
    live = world.server.hub.live(view.id)
    assert live is not None
    await asyncio.gather(*world.server.hub._tasks)  # the reading of decks that the edit began
    assert "Better" in {each.media.title for each in live.room.state.decks[me(anna).id].items}


async def test_export_and_import(world: World) -> None:
    """What one exports another imports, equal and in order; a second time all is there already."""
    anna, berta = await world.user("anna"), await world.user("berta")
    mine, items = await playlist_of(anna, *range(50))
    theirs, _ = await playlist_of(berta)
    exported: ExportResult = await anna.call(commands.PlaylistExport(playlist_id=mine))
    assert exported.next_cursor is None
    document = json.loads(exported.text)
    assert (document["format"], document["version"], document["name"]) == ("roomserver.playlist", 1, "Mine")

    first: InsertResult = await berta.call(commands.PlaylistImport(playlist_id=theirs, text=exported.text))
    assert [each.media for each in first.items] == [each.media for each in items]
    assert (first.playlist.size, first.already) == (50, [])
    again: InsertResult = await berta.call(commands.PlaylistImport(playlist_id=theirs, text=exported.text))
    assert (again.items, len(again.already), again.playlist.size) == ([], 50, 50)


async def test_pages_of_an_export(world: World) -> None:
    """Pages follow each other without a gap; each is a document of its own."""
    anna = await world.user("anna")
    playlist_id, _ = await playlist_of(anna)
    items = [PlaylistItem(id=f"i{number}", media=track(number)) for number in range(450)]
    await Playlists(world.server._database).insert(me(anna).id, playlist_id, items, "end")
    sizes: list[int] = []
    cursor, got = None, []
    while not sizes or cursor is not None:
        command = commands.PlaylistExport(playlist_id=playlist_id, cursor=cursor)
        page: ExportResult = await anna.call(command)
        media = parse(page.text)
        got += media
        sizes.append(len(media))
        cursor = page.next_cursor
    assert sizes == [200, 200, 50]
    assert got == [each.media for each in items]
    bad = commands.PlaylistExport(playlist_id=playlist_id, cursor="x")
    error = await assert_refused(anna, bad, ErrorCode.BAD_PARAMS, "expected a cursor")
    assert error.field == "cursor"


async def test_an_empty_playlist(world: World) -> None:
    """An empty playlist is exported as a page without items."""
    anna = await world.user("anna")
    playlist_id, _ = await playlist_of(anna)
    page: ExportResult = await anna.call(commands.PlaylistExport(playlist_id=playlist_id))
    assert (json.loads(page.text)["items"], page.next_cursor) == ([], None)


async def test_limit_of_an_import(world: World) -> None:
    """A part that would make the playlist too long is refused whole."""
    anna = await world.user("anna")
    playlist_id, _ = await playlist_of(anna)
    playlists = Playlists(world.server._database)
    items = [PlaylistItem(id=f"i{number}", media=track(number)) for number in range(ITEMS_PER_PLAYLIST - 1)]
    await playlists.insert(me(anna).id, playlist_id, items, "end")
    text = export_page("More", [track(70_000), track(70_001)])[0]
    command = commands.PlaylistImport(playlist_id=playlist_id, text=text)
    await assert_refused(anna, command, ErrorCode.TOO_MANY, f"at most {ITEMS_PER_PLAYLIST} items")
    assert (await playlists.find(me(anna).id, playlist_id)).size == ITEMS_PER_PLAYLIST - 1


async def test_import_of_plug(world: World) -> None:
    """A plug.dj export is taken as it is."""
    anna = await world.user("anna")
    playlist_id, _ = await playlist_of(anna)
    text = (
        '{"data": [{"format": 2, "cid": "123", "title": "T", "author": "A", "duration": 60}], "status": "ok"}'
    )
    result: InsertResult = await anna.call(commands.PlaylistImport(playlist_id=playlist_id, text=text))
    expected = Media(source="soundcloud", source_id="123", title="T", artist="A", duration_ms=60_000)
    assert [each.media for each in result.items] == [expected]


async def test_a_malformed_item_imports_nothing(world: World) -> None:
    """One wrong item is named by its path, and none of the part is there afterwards."""
    anna = await world.user("anna")
    playlist_id, _ = await playlist_of(anna)
    items = [
        {"source": "youtube", "source_id": f"{n:011}", "title": "T", "duration_ms": 1000} for n in range(3)
    ]
    items[2]["duration_ms"] = "long"
    command = commands.PlaylistImport(playlist_id=playlist_id, text=json.dumps(items))
    error = await assert_refused(
        anna, command, ErrorCode.BAD_PARAMS, r"items\[2\].duration_ms: expected int, got 'long'"
    )
    assert error.field == "text"
    left: ItemsResult = await anna.call(commands.PlaylistItems(playlist_id=playlist_id))
    assert left.total == 0


async def test_a_foreign_playlist_is_not_found(world: World) -> None:
    """Nobody exports another's playlist, or imports into it."""
    anna, berta = await world.user("anna"), await world.user("berta")
    playlist_id, _ = await playlist_of(anna, 1)
    await assert_refused(berta, commands.PlaylistExport(playlist_id=playlist_id), ErrorCode.NOT_FOUND)
    text = json.dumps([{"source": "youtube", "source_id": "0" * 11, "title": "T", "duration_ms": 1000}])
    command = commands.PlaylistImport(playlist_id=playlist_id, text=text)
    await assert_refused(berta, command, ErrorCode.NOT_FOUND)


class LoopWatch:
    """
    Measures the longest round of the loop, by a callback that comes back every round.

    Use as ``async with``. ``worst_ms`` is the loop's own work in a round; ``wall_ms`` is what
    passed, with what other threads and programs took of the machine.
    """

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self.wall_ms = 0.0
        self._on = True

    def _round(self, worked: float, began: float) -> None:
        done, now = time.thread_time(), time.perf_counter()
        self.worst_ms = max(self.worst_ms, (done - worked) * 1000)
        self.wall_ms = max(self.wall_ms, (now - began) * 1000)
        if self._on:
            asyncio.get_running_loop().call_soon(self._round, done, now)

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().call_soon(self._round, time.thread_time(), time.perf_counter())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._on = False
        await asyncio.sleep(0)


async def test_a_full_playlist_does_not_hold_the_loop(world: World) -> None:
    """With 5000 items no operation keeps the loop for 20 ms; the figures are printed."""
    anna = await world.user("anna")
    playlist_id, _ = await playlist_of(anna)
    playlists = Playlists(world.server._database)
    items = [PlaylistItem(id=f"i{number}", media=track(number)) for number in range(ITEMS_PER_PLAYLIST - 150)]
    await playlists.insert(me(anna).id, playlist_id, items, "end")
    part = [track(number) for number in range(90_000, 90_100)]
    text = json.dumps(
        [
            {"source": "youtube", "source_id": each.source_id, "title": each.title, "duration_ms": 1000}
            for each in part
        ]
    )
    assert len(text) < MESSAGE_BYTES
    operations: dict[str, Callable[[int], commands.Command]] = {
        "export": lambda _: commands.PlaylistExport(playlist_id=playlist_id),
        "import": lambda _: commands.PlaylistImport(playlist_id=playlist_id, text=text),
        "update_item": lambda _: commands.PlaylistUpdateItem(
            playlist_id=playlist_id, item_id="i5", title="New"
        ),
        "search, all match": lambda _: commands.PlaylistItems(playlist_id=playlist_id, query="title"),
        "search, none match": lambda _: commands.PlaylistItems(playlist_id=playlist_id, query="nothing"),
        "items": lambda _: commands.PlaylistItems(playlist_id=playlist_id, limit=100),
        "shuffle": lambda _: commands.PlaylistShuffle(playlist_id=playlist_id),
        "move": lambda n: commands.PlaylistMove(
            playlist_id=playlist_id, item_ids=[f"i{n}"], at=commands.After(after="i200")
        ),
        "remove": lambda n: commands.PlaylistRemove(playlist_id=playlist_id, item_ids=[f"i{n}"]),
    }
    for name, command in operations.items():
        figures = [await _measured(anna, command(attempt)) for attempt in range(3)]
        # The best of three: what the operation itself takes, not what else the machine did.
        held, wall, took = (min(column) for column in zip(*figures, strict=True))
        print(f"{name}: {took:.1f} ms in all, loop works {held:.1f} ms at a time, {wall:.1f} ms on the wall")
        assert held < LOOP_MAX_MS, f"{name} held the loop for {held:.1f} ms"


async def _measured(client: Client, command: commands.Command) -> tuple[float, float, float]:
    """How long a command held the loop at most, in work and on the wall, and how long it took."""
    began = time.perf_counter()
    async with LoopWatch() as watch:
        await client.call(command)
    return watch.worst_ms, watch.wall_ms, (time.perf_counter() - began) * 1000
