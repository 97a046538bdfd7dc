"""The beat: log, then tell."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest

from protocol.codec import Notification, Response
from protocol.commands import ModKick
from protocol.errors import ErrorCode, Rejected
from protocol.events import RoomMembers
from protocol.roles import Role
from roomserver.batch import Ask
from roomserver.live import LiveRoom
from roomserver.room import effects as fx
from roomserver.room.inputs import Moderate
from storage.errors import StorageUnavailableError
from tests.roomserver.fakes import Ear, House, beating


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return a running beat."""
    async with beating() as running:
        yield running


async def members(house: House, *names: str) -> list[Ear]:
    """Let some connections into the room ``den``, and forget what they heard of it."""
    live = await house.room()
    ears = [Ear(name) for name in names]
    for ear in ears:
        house.enter(live, ear)
    await house.settle()
    for ear in ears:
        ear.writes.clear()
    return ears


async def test_nothing_is_told_before_the_commit(house: House) -> None:
    """While the commit is in flight neither the sender nor anybody else hears a thing."""
    ann, bob = await members(house, "ann", "bob")
    (live,) = house.hub
    house.disk.gate.clear()
    house.say(live, ann, "hello", 7)
    await house.disk.in_flight.wait()
    assert ann.writes == []
    assert bob.writes == []
    house.disk.gate.set()
    await house.settle()
    assert ann.texts() == bob.texts() == ["hello"]
    assert ann.answers()[7]["seq"] == live.room.state.seq
    assert len(house.disk.said) == 1


async def test_batches_while_a_commit_is_in_flight(house: House) -> None:
    """What comes meanwhile is one commit and one write, however much it is."""
    ann, bob = await members(house, "ann", "bob")
    (live,) = house.hub
    house.disk.gate.clear()
    house.say(live, ann, "first")
    await house.disk.in_flight.wait()
    for number in range(50):
        house.say(live, ann, f"{number}")
    commits = len(house.disk.commits)
    house.disk.gate.set()
    await house.settle()
    assert len(house.disk.commits) == commits + 2
    assert len(house.disk.commits[-1].events) == 50
    assert bob.texts() == ["first", *map(str, range(50))]
    assert len(bob.writes) == 2


async def test_one_write_per_connection_and_beat(house: House) -> None:
    """Replies, refusals, events of several rooms and personal notes travel together, answers first."""
    ann, bob = await members(house, "ann", "bob")
    (den,) = house.hub
    attic = await house.room("attic")
    for ear in (ann, bob):
        house.enter(attic, ear, 2)
    await house.settle()
    ann.writes.clear()
    bob.writes.clear()
    house.disk.gate.clear()
    house.say(den, bob, "wake the beat")
    await house.disk.in_flight.wait()
    house.say(den, ann, "in the den", 3)
    house.say(attic, ann, "in the attic", 4)
    house.beat.refuse(Ask(ann, 5), Rejected(ErrorCode.FORBIDDEN))
    house.disk.gate.set()
    await house.settle()
    assert len(ann.writes) == 2
    *answers, den_event, attic_event = ann.writes[1]
    assert [one.id for one in answers if isinstance(one, Response)] == [3, 4, 5]
    assert isinstance(den_event, Notification)
    assert isinstance(attic_event, Notification)
    assert [den_event.params["text"], attic_event.params["text"]] == ["in the den", "in the attic"]
    assert [len(write) for write in bob.writes] == [1, 2]


async def test_who_may_not_hear(house: House) -> None:
    """A connection that may not know what is said is told in step with the others, without the words."""
    live = await house.room()
    ann, deaf = Ear("ann"), Ear("deaf")
    deaf.hears_chat = False
    house.enter(live, ann)
    house.say(live, ann, "while it joins")
    house.enter(live, deaf)
    await house.settle()
    house.say(live, ann, "when it is there")
    await house.settle()
    assert ann.texts() == ["while it joins", "when it is there"]
    assert deaf.texts() == [""]
    live.unsubscribe(deaf)
    assert live.deaf == set()


async def test_state_is_committed_with_the_events(house: House) -> None:
    """The room's last ``seq`` is in the same transaction as the event that has it."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    house.say(live, ann, "one")
    house.say(live, ann, "two")
    await house.settle()
    for writes in house.disk.commits:
        seqs = [row.seq for row in writes.events if row.seq is not None]
        if seqs:
            assert [state.seq for state in writes.states] == [max(seqs)]


async def test_without_changes_nothing_is_committed(house: House) -> None:
    """An answer that changes nothing, and a latest value, cost no transaction."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    commits = len(house.disk.commits)
    house.beat.answer(Ask(ann, 9), {"x": 1})
    latest = RoomMembers(room=live.id, version=1, joined=[], left=[], population=1, guests=0)
    house.beat.take(live, [fx.Latest(latest)])
    await house.settle()
    assert ann.answers() == {9: {"x": 1}}
    assert ann.names() == ["room.members"]
    assert len(house.disk.commits) == commits


async def test_a_beat_with_several_lists(house: House) -> None:
    """With a slow disk a beat has several lists of who came and went: everybody is told each of them."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    for version in (1, 2, 3):
        event = RoomMembers(room=live.id, version=version, joined=[], left=[], population=1, guests=0)
        house.beat.take(live, [fx.Latest(event)])
    await house.settle()
    assert [one.params["version"] for one in ann.heard if isinstance(one, Notification)] == [1, 2, 3]


async def test_slow_connections(house: House) -> None:
    """A slow connection gets every durable event and no latest value; the others get both."""
    ann, bob = await members(house, "ann", "bob")
    (live,) = house.hub
    bob.slow = True
    latest = RoomMembers(room=live.id, version=1, joined=[], left=[], population=2, guests=0)
    house.beat.take(live, [fx.Latest(latest)])
    house.say(live, ann, "durable")
    await house.settle()
    assert ann.names() == ["chat.message", "room.members"]
    assert bob.names() == ["chat.message"]
    bob.writes.clear()
    house.beat.take(live, [fx.Latest(latest)])
    await house.settle()
    assert bob.writes == []


async def test_join_stands_in_its_place(house: House) -> None:
    """In one beat: what came before the join is in its result, what came after follows it."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    cat = Ear("cat")
    house.disk.gate.clear()
    house.say(live, ann, "wake the beat")
    await house.disk.in_flight.wait()
    house.say(live, ann, "before")
    house.enter(live, cat, 8)
    house.say(live, ann, "after")
    house.disk.gate.set()
    await house.settle()
    assert cat.texts() == ["after"]
    (first, second) = cat.heard
    assert isinstance(first, Response)
    assert isinstance(second, Notification)
    assert first.result == {"seq": second.params["seq"] - 1}
    house.say(live, ann, "later")
    await house.settle()
    assert cat.texts() == ["after", "later"]


async def test_gone_before_the_join_is_told(house: House) -> None:
    """Whoever left while their join was being committed is not subscribed."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    cat = Ear("cat")
    house.enter(live, cat)
    cat.rooms.clear()
    await house.settle()
    assert set(live.subscribers) == {"ann"}
    house.say(live, ann, "who is here?")
    await house.settle()
    assert cat.names() == []


async def test_closing_while_it_is_told(house: House) -> None:
    """A connection that a write closes leaves the room in the middle of the telling; all others hear it."""

    class Fragile(Ear):
        def send_frame(self, frame: bytes) -> None:
            self.rooms.clear()
            live.unsubscribe(self)

    live = await house.room()
    ears = [Fragile(f"f{n}") if n % 2 else Ear(f"e{n}") for n in range(10)]
    for ear in ears:
        house.enter(live, ear)
    for _ in range(2):
        await house.settle()
        house.say(live, ears[0], "boo")
    await house.settle()
    assert all(ear.texts() == ["boo", "boo"] for ear in ears[::2])
    assert set(live.subscribers) == {f"e{n}" for n in range(0, 10, 2)}


async def test_notifications_get_no_answer(house: House) -> None:
    """A command without an id is carried out and not answered, nor is its refusal."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    house.say(live, ann, "quietly")
    house.say(live, Ear("stranger"), "not a member")
    await house.settle()
    assert ann.texts() == ["quietly"]
    assert ann.answers() == {}


@pytest.mark.parametrize(
    "failure", [StorageUnavailableError(OSError("disk full")), sqlite3.IntegrityError("a bug"), ValueError()]
)
async def test_failed_commit(house: House, failure: Exception) -> None:
    """
    Everything in the commit, and everything handled meanwhile, is answered ``storage_unavailable``.

    Nobody hears of it; the room begins again under a new epoch from what the disk has, its
    members are told to join again, and then all is well.
    """
    ann, bob = await members(house, "ann", "bob")
    (live,) = house.hub
    house.say(live, ann, "kept")
    await house.settle()
    epoch, seq = live.room.state.epoch, live.room.state.seq
    cat = Ear("cat")
    house.disk.gate.clear()
    house.disk.fail(failure=failure)
    house.say(live, ann, "lost", 11)
    await house.disk.in_flight.wait()
    house.say(live, bob, "lost too", 12)
    house.enter(live, cat, 13)
    house.beat.answer(Ask(bob, 14), {})
    house.disk.gate.set()
    await house.settle()
    assert ann.answers()[11]["code"] == "storage_unavailable"
    assert {bob.answers()[n]["code"] for n in (12, 14)} == {"storage_unavailable"}
    assert cat.answers()[13]["code"] == "storage_unavailable"
    assert ann.texts() == bob.texts() == ["kept"]
    assert cat.rooms == {}
    async with asyncio.timeout(5):
        await asyncio.gather(*house.hub._tasks)
    assert not live.is_broken
    assert live.room.state.epoch == house.disk.records[live.id].epoch != epoch
    assert live.room.state.seq == seq
    assert [one.epoch for one in (*ann.resyncs, *bob.resyncs)] == [live.room.state.epoch] * 2
    assert cat.resyncs == []
    assert live.subscribers == {}
    assert ann.rooms == bob.rooms == {}
    house.enter(live, ann, 15)
    house.say(live, ann, "back", 16)
    await house.settle()
    assert ann.texts() == ["kept", "back"]
    assert ann.answers()[16]["seq"] == seq + 1


async def test_outcomes_of_a_failed_commit(house: House) -> None:
    """A request counts when its fate is known: what a failed commit takes along is none of the good ones."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    before = house.beat.outcomes.copy()
    house.disk.gate.clear()
    house.say(live, ann, "lost", 1)
    await house.disk.in_flight.wait()
    house.say(live, ann, "behind it", 2)
    house.beat.refuse(Ask(ann, 3, "chat.send"), Rejected(ErrorCode.FORBIDDEN))
    assert house.beat.outcomes == before
    house.disk.fail()
    house.disk.gate.set()
    await house.settle()
    counted = house.beat.outcomes - before
    assert {outcome for _, outcome in counted} == {"storage_unavailable"}
    assert counted.total() == 3


async def test_a_notification_counts(house: House) -> None:
    """What wants no answer counts too, without waiting for the next beat of somebody else."""
    (ann,) = await members(house, "ann")
    house.beat.answer(Ask(ann, None, "chat.send"), None)
    house.beat.refuse(Ask(ann, None, "vote.cast"), Rejected(ErrorCode.STALE_PLAY))
    await house.settle()
    assert house.beat.outcomes["chat.send", "ok"] == house.beat.outcomes["vote.cast", "stale_play"] == 1


async def test_broken_rooms_answer_nothing(house: House) -> None:
    """While the disk refuses, the room neither takes commands nor says how it stands; others go on."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    attic = await house.room("attic")
    bob = Ear("bob")
    house.enter(attic, bob)
    await house.settle()
    house.disk.fail(times=2)  # the commit, and the first try to mend
    house.say(live, ann, "lost", 3)
    await house.settle()
    assert live.is_broken
    house.say(live, ann, "refused", 4)
    await house.settle()
    assert ann.answers()[4]["code"] == "storage_unavailable"
    for ref in (live.id, "den"):
        with pytest.raises(Rejected) as refused:
            await house.hub.open(ref)
        assert refused.value.code is ErrorCode.STORAGE_UNAVAILABLE
    house.say(attic, bob, "we are fine", 5)
    await house.settle()
    assert bob.texts() == ["we are fine"]


async def test_barrier(house: House) -> None:
    """A barrier is passed once everything before it is told, also when that failed."""
    (ann,) = await members(house, "ann")
    (live,) = house.hub
    house.disk.gate.clear()
    house.say(live, ann, "one")
    waiting = asyncio.create_task(house.beat.barrier())
    await house.disk.in_flight.wait()
    later = asyncio.create_task(house.beat.barrier())
    await asyncio.sleep(0)  # lets the second barrier take its place behind the commit
    assert not waiting.done()
    house.disk.fail()
    house.disk.gate.set()
    async with asyncio.timeout(5):
        await asyncio.gather(waiting, later)


async def test_stop_tells_what_is_there() -> None:
    """A stopped beat ends only after it has told everything put in before."""
    async with beating() as house:
        live = await house.room()
        ann = Ear("ann")
        house.enter(live, ann)
        house.say(live, ann, "last words", 2)
    assert ann.texts() == ["last words"]
    assert house.disk.said


async def _host(house: House) -> tuple[LiveRoom, Ear]:
    [host] = await members(house, "mod")
    (live,) = house.hub
    assert host.user is not None
    live.room.state.staff["mod"] = (host.user, Role.HOST)
    return live, host


def _kick(house: House, live: LiveRoom, host: Ear, ear: Ear) -> None:
    assert host.user is not None
    assert ear.user is not None
    house.hub.apply(live, host.user, Moderate(ModKick(room=live.id, user=ear.user.id), ear.user))


async def test_put_out(house: House) -> None:
    """Who is put out is told so last, and nothing after that."""
    live, host = await _host(house)
    ear = Ear("ann")
    house.enter(live, ear)
    await house.settle()
    _kick(house, live, host, ear)
    house.say(live, host, "gone")
    await house.settle()
    assert ear.names()[-1] == "room.closed"
    house.say(live, host, "later")
    await house.settle()
    assert ear.names()[-1] == "room.closed"
    assert ear.rooms == {}
    assert list(live.subscribers) == ["mod"]


async def test_put_out_before_being_let_in(house: House) -> None:
    """Who comes and is put out within one beat is answered, told so, and hears nothing more."""
    live, host = await _host(house)
    ear = Ear("ann")
    house.enter(live, ear, 5)
    _kick(house, live, host, ear)
    await house.settle()
    house.say(live, host, "gone")
    await house.settle()
    assert 5 in ear.answers()
    assert ear.names() == ["room.closed"]
    assert (ear.rooms, list(live.subscribers)) == ({}, ["mod"])


async def test_put_out_while_the_join_is_committed(house: House) -> None:
    """Who is put out while the beat of their join is in flight is let in, told so, and out."""
    live, host = await _host(house)
    ear = Ear("ann")
    house.disk.gate.clear()
    house.enter(live, ear, 5)
    await house.disk.in_flight.wait()
    _kick(house, live, host, ear)
    house.disk.gate.set()
    await house.settle()
    assert ear.names()[-1] == "room.closed"
    assert (ear.rooms, list(live.subscribers)) == ({}, ["mod"])


async def test_back_within_the_beat(house: House) -> None:
    """Who is put out and comes back by another connection within one beat is in with that one only."""
    live, host = await _host(house)
    ear, other = Ear("ann"), Ear("ann")
    house.enter(live, ear)
    await house.settle()
    _kick(house, live, host, ear)
    house.enter(live, other, 6)
    house.say(live, host, "back?")
    await house.settle()
    assert other.texts() == ["back?"]
    assert "room.closed" not in other.names()
    assert ear.names()[-1] == "room.closed"
    assert live.subscribers["ann"] == {other}
    assert (ear.rooms, list(other.rooms)) == ({}, [live.id])


async def test_back_while_the_kick_is_committed(house: House) -> None:
    """Who is put out and joins again before that is on disk is in, and hears the room."""
    live, host = await _host(house)
    ear = Ear("ann")
    house.enter(live, ear)
    await house.settle()
    house.disk.gate.clear()
    _kick(house, live, host, ear)
    await house.disk.in_flight.wait()
    house.enter(live, ear, 7)
    house.disk.gate.set()
    await house.settle()
    house.say(live, host, "back?")
    await house.settle()
    assert (7 in ear.answers(), ear.texts()[-1]) == (True, "back?")
    assert live.subscribers["ann"] == {ear}
    assert list(ear.rooms) == [live.id]


async def test_refusals_are_counted(house: House) -> None:
    """Every refusal counts by its code, wanted or not, for the operator's log."""
    ear = Ear("uma")
    house.beat.refuse(Ask(ear, 1), Rejected(ErrorCode.STALE_PLAY))
    house.beat.refuse(Ask(ear, None), Rejected(ErrorCode.STALE_PLAY))
    house.beat.refuse(Ask(ear, 2), Rejected(ErrorCode.FORBIDDEN))
    await house.beat.barrier()

    assert house.beat.refused == {"stale_play": 2, "forbidden": 1}
