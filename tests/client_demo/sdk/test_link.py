"""The connection of the Python client: what ends it, what brings it back, and when."""

from __future__ import annotations

import asyncio

import pytest

from client_demo.sdk import (
    Client,
    ConnectionLostError,
    StoppedError,
)
from client_demo.sdk.rooms import Resynced
from protocol import commands
from protocol.events import Event
from tests.client_demo.sdk.stage import (
    HASTY,
    SESSION,
    SOON,
    Stage,
    beginning,
    joined,
    next_texts,
    said,
)


@pytest.mark.parametrize("code", [4000, 4001, 4003, 4007, 4010])
async def test_stop(stage: Stage, client: Client, code: int) -> None:
    """After 40xx the client does not come back, and says so to everybody who asks or waits."""
    actor, _ = await beginning(stage, client)
    asking = asyncio.create_task(client.chat("den", "hi"))
    await actor.asked("chat.send")
    await actor.close(code)
    with pytest.raises(StoppedError):
        await asking
    assert await client.next_event() is None
    assert client.stopped is not None
    assert (client.stopped.code, client.stopped.reason) == (code, "because")
    with pytest.raises(StoppedError):
        await client.chat("den", "anybody?")
    assert client.connections == 1
    assert stage.actors.empty()


async def test_stop_is_heard_in_band(stage: Stage, client: Client) -> None:
    """Where a proxy loses the close code, what was said in band counts."""
    actor, _ = await beginning(stage, client)
    await actor.say([2, "closing", {"code": 4003, "reason": "banned"}])
    actor.drop()
    assert await client.next_event() is None
    assert client.stopped is not None
    assert client.stopped.code == 4003


@pytest.mark.parametrize("code", [4100, 4102, 4103, 4200, 4202, 1001, 1011, 1012])
async def test_come_back(stage: Stage, client: Client, code: int) -> None:
    """After 41xx, 42xx and failures of the network or server the client comes back and resumes."""
    actor, _ = await beginning(stage, client)
    if code < 4000:
        await actor.socket.close(code)
        actor.ended.set()
    else:
        await actor.close(code)
    again = await stage.actor()
    await again.take_back(joined(6, events=[said(6)]))
    assert await next_texts(client, 1) == ["6"]


async def test_back_off(stage: Stage, client: Client) -> None:
    """A client told to wait waits, and so does one that fails again and again."""
    actor, _ = await beginning(stage, client)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await actor.close(4101, retry_after_ms=300)
    again = await stage.actor()
    assert loop.time() - began >= 0.3
    await again.take_back(joined(5, events=[]))


async def test_growing_back_off(stage: Stage) -> None:
    """The ceiling of the jitter doubles with each failure, up to a bound."""
    ceilings: list[float] = []

    def uniform(low: float, high: float) -> float:
        ceilings.append(high)
        return 0.0

    async with asyncio.timeout(30), Client(stage.url, patience=HASTY, jitter=uniform) as client:
        actor, _ = await beginning(stage, client)
        for _ in range(5):
            actor.drop()
            actor = await stage.actor()
        assert ceilings == [0.02, 0.04, 0.08, 0.1, 0.1]
        await actor.take_back(joined(5, events=[]))


async def test_token_is_over(stage: Stage, client: Client) -> None:
    """A session that the server does not take back ends the client, whoever waits is told."""
    actor, _ = await beginning(stage, client)
    actor.drop()
    again = await stage.actor()
    asking = asyncio.create_task(client.chat("den", "hi"))
    await again.refuse("session.resume", "invalid_credentials")
    again.ended.set()
    with pytest.raises(StoppedError) as stopped:
        await asking
    assert stopped.value.code == 4001


async def test_server_is_not_ready(stage: Stage, client: Client) -> None:
    """A server that cannot take the client back yet is asked again on a new connection."""
    actor, _ = await beginning(stage, client)
    actor.drop()
    for code in ("storage_unavailable", "rate_limited"):
        again = await stage.actor()
        await again.refuse("session.resume", code, temporary=True)
        again.ended.set()
    again = await stage.actor()
    await again.answer("session.resume", SESSION)
    await again.refuse("room.join", "overloaded", temporary=True)
    again.ended.set()
    again = await stage.actor()
    await again.take_back(joined(6, events=[said(6)]))
    assert await next_texts(client, 1) == ["6"]


async def test_room_is_gone(stage: Stage, client: Client) -> None:
    """A room that does not take the client back is dropped; session and other rooms go on."""
    actor, view = await beginning(stage, client)
    entering = asyncio.create_task(actor.answer("room.join", joined(1, room="r2")))
    attic = await client.join("attic")
    await entering
    actor.drop()
    again = await stage.actor()
    await again.answer("session.resume", SESSION)
    await again.refuse("room.join", "not_found")
    await again.answer("room.join", joined(2, events=[said(2, "r2")]))
    assert await next_texts(client, 1) == ["2"]
    assert list(client.rooms.values()) == [attic]
    assert view.id not in client.rooms


async def test_without_reconnecting(stage: Stage) -> None:
    """A client that is told not to come back stops with the first end."""
    async with asyncio.timeout(10), Client(stage.url, reconnect=False, patience=HASTY) as client:
        actor, _ = await beginning(stage, client)
        actor.drop()
        assert await client.next_event() is None
        with pytest.raises(StoppedError):
            await client.chat("den", "hi")


async def test_close(stage: Stage) -> None:
    """Closing ends the events, fails what is open, and leaves nothing running."""
    client = await Client(stage.url, patience=HASTY).__aenter__()
    actor, _ = await beginning(stage, client)
    events: list[Event | Resynced] = []

    async def listen() -> None:
        events.extend([event async for event in client.events()])

    listening = asyncio.create_task(listen())
    asking = asyncio.create_task(client.chat("den", "hi"))
    await actor.asked("chat.send")
    await client.close()
    actor.ended.set()
    async with asyncio.timeout(SOON):
        await listening
        with pytest.raises(ConnectionLostError):
            await asking
        with pytest.raises(StoppedError, match="closed by the client"):
            await client.chat("den", "hi again")
    assert events == []


async def test_close_while_coming_back(stage: Stage) -> None:
    """Whoever waits for the client to come back is told when it is closed instead."""
    client = await Client(stage.url, patience=HASTY).__aenter__()
    actor, _ = await beginning(stage, client)
    actor.drop()
    again = await stage.actor()
    asking = asyncio.create_task(client.chat("den", "hi"))
    await again.asked("session.resume")
    await client.close()
    again.ended.set()
    async with asyncio.timeout(SOON):
        with pytest.raises(StoppedError):
            await asking


async def test_retrying_does_not_spin(stage: Stage, client: Client) -> None:
    """A loop that repeats a lost request waits with the client instead of starving it."""
    actor, _ = await beginning(stage, client)
    actor.drop()
    tries = 0

    async def insist() -> None:
        nonlocal tries
        while True:
            tries += 1
            try:
                await client.call(commands.ModKick(room="den", user="bob"))
            except ConnectionLostError:
                continue
            return

    insisting = asyncio.create_task(insist())
    again = await stage.actor()
    await again.take_back(joined(5, events=[]))
    await again.answer("mod.kick", {})
    async with asyncio.timeout(SOON):
        await insisting
    assert tries <= 3
