"""The hub, and a server whose disk refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from client_demo.sdk import Client, RequestError
from client_demo.sdk.rooms import Resynced
from protocol.errors import ErrorCode, Rejected
from roomserver.hub import IDLE_MS
from roomserver.live import LiveRoom
from roomserver.room.effects import Effect
from tests.roomserver.fakes import Ear, beating
from tests.roomserver.fakes import House as FakeHouse
from tests.support.server import SONG, House, Wire


@pytest.fixture
async def fake() -> AsyncIterator[FakeHouse]:
    """Return a hub over a disk in memory."""
    async with beating() as running:
        yield running


async def test_opening_is_shared(fake: FakeHouse) -> None:
    """Many who open a room at once get the same one, by its id or slug; nobody gets one that is not there."""
    live = await fake.room()
    again = await asyncio.gather(*(fake.hub.open(ref) for ref in (live.id, "den", live.id)))
    assert set(again) == {live}
    with pytest.raises(Rejected) as refused:
        await fake.hub.open("nowhere")
    assert refused.value.code is ErrorCode.NOT_FOUND


async def test_an_address_like_an_id(fake: FakeHouse) -> None:
    """A room whose address is the id of another one does not take its place."""
    first = await fake.room("first")
    second = await fake.room("second")
    fake.hub._slugs[first.id] = second.id
    assert await fake.hub.open(first.id) is first
    assert await fake.hub.open(second.id) is second


async def test_members_of(fake: FakeHouse) -> None:
    """Of some users those are found who are in any open room, and nobody else."""
    assert fake.hub.members_of({"ann"}) == set()
    for slug, name in (("first", "ann"), ("second", "bob"), ("third", "cat")):
        fake.enter(await fake.room(slug), Ear(name))
    assert fake.hub.members_of({"ann", "cat", "dan"}) == {"ann", "cat"}


async def test_one_caller_who_leaves(fake: FakeHouse) -> None:
    """Whoever gives up waiting for a room does not take it from the others."""
    first = await fake.room()
    fake.hub._rooms.clear()
    fake.hub._slugs.clear()
    one, other = (asyncio.create_task(fake.hub.open(first.id)) for _ in range(2))
    await asyncio.sleep(0)  # lets both begin to wait
    one.cancel()
    assert (await other).id == first.id


async def test_mending_tries_again(fake: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk refuses, the hub tries again until the room is whole."""
    monkeypatch.setattr("roomserver.hub.REBUILD_RETRY_SECONDS", 0.01)
    live = await fake.room()
    ann = Ear("ann")
    fake.enter(live, ann)
    await fake.settle()
    fake.disk.fail(times=4)
    fake.say(live, ann, "lost")
    await fake.settle()
    async with asyncio.timeout(5):
        await asyncio.gather(*fake.hub._tasks)
    assert not live.is_broken
    assert len(ann.resyncs) == 1
    assert fake.disk.failures_left == 0


class RuleError(Exception):
    """A bug in the rules of a room."""


def fails(live: LiveRoom, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a room's rules change something and then raise."""
    room = live.room

    def half_way(*_: object) -> None:
        room.state.seq += 1
        raise RuleError

    monkeypatch.setattr(room, rule, half_way)


async def test_a_bug_in_a_command(fake: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A room whose rules fail half-way is rebuilt from what is committed; nothing of the rest gets out."""
    live = await fake.room()
    ann, bob = Ear("ann"), Ear("bob")
    fake.enter(live, ann)
    fake.enter(live, bob)
    fake.say(live, ann, "kept")
    await fake.settle()
    fake.say(live, ann, "in the same beat", request_id=8)
    fails(live, "handle", monkeypatch)
    with pytest.raises(RuleError):
        fake.say(live, bob, "boom", request_id=9)
    assert live.is_broken
    async with asyncio.timeout(5):
        await asyncio.gather(*fake.hub._tasks)
    assert not live.is_broken
    assert ann.answers()[8]["code"] == "storage_unavailable"
    assert 9 not in bob.answers()
    assert ann.texts() == ["kept"]
    assert len(fake.disk.said) == 1
    assert (len(ann.resyncs), len(bob.resyncs)) == (1, 1)
    fake.enter(live, ann, request_id=10)
    fake.say(live, ann, "again")
    await fake.settle()
    assert ann.texts() == ["kept", "again"]
    assert [row.seq for writes in fake.disk.commits for row in writes.events if row.seq] == [1, 2]


async def test_a_bug_in_a_tick(fake: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A room whose timer raises is rebuilt, and the rooms behind it in the queue are not forgotten."""
    first, second = await fake.room("first"), await fake.room("second")
    ann, bob = Ear("ann"), Ear("bob")
    fake.enter(first, ann)
    fake.enter(second, bob)
    await fake.settle()
    ticked: list[int] = []

    def tick(now: int) -> list[Effect]:
        ticked.append(now)
        return []

    fails(first, "tick", monkeypatch)
    monkeypatch.setattr(second.room, "tick", tick)
    for live in (first, second):
        live.armed_at = fake.now
    fake.hub._deadlines._heap[:] = [(fake.now, 0, first), (fake.now, 1, second)]
    fake.hub.wake()
    assert ticked == [fake.now]
    async with asyncio.timeout(5):
        await asyncio.gather(*fake.hub._tasks)
    assert not first.is_broken
    assert (len(ann.resyncs), len(bob.resyncs)) == (1, 0)


async def answered(wire: Wire) -> str:
    """Say something and return the code of its refusal, or ``fine``."""
    response = await wire.answer(await wire.post("chat.send", room="lobby", text="hello"))
    return "fine" if response.error is None else str(response.error["code"])


async def test_full_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    On a real server: commands are refused and nobody is told, readiness says so, and when
    there is space again everyone is told to resync and the room goes on under a new epoch.
    """
    monkeypatch.setattr("roomserver.hub.REBUILD_RETRY_SECONDS", 0.05)
    ann, bob = await house.user("ann"), await house.guest("bob")
    before = await ann.ask("room.join", room="lobby")
    await bob.ask("room.join", room="lobby")
    assert await answered(ann) == "fine"
    await house.server._database.set_read_only(on=True)
    assert await answered(ann) == "storage_unavailable"
    assert await answered(bob) == "storage_unavailable"
    for method in ("room.join", "room.get", "room.members"):
        assert (await bob.refused(method, room="lobby"))["code"] == "storage_unavailable"
    listed = await bob.ask("room.list")
    assert listed["rooms"][0]["population"] == 0
    status, _, body = house.server.health.ready()
    assert status == 503
    assert b"1 rooms are being rebuilt\n" in body
    await house.server._database.set_read_only(on=False)
    resync = await ann.hear("resync")
    assert resync["epoch"] != before["epoch"]
    await bob.hear("resync")
    assert (await ann.refused("chat.send", room="lobby", text="x"))["code"] == "not_in_room"
    resume = {"epoch": before["epoch"], "seq": before["seq"]}
    after = await ann.ask("room.join", room="lobby", resume=resume)
    assert after["epoch"] == resync["epoch"]
    assert not after["recovered"]
    assert [message["text"] for message in after["snapshot"]["chat"]] == ["hello"]
    assert len(bob.events("chat.message")) == 1
    assert house.server.hub.check() is None
    assert await answered(ann) == "fine"


async def test_client_over_a_full_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client joins again by itself, and its view is what the room is."""
    monkeypatch.setattr("roomserver.hub.REBUILD_RETRY_SECONDS", 0.05)
    async with asyncio.timeout(20), Client(house.url) as client:
        await client.guest()
        view = await client.join("lobby")
        await client.chat("lobby", "kept")
        epoch = view.epoch
        await house.server._database.set_read_only(on=True)
        with pytest.raises(RequestError) as refused:
            await client.chat("lobby", "lost")
        assert refused.value.code == "storage_unavailable"
        await house.server._database.set_read_only(on=False)
        while not isinstance(await client.next_event(), Resynced):
            pass
        assert view.epoch != epoch
        assert [message.text for message in view.snapshot.chat] == ["kept"]
        said = await client.chat("lobby", "again")
        assert said.seq == view.seq
        assert client.connections == 1


async def test_unload(house: House) -> None:
    """An empty room is unloaded after a while and opens again; one with somebody inside stays."""
    hub = house.server.hub
    user = await house.user("anna")
    made = await user.ask("room.create", name="Quiet")
    slug = made["room"]["slug"]
    await user.ask("room.join", room="lobby")
    await house.server.beat.barrier()
    assert hub.live(slug) is not None
    assert hub.unload_idle() == 0

    now = hub._now_ms
    hub._now_ms = lambda: now() + IDLE_MS + 1000
    assert hub.unload_idle() == 1
    assert hub.live(slug) is None
    assert hub.live("lobby") is not None

    again = await user.ask("room.join", room=slug)
    assert again["snapshot"]["room"]["name"] == "Quiet"
    assert again["you"]["role"] == "host"


async def test_a_profile_changes_while_a_room_rests(house: House) -> None:
    """Who comes back to a room at rest takes it anew, if somebody it names looks another way since."""
    hub = house.server.hub
    anna, ben = await house.user("anna"), await house.user("ben")
    await anna.ask("room.create", name="Quiet", slug="quiet")
    left = await ben.ask("room.join", room="quiet")
    await ben.ask("room.leave", room="quiet")
    now = hub._now_ms
    hub._now_ms = lambda: now() + IDLE_MS + 1000
    hub.wake()  # its presence is told
    assert hub.unload_idle() == 1
    resume = {"epoch": left["epoch"], "seq": left["seq"]}
    await anna.ask("account.update", avatar_url="https://example.org/new.png")
    await asyncio.gather(*hub._tasks)
    again = await ben.ask("room.join", room="quiet", resume=resume)
    assert again["recovered"] is False
    [host] = again["snapshot"]["staff"]
    assert host["user"]["avatar_url"] == "https://example.org/new.png"


async def test_fallback_of_a_room(house: House) -> None:
    """A host names a playlist; it plays at once when nobody DJs, survives a restart, and can go."""
    user = await house.user("anna")
    slug = (await user.ask("room.create", name="Radio"))["room"]["slug"]
    joined = await user.ask("room.join", room=slug)
    assert joined["snapshot"]["booth"]["play"] is None
    playlist = (await user.ask("playlist.create", name="p"))["playlist"]["id"]
    assert (await user.refused("room.update", room=slug, fallback=playlist))["code"] == "no_media"
    await user.ask("playlist.insert", playlist_id=playlist, items=[SONG])
    await user.ask("room.update", room=slug, fallback=playlist)
    snapshot = (await user.ask("room.join", room=slug))["snapshot"]
    assert snapshot["settings"]["fallback"] is True
    assert snapshot["booth"]["play"]["media"]["title"] == "A song"
    assert snapshot["booth"]["dj"] is None

    token = user.token
    await house.restart()
    again = await house.wire()
    await again.ask("session.resume", token=token)
    snapshot = (await again.ask("room.join", room=slug))["snapshot"]
    assert snapshot["settings"]["fallback"] is True
    await again.ask("room.update", room=slug, fallback="")
    live = house.server.hub.live(slug)
    assert live is not None
    assert live.room.state.fallback == ()


async def test_fallback_is_the_own(house: House) -> None:
    """Somebody else's playlist is one that does not exist."""
    anna, berta = await house.user("anna"), await house.user("berta")
    playlist = (await berta.ask("playlist.create", name="p"))["playlist"]["id"]
    slug = (await anna.ask("room.create", name="Radio"))["room"]["slug"]
    await anna.ask("room.join", room=slug)
    assert (await anna.refused("room.update", room=slug, fallback=playlist))["code"] == "not_found"
