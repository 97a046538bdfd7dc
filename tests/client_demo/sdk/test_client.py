"""The Python client, against a server that does what each test says, and against the real one."""

from __future__ import annotations

import asyncio

import pytest

from client_demo.sdk import (
    Client,
    ConnectionLostError,
    RateLimited,
    RequestError,
)
from client_demo.sdk.rooms import Resynced
from protocol import commands
from protocol.events import ChatMessage, RoomClosed
from tests.client_demo.sdk.stage import (
    HASTY,
    HELLO,
    USER,
    Stage,
    beginning,
    joined,
    next_texts,
    nothing_more,
    said,
)
from tests.support.server import House


async def test_resumes_over_a_drop(stage: Stage, client: Client) -> None:
    """After a drop session and room are resumed where they were, and the events go on without a gap."""
    actor, view = await beginning(stage, client)
    await actor.say(said(6), said(7))
    assert await next_texts(client, 2) == ["6", "7"]
    actor.drop()
    again = await stage.actor()
    (join,) = await again.take_back(joined(9, events=[said(8), said(9)]))
    assert join.params["resume"] == {"epoch": "e1", "seq": 7}
    await again.say(said(9), said(10))
    assert await next_texts(client, 3) == ["8", "9", "10"]
    assert nothing_more(client)
    assert (view.seq, client.connections) == (10, 2)
    assert [message.text for message in view.snapshot.chat] == ["6", "7", "8", "9", "10"]


async def test_too_much_was_missed(stage: Stage, client: Client) -> None:
    """Where the server cannot fill the gap, the application gets the state as a whole."""
    actor, view = await beginning(stage, client)
    actor.drop()
    again = await stage.actor()
    await again.take_back(joined(90, epoch="e2"))
    event = await client.next_event()
    assert isinstance(event, Resynced)
    assert event.snapshot == view.snapshot
    assert (view.epoch, view.seq) == ("e2", 90)


async def test_gap(stage: Stage, client: Client) -> None:
    """A gap asks for one resume; nothing behind it is applied before the missing part."""
    actor, view = await beginning(stage, client)
    await actor.say(said(6), said(8), said(9), said(10))
    join = await actor.answer("room.join", joined(10, events=[said(7), said(8), said(9), said(10)]), said(11))
    assert join.params["resume"] == {"epoch": "e1", "seq": 6}
    assert await next_texts(client, 6) == ["6", "7", "8", "9", "10", "11"]
    assert not view.has_gap
    asking = asyncio.create_task(client.call(commands.RoomGet(room="r1")))
    await actor.asked("room.get")  # and no second join came before it
    asking.cancel()


async def test_gap_that_cannot_be_filled_yet(stage: Stage, client: Client) -> None:
    """A resume that is refused for a while is asked again after it."""
    actor, _ = await beginning(stage, client)
    await actor.say(said(7))
    await actor.refuse("room.join", "rate_limited", temporary=True, retry_after_ms=20)
    await actor.answer("room.join", joined(7, events=[said(6), said(7)]))
    assert await next_texts(client, 2) == ["6", "7"]


async def test_repeats(stage: Stage, client: Client) -> None:
    """What was applied already is no news."""
    actor, view = await beginning(stage, client)
    await actor.say(said(4), said(5), said(6), said(6), said(5), said(7))
    assert await next_texts(client, 2) == ["6", "7"]
    assert nothing_more(client)
    assert view.seq == 7


async def test_unknown_events(stage: Stage, client: Client) -> None:
    """An event of a newer server is ignored, but has its place in the numbering; so are unknown fields."""
    actor, view = await beginning(stage, client)
    newer = said(7)
    newer[2]["sparkle"] = True
    await actor.say(
        [2, "room.sparkled", {"room": "r1", "seq": 6, "at_ms": 1, "glitter": 3}],
        [2, "weather.changed", {"rain": True}],
        newer,
    )
    assert await next_texts(client, 1) == ["7"]
    assert view.seq == 7
    actor.drop()
    again = await stage.actor()
    unknown = [2, "room.sparkled", {"room": "r1", "seq": 8, "at_ms": 1}]
    await again.take_back(joined(9, events=[unknown, said(9)]))
    assert await next_texts(client, 1) == ["9"]
    assert nothing_more(client)


async def test_kinds_of_a_newer_server(stage: Stage, client: Client) -> None:
    """An event with a word this client does not know has its place in the numbering, and no more."""
    actor, view = await beginning(stage, client)
    strange = said(6)
    strange[2]["user"] = USER | {"kind": "robot"}
    await actor.say(strange, [2, "vote.tally", {"room": "r1", "play_id": 7}], [9, "a new envelope"], said(7))
    assert await next_texts(client, 1) == ["7"]
    assert (view.seq, view.has_gap) == (7, False)


async def test_answers_that_nobody_understands(stage: Stage, client: Client) -> None:
    """Where the answers of a server make no sense the client stops, and says what it expected."""
    actor, _ = await beginning(stage, client)
    actor.drop()
    again = await stage.actor()
    await again.answer("session.resume", {"nonsense": True})
    again.ended.set()
    assert await client.next_event() is None
    assert client.stopped is not None
    assert client.stopped.code == 4004
    assert "expected answers of this protocol, got " in client.stopped.reason


async def test_events_behind_the_join_result(stage: Stage, client: Client) -> None:
    """Events in the same message as the join result are not lost."""
    actor = await stage.actor()
    playing = asyncio.create_task(actor.log_in())
    await client.guest()
    await playing
    entering = asyncio.create_task(actor.answer("room.join", joined(5), said(6), said(7)))
    view = await client.join("den")
    await entering
    assert view.seq == 7
    assert await next_texts(client, 2) == ["6", "7"]


async def test_resync(stage: Stage, client: Client) -> None:
    """A rebuilt room is joined again without resume, on the same connection."""
    actor, view = await beginning(stage, client)
    await actor.say([2, "resync", {"room": "r1", "epoch": "e2"}])
    join = await actor.answer("room.join", joined(3, epoch="e2"))
    assert "resume" not in join.params
    assert isinstance(await client.next_event(), Resynced)
    assert (view.epoch, view.seq, client.connections) == ("e2", 3, 1)


async def test_request_errors(stage: Stage, client: Client) -> None:
    """A refusal is an exception that carries the method, the code and the facts."""
    actor, _ = await beginning(stage, client)
    asking = asyncio.create_task(client.chat("den", "hi"))
    await actor.refuse("chat.send", "slow_mode", temporary=True, retry_after_ms=1500, until="x")
    with pytest.raises(RequestError) as refused:
        await asking
    assert (refused.value.method, refused.value.code) == ("chat.send", "slow_mode")
    assert (refused.value.error.temporary, refused.value.error.retry_after_ms) == (True, 1500)
    assert str(refused.value) == "chat.send: slow_mode: no"


async def test_answers_out_of_order(stage: Stage, client: Client) -> None:
    """Each answer reaches the request with its id; one for nobody is ignored."""
    actor, _ = await beginning(stage, client)
    first, second = (asyncio.create_task(client.chat("den", text)) for text in ("one", "two"))
    one, two = await actor.asked("chat.send"), await actor.asked("chat.send")
    await actor.say(
        [1, 999, None, {}],
        [1, two.id, None, {"id": "m2", "seq": 2}],
        [1, one.id, None, {"id": "m1", "seq": 1}],
        [1, one.id, None, {"id": "m9", "seq": 9}],
    )
    assert [(await first).id, (await second).id] == ["m1", "m2"]


async def test_lost_in_the_middle(stage: Stage, client: Client) -> None:
    """What may not happen twice is not sent twice: whether a lost request happened is open, and said so."""
    actor, _ = await beginning(stage, client)
    asking = asyncio.create_task(client.call(commands.ModKick(room="den", user="bob")))
    await actor.asked("mod.kick")
    actor.drop()
    with pytest.raises(ConnectionLostError):
        await asking


async def test_said_once(stage: Stage, client: Client) -> None:
    """A message whose answer was lost is sent again with the same nonce, so that it is said once."""
    actor, _ = await beginning(stage, client)
    asking = asyncio.create_task(client.chat("den", "hi"))
    first = await actor.asked("chat.send")
    actor.drop()
    again = await stage.actor()
    await again.take_back(joined(6, events=[said(6)]))
    second = await again.answer("chat.send", {"id": "m6", "seq": 6})
    assert (await asking).id == "m6"
    assert first.params["nonce"]
    assert first.params == second.params


async def test_not_said_after_the_nonce_is_forgotten(
    stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the server may have forgotten the nonce, a message is not sent again."""
    monkeypatch.setattr("client_demo.sdk.repeating.NONCE_SECONDS", 0.0)
    actor, _ = await beginning(stage, client)
    asking = asyncio.create_task(client.chat("den", "hi"))
    await actor.asked("chat.send")
    actor.drop()
    with pytest.raises(ConnectionLostError):
        await asking


async def test_reads_are_repeated(stage: Stage, client: Client) -> None:
    """A read whose answer was lost is asked again."""
    actor, _ = await beginning(stage, client)
    asking = asyncio.create_task(client.call(commands.IgnoreList()))
    await actor.asked("ignore.list")
    actor.drop()
    again = await stage.actor()
    await again.take_back(joined(5, events=[]))
    await again.answer("ignore.list", {"users": []})
    assert (await asking).users == []


async def test_no_answer(stage: Stage) -> None:
    """A server that does not answer in time is as good as gone: the client comes back and asks again."""
    patience = HASTY._replace(request_seconds=0.2)
    async with asyncio.timeout(30), Client(stage.url, patience=patience) as client:
        actor, _ = await beginning(stage, client)
        asking = asyncio.create_task(client.chat("den", "hi"))
        await actor.asked("chat.send")
        again = await stage.actor()
        await again.take_back(joined(5, events=[]))
        await again.answer("chat.send", {"id": "m6", "seq": 6})
        assert (await asking).id == "m6"


async def test_half_open(stage: Stage) -> None:
    """A connection on which nothing comes and nothing fails is found out by an unanswered probe."""
    patience = HASTY._replace(dead_seconds=0.2)
    async with asyncio.timeout(30), Client(stage.url, patience=patience) as client:
        actor, _ = await beginning(stage, client)
        again = await stage.actor()  # the first one never answers what is behind the join
        await again.take_back(joined(6, events=[said(6)]))
        assert await next_texts(client, 1) == ["6"]
        assert actor is not again


async def test_waits_when_told(stage: Stage, client: Client) -> None:
    """A request that came too soon by the server's count is sent again when the server said."""
    actor, _ = await beginning(stage, client)
    asking = asyncio.create_task(client.call(commands.ModKick(room="den", user="bob")))
    await actor.refuse("mod.kick", "rate_limited", temporary=True, retry_after_ms=20)
    await actor.answer("mod.kick", {})
    await asking


async def test_does_not_wait_when_asked(stage: Stage, client: Client) -> None:
    """Who does not want to wait is told for how long they would have to: by the mirror, or by the server."""
    actor, _ = await beginning(stage, client)
    kick = commands.ModKick(room="den", user="bob")
    asking = asyncio.create_task(client.call(kick, wait=False))
    await actor.refuse("mod.kick", "rate_limited", temporary=True, retry_after_ms=1500)
    with pytest.raises(RateLimited) as refused:
        await asking
    assert refused.value.retry_after == 1.5
    reading = asyncio.create_task(client.call(commands.IgnoreList()))
    hello = [2, "hello", HELLO | {"rates": {"moderate": {"burst": 1, "per_ms": 60_000}}}]
    await actor.say(hello)
    await actor.answer("ignore.list", {"users": []})
    await reading
    asking = asyncio.create_task(client.call(kick, wait=False))
    await actor.answer("mod.kick", {})
    await asking
    with pytest.raises(RateLimited, match=r"expected a free place in the rate, got one in [0-9.]+ s") as told:
        await client.call(kick, wait=False)
    assert 0 < told.value.retry_after <= 60


async def test_drain(stage: Stage, client: Client) -> None:
    """A server that drains is left when it said, and its clients come back."""
    actor, _ = await beginning(stage, client)
    await actor.say([2, "reconnect", {"after_ms": 5, "jitter_ms": 5}])
    actor.socket.transport.resume_reading()
    listening = asyncio.create_task(actor.socket.wait_closed())
    again = await stage.actor()
    await again.take_back(joined(6, events=[said(6)]))
    assert await next_texts(client, 1) == ["6"]
    await listening


async def test_put_out(stage: Stage, client: Client) -> None:
    """Who was put out of a room does not come back to it with the next connection."""
    actor, view = await beginning(stage, client)
    await actor.say([2, "room.closed", {"room": view.id, "reason": "kicked"}])
    assert isinstance(await client.next_event(), RoomClosed)
    actor.drop()
    again = await stage.actor()
    await again.take_back()
    asking = asyncio.create_task(client.call(commands.RoomGet(room="r1")))
    await again.asked("room.get")  # and no join came before it
    asking.cancel()


async def test_nobody_takes_the_events(stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that nobody takes give way to the state: memory stays bounded, and nothing is hidden."""
    monkeypatch.setattr("client_demo.sdk.inbox.EVENTS_MAX", 3)
    actor, view = await beginning(stage, client)
    await actor.say(*(said(seq) for seq in range(6, 11)))
    asking = asyncio.create_task(client.chat("den", "hi"))
    await actor.answer("chat.send", {"id": "m11", "seq": 11}, said(11))
    await asking
    event = await client.next_event()
    assert isinstance(event, Resynced)
    assert [message.text for message in event.snapshot.chat] == ["6", "7", "8", "9"]
    assert await next_texts(client, 2) == ["10", "11"]
    assert view.seq == 11


async def test_requests_wait(stage: Stage, client: Client) -> None:
    """A request made while the client comes back is sent once session and rooms are there again."""
    actor, view = await beginning(stage, client)
    attic = joined(1, room="r2")
    entering = asyncio.create_task(actor.answer("room.join", attic))
    await client.join("attic")
    await entering
    actor.drop()
    again = await stage.actor()
    asking = asyncio.create_task(client.chat("attic", "hi"))
    await again.take_back(joined(5, events=[]), joined(1, events=[]))
    await again.answer("chat.send", {"id": "m1", "seq": 2})
    assert (await asking).id == "m1"
    assert view.seq == 5


async def test_against_the_real_server(house: House) -> None:
    """Two clients, one of which loses its connection twice: both have seen the same in the end."""
    async with asyncio.timeout(30), Client(house.url) as ann, Client(house.url) as bob:
        await ann.guest("ann")
        await bob.guest("bob")
        here, there = await ann.join("lobby"), await bob.join("lobby")
        for number in range(5):
            if number in {1, 3}:
                await ann.call(commands.RoomGet(room="lobby"))  # it is back from the last time
                assert ann._link is not None
                ann._link.abort()
            await bob.chat("lobby", f"{number}")
        await ann.chat("lobby", "done", nonce="n")
        texts: list[str] = []
        while "done" not in texts:
            event = await ann.next_event()
            assert not isinstance(event, Resynced)
            if isinstance(event, ChatMessage):
                texts.append(event.text)
        assert texts == ["0", "1", "2", "3", "4", "done"]
        while there.seq < here.seq:
            await bob.next_event()
        assert here.snapshot == there.snapshot
        assert ann.connections == 3


async def test_over_a_restart(house: House) -> None:
    """The server's restart is a blip: same session, same room, nothing lost, nothing twice."""
    async with asyncio.timeout(30), Client(house.url) as ann:
        await ann.guest("ann")
        view = await ann.join("lobby")
        first = await ann.chat("lobby", "before", nonce="n1")
        epoch = view.epoch
        await house.restart()
        assert await ann.chat("lobby", "before", nonce="n1") == first
        second = await ann.chat("lobby", "after")
        texts: list[str] = []
        while "after" not in texts:
            event = await ann.next_event()
            assert not isinstance(event, Resynced)
            texts += [event.text] if isinstance(event, ChatMessage) else []
        assert texts == ["before", "after"]
        assert (view.epoch, view.seq, ann.connections) == (epoch, second.seq, 2)
