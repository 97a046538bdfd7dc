"""The whole server over real sockets: what a well-behaved client meets."""

from __future__ import annotations

import asyncio

import pytest

from protocol.codec import Notification, Response
from protocol.limits import RATES, Limits
from roomserver import VERSION
from roomserver.config import PrivacyConfig, RoomsConfig
from roomserver.lock import FolderLock
from roomserver.privacy_page import notice_html
from tests.support.server import ADULT, PASSWORD, SONG, House, Wire, assert_closed

EVERY_LOOP = True


async def test_the_operator_is_reached(house: House) -> None:
    """An operator's address stands in ``hello`` and on the notice's page, as a link and nothing more."""
    await house.close()
    await house.open(privacy=PrivacyConfig(contact="<b>&co@example.org"))

    assert (await (await house.wire()).hear("hello"))["policy"]["contact"] == "<b>&co@example.org"
    _status, _kind, page = notice_html(house.server.retention.notices.general(), "<b>&co@example.org")
    assert b'<a href="mailto:&lt;b&gt;&amp;co@example.org">&lt;b&gt;&amp;co@example.org</a>' in page
    assert b"reached" not in notice_html(house.server.retention.notices.general())[2]


async def test_hello(house: House) -> None:
    """The first message announces version, clock, limits, rates and policy, as they are."""
    wire = await house.wire()
    hello = await wire.hear("hello")
    assert wire.heard[0] == Notification("hello", hello)
    assert hello["protocol"] == 1
    assert hello["server"] == {"name": "roomserver", "version": VERSION}
    assert hello["rates"] == {name: {"burst": r.burst, "per_ms": r.per_ms} for name, r in RATES.items()}
    assert set(hello) == {
        "protocol",
        "server",
        "connection_id",
        "server_time_ms",
        "clock_id",
        "limits",
        "rates",
        "policy",
        "features",
    }
    assert hello["policy"]["url"] == "/privacy"
    assert isinstance(hello["server_time_ms"], int)
    other = await (await house.wire()).hear("hello")
    assert other["connection_id"] != hello["connection_id"]
    assert other["clock_id"] == hello["clock_id"]


async def test_it_ends_whatever_failed(house: House) -> None:
    """Tasks that died keep nothing from being closed; what they died of is raised behind it."""

    async def die(of: str) -> None:
        raise RuntimeError(of)

    server = house.server
    server.rights._tasks.insert(0, asyncio.create_task(die("rights")))
    server._tasks.insert(0, asyncio.create_task(die("server")))
    with pytest.raises(RuntimeError, match="server"):
        await server.close()
    assert not (house.data / "roomserver.db-wal").exists(), "expected a database that was closed"
    FolderLock.acquire(house.data).release()
    await house.open()


async def test_limits_are_announced(house: House) -> None:
    """``hello`` carries every limit, also those that have their default value."""
    hello = await (await house.wire()).hear("hello")
    defaults = {field: getattr(Limits(), field) for field in Limits.__struct_fields__}
    assert hello["limits"] == defaults


async def test_two_tabs_are_one_member(house: House) -> None:
    """Two connections of one session count once, both hear everything, and the last one to go leaves."""
    first = await house.user("ann")
    watcher = await house.guest("watcher")
    joined = await watcher.ask("room.join", room="lobby")
    assert joined["members"]["population"] == 1
    await first.ask("room.join", room="lobby")
    second = await house.again(first)
    seen = await second.ask("room.join", room="lobby")
    assert seen["members"]["population"] == 2
    await watcher.ask("chat.send", room="lobby", text="hello both")
    assert await first.hear("chat.message", text="hello both") == await second.hear(
        "chat.message", text="hello both"
    )
    await first.ask("room.leave", room="lobby")
    assert (await watcher.ask("room.get", room="lobby"))["room"]["population"] == 2
    await second.ask("room.leave", room="lobby")
    assert (await watcher.ask("room.get", room="lobby"))["room"]["population"] == 1
    told = await watcher.hear("room.members", population=1)
    assert told["left"] in ([first.user["id"]], [])


async def test_guest_logs_in(house: House) -> None:
    """A guest who logs in on the same connection leaves as the guest and is somebody else from then on."""
    registered = await house.user("ben")
    await registered.leave()
    wire = await house.guest("passing")
    await wire.ask("room.join", room="lobby")
    session = await wire.ask("session.login", username="ben", password=PASSWORD)
    assert session["user"]["id"] == registered.user["id"]
    assert (await wire.ask("room.get", room="lobby"))["room"]["population"] == 0
    assert (await wire.refused("chat.send", room="lobby", text="hi"))["code"] == "not_in_room"
    await wire.ask("room.join", room="lobby")
    sent = await wire.ask("chat.send", room="lobby", text="now it is me")
    message = await wire.hear("chat.message", id=sent["id"])
    assert message["user"]["name"] == "ben"


async def test_logout_everywhere(house: House) -> None:
    """Every other connection of the account is closed with 4001, and no token of it works again."""
    here = await house.user("cat")
    there = await house.again(here)
    elsewhere = await house.wire()
    elsewhere.became(await elsewhere.ask("session.login", username="cat", password=PASSWORD))
    bystander = await house.guest()
    assert await here.ask("session.logout", everywhere=True) == {}
    await assert_closed(there, 4001)
    await assert_closed(elsewhere, 4001)
    assert (await here.refused("account.get"))["code"] == "unauthenticated"
    for token in (here.token, elsewhere.token):
        assert (await here.refused("session.resume", token=token))["code"] == "invalid_credentials"
    await bystander.synced()


async def test_logout_here(house: House) -> None:
    """Only the session of this token ends; another login of the account goes on."""
    here = await house.user("dora")
    same = await house.again(here)
    other = await house.wire()
    other.became(await other.ask("session.login", username="dora", password=PASSWORD))
    await here.ask("session.logout")
    await assert_closed(same, 4001)
    assert (await other.ask("account.get"))["account"]["user"]["id"] == other.user["id"]


async def test_nonce(house: House) -> None:
    """The same nonce answers the first result and says nothing twice, also after a restart."""
    wire = await house.user("eve")
    await wire.ask("room.join", room="lobby")
    first = await wire.ask("chat.send", room="lobby", text="once", nonce="n1")
    assert await wire.ask("chat.send", room="lobby", text="once", nonce="n1") == first
    await house.restart()
    wire = await house.again(wire)
    joined = await wire.ask("room.join", room="lobby")
    assert await wire.ask("chat.send", room="lobby", text="once", nonce="n1") == first
    assert [message["text"] for message in joined["snapshot"]["chat"]] == ["once"]
    assert not wire.events("chat.message")


async def test_restart_goes_on(house: House) -> None:
    """After a restart epoch, play and waitlist are as they were, and a client resumes without a gap."""
    dj, next_one = await house.user("dj"), await house.user("next")
    joined = await dj.ask("room.join", room="lobby")
    await next_one.ask("room.join", room="lobby")
    await dj.ask("waitlist.join", room="lobby", media=SONG)
    await next_one.ask("waitlist.join", room="lobby", media=SONG)
    started = await dj.hear("play.started", play=dj.events("play.started")[-1]["play"])
    missed_from = joined["seq"]
    await house.restart()
    dj = await house.again(dj)
    again = await dj.ask("room.join", room="lobby", resume={"epoch": joined["epoch"], "seq": missed_from})
    assert again["epoch"] == joined["epoch"]
    assert again["recovered"]
    names = [name for _, name, _ in again["events"]]
    assert names == ["play.started", "waitlist.changed"]
    assert again["events"][0][2]["play"] == started["play"]
    fresh = (await (await house.guest()).ask("room.join", room="lobby"))["snapshot"]
    assert fresh["booth"]["play"] == started["play"]
    assert [user["name"] for user in fresh["waitlist"]] == ["next"]


async def test_resume_is_whole_or_nothing(house: House) -> None:
    """A resume gives every event after its seq; another epoch or a future seq gives a snapshot."""
    ann = await house.guest("ann")
    joined = await ann.ask("room.join", room="lobby")
    for number in range(3):
        await ann.ask("chat.send", room="lobby", text=f"message {number}")
    bob = await house.guest("bob")
    resume = {"epoch": joined["epoch"], "seq": joined["seq"]}
    back = await bob.ask("room.join", room="lobby", resume=resume)
    assert back["recovered"]
    assert "snapshot" not in back
    assert [params["seq"] for _, _, params in back["events"]] == [joined["seq"] + n for n in (1, 2, 3)]
    assert [params for _, _, params in back["events"]] == ann.events("chat.message")
    for wrong in ({**resume, "epoch": "another"}, {**resume, "seq": back["seq"] + 1}):
        fresh = await bob.ask("room.join", room="lobby", resume=wrong)
        assert not fresh["recovered"]
        assert "events" not in fresh
        assert fresh["snapshot"]["chat"]
    now = await bob.ask("room.join", room="lobby", resume={**resume, "seq": back["seq"]})
    assert now["recovered"]
    assert now["events"] == []


async def test_join_result_precedes_its_events(house: House) -> None:
    """Whoever joins in the middle of a storm hears exactly the events after the join's seq, after it."""
    talkers = [await house.guest(f"talker-{n}") for n in range(4)]
    for talker in talkers:
        await talker.ask("room.join", room="lobby")
    joiners = [await house.guest() for _ in range(8)]

    async def talk(talker: Wire) -> None:
        for number in range(4):
            await talker.ask("chat.send", room="lobby", text=f"storm {number}")

    async def enter(joiner: Wire) -> int:
        return int((await joiner.ask("room.join", room="lobby"))["seq"])

    talking = asyncio.gather(*map(talk, talkers))
    entered = await asyncio.gather(*map(enter, joiners))
    await talking
    last = (await talkers[0].ask("room.join", room="lobby"))["seq"]
    for joiner, seq in zip(joiners, entered, strict=True):
        if last > seq:
            await joiner.hear("chat.message", seq=last)
        seqs = [m["seq"] for m in joiner.events("chat.message")]
        assert seqs == list(range(seq + 1, last + 1))


async def test_leaving_in_the_same_message(house: House) -> None:
    """Join and leave at once leave nothing behind: no events afterwards, nobody counted."""
    ann, bob = await house.guest("ann"), await house.guest("bob")
    await bob.ask("room.join", room="lobby")
    await ann.send([0, 1, "room.join", {"room": "lobby"}], [0, 2, "room.leave", {"room": "lobby"}])
    assert (await ann.answer(1)).error is None
    assert (await ann.answer(2)).error is None
    await bob.ask("chat.send", room="lobby", text="are you gone?")
    await ann.synced()
    assert not ann.events("chat.message")
    assert (await bob.ask("room.get", room="lobby"))["room"]["population"] == 1


async def test_lost_before_the_join_is_told(house: House) -> None:
    """A connection that dies with its join under way is not kept as a subscriber."""
    bob = await house.guest("bob")
    await bob.ask("room.join", room="lobby")
    live = house.server.hub.live("lobby")
    assert live is not None
    for _ in range(10):
        ann = await house.guest()
        await ann.post("room.join", room="lobby")
        ann.socket.transport.abort()
        await ann.closed()
    async with asyncio.timeout(5):
        while len(house.server.gateway) > 1:
            await bob.synced()
    await house.server.beat.barrier()
    assert set(live.subscribers) == {bob.user["id"]}


async def test_several_in_one_message(house: House) -> None:
    """Several values in one message are handled and answered in order, also those that read storage."""
    wire = await house.user("finn")
    await wire.send(
        [0, 11, "room.join", {"room": "lobby"}],
        [0, 12, "chat.send", {"room": "lobby", "text": "one"}],
        [0, 13, "chat.delete", {"room": "lobby", "all": True}],
        [0, 14, "chat.send", {"room": "lobby", "text": "two"}],
        [0, 15, "nonsense", {}],
        [0, 16, "chat.send", {"room": "lobby", "text": "three"}],
    )
    await wire.answer(16)
    ids = [one.id for one in wire.heard if isinstance(one, Response) and one.id >= 11]
    assert ids == [11, 12, 13, 14, 15, 16]
    assert [message["text"] for message in wire.events("chat.message")] == ["one", "two", "three"]


async def test_handled_in_order(house: House) -> None:
    """A request that must wait for storage holds back those behind it, but not the clock."""
    wire = await house.wire()
    params = {"username": "ida", "password": PASSWORD, "birth": ADULT, "accept_policy": True}
    await wire.send(
        [0, 1, "session.register", params],
        [0, 2, "playlist.create", {"name": "mine"}],
        [0, 3, "playlist.list", {}],
        [0, 4, "clock.sync", {"t1_us": 1}],
    )
    listed = await wire.answer(3)
    assert listed.result is not None
    assert [playlist["name"] for playlist in listed.result["playlists"]] == ["mine"]
    ids = [one.id for one in wire.heard if isinstance(one, Response)]
    assert ids == [4, 1, 2, 3]


async def test_clock(house: House) -> None:
    """The four-timestamp probe works before a session, and t1 comes back as it was sent."""
    wire = await house.wire()
    answer = await wire.ask("clock.sync", t1_us=123)
    assert answer["t1_us"] == 123
    assert answer["t2_us"] <= answer["t3_us"]


async def test_slug_is_made(house: House) -> None:
    """A room without a slug gets one of its name; a taken one gets a number; a wished one is refused."""
    wire = await house.user("gil")
    first = await wire.ask("room.create", name="Späte Stunde!")
    assert first["room"]["slug"] == "spate-stunde"
    second = await wire.ask("room.create", name="Späte Stunde!")
    assert second["room"]["slug"] == "spate-stunde-2"
    refused = await wire.refused("room.create", name="Other", slug="spate-stunde")
    assert refused["code"] == "room_exists"


async def test_age_screen(house: House) -> None:
    """A child is refused without a reason, and may not try again with another year."""
    wire = await house.wire()
    params = {"username": "kid", "password": PASSWORD, "accept_policy": True}
    refused = await wire.refused("session.register", birth={"year": 2024, "month": 1, "day": 1}, **params)
    assert refused["code"] == "registration_refused"
    assert set(refused) == {"code", "message", "temporary"}
    assert (await wire.refused("session.register", birth=ADULT, **params)) == refused


async def test_rename_reaches_the_room(house: House) -> None:
    """A new name is told as an event and stands in everything said before."""
    wire = await house.user("hans")
    await wire.ask("room.join", room="lobby")
    await wire.ask("chat.send", room="lobby", text="old name")
    await wire.ask("account.update", username="johann")
    told = await wire.hear("user.updated")
    assert told["user"]["name"] == "johann"
    fresh = await (await house.guest()).ask("room.join", room="lobby")
    assert fresh["snapshot"]["chat"][0]["user"]["name"] == "johann"


@pytest.mark.parametrize("end", ["drop", "close"])
async def test_grace(house: House, end: str) -> None:
    """A DJ whose connection is gone keeps the turn for the grace, and then it is passed on."""
    await house.close()
    await house.open(rooms=RoomsConfig(grace_ms=300, lead_in_ms=0))
    dj, heir = await house.user("dj"), await house.user("heir")
    for wire in (dj, heir):
        await wire.ask("room.join", room="lobby")
        await wire.ask("waitlist.join", room="lobby", media=SONG)
    await heir.hear("waitlist.changed", change="join")
    if end == "drop":
        dj.socket.transport.abort()
    else:
        await dj.leave()
    asked_at = asyncio.get_running_loop().time()
    passed = await heir.until(
        lambda: next((p for p in heir.events("play.started") if p["play"]["dj"] == heir.user), None)
    )
    assert asyncio.get_running_loop().time() - asked_at > 0.2
    assert passed["previous"]["end"] == "left"
    assert passed["previous"]["by"]["id"] == dj.user["id"]


async def test_back_within_the_grace(house: House) -> None:
    """Who comes back in time has lost nothing, and nobody was told that they were away."""
    dj = await house.user("dj")
    watcher = await house.guest()
    await watcher.ask("room.join", room="lobby")
    await dj.ask("room.join", room="lobby")
    await dj.ask("waitlist.join", room="lobby", media=SONG)
    await watcher.hear("room.members", population=2)
    dj.socket.transport.abort()
    await dj.closed()
    back = await house.again(dj)
    joined = await back.ask("room.join", room="lobby")
    assert joined["snapshot"]["booth"]["dj"]["id"] == dj.user["id"]
    assert joined["members"]["population"] == 2
    await watcher.synced()
    assert not [event for event in watcher.events("room.members") if event["left"]]


async def test_drain(house: House) -> None:
    """A stopping server tells everyone 4200 and closes with it; nothing acknowledged is lost."""
    wires = [await house.guest() for _ in range(5)]
    for wire in wires:
        await wire.ask("room.join", room="lobby")
    said = await wires[0].ask("chat.send", room="lobby", text="last words")
    await house.server.close()
    for wire in wires:
        await assert_closed(wire, 4200)
    await house.open()
    fresh = await (await house.guest()).ask("room.join", room="lobby")
    assert [message["id"] for message in fresh["snapshot"]["chat"]] == [said["id"]]
