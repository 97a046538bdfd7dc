"""Names that look like another's are refused at every door."""

from __future__ import annotations

import pytest

from protocol import commands
from protocol.errors import ErrorCode
from tests.support.server import House, assert_closed
from tests.support.world import ADULT, PASSWORD, World, assert_refused


def register(name: str) -> commands.SessionRegister:
    """Ask for an account of this name."""
    return commands.SessionRegister(username=name, password=PASSWORD, birth=ADULT, accept_policy=True)


@pytest.mark.parametrize("name", ["paypal", "PaypaI", "paypa1", "раураӏ"])
async def test_taken_at_every_door(world: World, name: str) -> None:
    """Accounts, guests and renames share one look."""
    await world.user("Paypal")
    berta, stranger = await world.user("berta"), await world.client()
    await assert_refused(stranger, register(name), ErrorCode.NAME_TAKEN, "looks like one that is")
    await assert_refused(stranger, commands.SessionGuest(name=name), ErrorCode.NAME_TAKEN, "looks like")
    await assert_refused(berta, commands.AccountUpdate(username=name), ErrorCode.NAME_TAKEN, "looks like")


async def test_mixed_scripts(world: World) -> None:
    """Scripts that nobody writes together are refused, naming the field."""
    stranger = await world.client()
    error = await assert_refused(stranger, register("аnna"), ErrorCode.BAD_PARAMS, "letters of one script")
    assert error.field == "username"
    error = await assert_refused(
        stranger, commands.SessionGuest(name="аnna"), ErrorCode.BAD_PARAMS, "one script"
    )
    assert error.field == "name"


@pytest.mark.parametrize("name", ["Adm1n", "systern", "ѕеrver-host", "hοst"])
async def test_reserved_looks(world: World, name: str) -> None:
    """Reserved words cannot be imitated either."""
    stranger = await world.client()
    code = ErrorCode.NAME_TAKEN if name.isascii() else ErrorCode.BAD_PARAMS
    await assert_refused(stranger, register(name), code)


async def test_a_login_is_exact(world: World) -> None:
    """A look-alike of a name is no way to log in, and the name itself is, in any case."""
    await world.user("Paypal")
    other = await world.client()
    command = commands.SessionLogin(username="paypa1", password=PASSWORD)
    await assert_refused(other, command, ErrorCode.INVALID_CREDENTIALS)
    session = await other.login("PAYPAL", PASSWORD)
    assert session.user.name == "Paypal"


async def test_new_password(house: House) -> None:
    """A new password ends every other session of the account; the one that asked and bots go on."""
    ada = await house.user("ada")
    tab = await house.again(ada)
    bot = await house.wire()
    made = await ada.ask("bot.create", name="helper", scopes=["chat.read"])
    await bot.ask("session.resume", token=made["token"])
    thief = await house.wire()
    thief.became(await thief.ask("session.login", username="ada", password=PASSWORD))
    away = await (await house.wire()).ask("session.login", username="ada", password=PASSWORD)
    wrong = {"password": "a new password", "current_password": "not that"}
    assert (await ada.refused("account.update", **wrong))["code"] == "invalid_credentials"
    await thief.ask("account.get")
    await ada.ask("account.update", password="a new password", current_password=PASSWORD)

    assert (await assert_closed(thief, 4001))["reason"] == "the password was changed"
    stranger = await house.wire()
    for token in (thief.token, away["token"]):
        assert (await stranger.refused("session.resume", token=token))["code"] == "invalid_credentials"
    for wire in (ada, tab, await house.again(ada)):
        assert (await wire.ask("account.get"))["account"]["user"]["name"] == "ada"
    await bot.ask("clock.sync", t1_us=1)
    await (await house.wire()).ask("session.resume", token=made["token"])


@pytest.mark.parametrize("name", ["mia", "Mia", "MIA", "rnia"])
async def test_a_guest_takes_the_own_name(house: House, name: str) -> None:
    """A guest's own name, or what looks like it, is free for the account they make; what they said stays."""
    host = await house.user("hugo")
    await host.ask("room.create", name="Den")
    await host.ask("room.join", room="den")
    await host.ask("room.update", room="den", guests_chat=True)
    guest = await house.guest("rnia" if name == "rnia" else "mia")
    tab = await house.again(guest)
    stranger, other = await house.wire(), await house.guest("tim")
    await guest.ask("room.join", room="den")
    await guest.ask("chat.send", room="den", text="hello")
    was = (await guest.ask("account.get"))["account"]["user"]["id"]
    params = {"username": name, "password": PASSWORD, "birth": ADULT, "accept_policy": True}
    for wire in (stranger, other):
        assert (await wire.refused("session.register", **params))["code"] == "name_taken"
    session = await guest.ask("session.register", **params)

    assert (session["user"]["name"], session["user"]["kind"]) == (name, "user")
    told = (await host.hear("user.updated"))["user"]
    assert (told["id"], told["kind"]) == (was, "guest")
    assert told["name"].startswith("guest-")
    [message] = (await host.ask("chat.history", room="den"))["messages"]
    assert (message["text"], message["user"]["name"]) == ("hello", told["name"])
    again = await house.again(tab)
    assert (await again.ask("account.get"))["account"]["user"]["name"] == told["name"]
    assert (await stranger.ask("session.login", username=name, password=PASSWORD))["user"]["kind"] == "user"


async def test_a_guest_with_another_name(house: House) -> None:
    """A guest whose account has another name keeps the own one; a refused account changes nothing."""
    await house.user("hugo")
    guest = await house.guest("mia")
    tab = await house.again(guest)
    params = {"password": PASSWORD, "birth": ADULT, "accept_policy": True}
    assert (await guest.refused("session.register", username="hugo", **params))["code"] == "name_taken"
    young = {**params, "birth": {"year": 2029, "month": 1, "day": 1}}
    assert (await guest.refused("session.register", username="mia", **young))["code"] != "name_taken"
    await tab.ask("session.register", username="maria", **params)
    assert (await (await house.again(guest)).ask("account.get"))["account"]["user"]["name"] == "mia"
