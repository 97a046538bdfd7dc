"""Items of playlists: changed one by one, and walked in order."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol.values import Media
from storage.database import Database
from storage.errors import BadCursorError, NotFoundError
from storage.items import Items
from storage.playlists import Playlists
from tests.storage.builders import NOW, add_accounts, item


async def filled(db: Database, *idents: str) -> Items:
    """Anna's playlist with these items, Berta without any."""
    await add_accounts(db, "anna", "berta")
    playlists = Playlists(db)
    await playlists.create("anna", "p1", "Mine", NOW)
    await playlists.insert("anna", "p1", [item(ident) for ident in idents], "end")
    return Items(db)


def renamed(media: Media) -> Media:
    """Media with another title."""
    return replace(media, title="New")


async def test_update(db: Database) -> None:
    """The changed media replaces the old one, at its place."""
    items = await filled(db, "a", "b")
    changed = await items.update("anna", "p1", "a", renamed)
    assert changed == item("a", title="New")
    assert (await Playlists(db).items("anna", "p1", None, 9)).items == [changed, item("b")]


async def test_refused_update(db: Database) -> None:
    """What the change raises leaves the item as it was."""

    def refuse(_media: Media) -> Media:
        raise ValueError("no")

    items = await filled(db, "a")
    with pytest.raises(ValueError, match="no"):
        await items.update("anna", "p1", "a", refuse)
    assert (await Playlists(db).items("anna", "p1", None, 9)).items == [item("a")]


@pytest.mark.parametrize(
    ("who", "playlist", "ident"), [("berta", "p1", "a"), ("anna", "p2", "a"), ("anna", "p1", "q")]
)
async def test_update_of_what_is_not_there(db: Database, who: str, playlist: str, ident: str) -> None:
    """Somebody else's item looks like one that does not exist."""
    items = await filled(db, "a")
    with pytest.raises(NotFoundError, match=f"there is no item {ident!r}"):
        await items.update(who, playlist, ident, renamed)


async def test_walk(db: Database) -> None:
    """Stretches follow each other from any of the cursors that one gave."""
    items = await filled(db, *"abcde")
    await Playlists(db).move("anna", "p1", ["e"], "start")
    first = await items.walk("anna", "p1", None, 3)
    assert (first.name, [media.source_id for media in first.media], first.more) == (
        "Mine",
        ["e", "a", "b"],
        True,
    )
    rest = await items.walk("anna", "p1", first.cursors[0], 9)
    assert ([media.source_id for media in rest.media], rest.more) == (["a", "b", "c", "d"], False)


async def test_walk_of_another(db: Database) -> None:
    """Somebody else's playlist looks like one that does not exist."""
    items = await filled(db, "a")
    with pytest.raises(NotFoundError, match="there is no playlist 'p1'"):
        await items.walk("berta", "p1", None, 9)


@pytest.mark.parametrize("cursor", ["", "-", "x", "1.5", "²", "9" * 30])
async def test_bad_cursor(db: Database, cursor: str) -> None:
    """A cursor that no stretch gave out is refused."""
    items = await filled(db, "a")
    with pytest.raises(BadCursorError, match="expected a cursor"):
        await items.walk("anna", "p1", cursor, 9)
