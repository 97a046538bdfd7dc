"""Commands ``token.*`` and ``bot.*``, in a server that runs."""

from __future__ import annotations

from protocol.values import Scope
from roomserver.admin.tokens import BotCreate, BotList, BotRevoke, TokenCreate, TokenList, TokenRevoke
from tests.roomserver.admin.test_users import assert_refused, run
from tests.support.server import House, assert_closed


async def test_list(house: House) -> None:
    """Sessions by a short id that nobody can log in with, with their connections."""
    anna = await house.user("anna")
    await house.again(anna)
    (session,) = (await run(house, TokenList(user="anna")))["tokens"]
    assert session["connections"] == 2
    assert anna.token not in str(session)
    wire = await house.wire()
    refused = await wire.refused("session.resume", token=session["token_id"])
    assert refused["code"] == "invalid_credentials"


async def test_create(house: House) -> None:
    """A token that is made logs in, for as many days as it says."""
    anna = await house.user("anna")
    made = await run(house, TokenCreate(user="anna", days=2))
    wire = await house.wire()
    session = await wire.ask("session.resume", token=made["token"])
    assert session["user"]["id"] == anna.user["id"]
    assert session["expires_at_ms"] == made["expires_at_ms"]
    await assert_refused(house, TokenCreate(user="anna", days=0), "bad_params")


async def test_revoke(house: House) -> None:
    """A session ends with its connections; others of the account go on."""
    anna = await house.user("anna")
    made = await run(house, TokenCreate(user="anna"))
    other = await house.wire()
    await other.ask("session.resume", token=made["token"])
    await run(house, TokenRevoke(user="anna", token_id=made["token_id"]))
    await assert_closed(other, 4001)
    await anna.synced()
    await assert_refused(house, TokenRevoke(user="anna", token_id=made["token_id"]), "not_found")
    await assert_refused(house, TokenRevoke(user="anna", token_id="xyz"), "bad_params")


async def test_bots(house: House) -> None:
    """A bot is made with its scopes, logs in with its token, is listed, and goes with it."""
    await house.user("anna")
    scopes: list[Scope] = ["chat.read", "vote"]
    made = await run(house, BotCreate(owner="anna", name="helper", scopes=scopes))
    bot = await house.wire()
    session = await bot.ask("session.resume", token=made["token"])
    assert session["user"]["kind"] == "bot"
    assert session["scopes"] == scopes
    (listed,) = (await run(house, BotList()))["bots"]
    assert (listed["name"], listed["owner"], listed["scopes"]) == ("helper", "anna", scopes)
    assert listed["connections"] == 1
    assert (await run(house, BotList(owner="anna")))["bots"] == [listed]
    await bot.ask("room.join", room="lobby")
    await run(house, BotRevoke(bot="helper"))
    await assert_closed(bot, 4001)
    assert (await run(house, BotList()))["bots"] == []


async def test_bot_refusals(house: House) -> None:
    """A bot is a person's; what is no bot of anybody's is not revoked."""
    await house.user("anna")
    await house.guest("gus")
    await assert_refused(house, BotCreate(owner="gus", name="helper", scopes=[]), "bad_params")
    await assert_refused(house, BotCreate(owner="anna", name="anna", scopes=[]), "name_taken")
    await assert_refused(house, BotCreate(owner="anna", name="helper", scopes=["fly"]), "bad_params")  # type: ignore[list-item]  # what the test is about
    await assert_refused(house, BotRevoke(bot="house"), "not_found")
    await assert_refused(house, BotRevoke(bot="anna"), "not_found")
