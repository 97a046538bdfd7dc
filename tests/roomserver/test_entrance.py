"""The entrance of a server: what its settings do to those who come, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import resource

import pytest
import websockets

from protocol.limits import CONNECTIONS_PER_USER
from roomserver.config import Config, DoorConfig
from roomserver.entrance import FILES_KEPT, connections_possible, entrance_of, raise_file_limit, rules_of
from roomserver.privacy.inactivity import Inactivity
from tests.support.http import get
from tests.support.server import PASSWORD, PATIENCE_SECONDS, House, Wire, assert_closed


def strict(house: House, **rules: object) -> None:
    """Let a running server go by other rules, for this machine too."""
    config = DoorConfig(exempt=[], **rules)  # type: ignore[arg-type]  # the settings that a test is about
    entrance = entrance_of(Config(door=config))
    house.server.gateway.entrance = entrance
    house.server._guard.set_rules(config)


async def test_connections_of_a_network(house: House) -> None:
    """Beyond the limit a client is told 4006; far beyond, it is dropped; others come in all the while."""
    strict(house, connections=3, trusted_proxies=["127.0.0.1"])
    ann = {"X-Forwarded-For": "192.0.2.1"}
    inside = [await house.wire(additional_headers=ann) for _ in range(3)]
    for wire in inside:
        await wire.hear("hello")
    for _ in range(2):
        refused = await house.wire(additional_headers=ann)
        closing = await assert_closed(refused, 4006)
        assert closing["reason"] == "expected at most 3 connections of a network"
    other = await house.wire(additional_headers={"X-Forwarded-For": "192.0.2.2"})
    await other.hear("hello")
    await inside[0].leave()
    again = await house.wire(additional_headers=ann)
    await again.hear("hello")


async def test_far_beyond_through_a_proxy(house: House) -> None:
    """Far beyond its limit a network behind a proxy is refused with 429, handshake and page alike."""
    strict(house, connections=1, trusted_proxies=["127.0.0.1"])
    ann = {"X-Forwarded-For": "192.0.2.1"}
    inside = await house.wire(additional_headers=ann)
    await inside.hear("hello")
    door = house.server.gateway.entrance.door
    door._open["192.0.2.1"] += 1  # somebody who is being told why not
    with pytest.raises(websockets.InvalidStatus) as caught:
        await Wire.to(house.port, additional_headers=ann)
    assert caught.value.response.status_code == 429
    status, _ = await get(house.port, "/healthz", "X-Forwarded-For: 192.0.2.1")
    assert status == 429
    assert door.refused["connections"] == 2
    door._open["192.0.2.1"] -= 1


async def test_far_beyond(house: House) -> None:
    """Connections far beyond the limit of a network are dropped as they come."""
    strict(house, connections=2)
    raws = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(6)]
    ended = 0
    for reader, _ in raws[4:]:
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            ended += 1
    assert ended == 2
    assert house.server.gateway.entrance.door.refused["connections"] == 2
    for _, writer in raws:
        writer.close()


async def test_handshakes(house: House) -> None:
    """Too many handshakes are answered 429 with the time to wait, plain requests are counted apart."""
    strict(house, handshakes="2/30000", requests="2/60000")
    for _ in range(2):
        await house.guest()
    with pytest.raises(websockets.InvalidStatus) as caught:
        await Wire.to(house.port)
    response = caught.value.response
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "30"
    statuses = [(await get(house.port, "/healthz"))[0] for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_oversized_head(house: House) -> None:
    """A head over the limit is answered 431, whatever it is made of; whoever goes on is not listened to."""
    for line in ("X-Padding: " + "x" * 8000, "X: y"):
        headers = [line] * (30_000 // len(line))
        status, answer = await get(house.port, "/", *headers)
        assert status in {400, 431}
        assert b"expected a" in answer
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 7000 + b"\r\n" + b"B: " + b"x" * 10_000)
    async with asyncio.timeout(5):
        assert b" 431 " in await reader.readline()
    writer.close()


async def test_guests_and_registrations(house: House) -> None:
    """A network makes so many guests and accounts, then waits; nothing of the refused is stored."""
    strict(house, guests="2/60000", registrations="1/60000", connections=50)
    for _ in range(2):
        await house.guest()
    await house.user("ada")
    wire = await house.wire()
    refused = await wire.refused("session.guest")
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_after_ms"] <= 60_000
    birth = {"year": 1990, "month": 1, "day": 1}
    params = {"username": "bob", "password": PASSWORD, "birth": birth, "accept_policy": True}
    assert (await wire.refused("session.register", **params))["code"] == "rate_limited"
    rows = await house.server._database.rows("SELECT name FROM accounts WHERE name IN ('ada', 'bob')")
    assert [row["name"] for row in rows] == ["ada"]


async def guess(wire: Wire, name: str) -> dict[str, object]:
    """Try a wrong password."""
    return await wire.refused("session.login", username=name, password="a wrong guess")


async def test_guesses_at_an_account(house: House) -> None:
    """Guesses at one account end, from however many networks; one that nobody has answers just the same."""
    await house.user("ada")
    strict(house, wrong_passwords="3/60000", trusted_proxies=["127.0.0.1"])
    answers: dict[str, list[object]] = {}
    for name in ("ada", "nobody"):
        for nth in range(5):
            wire = await house.wire(additional_headers={"X-Forwarded-For": f"192.0.2.{nth}"})
            answers.setdefault(name, []).append((await guess(wire, name))["code"])
    assert answers["ada"] == answers["nobody"]
    assert answers["ada"] == ["invalid_credentials"] * 3 + ["rate_limited"] * 2
    assert house.server._guard.refused["account"] == 4


async def test_right_password_between_guesses(house: House) -> None:
    """The right password is no guess; sessions that stand are not touched by guesses."""
    ada = await house.user("ada")
    strict(house, wrong_passwords="2/60000", connections=50)
    for _ in range(4):
        wire = await house.wire()
        await wire.ask("session.login", username="ada", password=PASSWORD)
    for _ in range(2):
        assert (await guess(await house.wire(), "ada"))["code"] == "invalid_credentials"
    locked = await (await house.wire()).refused("session.login", username="ada", password=PASSWORD)
    assert locked["code"] == "rate_limited"
    await (await house.again(ada)).ask("account.get")


async def test_passwords_of_a_network(house: House) -> None:
    """Passwords of accounts, rooms and changes of them cost one budget of the network."""
    ada = await house.user("ada")
    await ada.ask("room.create", name="Den")
    await ada.ask("room.join", room="den")
    await ada.ask("room.update", room="den", password="open sesame")
    strict(house, passwords="3/60000", connections=50)
    ada = await house.again(ada)
    bob = await house.guest("bob")
    wrong = await bob.refused("room.join", room="den", password="wrong")
    assert wrong["code"] == "wrong_password"
    changed = {"password": "another password", "current_password": "not that"}
    assert (await ada.refused("account.update", **changed))["code"] == "invalid_credentials"
    assert (await guess(await house.wire(), "nobody"))["code"] == "invalid_credentials"
    refused = await bob.refused("room.join", room="den", password="open sesame")
    assert refused["code"] == "rate_limited"


async def test_connections_of_a_user(house: House) -> None:
    """An account has so many connections; the next is closed with 4006 and the others stay."""
    ada = await house.user("ada")
    for _ in range(CONNECTIONS_PER_USER - 1):
        await house.again(ada)
    extra = await house.wire()
    await extra.post("session.resume", token=ada.token)
    closing = await assert_closed(extra, 4006)
    assert closing["reason"] == f"expected at most {CONNECTIONS_PER_USER} connections of a user"
    await ada.ask("account.get")


async def test_connections_of_a_user_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes in twice at the same moment is counted twice."""
    both = asyncio.Barrier(2)

    async def together(*_: object) -> None:
        await both.wait()

    ada = await house.user("ada")
    for _ in range(CONNECTIONS_PER_USER - 2):
        await house.again(ada)
    last = [await house.wire() for _ in range(2)]
    monkeypatch.setattr(Inactivity, "signed_in", together)
    for wire in last:
        await wire.post("session.resume", token=ada.token)
    async with asyncio.timeout(PATIENCE_SECONDS):
        closed = [asyncio.create_task(wire.closed()) for wire in last]
        await asyncio.wait(closed, return_when=asyncio.FIRST_COMPLETED)
        await ada.ask("account.get")
    assert [task.result() for task in closed if task.done()] == [4006]
    assert len(house.server.people.callers_of(ada.user["id"])) == CONNECTIONS_PER_USER
    for task in closed:
        task.cancel()


def test_files() -> None:
    """A server holds as many connections as it may open files, less what it needs itself."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1000, before[1]), before[1]))
        assert connections_possible() == min(1000, before[1]) - FILES_KEPT
        assert rules_of(DoorConfig()).connections_total == connections_possible()
        assert rules_of(DoorConfig(connections_total=7)).connections_total == 7
        raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
