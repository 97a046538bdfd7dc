"""Notices at the door: said before anything else, to each their own, and again when something changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol import commands
from protocol.codec import Notification, Response
from protocol.errors import ErrorCode
from protocol.limits import DAY_MS, HOUR_MS
from roomserver.config import PrivacyConfig
from roomserver.testing.server import PASSWORD, RoomServer
from roomserver.testing.visitor import Visitor
from roomserver.testing.wire import Refused
from tests.support.server import ADULT, House, Wire


def ttl(notice: dict[str, Any], category: str) -> int | None:
    """Return what a notice says of a category's time."""
    found: dict[str, int | None] = {each["category"]: each["ttl_ms"] for each in notice["categories"]}
    return found.get(category, 0)


async def german(house: House, name: str = "Greta") -> Wire:
    """Let somebody register who lives where the notice must be acknowledged."""
    wire = await house.wire()
    params = {"username": name, "password": PASSWORD, "birth": ADULT, "accept_policy": True, "country": "DE"}
    return wire.became(await wire.ask("session.register", **params))


async def test_nothing_of_a_person_before_the_notice(house: House) -> None:
    """
    On the wire the notice comes with the answer to the join, and no event of any room before it;
    on disk nothing that was done in a room is older than that answer.
    """
    talker = await house.guest("talker")
    await talker.ask("room.join", room="lobby")
    await talker.ask("chat.send", room="lobby", text="before")
    guest = await house.guest("newcomer")
    rows = await house.server._database.rows(
        "SELECT category FROM events WHERE actor_id = :id", {"id": guest.user["id"]}
    )
    assert rows == []
    joined = await guest.ask("room.join", room="lobby")
    await talker.ask("chat.send", room="lobby", text="after")
    await guest.hear("chat.message", text="after")

    answers = [
        one for one in guest.heard if isinstance(one, Response) and one.result and "notice" in one.result
    ]
    before = guest.heard[: guest.heard.index(answers[0])]
    assert [one.name for one in before if isinstance(one, Notification)] == ["hello"]
    assert ttl(joined["notice"], "chat") == 30 * DAY_MS
    assert joined["notice"]["rights"] == ["export", "erase", "self_ttl"]


async def test_a_room_chooses(house: House) -> None:
    """A host's choice reaches every member at once, and new messages with it; it stands for an hour."""
    host, guest = await house.user("Hanna"), await house.guest("gast")
    made = await host.ask("room.create", name="Den")
    room = made["room"]["id"]
    await host.ask("room.join", room=room)
    assert ttl((await guest.ask("room.join", room=room))["notice"], "chat") == 30 * DAY_MS
    await host.ask("room.update", room=room, chat_ttl_ms=HOUR_MS)
    for wire in (host, guest):
        told = await wire.hear("notice.changed", room=room)
        assert ttl(told["notice"], "chat") == HOUR_MS
    sent = await guest.ask("chat.send", room=room, text="hi")
    row = await house.server._database.row(
        "SELECT expires_at_ms - at_ms AS kept FROM events WHERE seq = :seq AND room_id = :room",
        {"seq": sent["seq"], "room": room},
    )
    assert row is not None
    assert row["kept"] == HOUR_MS
    for _ in range(5):
        refused = await host.refused("room.update", room=room, chat_ttl_ms=0)
        assert refused["code"] == ErrorCode.RATE_LIMITED
    assert len(guest.events("notice.changed")) == 1
    assert len(await house.server.retention.sweeping.restamps.waiting()) == 1
    elsewhere = await guest.ask("privacy.notice", room="lobby")
    assert ttl(elsewhere["notice"], "chat") == 30 * DAY_MS


async def test_a_room_is_told_what_holds(house: House) -> None:
    """A choice that the law of some undercuts is answered with what holds for them, others with nothing."""
    host = await house.user("Hanna")
    room = (await host.ask("room.create", name="Den"))["room"]["id"]
    await host.ask("room.join", room=room)
    answered = await host.ask("room.update", room=room, chat_ttl_ms=60 * DAY_MS)
    assert answered["chat_ttls_ms"] == dict.fromkeys(("DEFAULT", "EU", "GB", "DE", "FR"), 30 * DAY_MS)
    assert ttl((await host.ask("privacy.notice", room=room))["notice"], "chat") == 30 * DAY_MS
    other = (await host.ask("room.create", name="Attic"))["room"]["id"]
    await host.ask("room.join", room=other)
    assert "chat_ttls_ms" not in await host.ask("room.update", room=other, chat_ttl_ms=DAY_MS)


async def test_a_room_that_records_nothing(house: House) -> None:
    """With a time of zero chat is told live, resumed over for moments, and nowhere in the log."""
    host, guest = await house.user("Hanna"), await house.guest("gast")
    room = (await host.ask("room.create", name="Den"))["room"]["id"]
    await host.ask("room.join", room=room)
    await host.ask("room.update", room=room, chat_ttl_ms=0)
    joined = await guest.ask("room.join", room=room)
    assert "chat" in joined["notice"]["not_recorded"]
    await host.ask("chat.send", room=room, text="off the record")
    await guest.hear("chat.message", text="off the record")
    assert (await guest.ask("chat.history", room=room))["messages"] == []
    late = await house.guest("late")
    snapshot = (await late.ask("room.join", room=room))["snapshot"]
    assert snapshot["chat"] == []
    rows = await house.server._database.rows("SELECT payload, actor_id FROM events WHERE category = 'chat'")
    assert [("off the record" in row["payload"], row["actor_id"]) for row in rows] == [(False, None)]


async def test_acknowledging(house: House) -> None:
    """Where the law asks for it, chat and votes wait for an acknowledgement; watching never does."""
    wire = await german(house)
    joined = await wire.ask("room.join", room="lobby")
    notice = joined["notice"]
    assert notice["ack"] is True
    refused = await wire.refused("chat.send", room="lobby", text="hi")
    assert (refused["code"], refused["hash"]) == (ErrorCode.NOTICE_ACK_REQUIRED, notice["hash"])
    vote = await wire.refused("vote.cast", room="lobby", play_id="x", value=1)
    assert vote["code"] == ErrorCode.NOTICE_ACK_REQUIRED
    assert (await wire.ask("chat.history", room="lobby"))["messages"] == []
    stale = await wire.refused("privacy.acknowledge", hash="0123456789abcdef")
    assert stale["code"] == ErrorCode.CONFLICT
    await wire.ask("privacy.acknowledge", hash=notice["hash"])
    await wire.ask("chat.send", room="lobby", text="hi")
    # It is kept with the account, on another connection and after a restart.
    await house.restart()
    again = await house.again(wire)
    assert "ack" not in (await again.ask("room.join", room="lobby"))["notice"]
    await again.ask("chat.send", room="lobby", text="hi again")


async def test_another_notice_needs_another_yes(house: House) -> None:
    """An acknowledgement holds for what was read: a room that keeps chat otherwise asks again."""
    wire = await german(house)
    notice = (await wire.ask("room.join", room="lobby"))["notice"]
    await wire.ask("privacy.acknowledge", hash=notice["hash"])
    room = (await wire.ask("room.create", name="Den"))["room"]["id"]
    assert "ack" not in (await wire.ask("room.join", room=room))["notice"]
    await wire.ask("room.update", room=room, chat_ttl_ms=DAY_MS)
    told = await wire.hear("notice.changed", room=room)
    assert told["notice"]["ack"] is True
    assert (await wire.refused("chat.send", room=room, text="x"))["code"] == ErrorCode.NOTICE_ACK_REQUIRED
    await wire.ask("chat.send", room="lobby", text="still fine here")


async def test_guests_too(tmp_path: Path, data: Path) -> None:
    """An operator may ask everybody, guests as well."""
    policy = tmp_path / "privacy.toml"
    policy.write_text("schema = 1\n[jurisdiction.DEFAULT]\nrequire_ack = true\n", encoding="utf-8")
    async with RoomServer(data, privacy=PrivacyConfig(policy=str(policy))) as server:
        guest = await server.guest()
        notice = (await guest.ask("room.join", room="lobby"))["notice"]
        with pytest.raises(Refused, match="notice_ack_required"):
            await guest.ask("chat.send", room="lobby", text="hi")
        await guest.ask("privacy.acknowledge", hash=notice["hash"])
        await guest.ask("chat.send", room="lobby", text="hi")


async def test_bots_are_named(data: Path) -> None:
    """A bot that comes is named to everyone as a recipient, and no more once it left."""
    async with RoomServer(data) as server:
        guest = await server.guest()
        joined = await guest.ask("room.join", room="lobby")
        assert joined["notice"]["recipients"] == ["YouTube", "SoundCloud"]
        bot = await server.stranger()
        await bot.ask("session.resume", token=await server.bot("Greeter", "chat.read"))
        await bot.ask("room.join", room="lobby")
        came = await guest.hear("notice.changed")
        assert came["notice"]["recipients"][0] == "bot Greeter"
        assert came["notice"]["hash"] == joined["notice"]["hash"]
        await bot.ask("room.leave", room="lobby")
        await server.settled()
        assert guest.events("notice.changed")[-1]["notice"]["recipients"] == ["YouTube", "SoundCloud"]


async def test_another_policy_while_running(tmp_path: Path, data: Path) -> None:
    """A policy put in force while people are there is told to each of them, and rows follow it."""
    policy = tmp_path / "privacy.toml"
    policy.write_text("schema = 1\n", encoding="utf-8")
    config = PrivacyConfig(policy=str(policy))
    async with RoomServer(data, privacy=config) as server:
        guest: Visitor = await server.guest()
        await guest.ask("room.join", room="lobby")
        policy.write_text('schema = 1\n[category.chat]\nttl = "5d"\n', encoding="utf-8")
        assert await server.server.adopt_policy(config)
        assert not await server.server.adopt_policy(config)
        told = await guest.hear("notice.changed")
        assert (ttl(told["notice"], "chat"), told["notice"]["rev"]) == (5 * DAY_MS, 2)
        sent = await guest.call(commands.ChatSend(room="lobby", text="hi"))
        row = await server.server._database.row(
            """
            SELECT policy_rev, expires_at_ms - at_ms AS kept FROM events
            WHERE seq = :seq AND kind = 'chat.message'""",
            {"seq": sent.seq},
        )
        assert row is not None
        assert (row["policy_rev"], row["kept"]) == (2, 5 * DAY_MS)


async def test_what_is_remembered_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that walks through rooms is remembered the notices of the last ones only."""
    monkeypatch.setattr("roomserver.notices._SHOWN_MAX", 2)
    host, guest = await house.user("hanna"), await house.guest("walker")
    for number in range(4):
        await host.ask("room.create", name="Den", slug=f"den-{number}")
        await guest.ask("room.join", room=f"den-{number}")
        await guest.ask("room.leave", room=f"den-{number}")
    (caller,) = house.server.people.callers_of(guest.user["id"])
    shown = house.server.retention.notices._shown[caller]
    rooms = {live.id: live.room.state.info.slug for live in house.server.hub}
    assert [rooms[room_id] for room_id in shown] == ["den-2", "den-3"]
