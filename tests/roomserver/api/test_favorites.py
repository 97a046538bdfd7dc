"""Favourite rooms, over a real connection."""

from __future__ import annotations

from protocol import commands
from protocol.errors import ErrorCode
from protocol.results import FavoritesResult, RoomResult
from storage.favorites import Favorites
from tests.support.world import World, assert_refused, me


async def test_favorites(world: World) -> None:
    """Favourites are the caller's own, private ones included, with the people there now, fullest first."""
    anna, berta = await world.user("anna"), await world.user("berta")
    made: RoomResult = await berta.call(commands.RoomCreate(name="Secret", private=True))
    assert made.room.private
    await anna.call(commands.FavoriteSet(room="secret", on=True))
    await anna.call(commands.FavoriteSet(room="lobby", on=True))
    await berta.join("secret")
    listed: FavoritesResult = await anna.call(commands.FavoriteList())
    assert [(room.slug, room.population) for room in listed.rooms] == [("secret", 1), ("lobby", 0)]
    theirs: FavoritesResult = await berta.call(commands.FavoriteList())
    assert theirs.rooms == []
    await anna.call(commands.FavoriteSet(room="secret", on=False))
    left: FavoritesResult = await anna.call(commands.FavoriteList())
    assert [room.slug for room in left.rooms] == ["lobby"]


async def test_a_room_at_rest(world: World) -> None:
    """A room that nobody has opened since the start is listed as empty."""
    anna = await world.user("anna")
    await anna.call(commands.RoomCreate(name="Quiet"))
    await anna.call(commands.FavoriteSet(room="quiet", on=True))
    hub = world.server.hub
    live = hub.live("quiet")
    assert live is not None
    del hub._rooms[live.id], hub._slugs["quiet"]
    listed: FavoritesResult = await anna.call(commands.FavoriteList())
    assert [(room.slug, room.population, room.play) for room in listed.rooms] == [("quiet", 0, None)]
    assert hub.live("quiet") is None


async def test_refusals(world: World) -> None:
    """Guests have none, and a room must exist."""
    guest, anna = await world.guest(), await world.user("anna")
    await assert_refused(
        guest, commands.FavoriteSet(room="lobby", on=True), ErrorCode.FORBIDDEN, "got a guest"
    )
    listed: FavoritesResult = await guest.call(commands.FavoriteList())
    assert listed.rooms == []
    await assert_refused(anna, commands.FavoriteSet(room="nowhere", on=True), ErrorCode.NOT_FOUND)
    assert await Favorites(world.server._database).list(me(anna).id) == []
