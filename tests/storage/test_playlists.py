"""Playlists: an owner's own, ordered, bounded."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from protocol.commands import After
from protocol.limits import ITEMS_PER_PLAYLIST, PLAYLISTS_PER_USER
from protocol.values import Playlist
from storage.database import Database
from storage.errors import BadCursorError, LimitReachedError, NotFoundError
from storage.playlists import Insertion, Playlists
from storage.records import Deck
from tests.storage.builders import NOW, add_accounts, item


async def filled(db: Database, *idents: str) -> Playlists:
    """Anna's playlist with these items, Berta without any."""
    await add_accounts(db, "anna", "berta")
    playlists = Playlists(db)
    await playlists.create("anna", "p1", "Mine", NOW)
    await playlists.insert("anna", "p1", [item(ident) for ident in idents], "end")
    return playlists


async def order(playlists: Playlists) -> str:
    """The ids of the items, joined."""
    return "".join(each.id for each in (await playlists.items("anna", "p1", None, 5000)).items)


async def test_first_becomes_active(db: Database) -> None:
    """The first playlist is active, later ones are not until activated."""
    await add_accounts(db, "anna")
    playlists = Playlists(db)
    assert await playlists.active_id("anna") is None
    assert await playlists.active_id("nobody") is None
    assert await playlists.create("anna", "p1", "One", NOW) == Playlist(
        id="p1", name="One", active=True, size=0
    )
    assert not (await playlists.create("anna", "p2", "Two", NOW + 1)).active
    assert (await playlists.activate("anna", "p2")).active
    assert [(each.id, each.active) for each in await playlists.list("anna")] == [("p1", False), ("p2", True)]
    assert await playlists.active_id("anna") == "p2"


async def test_limit_of_playlists(db: Database) -> None:
    """An account has at most so many playlists."""
    await add_accounts(db, "anna")
    playlists = Playlists(db)
    for number in range(PLAYLISTS_PER_USER):
        await playlists.create("anna", f"p{number}", "x", NOW)
    with pytest.raises(LimitReachedError, match=f"at most {PLAYLISTS_PER_USER} playlists"):
        await playlists.create("anna", "more", "x", NOW)
    assert len(await playlists.list("anna")) == PLAYLISTS_PER_USER


async def test_rename(db: Database) -> None:
    """A playlist can be called something else."""
    playlists = await filled(db, "a")
    assert await playlists.rename("anna", "p1", "New") == Playlist(id="p1", name="New", active=True, size=1)


async def test_delete(db: Database) -> None:
    """When the active playlist goes, the oldest that remains becomes active; at last there is none."""
    playlists = await filled(db, "a")
    await playlists.create("anna", "p3", "Three", NOW + 2)
    await playlists.create("anna", "p2", "Two", NOW + 1)
    await playlists.delete("anna", "p1")
    assert await playlists.active_id("anna") == "p2"
    await playlists.delete("anna", "p3")
    assert await playlists.active_id("anna") == "p2"
    await playlists.delete("anna", "p2")
    assert await playlists.active_id("anna") is None
    assert await db.rows("SELECT * FROM playlist_items") == []


_CALLS: list[Callable[[Playlists, str], Awaitable[Any]]] = [
    lambda playlists, who: playlists.find(who, "p1"),
    lambda playlists, who: playlists.rename(who, "p1", "x"),
    lambda playlists, who: playlists.delete(who, "p1"),
    lambda playlists, who: playlists.activate(who, "p1"),
    lambda playlists, who: playlists.shuffle(who, "p1", random.Random(1)),
    lambda playlists, who: playlists.items(who, "p1", None, 10),
    lambda playlists, who: playlists.insert(who, "p1", [item("z")], "end"),
    lambda playlists, who: playlists.move(who, "p1", ["a"], "end"),
    lambda playlists, who: playlists.remove(who, "p1", ["a"]),
]


@pytest.mark.parametrize("call", _CALLS)
async def test_of_another(db: Database, call: Callable[[Playlists, str], Awaitable[Any]]) -> None:
    """Another's playlist looks like none, and is left as it was."""
    playlists = await filled(db, "a", "b")
    with pytest.raises(NotFoundError, match="there is no playlist 'p1'"):
        await call(playlists, "berta")
    assert await order(playlists) == "ab"
    assert await playlists.deck("berta", "p1") is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [("start", "xyabc"), ("end", "abcxy"), (After(after="a"), "axybc"), (After(after="c"), "abcxy")],
)
async def test_insert(db: Database, at: Any, expected: str) -> None:
    """Items go where they are wanted, in their order."""
    playlists = await filled(db, *"abc")
    assert await playlists.insert("anna", "p1", [item("x"), item("y")], at) == Insertion(
        [item("x"), item("y")], []
    )
    assert await order(playlists) == expected


async def test_insert_already_there(db: Database) -> None:
    """Media that is there, or twice in the call, is told and not added again."""
    playlists = await filled(db, "a")
    again = [
        item("x", source_id="a"),
        item("y"),
        item("z", source_id="y"),
        item("w", source="direct", source_id="a"),
    ]
    inserted = await playlists.insert("anna", "p1", again, "end")
    assert [each.id for each in inserted.items] == ["y", "w"]
    assert inserted.already == ["a", "y"]
    assert await order(playlists) == "ayw"


async def test_insert_behind_nothing(db: Database) -> None:
    """An item to be behind must be in the playlist."""
    playlists = await filled(db, "a")
    with pytest.raises(NotFoundError, match="there is no item 'q'"):
        await playlists.insert("anna", "p1", [item("x")], After(after="q"))
    assert await order(playlists) == "a"


async def test_limit_of_items(db: Database) -> None:
    """A playlist takes as many items as it may have and not one more, all or none of a call."""
    playlists = await filled(db)
    many = [item(f"i{number}") for number in range(ITEMS_PER_PLAYLIST - 1)]
    await playlists.insert("anna", "p1", many, "end")
    with pytest.raises(LimitReachedError, match=f"at most {ITEMS_PER_PLAYLIST} items"):
        await playlists.insert("anna", "p1", [item("x"), item("y")], "start")
    await playlists.insert("anna", "p1", [item("x"), item("i0")], "start")
    assert (await playlists.find("anna", "p1")).size == ITEMS_PER_PLAYLIST


@pytest.mark.parametrize(
    ("moved", "at", "expected"),
    [
        ("d", "start", "dabce"),
        ("a", "end", "bcdea"),
        ("ca", "end", "bdeca"),
        ("eb", After(after="c"), "acebd"),
        ("b", After(after="a"), "abcde"),
        ("cb", After(after="c"), "acbde"),
        ("ab", After(after="a"), "abcde"),
        ("dd", "start", "dabce"),
        ("edcba", "start", "edcba"),
        ("edcba", After(after="b"), "edcba"),
    ],
)
async def test_move(db: Database, moved: str, at: Any, expected: str) -> None:
    """Moved items keep the order given; behind one of themselves is where that one was."""
    playlists = await filled(db, *"abcde")
    await playlists.move("anna", "p1", list(moved), at)
    assert await order(playlists) == expected


@pytest.mark.parametrize("call", [_CALLS[7], _CALLS[8]])
async def test_unknown_item(db: Database, call: Callable[[Playlists, str], Awaitable[Any]]) -> None:
    """Items that are not in the playlist are refused."""
    playlists = await filled(db, "b")
    with pytest.raises(NotFoundError, match="there is no item 'a'"):
        await call(playlists, "anna")


async def test_remove(db: Database) -> None:
    """Removed items are gone, the others stay in order; one unknown item refuses all."""
    playlists = await filled(db, *"abcd")
    assert (await playlists.remove("anna", "p1", ["c", "a"])).size == 2
    with pytest.raises(NotFoundError, match="there is no item 'q'"):
        await playlists.remove("anna", "p1", ["b", "q"])
    assert await order(playlists) == "bd"


async def test_shuffle(db: Database) -> None:
    """A shuffled playlist has the same items in the order that the generator gives."""
    playlists = await filled(db, *"abcdefgh")
    expected = list("abcdefgh")
    random.Random(5).shuffle(expected)
    assert (await playlists.shuffle("anna", "p1", random.Random(5))).size == 8
    assert await order(playlists) == "".join(expected)


async def test_pages(db: Database) -> None:
    """Pages follow each other; each says how many items there are in all."""
    playlists = await filled(db, *"abcde")
    await playlists.move("anna", "p1", ["e"], "start")
    first = await playlists.items("anna", "p1", None, 3)
    assert ([each.id for each in first.items], first.total) == (["e", "a", "b"], 5)
    second = await playlists.items("anna", "p1", first.next_cursor, 3)
    assert ([each.id for each in second.items], second.total, second.next_cursor) == (["c", "d"], 5, None)


async def test_search(db: Database) -> None:
    """A query is found within title or artist, in any case and alphabet; the total counts matches."""
    playlists = await filled(db)
    items = [item("a", title="Die Ärzte"), item("b", title="x", artist="DIE ÄRZTE"), item("c", title="100%")]
    await playlists.insert("anna", "p1", items, "end")
    first = await playlists.items("anna", "p1", None, 1, "ärz")
    assert ([each.id for each in first.items], first.total) == (["a"], 2)
    second = await playlists.items("anna", "p1", first.next_cursor, 1, "ärz")
    assert ([each.id for each in second.items], second.next_cursor) == (["b"], None)
    assert [each.id for each in (await playlists.items("anna", "p1", None, 9, "%")).items] == ["c"]
    assert (await playlists.items("anna", "p1", None, 9, "")).total == 3


@pytest.mark.parametrize("cursor", ["", "x", "1.5", "9" * 30])
async def test_bad_cursor(db: Database, cursor: str) -> None:
    """A cursor that no page gave out is refused."""
    playlists = await filled(db, "a")
    with pytest.raises(BadCursorError, match="expected a cursor"):
        await playlists.items("anna", "p1", cursor, 10)


async def test_deck(db: Database) -> None:
    """A deck is the top of the playlist named, or of the active one."""
    playlists = await filled(db, *"abc")
    await playlists.create("anna", "p2", "Empty", NOW + 1)
    assert await playlists.deck("anna", None, 2) == Deck("p1", [item("a"), item("b")], 3)
    assert await playlists.deck("anna", "p2") == Deck("p2", [], 0)
    assert await playlists.deck("anna", "p9") is None
    assert await playlists.deck("berta", None) is None
