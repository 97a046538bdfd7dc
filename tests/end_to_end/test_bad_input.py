"""Whatever a client sends: the error or close code of the protocol, and nobody else notices."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgpack
import pytest

from protocol.limits import MESSAGE_BYTES, NESTING, Limits
from roomserver.api.caller import STRIKES_MAX
from roomserver.config import DATABASE
from tests.support.server import ADULT, PASSWORD, SONG, House, Wire, assert_closed

EVERY_LOOP = True


def pack(*values: object) -> bytes:
    """Return a message of these values."""
    return b"".join(msgpack.packb(value) for value in values)


def nested(depth: int) -> object:
    """Return a request whose envelope is so many containers deep."""
    inner: object = 1
    for _ in range(depth - 1):
        inner = {"x": inner}
    return [0, 9, "room.get", inner]


def padded(size: int) -> bytes:
    """Return a request of exactly so many bytes."""
    for room in range(size - 40, size):
        message = pack([0, 9, "room.get", {"room": "x" * room}])
        if len(message) == size:
            return message
    raise AssertionError("every size can be reached")


def bad_song(field: str, value: object) -> tuple[str, dict[str, Any], str, str]:
    """Return the case of queueing a song with one wrong field."""
    return "waitlist.join", {"room": "lobby", "media": SONG | {field: value}}, "bad_params", f"media.{field}"


class Neighbour:
    """A well-behaved member of the lobby, who notices when anything changes."""

    def __init__(self, house: House, wire: Wire, before: dict[str, Any]) -> None:
        self.house = house
        self.wire = wire
        self.before = before

    async def undisturbed(self) -> None:
        """Check that the neighbour still is connected, served, and that the room is as it was."""
        after = await self.wire.ask("room.join", room="lobby")
        for result in (self.before, after):
            result["members"].pop("version", None)
        assert after == self.before
        assert self.wire.events("chat.message") == []
        assert self.wire.events("closing") == []


@pytest.fixture
async def neighbour(house: House) -> AsyncIterator[Neighbour]:
    """Return a neighbour, who must be undisturbed when the test is over."""
    wire = await house.guest("neighbour")
    await wire.ask("room.join", room="lobby")
    neighbour = Neighbour(house, wire, await wire.ask("room.join", room="lobby"))
    yield neighbour
    await neighbour.undisturbed()


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        b"\x93\x00",
        pack([0, 1, "room.get", {}])[:-1],
        pack([0, 1, "room.get", {"room": "lobby"}]) + b"\xc1",
        pack([0, 1, "room.get", {"room": "lobby"}]) + b"\x94",
        pack(7),
        pack("hello"),
        pack({}),
        pack([]),
        pack([0]),
        pack([0, 1, "room.get"]),
        pack([0, 1, "room.get", ["lobby"]]),
        pack([0, 1, "room.get", None]),
        pack([0, 1, b"room.get", {}]),
        pack([0, "1", "room.get", {}]),
        pack([0, None, "room.get", {}]),
        pack([0, -1, "room.get", {}]),
        pack([0, 2**32, "room.get", {}]),
        pack([0, True, "room.get", {}]),
        pack([0, 1.0, "room.get", {}]),
        pack([0, 1, "room.get", {}, 0]),
        pack([1, 1, None, {}]),
        pack([2, "chat.send"]),
        pack([3, 1, "room.get", {}]),
        pack([0, 1, "room.get", {1: 2}]),
        pack([0, 1, "room.get", {"room": msgpack.ExtType(5, b"x")}]),
        b"\x94\x00\x01\xa8room.get\x81\xa4room\xa2\xff\xfe",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x91" * 5000,
        pack(nested(NESTING + 1)),
        padded(MESSAGE_BYTES + 1),
        bytes(200_000),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_not_this_protocol(house: House, neighbour: Neighbour, message: bytes) -> None:
    """What is no message of this protocol closes with 4000, said in band, also for a member of a room."""
    wire = await house.wire()
    await wire.socket.send(message)
    await assert_closed(wire, 4000)


async def test_no_part_of_a_bad_message_is_done(house: House, neighbour: Neighbour) -> None:
    """A message is malformed or not, never half executed."""
    wire = await house.guest()
    await wire.ask("room.join", room="lobby")
    await wire.ask("room.leave", room="lobby")
    good = pack([0, 1, "room.join", {"room": "lobby"}], [0, 2, "chat.send", {"room": "lobby", "text": "hi"}])
    await wire.socket.send(good + b"\xc1")
    await assert_closed(wire, 4000)


async def test_text(house: House, neighbour: Neighbour) -> None:
    """A text frame is no message."""
    wire = await house.wire()
    await wire.socket.send('[0, 1, "room.list", {}]')
    await assert_closed(wire, 4000)


async def test_fragments(house: House, neighbour: Neighbour) -> None:
    """A fragmented message is refused with its first fragment."""
    wire = await house.wire()
    await wire.socket.send([b"\x94\x00\x01", b"\xa9room.list", b"\x80"])
    await assert_closed(wire, 4000)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x82\x01\x00", 1002),  # not masked
        (b"\xc2\x80\x00\x00\x00\x00", 1002),  # a reserved bit
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # a reserved opcode
        (b"\x80\x80\x00\x00\x00\x00", 1002),  # a continuation of nothing
        (b"\x89\xfe\x00\xff\x00\x00\x00\x00" + bytes(255), 1002),  # a ping that is too long
        (b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 4000),  # the longest length
    ],
)
async def test_broken_frames(house: House, neighbour: Neighbour, frame: bytes, code: int) -> None:
    """A client that breaks RFC 6455 is closed with its code."""
    wire = await house.wire()
    await wire.hear("hello")
    wire.socket.transport.write(frame)
    assert await wire.closed() == code


async def test_as_much_as_allowed(house: House, neighbour: Neighbour) -> None:
    """Exactly the announced size and depth are read, and refused in words if at all."""
    wire = await house.guest()
    await wire.socket.send(padded(MESSAGE_BYTES))
    answer = await wire.answer(9)
    assert answer.error is not None
    wire.heard.clear()
    await wire.send(nested(NESTING))
    answer = await wire.answer(9)
    assert answer.error is not None
    assert answer.error["code"] == "bad_params"


@pytest.mark.parametrize(
    ("method", "params", "code", "field"),
    [
        ("waitlist.join", {"room": "lobby", "media": {}}, "bad_params", "media.source"),
        ("chat.sned", {}, "unknown_method", None),
        ("", {}, "unknown_method", None),
        ("x" * 5000, {}, "unknown_method", None),
        ("chat.send", {"room": "lobby"}, "bad_params", "text"),
        ("chat.send", {"text": "hi"}, "bad_params", "room"),
        ("chat.send", {"room": "lobby", "text": 5}, "bad_params", "text"),
        ("chat.send", {"room": "lobby", "text": None}, "bad_params", "text"),
        ("chat.send", {"room": "lobby", "text": ""}, "bad_params", "text"),
        ("chat.send", {"room": "lobby", "text": "x", "emot": True}, "bad_params", "emot"),
        ("chat.send", {"room": "lobby", "text": "x", "emote": 1}, "bad_params", "emote"),
        ("chat.send", {"room": "the lobby", "text": "x"}, "bad_params", "room"),
        ("chat.send", {"room": ["lobby"], "text": "x"}, "bad_params", "room"),
        ("vote.cast", {"room": "lobby", "play_id": "x", "value": 2}, "bad_params", "value"),
        ("vote.cast", {"room": "lobby", "play_id": "x", "value": True}, "bad_params", "value"),
        ("vote.cast", {"room": "lobby", "play_id": "x", "value": "1"}, "bad_params", "value"),
        ("room.list", {"limit": 0}, "bad_params", "limit"),
        ("room.list", {"limit": 101}, "bad_params", "limit"),
        ("room.list", {"cursor": "zzz"}, "bad_params", "cursor"),
        ("room.join", {"room": "lobby", "resume": {"epoch": "x"}}, "bad_params", "resume.seq"),
        ("room.join", {"room": "lobby", "resume": {"epoch": "x", "seq": -1}}, "bad_params", "resume.seq"),
        ("room.join", {"room": "lobby", "resume": {"epoch": "x", "seq": 2**60}}, "bad_params", "resume.seq"),
        bad_song("duration_ms", 1),
        bad_song("source", "tape"),
        bad_song("source_id", "x:y"),
        bad_song("titel", "x"),
        ("clock.sync", {"t1_us": "now"}, "bad_params", "t1_us"),
        ("room.get", {"room": "nowhere"}, "not_found", "room"),
        ("room.join", {"room": "nowhere"}, "not_found", "room"),
        ("chat.send", {"room": "nowhere", "text": "x"}, "not_found", "room"),
        ("chat.history", {"room": "nowhere"}, "not_found", "room"),
        ("staff.set", {"room": "lobby", "user": "nobody", "role": "host"}, "bad_params", "role"),
        ("playlist.items", {"playlist_id": "nothing"}, "not_found", None),
        ("playlist.create", {"name": "   "}, "bad_params", "name"),
    ],
)  # fmt: skip
async def test_refused_requests(
    house: House, neighbour: Neighbour, method: str, params: dict[str, Any], code: str, field: str | None
) -> None:
    """A request that cannot work is refused in words that name the field, and the connection goes on."""
    wire = await house.user("clumsy")
    error = await wire.refused(method, **params)
    assert error["code"] == code
    assert error.get("field") == field
    assert error["message"]
    assert error["temporary"] is False
    await wire.synced()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("account.get", {}),
        ("room.join", {"room": "lobby"}),
        ("chat.send", {"room": "lobby", "text": "x"}),
        ("playlist.list", {}),
        ("session.logout", {}),
    ],
)
async def test_unauthenticated(
    house: House, neighbour: Neighbour, method: str, params: dict[str, Any]
) -> None:
    """Before a session only a few methods work."""
    wire = await house.wire()
    assert (await wire.refused(method, **params))["code"] == "unauthenticated"
    await wire.ask("room.list")
    await wire.ask("room.get", room="lobby")
    await wire.ask("privacy.notice")


async def test_wrong_password(house: House, neighbour: Neighbour) -> None:
    """Unknown user and wrong password are refused alike, and neither is a session."""
    await (await house.user("ann")).leave()
    wire = await house.wire()
    wrong = await wire.refused("session.login", username="ann", password="wrong horse")
    unknown = await wire.refused("session.login", username="nobody", password=PASSWORD)
    assert wrong == unknown
    assert wrong["code"] == "invalid_credentials"
    assert (await wire.refused("session.resume", token="x" * 43))["code"] == "invalid_credentials"
    assert (await wire.refused("account.get"))["code"] == "unauthenticated"


async def test_room_password(house: House, neighbour: Neighbour) -> None:
    """A locked room opens with its password only, and tells nothing of it."""
    host, guest = await house.user("hugo"), await house.guest()
    room = (await host.ask("room.create", name="Den", slug="den"))["room"]
    await host.ask("room.join", room="den")
    updated = await host.ask("room.update", room="den", password="sesame")
    assert updated["room"]["password"] is True
    for params in ({}, {"password": "Sesame"}, {"password": ""}):
        assert (await guest.refused("room.join", room="den", **params))["code"] == "wrong_password"
    assert (await guest.refused("chat.send", room="den", text="x"))["code"] == "not_in_room"
    joined = await guest.ask("room.join", room="den", password="sesame")
    assert "sesame" not in str(joined)
    assert joined["snapshot"]["room"]["id"] == room["id"]


async def test_a_member_only_reads(house: House, neighbour: Neighbour) -> None:
    """What a room says among its members is not told to others."""
    stranger = await house.user("stranger")
    for method in ("chat.history", "room.members", "history.room"):
        assert (await stranger.refused(method, room="lobby"))["code"] == "not_in_room"


async def test_stale_play(house: House, neighbour: Neighbour) -> None:
    """A vote or skip for a play that is over names the current one."""
    playing = neighbour.before["snapshot"]["booth"]["play"]["id"]
    host = await house.user("hugo")
    await host.ask("room.create", name="Den", slug="den")
    await host.ask("room.join", room="den")
    await host.ask("waitlist.join", room="den", media=SONG)
    first = host.events("play.started")[-1]["play"]["id"]
    await host.ask("booth.skip", room="den", play_id=first)
    stale = await host.refused("vote.cast", room="den", play_id=first, value=1)
    assert stale["code"] in {"stale_play", "own_play"}
    lobby = await house.user("voter")
    await lobby.ask("room.join", room="lobby")
    stale = await lobby.refused("vote.cast", room="lobby", play_id=first, value=1)
    assert stale["code"] == "stale_play"
    assert stale["play_id"] == playing
    await lobby.ask("room.leave", room="lobby")


async def test_duplicate_ids(house: House, neighbour: Neighbour) -> None:
    """A client that uses an id twice gets an answer to each, and confuses nobody but itself."""
    wire = await house.guest()
    await wire.send([0, 5, "room.get", {"room": "lobby"}], [0, 5, "room.get", {"room": "nowhere"}])
    await wire.synced()
    answers = [one for one in wire.heard if getattr(one, "id", None) == 5]
    assert len(answers) == 2


async def test_notifications(house: House, neighbour: Neighbour) -> None:
    """A method sent as a notification is carried out and never answered, not even refused."""
    wire = await house.guest("quiet")
    answered = len(wire.heard)
    await wire.send(
        [2, "room.join", {"room": "lobby"}],
        [2, "chat.send", {"room": "lobby"}],
        [2, "chat.sned", {}],
        [2, "room.get", {"room": "nowhere"}],
        [2, "clock.sync", {"t1_us": 1}],
        [2, "room.leave", {"room": "lobby"}],
    )
    await wire.synced()
    assert [one for one in wire.heard[answered:-1] if hasattr(one, "id")] == []


async def test_too_many_open_requests(house: House, neighbour: Neighbour) -> None:
    """Requests beyond the announced number of open ones are refused, the others answered."""
    limit = Limits().open_requests
    wire = await house.wire()
    params = {"username": "busy", "password": PASSWORD, "birth": ADULT, "accept_policy": True}
    await wire.send(
        [0, 1, "session.register", params],
        *([0, number, "privacy.notice", {}] for number in range(2, limit + 12)),
    )
    answers = [await wire.answer(number) for number in range(1, limit + 12)]
    refused = [one for one in answers if one.error is not None and one.error["code"] == "too_many"]
    assert len(refused) == 10
    assert all(one.error is not None and one.error["limit"] == limit for one in refused)


async def test_hopeless_clients(house: House, neighbour: Neighbour) -> None:
    """A client that keeps sending requests that cannot work is closed with 4007."""
    wire = await house.guest()
    for number in range(STRIKES_MAX):
        assert (await wire.refused("chat.sned"))["code"] == "unknown_method", number
    await wire.synced()
    await wire.post("chat.sned")
    await assert_closed(wire, 4007)


async def test_authentication_timeout(house: House) -> None:
    """Who does not say who they are in time is closed with 4002; who does may stay."""
    await house.close()
    await house.open(limits=Limits(auth_timeout_ms=400))
    silent, busy = await house.wire(), await house.wire()
    guest = await house.guest()
    assert (await silent.hear("hello"))["limits"]["auth_timeout_ms"] == 400
    await busy.ask("room.list")
    await assert_closed(silent, 4002)
    await assert_closed(busy, 4002)
    await guest.synced()


async def test_slowloris(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a whole request in time is dropped."""
    for module in ("connection", "gateway"):
        monkeypatch.setattr(f"roomserver.gateway.{module}.HANDSHAKE_MS", 300)
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\n")
    async with asyncio.timeout(5):
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()
    await (await house.guest()).synced()


async def test_dead_clients(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not answer a ping is closed with 4103; one that does stays."""
    monkeypatch.setattr("roomserver.gateway.connection.CLOSE_MS", 200)
    await house.close()
    await house.open(limits=Limits(ping_interval_ms=300, pong_timeout_ms=300, auth_timeout_ms=400))
    alive, dead = await house.guest(), await house.raw_guest()
    last_words = await dead.read_to_end()
    assert b"closing" in last_words
    assert (4103).to_bytes(2, "big") in last_words
    await alive.synced()


async def test_deleted_text_is_gone(house: House) -> None:
    """After a deletion the text is in no history, no snapshot, no resume and no row."""
    ann, bob = await house.user("ann"), await house.guest("bob")
    joined = await ann.ask("room.join", room="lobby")
    await bob.ask("room.join", room="lobby")
    resume = {"epoch": joined["epoch"], "seq": joined["seq"]}
    said = await ann.ask("chat.send", room="lobby", text="canary-7f3a", nonce="n")
    await bob.ask("chat.send", room="lobby", text="harmless")
    assert (await bob.refused("chat.delete", room="lobby", id=said["id"]))["code"] == "forbidden"
    assert await ann.ask("chat.delete", room="lobby", id=said["id"]) == {"deleted": 1}
    assert (await bob.hear("chat.deleted"))["ids"] == [said["id"]]

    async def assert_gone() -> None:
        cat = await house.guest()
        fresh = await cat.ask("room.join", room="lobby")
        assert "canary-7f3a" not in str(fresh)
        resumed = await cat.ask("room.join", room="lobby", resume=resume)
        assert resumed["recovered"]
        assert "canary-7f3a" not in str(resumed)
        seqs = [params["seq"] for _, _, params in resumed["events"]]
        assert seqs == list(range(joined["seq"] + 1, resumed["seq"] + 1))
        history = await cat.ask("chat.history", room="lobby")
        assert [message["text"] for message in history["messages"]] == ["harmless"]
        await cat.ask("room.leave", room="lobby")

    await assert_gone()
    rows = sqlite3.connect(house.data / DATABASE)
    payloads = str(rows.execute("SELECT payload FROM events").fetchall())
    rows.close()
    assert "canary-7f3a" not in payloads
    assert "harmless" in payloads
    await house.restart()
    await assert_gone()
