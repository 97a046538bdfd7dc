"""Commands ``user.*``, in a server that runs."""

from __future__ import annotations

from typing import Any

import pytest

from roomserver.admin.channel import ask_server
from roomserver.admin.command import AdminCommand, AdminError
from roomserver.admin.users import (
    UserAdmin,
    UserCreate,
    UserList,
    UserLogout,
    UserPassword,
    UserRename,
    UserShow,
)
from tests.support.server import PASSWORD, House, assert_closed


async def run(house: House, command: AdminCommand) -> dict[str, Any]:
    """Have the running server carry out a command."""
    return await ask_server(house.data, command)


async def assert_refused(house: House, command: AdminCommand, code: str) -> None:
    """Check that a command is refused with a word."""
    with pytest.raises(AdminError) as caught:
        await run(house, command)
    assert caught.value.code == code


async def test_list(house: House) -> None:
    """Accounts newest first, with sessions and connections, by kind and by a part of the name."""
    anna, _ = await house.user("anna"), await house.guest("hanna")
    await house.again(anna)
    users = (await run(house, UserList()))["users"]
    assert [user["name"] for user in users] == ["hanna", "anna", "house"]
    assert users[1] == {
        "id": anna.user["id"],
        "name": "anna",
        "kind": "user",
        "created_at_ms": anna.user["created_at_ms"],
        "sessions": 1,
        "connections": 2,
    }
    named = (await run(house, UserList(query="ANNA")))["users"]
    assert [user["name"] for user in named] == ["hanna", "anna"]
    guests = (await run(house, UserList(kind="guest")))["users"]
    assert [user["name"] for user in guests] == ["hanna"]
    assert len((await run(house, UserList(limit=1)))["users"]) == 1


async def test_show(house: House) -> None:
    """One account by name or id: whether it has a password and a mail address, never which."""
    anna = await house.user("anna")
    await anna.ask("room.create", name="Den")
    await anna.ask("account.update", email="anna@example.org")
    shown = await run(house, UserShow(user="ANNA"))
    assert shown == await run(house, UserShow(user=anna.user["id"]))
    assert shown["has_password"] is True
    assert shown["has_email"] is True
    assert shown["staff_of"] == {"den": "host"}
    assert "example" not in str(shown)
    await assert_refused(house, UserShow(user="nobody"), "not_found")


async def test_create(house: House) -> None:
    """An account that is made can log in; names and passwords follow the rules of registration."""
    made = await run(house, UserCreate(name="ada", password=PASSWORD, admin=True))
    wire = await house.wire()
    session = await wire.ask("session.login", username="ada", password=PASSWORD)
    assert session["user"]["id"] == made["id"]
    assert session["user"]["kind"] == "admin"
    await assert_refused(house, UserCreate(name="ADA", password=PASSWORD), "name_taken")
    await assert_refused(house, UserCreate(name="two words", password=PASSWORD), "bad_params")
    await assert_refused(house, UserCreate(name="bob", password="short"), "bad_params")


async def test_password(house: House) -> None:
    """The new password works, the old one and every session do not, and connections are closed."""
    anna = await house.user("anna")
    result = await run(house, UserPassword(user="anna", password="another password"))
    assert result["sessions_ended"] == 1
    await assert_closed(anna, 4001)
    wire = await house.wire()
    assert (await wire.refused("session.resume", token=anna.token))["code"] == "invalid_credentials"
    refused = await wire.refused("session.login", username="anna", password=PASSWORD)
    assert refused["code"] == "invalid_credentials"
    await wire.ask("session.login", username="anna", password="another password")
    await house.guest("gus")
    await assert_refused(house, UserPassword(user="gus", password=PASSWORD), "forbidden")


async def test_rename(house: House) -> None:
    """Rooms see the new name at once."""
    anna, bob = await house.user("anna"), await house.guest("bob")
    for wire in (anna, bob):
        await wire.ask("room.join", room="lobby")
    assert (await run(house, UserRename(user="anna", name="anne")))["name"] == "anne"
    told = await bob.hear("user.updated")
    assert told["user"]["name"] == "anne"
    await assert_refused(house, UserRename(user="anne", name="bob"), "name_taken")


async def test_admin(house: House) -> None:
    """Who is made an administrator may act as one without logging in again, until it is taken back."""
    anna, bob = await house.user("anna"), await house.user("bob")
    for wire in (anna, bob):
        await wire.ask("room.join", room="lobby")
    lock = {"room": "lobby", "on": True}
    assert (await anna.refused("waitlist.lock", **lock))["code"] == "forbidden"
    assert (await run(house, UserAdmin(user="anna", on=True)))["kind"] == "admin"
    await anna.ask("waitlist.lock", **lock)
    assert (await run(house, UserAdmin(user="anna", on=False)))["kind"] == "user"
    assert (await anna.refused("waitlist.lock", **lock))["code"] == "forbidden"
    await house.guest("gus")
    await assert_refused(house, UserAdmin(user="gus", on=True), "forbidden")


async def test_logout(house: House) -> None:
    """Every connection is closed and every token is void; others stay."""
    anna, bob = await house.user("anna"), await house.user("bob")
    second = await house.again(anna)
    assert (await run(house, UserLogout(user="anna")))["sessions_ended"] == 1
    for wire in (anna, second):
        await assert_closed(wire, 4001)
    await bob.synced()
