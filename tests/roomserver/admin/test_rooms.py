"""Commands ``room.*`` and ``ban.*``, in a server that runs."""

from __future__ import annotations

from protocol.limits import HOUR_MS
from roomserver.admin.rooms import (
    BanAdd,
    BanLift,
    BanList,
    RoomCreate,
    RoomDelete,
    RoomList,
    RoomShow,
    RoomStaff,
)
from tests.roomserver.admin.test_users import assert_refused, run
from tests.support.server import SONG, House


async def test_list(house: House) -> None:
    """All rooms, newest first, private ones too, with host and population."""
    anna = await house.user("anna")
    await anna.ask("room.create", name="Secret Den", private=True)
    await anna.ask("room.join", room="secret-den")
    rooms = (await run(house, RoomList()))["rooms"]
    assert [room["slug"] for room in rooms] == ["secret-den", "lobby"]
    assert rooms[0]["host"] == "anna"
    assert rooms[0]["is_private"] is True
    assert rooms[0]["population"] == 1
    assert rooms[1]["host"] is None
    assert [room["slug"] for room in (await run(house, RoomList(query="DEN")))["rooms"]] == ["secret-den"]
    assert len((await run(house, RoomList(limit=1)))["rooms"]) == 1


async def test_show(house: House) -> None:
    """One room: who is there, what plays, its staff and its settings, never its password."""
    anna = await house.user("anna")
    await anna.ask("room.create", name="Den")
    await anna.ask("room.join", room="den")
    await anna.ask("room.update", room="den", password="open sesame")
    await anna.ask("waitlist.join", room="den", media=SONG)
    shown = await run(house, RoomShow(room="den"))
    assert shown["population"] == 1
    assert shown["playing"] == "A song"
    assert shown["staff"] == {"anna": "host"}
    assert shown["settings"]["password"] is True
    assert "sesame" not in str(shown)
    await assert_refused(house, RoomShow(room="nowhere"), "not_found")


async def test_create(house: House) -> None:
    """A room is there at once, with its host; its slug is free, its host a person."""
    anna, gus = await house.user("anna"), await house.guest("gus")
    made = await run(house, RoomCreate(name="Night Club", host="anna"))
    assert made["slug"] == "night-club"
    joined = await anna.ask("room.join", room="night-club")
    assert joined["you"]["role"] == "host"
    await assert_refused(house, RoomCreate(name="Night Club"), "room_exists")
    await assert_refused(house, RoomCreate(name="Other", host="gus"), "bad_params")
    await assert_refused(house, RoomCreate(name="Other", host="nobody"), "not_found")
    await assert_refused(house, RoomCreate(name="???"), "bad_params")
    await gus.ask("room.join", room="night-club")


async def test_delete(house: House) -> None:
    """A room goes after its slug was said once more; who is in it is told."""
    anna = await house.user("anna")
    await anna.ask("room.create", name="Den")
    await anna.ask("room.join", room="den")
    await assert_refused(house, RoomDelete(room="den", confirm="lobby"), "bad_params")
    await run(house, RoomDelete(room="den", confirm="den"))
    assert (await anna.hear("room.closed"))["reason"] == "deleted"
    await assert_refused(house, RoomShow(room="den"), "not_found")


async def test_staff(house: House) -> None:
    """The operator gives any role without being in the room, a new host too, and the room is told."""
    anna, bob = await house.user("anna"), await house.user("bob")
    await anna.ask("room.create", name="Den")
    for wire in (anna, bob):
        await wire.ask("room.join", room="den")
    await run(house, RoomStaff(room="den", user="bob", role="manager"))
    told = await anna.hear("staff.changed", role="manager")
    assert told["user"]["name"] == "bob"
    assert told["by"]["name"] == "system"
    await run(house, RoomStaff(room="den", user="bob", role="host"))
    assert (await run(house, RoomShow(room="den")))["staff"] == {"anna": "cohost", "bob": "host"}
    await assert_refused(house, RoomStaff(room="den", user="bob", role="user"), "higher_role")
    await run(house, RoomStaff(room="den", user="anna", role="user"))
    await assert_refused(house, RoomStaff(room="den", user="anna", role="king"), "bad_params")
    log = await bob.ask("mod.log", room="den")
    assert {entry["by"]["name"] for entry in log["entries"]} == {"system"}


async def test_ban(house: House) -> None:
    """Even a host is put out and kept out, until the ban is lifted; the list says why and until when."""
    anna, bob = await house.user("anna"), await house.user("bob")
    await anna.ask("room.create", name="Den")
    for wire in (anna, bob):
        await wire.ask("room.join", room="den")
    await run(house, BanAdd(room="den", user="anna", duration_ms=HOUR_MS, reason="spam"))
    closed = await anna.hear("room.closed")
    assert (closed["reason"], closed["note"]) == ("banned", "spam")
    assert (await anna.refused("room.join", room="den"))["code"] == "banned"
    bans = (await run(house, BanList(room="den")))["bans"]
    assert [(ban["user"], ban["by"], ban["reason"]) for ban in bans] == [("anna", "system", "spam")]
    assert bans[0]["until_ms"] - bans[0]["at_ms"] == HOUR_MS
    await house.restart()
    assert [ban["by"] for ban in (await run(house, BanList(room="den")))["bans"]] == ["system"]
    await run(house, BanLift(room="den", user="anna"))
    assert (await run(house, BanList(room="den")))["bans"] == []
    anna = await house.again(anna)
    await anna.ask("room.join", room="den")


async def test_ban_for_good(house: House) -> None:
    """Without a duration a ban has no end."""
    await house.user("anna")
    done = await run(house, BanAdd(room="lobby", user="anna"))
    assert done["until_ms"] is None
    await assert_refused(house, BanAdd(room="lobby", user="nobody"), "not_found")
    await assert_refused(house, BanAdd(room="lobby", user="anna", duration_ms=5), "bad_params")


async def test_full_disk(house: House) -> None:
    """An order that the disk refuses is refused, and nobody was told of it."""
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    await house.server._database.set_read_only(on=True)
    await assert_refused(house, BanAdd(room="lobby", user="anna"), "storage_unavailable")
    assert not anna.events("room.closed")
    await house.server._database.set_read_only(on=False)
