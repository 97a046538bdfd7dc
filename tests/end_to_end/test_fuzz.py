"""Ten thousand broken messages: each is answered or refused, and the server goes on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest
import websockets
from structlog.testing import capture_logs

from protocol.codec import Response
from protocol.methods import METHODS
from roomserver.config import RoomsConfig
from tests.support.server import ADULT, PASSWORD, SONG, House, Wire, rss_kib

MESSAGES = 10_000
CONNECTIONS = 8
SEED = 20_260_101
PROBE_ID = 4_000_000_000

ROOM = {"room": "lobby"}
CORPUS: dict[str, dict[str, Any]] = {
    "session.guest": {"name": "fuzzy"},
    "session.register": {"username": "fuzz", "password": PASSWORD, "birth": ADULT, "accept_policy": True},
    "session.login": {"username": "fuzz", "password": PASSWORD},
    "session.resume": {"token": "x" * 43},
    "session.logout": {"everywhere": True},
    "account.get": {},
    "account.update": {"bio": "hello", "username": "fuzz2", "email": "a@b.example", "country": "DE"},
    "clock.sync": {"t1_us": 123_456_789},
    "room.list": {"query": "lob", "limit": 10},
    "room.get": ROOM,
    "room.create": {"name": "Fuzz", "slug": "fuzz", "description": "d", "private": True},
    "room.join": {**ROOM, "password": "x", "resume": {"epoch": "e", "seq": 3}},
    "room.leave": ROOM,
    "room.update": {**ROOM, "name": "x", "password": "x", "capacity": 5, "slow_mode_ms": 5},
    "room.members": {**ROOM, "limit": 5, "cursor": "0"},
    "waitlist.join": {**ROOM, "playlist_id": "x", "media": {**SONG, "start_ms": 0, "end_ms": 1000}},
    "waitlist.leave": ROOM,
    "waitlist.add": {**ROOM, "user": "x", "position": 3},
    "waitlist.remove": {**ROOM, "user": "x"},
    "waitlist.move": {**ROOM, "user": "x", "position": 0},
    "waitlist.lock": {**ROOM, "on": True, "clear": True},
    "waitlist.cycle": {**ROOM, "on": False},
    "waitlist.clear": ROOM,
    "booth.skip": {**ROOM, "play_id": "x", "reason": "r", "requeue_at": 1},
    "booth.leave": {**ROOM, "after_play": True, "on": False},
    "vote.cast": {**ROOM, "play_id": "x", "value": -1},
    "vote.grab": {**ROOM, "play_id": "x", "playlist_id": "x"},
    "playlist.list": {},
    "playlist.create": {"name": "mine"},
    "playlist.rename": {"playlist_id": "x", "name": "y"},
    "playlist.delete": {"playlist_id": "x"},
    "playlist.activate": {"playlist_id": "x"},
    "playlist.shuffle": {"playlist_id": "x"},
    "playlist.items": {"playlist_id": "x", "query": "%_", "cursor": "1"},
    "playlist.insert": {"playlist_id": "x", "items": [SONG, SONG], "at": {"after": "y"}},
    "playlist.move": {"playlist_id": "x", "item_ids": ["a", "b"], "at": "start"},
    "playlist.remove": {"playlist_id": "x", "item_ids": ["a"]},
    "history.room": {**ROOM, "cursor": "x"},
    "history.user": {"limit": 100},
    "chat.send": {**ROOM, "text": "hi @fuzz", "nonce": "n", "reply_to": "x", "emote": True},
    "chat.delete": {**ROOM, "id": "x"},
    "chat.history": {**ROOM, "before_seq": 10, "limit": 3},
    "staff.set": {**ROOM, "user": "x", "role": "bouncer"},
    "privacy.notice": ROOM,
    "room.delete": {**ROOM, "confirm": "x"},
    "room.transfer": {**ROOM, "user": "x"},
    "room.claim": ROOM,
    "favorite.set": {**ROOM, "on": True},
    "favorite.list": {},
    "user.get": {"user": "x"},
    "ignore.set": {"user": "x", "on": True},
    "ignore.list": {},
    "booth.vote_skip": {**ROOM, "play_id": "x", "on": True},
    "media.report": {**ROOM, "play_id": "x", "problem": "error", "position_ms": 5},
    "sync.report": {
        **ROOM,
        "play_id": "x",
        "error_ms_p50": 2,
        "error_ms_p95": 9,
        "rtt_ms": 30,
        "seeks": 0,
        "stalls": 0,
    },
    "media.block": {**ROOM, "media": SONG, "on": True},
    "media.blocked": {**ROOM, "cursor": "0", "limit": 3},
    "media.resolve": {"url": "https://youtu.be/dQw4w9WgXcQ"},
    "playlist.update_item": {"playlist_id": "x", "item_id": "y", "title": "t", "start_ms": 0},
    "playlist.export": {"playlist_id": "x", "cursor": "1"},
    "playlist.import": {"playlist_id": "x", "text": '[{"format": 1, "cid": "dQw4w9WgXcQ"}]'},
    "mod.mute": {**ROOM, "user": "x", "duration_ms": 5000, "reason": "r", "shadow": True},
    "mod.unmute": {**ROOM, "user": "x"},
    "mod.kick": {**ROOM, "user": "x", "reason": "r"},
    "mod.ban": {**ROOM, "user": "x", "duration_ms": None, "reason": "r"},
    "mod.unban": {**ROOM, "user": "x"},
    "mod.waitlist_ban": {**ROOM, "user": "x", "duration_ms": 5000},
    "mod.waitlist_unban": {**ROOM, "user": "x"},
    "mod.list": {**ROOM, "kind": "ban"},
    "mod.log": {**ROOM, "cursor": "3", "limit": 5},
    "bot.create": {"name": "fuzzbot", "scopes": ["chat.read", "chat.write"]},
    "bot.list": {},
    "bot.revoke": {"bot_id": "x"},
    "privacy.status": {"request_id": "x"},
    "privacy.acknowledge": {"hash": "0123456789abcdef"},
    "privacy.accept": {"rev": 1},
    "privacy.consents": {"improvement": True, "marketing": False},
    "privacy.self_ttl": {"chat_ms": 60_000},
    "privacy.export": {},
    "privacy.erase": {"confirm": "somebody else", "password": PASSWORD},
    "privacy.prove": {},
    "privacy.report_age": {"user": "x"},
}
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**64 - 1, -(2**63), 1e308, -0.0,
    float("nan"), float("inf"), "", " ", "x", "x" * 33, "x" * 5000, "\x00", "\u202e",
    "🎵" * 200, "%", "'; --", "ａｄｍｉｎ",
    "lobby", "e\u0301" * 200, b"", b"\xff\xfe", [], {}, [[]], [None] * 200, {"a": {"a": {"a": {}}}},
    {"": ""}, {"room": "lobby"}, "start", "../..", "-9", "9" * 30,
]  # fmt: skip


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every part of a value."""
    yield here
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], (*here, key))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from paths(value[index], (*here, index))


def swap(value: Any, dice: random.Random) -> Any:
    """Put something odd in one place."""
    # Mostly in the params: a broken envelope is soon told.
    inside = [way for way in paths(value) if len(way) > 1]
    where = dice.choice(inside if inside and dice.random() < 0.9 else list(paths(value)))
    if not where:
        return dice.choice(ODD)
    *way, last = where
    holder = value
    for step in way:
        holder = holder[step]
    holder[last] = dice.choice(ODD)
    return value


def rearrange(value: list[Any], dice: random.Random) -> list[Any]:
    """Drop or add a param, or send the params to another method."""
    params = value[3]
    match dice.randrange(4):
        case 0 if params:
            params.pop(dice.choice(list(params)))
        case 1:
            params[dice.choice(["room", "limit", "x", "\u00fc" * 50])] = dice.choice(ODD)
        case 2:
            value[2] = dice.choice([*CORPUS, "hello", "", "room"])
        case _ if dice.random() < 0.2:
            del value[dice.randrange(4)]
        case _:
            value[1] = dice.choice([0, 7, 2**32 - 1])
    return value


def flip(data: bytes, dice: random.Random) -> bytes:
    """Change some bits."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def truncate(data: bytes, dice: random.Random) -> bytes:
    """Cut the end off."""
    return data[: dice.randrange(len(data))]


def insert(data: bytes, dice: random.Random) -> bytes:
    """Put noise somewhere."""
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.randbytes(dice.randint(1, 12)) + data[at:]


BYTES: list[Callable[[bytes, random.Random], bytes]] = [flip, flip, truncate, insert]


def request(dice: random.Random) -> list[Any]:
    """Return a valid request, the params a copy."""
    method = dice.choice(list(CORPUS))
    params: Any = msgpack.unpackb(msgpack.packb(CORPUS[method]))
    return [0, dice.randrange(1, 1000), method, params]


def mutant(dice: random.Random) -> bytes:
    """Return a message that once was a valid request."""
    match dice.randrange(12):
        case 0 | 1 | 2 | 3 | 10 | 11:
            return _packed(swap(request(dice), dice))
        case 4 | 5:
            return _packed(rearrange(request(dice), dice))
        case 6:
            one, other = _packed(request(dice)), _packed(request(dice))
            return one[: dice.randrange(len(one) + 1)] + other[dice.randrange(len(other)) :]
        case 7:
            return _packed(request(dice)) + _packed(swap(request(dice), dice))
        case _:
            return dice.choice(BYTES)(_packed(request(dice)), dice)


def _packed(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def outcomes(wire: Wire) -> Counter[str]:
    """Count what a connection was answered."""
    counts: Counter[str] = Counter()
    for one in wire.heard:
        if isinstance(one, Response) and one.id < PROBE_ID:
            counts["result" if one.error is None else one.error["code"]] += 1
    return counts


async def storm(house: House, dice: random.Random, count: int) -> Counter[str]:
    """Send so many mutants, on as many connections as it takes; every one must have an end."""
    counts: Counter[str] = Counter()
    wire: Wire | None = None
    for number in range(count):
        if wire is None:
            wire = await Wire.to(house.port)
            if dice.random() < 0.8:
                await wire.ask("session.guest")
                await wire.ask("room.join", room="lobby")
                wire.heard.clear()
        probe = PROBE_ID + number
        try:
            await wire.socket.send(mutant(dice))
            await wire.send([0, probe, "room.get", ROOM])  # answered after what the mutant asked for
            await wire.answer(probe)
        except (websockets.ConnectionClosed, AssertionError):
            counts[f"closed {await wire.closed()}"] += 1
            counts += outcomes(wire)
            wire = None
    if wire is not None:
        counts += outcomes(wire)
        await wire.leave()
    return counts


def test_every_method_is_mutated() -> None:
    """A new method needs a valid request here."""
    assert set(CORPUS) == set(METHODS)


@pytest.mark.slow
async def test_storm(house: House) -> None:
    """No message makes the server fail, hang, grow, or forget those who behave."""
    await house.close()
    await house.open(rooms=RoomsConfig(grace_ms=0))  # thousands of guests come and go
    neighbour = await house.user("neighbour")
    await neighbour.ask("room.join", room="lobby")
    before_kib = rss_kib()
    with capture_logs() as logs:
        async with asyncio.timeout(120):
            counts = sum(
                await asyncio.gather(
                    *(
                        storm(house, random.Random(SEED + index), MESSAGES // CONNECTIONS)
                        for index in range(CONNECTIONS)
                    )
                ),
                Counter[str](),
            )
        await neighbour.synced()
    grown_kib = rss_kib() - before_kib
    print(f"{MESSAGES} mutants, {grown_kib} KiB grown: {dict(counts.most_common())}")
    assert [entry for entry in logs if entry["log_level"] in {"error", "critical", "warning"}] == []
    assert counts["internal"] == 0
    allowed = {4000, 4001, 4007, 4101}
    assert {int(name.split()[1]) for name in counts if name.startswith("closed")} <= allowed
    assert counts["result"] > MESSAGES // 100
    assert counts["bad_params"] > MESSAGES // 10
    assert grown_kib < 96 * 1024
    assert neighbour.events("closing") == []
    assert (await neighbour.ask("room.get", room="lobby"))["room"]["slug"] == "lobby"
    said = await neighbour.ask("chat.send", room="lobby", text="still here")
    await neighbour.hear("chat.message", id=said["id"])
