"""Places: order is kept whatever is put where, also when gaps are used up."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from protocol.commands import After, Place
from storage import places
from storage.database import Database
from storage.playlists import Playlists
from tests.storage.builders import NOW, add_accounts, item


def model_insert(order: list[str], new: list[str], at: Place) -> list[str]:
    """What inserting means, on a list."""
    if at == "start":
        return new + order
    if at == "end":
        return order + new
    index = order.index(at.after) + 1
    return order[:index] + new + order[index:]


def model_move(order: list[str], moved: list[str], at: Place) -> list[str]:
    """What moving means, on a list."""
    if isinstance(at, After):
        before = order[: order.index(at.after) + 1]
        stay = [ident for ident in before if ident not in moved]
        at = After(after=stay[-1]) if stay else "start"
    return model_insert([ident for ident in order if ident not in moved], moved, at)


@pytest.mark.parametrize("seed", range(4))
async def test_like_a_list(db: Database, seed: int) -> None:
    """Any sequence of insertions and moves gives what it gives on a list."""
    rng = random.Random(seed)
    await add_accounts(db, "anna")
    playlists = Playlists(db)
    await playlists.create("anna", "p", "x", NOW)
    order: list[str] = []
    for step in range(60):
        choices: list[Place] = ["start", "end", *(After(after=ident) for ident in order[:2])]
        at = rng.choice(choices)
        if rng.random() < 0.5 or not order:
            new = [f"{step}-{number}" for number in range(rng.randint(1, 4))]
            await playlists.insert("anna", "p", [item(ident) for ident in new], at)
            order = model_insert(order, new, at)
        else:
            moved = rng.sample(order, rng.randint(1, min(4, len(order))))
            await playlists.move("anna", "p", moved, at)
            order = model_move(order, moved, at)
        page = await playlists.items("anna", "p", None, 5000)
        assert [each.id for each in page.items] == order


async def test_middle_moves_the_tail_once(db: Database) -> None:
    """Inserting at one place again and again moves the tail only when the gap there is used up."""
    await add_accounts(db, "anna")
    playlists = Playlists(db)
    await playlists.create("anna", "p", "x", NOW)
    await playlists.insert("anna", "p", [item("a"), item("b")], "end")
    last = []
    for number in range(5):
        await playlists.insert(
            "anna", "p", [item(f"i{number}")], After(after=f"i{number - 1}" if number else "a")
        )
        row = await db.row("SELECT max(position) AS last FROM playlist_items")
        assert row is not None
        last.append(row["last"])
    assert last == [1 + 1 + places.GAP] * 5


@pytest.mark.slow
async def test_long_playlist_is_put_by_lookup(db: Database, path: Path) -> None:
    """Putting thousands of items looks each up; it does not compare all with all."""
    async with db.transaction() as tx:
        plan = await tx.rows(
            """
            EXPLAIN QUERY PLAN UPDATE playlist_items SET position = 0 + place.key
            FROM json_each('[]') AS place WHERE playlist_items.id = place.value"""
        )
    details = [row["detail"] for row in plan]
    assert any("SEARCH playlist_items USING" in detail for detail in details), details
