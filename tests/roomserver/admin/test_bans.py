"""Commands ``ban.*`` about the whole server, in a server that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import CloseCode
from protocol.limits import GUEST_BAN_MS, HOUR_MS
from roomserver.admin.bans import BanAddress, BanPardon, BanServer, BanUser
from roomserver.admin.channel import ask_server
from roomserver.admin.command import AdminCommand, AdminError
from roomserver.admin.users import UserAdmin
from roomserver.config import DoorConfig
from roomserver.testing.server import RoomServer
from tests.roomserver.metrics.test_metrics import samples
from tests.support.server import PASSWORD, House, assert_closed


async def run(house: House, command: AdminCommand) -> dict[str, Any]:
    """Have the running server carry out a command."""
    return await ask_server(house.data, command)


async def test_an_account_is_put_out_and_kept_out(house: House) -> None:
    """Its connections are closed with 4003; who comes back is told ``banned``, and why, of all but rights."""
    anna, berta = await house.user("anna"), await house.user("berta")
    second = await house.again(anna)
    done = await run(house, BanUser(user="anna", duration_ms=HOUR_MS, reason="spam"))
    assert (done["whom"], done["kind"], done["closed"], done["reason"]) == ("anna", "account", 2, "spam")
    for wire in (anna, second):
        closing = await wire.hear("closing")
        assert closing["reason"].startswith("banned from this server until ")
        assert closing["reason"].endswith(" UTC: spam")
        assert 0 < closing["retry_after_ms"] <= HOUR_MS
        await assert_closed(wire, CloseCode.BANNED)
    for params in ({"token": anna.token}, {"username": "anna", "password": PASSWORD}):
        back, method = await house.wire(), "session.resume" if "token" in params else "session.login"
        assert (await back.ask(method, **params))["state"] == "banned"
        error = await back.refused("room.join", room="lobby")
        assert (error["code"], error["temporary"], error["reason"], error["scope"]) == (
            "banned",
            False,
            "spam",
            "server",
        )
        assert error["until_ms"] == done["until_ms"]
        assert (await back.refused("bot.list"))["code"] == "banned"
    await berta.ask("account.get")
    wrong = await (await house.wire()).refused("session.login", username="anna", password="wrong password")
    assert wrong["code"] == "invalid_credentials", "who does not know the password learns nothing of a ban"


async def test_bots_go_with_their_owner(house: House) -> None:
    """A banned account's bots are put out and kept out too."""
    anna = await house.user("anna")
    made = await anna.ask("bot.create", name="helper", scopes=["chat.read"])
    bot = await house.wire()
    await bot.ask("session.resume", token=made["token"])
    assert (await run(house, BanUser(user="anna")))["closed"] == 2
    await assert_closed(bot, CloseCode.BANNED)
    error = await (await house.wire()).refused("session.resume", token=made["token"])
    assert error["code"] == "banned"
    assert "until_ms" not in error


async def test_rights_of_the_banned(house: House) -> None:
    """They learn why and until when, get their copy, and are erased; another's ban does not put them out."""
    anna, _ = await house.user("anna"), await house.user("berta")
    ban = await run(house, BanUser(user="anna", duration_ms=HOUR_MS, reason="spam"))
    back = await house.again(anna)
    assert (await run(house, BanUser(user="berta")))["closed"] == 1
    told = (await back.ask("privacy.status"))["privacy"]
    assert (told["state"], told["banned_until_ms"], told["ban_reason"]) == ("banned", ban["until_ms"], "spam")
    await back.ask("privacy.export")
    assert await back.hear("privacy.export_ready")
    await back.ask("privacy.erase", confirm="anna", password=PASSWORD)
    await assert_closed(back, CloseCode.ERASED)
    await house.server.rights.erasures.settled()
    late = await (await house.wire()).refused("session.login", username="anna", password=PASSWORD)
    assert late["code"] == "invalid_credentials"


async def test_a_ban_that_ends(house: House) -> None:
    """Who is there for their own data when it ends may do all again, without signing in anew."""
    anna = await house.user("anna")
    await run(house, BanUser(user="anna"))
    back = await house.again(anna)
    assert (await back.refused("room.join", room="lobby"))["code"] == "banned"
    await run(house, BanPardon(whom="anna"))
    await back.ask("room.join", room="lobby")
    assert (await back.ask("privacy.status"))["privacy"]["state"] == "active"


@pytest.mark.parametrize("whom", ["anna", "id"])
async def test_pardon(house: House, whom: str) -> None:
    """Who is pardoned, by name or by the ban's id, signs in again; a second pardon finds nobody."""
    anna = await house.user("anna")
    ban = await run(house, BanUser(user="anna"))
    assert [one["whom"] for one in (await run(house, BanServer()))["bans"]] == ["anna"]
    ref = ban["id"] if whom == "id" else whom
    await run(house, BanPardon(whom=ref))
    assert "state" not in await (await house.wire()).ask("session.resume", token=anna.token)
    with pytest.raises(AdminError) as caught:
        await run(house, BanPardon(whom=ref))
    assert caught.value.code == "not_found"


async def test_a_ban_replaces_the_one_before(house: House) -> None:
    """A second ban of an account takes the place of the first, and what it did is audited."""
    await house.user("anna")
    await run(house, BanUser(user="anna"))
    await run(house, BanUser(user="anna", duration_ms=HOUR_MS))
    (ban,) = (await run(house, BanServer()))["bans"]
    assert ban["until_ms"] is not None
    await run(house, BanPardon(whom="anna"))
    rows = await house.server.rights.audit.tail(3)
    assert [row["action"] for row in rows] == ["ban.set", "ban.set", "ban.lifted"]
    assert (await house.server.rights.audit.verify()).is_intact


async def test_administrators_and_bots_are_not_banned(house: House) -> None:
    """An administrator is demoted first, a bot goes with its owner."""
    anna = await house.user("anna")
    await anna.ask("bot.create", name="helper", scopes=["chat.read"])
    await run(house, UserAdmin(user="anna", on=True))
    for whom, part in (("anna", "demote it first"), ("helper", "ban its owner")):
        with pytest.raises(AdminError, match=part):
            await run(house, BanUser(user=whom))


async def test_it_outlives_the_process(house: House) -> None:
    """A ban is in force again when the server comes back."""
    anna = await house.user("anna")
    await run(house, BanUser(user="anna"))
    await house.close()
    await house.open()
    back = await house.again(anna)
    assert (await back.refused("room.join", room="lobby"))["code"] == "banned"


@pytest.fixture(name="public")
async def _public(tmp_path: Path) -> AsyncIterator[RoomServer]:
    """Return a server that does not spare its own machine."""
    async with RoomServer(tmp_path / "data", door=DoorConfig(exempt=[])) as server:
        yield server


async def test_a_network_is_put_out_and_kept_out(public: RoomServer) -> None:
    """Every connection from there is closed with 4003, those to come with their first word; pages go on."""
    inside = await public.guest("inside")
    run = public.server.administration.run
    done = await run(BanAddress(address="127.0.0.0/24", reason="a flood"))
    assert (done["whom"], done["kind"], done["closed"], done["until_ms"]) == (
        "127.0.0.0/24",
        "network",
        1,
        None,
    )
    await inside.closed()
    assert inside.socket.close_code == CloseCode.BANNED
    late = await public.stranger()
    await late.closed()
    assert late.socket.close_code == CloseCode.BANNED
    assert late.socket.close_reason == "banned from this server: a flood"
    seen = {name: value for name, value in samples(public.server.metrics).items() if "ban" in str(name)}
    assert seen["roomserver_refusals_total", frozenset({("reason", "banned")})] == 1
    assert seen["roomserver_bans", frozenset({("kind", "networks")})] == 1
    await run(BanPardon(whom="127.0.0.0/24"))
    await public.guest("back")


async def test_an_address_is_kept_as_a_hash(public: RoomServer) -> None:
    """Of one address nothing is stored that tells it, and for a week at most."""
    run = public.server.administration.run
    done = await run(BanAddress(address="127.0.0.1"))
    assert done["whom"] == "an IPv4 network of /32"
    assert done["until_ms"] == public.clock.now_ms() + GUEST_BAN_MS
    rows = await public.server._database.rows("SELECT * FROM server_bans")
    assert not any("127.0.0.1" in str(value) for row in rows for value in row)
    with pytest.raises(AdminError, match="expected at most 7d"):
        await run(BanAddress(address="192.0.2.1", duration_ms=GUEST_BAN_MS + 1000))
    assert (await run(BanPardon(whom="127.0.0.1")))["id"] == done["id"]


@pytest.mark.parametrize("text", ["nowhere", "10.0.0.0/33", "0.0.0.0/0", "2000::/3", ""])
async def test_what_is_no_network(public: RoomServer, text: str) -> None:
    """What is neither address nor network, or half the internet, is refused."""
    with pytest.raises(AdminError, match="expected an address or a network"):
        await public.server.administration.run(BanAddress(address=text))


async def test_a_ban_runs_out(public: RoomServer) -> None:
    """When its time is over it keeps nobody out, and its row goes with the next sweep."""
    anna = await public.user("anna")
    await public.server.administration.run(BanUser(user="anna", duration_ms=HOUR_MS))
    await anna.closed()
    await public.advance(HOUR_MS / 1000 + 1)
    again = await public.stranger()
    await again.ask("session.resume", token=anna.token)
    await public.server.sweeps.once()
    assert await public.server._database.rows("SELECT * FROM server_bans") == []
