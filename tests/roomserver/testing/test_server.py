"""The harness as a bot's author uses it: join, chat, let time pass, look."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from protocol import commands
from protocol.errors import ErrorCode
from protocol.events import MemberKicked, PlayStarted, PlayStopped, RoomMembers
from protocol.limits import RATES
from protocol.results import MembersResult
from roomserver.config import RatesConfig
from roomserver.testing import Refused, RoomServer, Visitor


async def in_lobby(room_server: RoomServer, *names: str) -> list[Visitor]:
    """Let people register and join the lobby."""
    people = [await room_server.user(name) for name in names]
    for person in people:
        await person.join()
    return people


async def test_talking(room_server: RoomServer) -> None:
    """What one says the others hear, each message once, in order."""
    ann, bob = await in_lobby(room_server, "ann", "bob")
    await ann.chat("one")
    await bob.chat("not for bob himself")
    await ann.chat("two")
    assert [(await bob.hears()).text, (await bob.hears()).text] == ["one", "two"]
    assert (await ann.hears(by="bob")).text == "not for bob himself"


async def test_time_passes_when_told(room_server: RoomServer) -> None:
    """A track is over after its length and not before; with nobody next the booth is empty then."""
    (ann,) = await in_lobby(room_server, "ann")
    await ann.call(commands.RoomCreate(name="Den"))
    await ann.join("den")
    await ann.queue("Long song", duration_ms=600_000)
    started = await ann.next(PlayStarted)
    begins_in = started.play.started_at_ms - room_server.clock.now_ms()
    assert begins_in > 0
    await room_server.advance(begins_in / 1000 + 599.999)
    assert ann.events("play.stopped") == []
    await room_server.advance(0.001)
    stopped = await ann.next(PlayStopped)
    assert stopped.previous is not None
    assert (stopped.previous.end, stopped.at_ms) == ("finished", started.play.ends_at_ms)


async def test_hours_pass_in_order(room_server: RoomServer) -> None:
    """Everything that falls due in a long time happens at its own instant: two DJs take turns for hours."""
    ann, bob = await in_lobby(room_server, "ann", "bob")
    for person in (ann, bob):
        await person.queue(f"Song of {person.name}", duration_ms=3_600_000)
    before = len(ann.events("play.started"))
    await room_server.advance(2.5 * 3600)
    told = ann.events("play.started")[before:]
    assert [one["play"]["dj"]["name"] for one in told if one["play"]["dj"]][:1] == ["bob"]
    instants = [one["at_ms"] for one in told]
    assert instants == sorted(instants)
    assert all(
        after["play"]["started_at_ms"] >= before["play"]["started_at_ms"] + before["play"]["duration_ms"]
        for before, after in itertools.pairwise(told)
    )


async def test_bots_and_staff(room_server: RoomServer) -> None:
    """A bot's token comes with its scopes and its role; the one who owns it is not in the room."""
    token = await room_server.bot("robo", "moderate", role="bouncer")
    robo, ann = await room_server.stranger(), await room_server.user("ann")
    robo.became(await robo.ask("session.resume", token=token))
    await robo.join()
    await ann.join()
    await robo.call(commands.ModKick(room=robo.room, user=ann.id))
    assert (await robo.next(MemberKicked)).user.name == "ann"
    members: MembersResult = await robo.call(commands.RoomMembers(room=robo.room))
    assert [member.user.name for member in members.members] == ["robo"]
    with pytest.raises(Refused) as refused:
        await robo.chat("hello")
    assert refused.value.error["code"] == ErrorCode.FORBIDDEN


async def test_rates_are_out_of_the_way(room_server: RoomServer) -> None:
    """On a clock that stands still nobody runs out of tokens."""
    (ann,) = await in_lobby(room_server, "ann")
    for number in range(5 * RATES["chat"].burst):
        await ann.chat(f"{number}")


async def test_real_rates(room_server_data: Path) -> None:
    """A test that is about rates has the real ones, and refills the buckets by letting time pass."""
    async with RoomServer(room_server_data, rates=RatesConfig()) as room_server:
        (ann,) = await in_lobby(room_server, "ann")
        for number in range(RATES["chat"].burst):
            await ann.chat(f"{number}")
        with pytest.raises(Refused) as refused:
            await ann.chat("too fast")
        assert refused.value.error["retry_after_ms"] == RATES["chat"].per_ms
        await room_server.advance(RATES["chat"].per_ms / 1000)
        await ann.chat("in time")


async def test_silence_ends_nothing(room_server: RoomServer) -> None:
    """An hour without a word, in a moment: connections stay."""
    (ann,) = await in_lobby(room_server, "ann")
    await room_server.advance(3600)
    await ann.chat("still here")


async def test_restart(room_server: RoomServer) -> None:
    """Over a restart the data stays; bots that were made can be given roles as before."""
    await room_server.bot("robo")
    port = room_server.server.port
    await room_server.restart()
    assert room_server.server.port == port
    token = await room_server.bot("robo2", role="bouncer")
    assert token


async def test_a_stranger_becomes_a_guest(room_server: RoomServer) -> None:
    """Guests are there without an account; who came is told in batches, so a moment has to pass."""
    (ann,) = await in_lobby(room_server, "ann")
    gus = await room_server.guest("gus")
    await gus.join()
    await room_server.advance(1)
    seen: set[str] = set()
    while "gus" not in seen:
        seen |= {member.user.name for member in (await ann.next(RoomMembers)).joined}
