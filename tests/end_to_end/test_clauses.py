"""Clauses about what is not kept, what can be corrected, and what is told when a promise is late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import AGE_PROOF_MS, DAY_MS
from roomserver.admin.privacy import PrivacyStatus
from roomserver.testing.server import ADULT, PASSWORD, RoomServer
from roomserver.testing.wire import Refused
from tests.roomserver.gateway.test_http import fetch
from tests.roomserver.test_sweep_loop import SteppedClock
from tests.support.canary import canary, hits


@pytest.fixture(name="server")
async def _server(data: Path) -> AsyncIterator[RoomServer]:
    async with RoomServer(data, clock=SteppedClock()) as server:
        yield server


@pytest.mark.parametrize("field", ["phone", "gender", "photo", "address", "birth_date"])
async def test_fields_that_are_not_collected(server: RoomServer, tmp_path: Path, field: str) -> None:
    """What the server has no use for is refused by name, and is in no file."""
    stranger, word = await server.stranger(), canary(field)
    birth = {"year": ADULT.year, "month": ADULT.month, "day": ADULT.day}
    params = {"username": "Anna", "password": PASSWORD, "birth": birth, "accept_policy": True, field: word}
    with pytest.raises(Refused) as refused:
        await stranger.ask("session.register", **params)
    assert (refused.value.error["code"], field in refused.value.error["message"]) == ("bad_params", True)
    assert hits(tmp_path / "data", [word]) == {}


async def test_a_birth_date_is_forgotten(server: RoomServer, tmp_path: Path) -> None:
    """Of the date that was given a band is kept, and no byte of the rest."""
    stranger = await server.stranger()
    birth = {"year": 1987, "month": 6, "day": 5}
    await stranger.ask(
        "session.register", username="Anna", password=PASSWORD, birth=birth, accept_policy=True
    )
    rows = await server.server._database.rows("SELECT * FROM account_privacy")
    assert [row["age_band"] for row in rows] == ["18+"]
    assert hits(tmp_path / "data", ["1987-06-05", "1987-6-5", '"year":1987', "19870605"]) == {}


async def test_a_new_name_leaves_nothing_of_the_old_one(server: RoomServer, tmp_path: Path) -> None:
    """Messages, plays and roles hold ids: after a rename and a sweep no file has the name from before."""
    name = canary("a")
    anna, ben = await server.user(name), await server.user("Ben")
    await anna.ask("room.create", name="Den", slug="den")
    for each in (anna, ben):
        await each.join("den")
    await anna.ask("chat.send", room="den", text="hello")
    await ben.ask("chat.send", room="den", text=f"hello @{name}")
    await anna.ask("account.update", username="Annika")
    await server.server.sweeps.once()
    await server.server.sweeps.once()

    assert hits(tmp_path / "data", [name]) == {}
    messages = (await ben.ask("chat.history", room="den"))["messages"]
    assert {message["user"]["name"] for message in messages} == {"Annika", "Ben"}
    assert "hello @Annika" in {message["text"] for message in messages}


async def test_no_cookies(server: RoomServer) -> None:
    """No page sets one: a session is a token that the client keeps, and logging out ends it."""
    for path in ("/", "/privacy", "/privacy.json", "/healthz", "/privacy/requests/x"):
        page = await fetch(server.server.port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert "set-cookie" not in page.headers
    anna = await server.user("Anna")
    await anna.ask("session.logout")
    again = await server.stranger()
    with pytest.raises(Refused):
        await again.ask("session.resume", token=anna.token)
    assert await server.server._database.rows("SELECT 1 FROM sessions") == []


async def test_hello_names_the_policy(server: RoomServer) -> None:
    """Everybody who connects is told the revision and the hash of the policy, as ``privacy.status`` does."""
    stranger, anna = await server.stranger(), await server.user("Anna")
    hello = await stranger.hear("hello")
    policy = (await anna.ask("privacy.status"))["privacy"]["policy"]
    assert (hello["policy"]["rev"], hello["policy"]["hash"]) == (policy["rev"], policy["hash"])
    assert hello["policy"]["rev"] == (await stranger.ask("privacy.notice"))["notice"]["rev"]


async def test_a_late_erasure_is_an_alarm(server: RoomServer) -> None:
    """An erasure that has not reached a stage in its time fails the health check, until it has."""
    anna = await server.user("Anna")
    rights = server.server.rights
    rights._tasks[0].cancel()  # nobody carries it out
    await rights.erasures.take_on("request", anna.id, "operator")
    await rights.tick()
    assert rights.check() is None
    clock = server.clock
    assert isinstance(clock, SteppedClock)
    for seconds, late in ((6, "memory"), (60, "memory, rows"), (15 * 60, "bytes, memory, rows")):
        clock.set_ms(clock.now_ms() + seconds * 1000)
        await rights.tick()
        assert rights.check() == f"erasure is late: {late}"
    await server.server.sweeps.once()
    assert server.server.health.alarms() == [rights.check()]
    await rights.erasures.settle()
    await rights.tick()
    assert rights.check() is None


async def test_a_held_erasure_is_no_alarm(server: RoomServer) -> None:
    """What a hold keeps back is late for a reason: the operator sees that it is held, and nothing alarms."""
    anna = await server.user("Anna")
    await server.server._database.ask_before_destroying(lambda _doomed: True)
    await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    await server.server.rights.erasures.settled()
    clock = server.clock
    assert isinstance(clock, SteppedClock)
    clock.set_ms(clock.now_ms() + DAY_MS)
    await server.server.rights.tick()
    assert server.server.rights.check() is None
    status: Any = await server.server.administration.run(PrivacyStatus())
    assert ([one["held"] for one in status["erasures"]], status["broken"]) == ([True], [])


async def test_a_clock_set_ahead_ends_no_frozen_account(server: RoomServer) -> None:
    """The time for a proof runs by what is trusted: a wall clock that is a year ahead takes none of it."""
    anna = await server.user("Anna")
    await server.server.rights.ages.freeze(anna.id, "operator")
    await server.server.sweeps.once()
    clock = server.clock
    assert isinstance(clock, SteppedClock)
    clock.step_ms = 365 * DAY_MS
    await server.server.sweeps.once()
    await server.server.rights.tick()
    assert await server.server.rights.requests.open("erase") == []
    clock.step_ms = 0
    clock.set_ms(clock.now_ms() + AGE_PROOF_MS)
    await server.server.sweeps.once()
    await server.server.rights.erasures.settled()
    assert await server.server._database.rows("SELECT 1 FROM accounts WHERE id = ?", (anna.id,)) == []
