"""Moderation over real sockets: who is put out is told and out, and a restart forgets nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from protocol.limits import DAY_MS, HOUR_MS
from roomserver.config import RoomsConfig
from tests.support.server import SONG, House, Wire

RULES = {"repeat_plays": 3, "vote_skip_percent": 100, "vote_skip_min": 5, "plays_per_turn": 2}


class Den(NamedTuple):
    """A room with its host, and a user and a guest in it."""

    host: Wire
    user: Wire
    guest: Wire
    id: str


async def den_of(house: House) -> Den:
    """Make the room."""
    host, user, guest = await house.user("holly"), await house.user("uri"), await house.guest("gil")
    made = await host.ask("room.create", name="Den")
    for wire in (host, user, guest):
        await wire.ask("room.join", room="den")
    return Den(host, user, guest, made["room"]["id"])


async def logged(wire: Wire, **fields: Any) -> list[dict[str, Any]]:
    """Return a page of the log."""
    entries: list[dict[str, Any]] = (await wire.ask("mod.log", room="den", **fields))["entries"]
    return entries


async def queue(wire: Wire, title: str = "one") -> None:
    """Queue up with one media."""
    await wire.ask("waitlist.join", room="den", media={**SONG, "source_id": f"/media/{title}.ogg"})


async def test_mute(house: House) -> None:
    """The muted one is told, refused with the time left, and heard again once unmuted."""
    den = await den_of(house)
    whom = {"room": "den", "user": den.user.user["id"]}
    await den.host.ask("mod.mute", **whom, duration_ms=HOUR_MS, reason="spam")
    told = await den.guest.hear("member.muted")
    assert (told["reason"], told["by"]["name"]) == ("spam", "holly")
    assert (await den.user.hear("you.updated", reason="muted"))["muted_until_ms"] == told["until_ms"]
    refused = await den.user.refused("chat.send", room="den", text="hi")
    assert refused["code"] == "muted"
    assert 0 < refused["retry_after_ms"] <= HOUR_MS
    listed = await den.host.ask("mod.list", room="den", kind="mute")
    assert [one["user"]["name"] for one in listed["sanctions"]] == ["uri"]
    await den.host.ask("mod.unmute", **whom)
    await den.user.ask("chat.send", room="den", text="thanks")
    await den.guest.hear("chat.message", text="thanks")


async def test_shadow_mute(house: House) -> None:
    """The shadowed one hears the own words; nobody else does, and no log has them."""
    den = await den_of(house)
    whom = {"room": "den", "user": den.user.user["id"]}
    await den.host.ask("mod.mute", **whom, duration_ms=HOUR_MS, shadow=True)
    await den.user.ask("chat.send", room="den", text="psst")
    assert (await den.user.hear("chat.echo"))["message"]["text"] == "psst"
    await den.host.ask("chat.send", room="den", text="after")
    await den.guest.hear("chat.message", text="after")
    assert [one["text"] for one in den.guest.events("chat.message")] == ["after"]
    history = await den.host.ask("chat.history", room="den")
    assert [one["text"] for one in history["messages"]] == ["after"]
    assert not den.guest.events("member.muted")
    await den.host.ask("mod.unmute", **whom)
    await den.host.ask("media.block", room="den", media=SONG, on=True)
    assert [
        (one["action"], one.get("user", {}).get("name"), one["detail"]) for one in await logged(den.host)
    ] == [
        ("media.blocked", None, "direct /media/song.ogg"),
        ("member.unmuted", "uri", "shadow"),
        ("member.muted", "uri", "shadow"),
    ]
    assert not (await den.guest.synced()).events("member.unmuted")


async def test_kick(house: House) -> None:
    """All tabs of the kicked are told and out, hear nothing more, and may come back."""
    den = await den_of(house)
    tab = await house.again(den.user)
    await tab.ask("room.join", room="den")
    await queue(den.user)
    await den.host.ask("mod.kick", room="den", user=den.user.user["id"], reason="rude")
    for wire in (den.user, tab):
        assert (await wire.hear("room.closed"))["reason"] == "kicked"
        assert (await wire.refused("chat.send", room="den", text="hi"))["code"] == "not_in_room"
    assert len(den.guest.events("play.stopped")) == 1
    await den.host.ask("chat.send", room="den", text="without you")
    await den.guest.hear("chat.message", text="without you")
    assert not (await tab.synced()).events("chat.message")
    joined = await den.user.ask("room.join", room="den")
    assert joined["snapshot"]["waitlist"] == []
    await den.host.ask("chat.send", room="den", text="welcome back")
    await den.user.hear("chat.message", text="welcome back")


async def test_ban(house: House) -> None:
    """The banned one is told until when, and refused at the door and on the way of a resume."""
    den = await den_of(house)
    joined = await den.user.ask("room.join", room="den")
    resume = {"epoch": joined["epoch"], "seq": joined["seq"]}
    whom = {"room": "den", "user": den.user.user["id"]}
    await den.host.ask("mod.ban", **whom, duration_ms=HOUR_MS)
    closed = await den.user.hear("room.closed")
    assert closed["reason"] == "banned"
    for extra in ({}, {"resume": resume}):
        refused = await den.user.refused("room.join", room="den", **extra)
        assert (refused["code"], refused["until_ms"]) == ("banned", closed["until_ms"])
        assert "scope" not in refused
    again = await house.again(den.user)
    assert (await again.refused("room.join", room="den", resume=resume))["code"] == "banned"
    await den.host.ask("mod.unban", **whom)
    assert (await again.ask("room.join", room="den"))["you"]["role"] == "user"


async def test_guests_address(house: House) -> None:
    """A banned guest's address keeps out other guests, not users; unbanning frees it."""
    den = await den_of(house)
    whom = {"room": "den", "user": den.guest.user["id"]}
    await den.host.ask("mod.ban", **whom, duration_ms=None)
    other = await house.guest("gina")
    refused = await other.refused("room.join", room="den")
    assert refused["code"] == "banned"
    assert refused["retry_after_ms"] <= 7 * DAY_MS
    await (await house.user("ulla")).ask("room.join", room="den")
    den.guest.socket.transport.abort()
    await den.guest.closed()
    await den.host.ask("mod.ban", **whom, duration_ms=None, reason="again, while away")
    await house.restart()
    other, host = await house.again(other), await house.again(den.host)
    assert (await other.refused("room.join", room="den"))["code"] == "banned"
    await host.ask("room.join", room="den")
    await host.ask("mod.unban", **whom)
    await other.ask("room.join", room="den")


async def test_roles(house: House) -> None:
    """Users order nobody about, and nobody a higher role; an unknown user is not found."""
    den = await den_of(house)
    host_id, guest_id = den.host.user["id"], den.guest.user["id"]
    assert (await den.user.refused("mod.kick", room="den", user=guest_id))["code"] == "forbidden"
    assert (await den.user.refused("mod.log", room="den"))["code"] == "forbidden"
    assert (await den.user.refused("mod.list", room="den", kind="ban"))["code"] == "forbidden"
    await den.host.ask("staff.set", room="den", user=den.user.user["id"], role="bouncer")
    assert (await den.user.refused("mod.kick", room="den", user=host_id))["code"] == "higher_role"
    assert (await den.user.refused("mod.ban", room="den", user="nobody", duration_ms=1000))[
        "code"
    ] == "not_found"
    forever = await den.user.refused("mod.ban", room="den", user=guest_id, duration_ms=None)
    assert (forever["code"], forever["needs"]) == ("forbidden", "manager")


async def test_log(house: House) -> None:
    """The log says who did what to whom and why, newest first, page by page; a DJ's own skip is not in it."""
    den = await den_of(house)
    whom = {"room": "den", "user": den.user.user["id"]}
    await den.host.ask("staff.set", **whom, role="resident")
    await den.host.ask("mod.mute", **whom, duration_ms=1000, reason="loud")
    for skipper, reason in ((den.user, None), (den.host, "late")):
        await queue(den.user, f"by-{skipper.user['name']}")
        play_id = (await den.guest.until(lambda: den.guest.events("play.started")[-1:] or None))[0]["play"][
            "id"
        ]
        play_id = (await den.host.ask("room.get", room="den"))["room"]["play"]["id"]
        fields = {} if reason is None else {"reason": reason}
        await skipper.ask("booth.skip", room="den", play_id=play_id, **fields)
    await den.host.ask("mod.kick", **whom, reason="rude")
    entries = await logged(den.host)
    assert [(one["action"], one.get("reason"), one["by"]["name"]) for one in entries] == [
        ("member.kicked", "rude", "holly"),
        ("booth.skip", "late", "holly"),
        ("member.muted", "loud", "holly"),
        ("staff.changed", None, "holly"),
    ]
    assert (entries[0]["user"]["name"], entries[3]["detail"]) == ("uri", "resident")
    first = await den.host.ask("mod.log", room="den", limit=3)
    rest = await den.host.ask("mod.log", room="den", limit=3, cursor=first["next_cursor"])
    assert [*first["entries"], *rest["entries"]] == entries
    assert "next_cursor" not in rest
    assert (await den.host.refused("mod.log", room="den", cursor="x"))["code"] == "bad_params"


@pytest.mark.parametrize("chat_ttl_ms", [-1, 0])
async def test_own_deletions_are_no_moderation(house: House, chat_ttl_ms: int) -> None:
    """The log has what staff delete of others, not what people take back, recorded or not."""
    den = await den_of(house)
    await den.host.ask("room.update", room="den", chat_ttl_ms=chat_ttl_ms)
    before = await logged(den.host)
    sent = [(await den.user.ask("chat.send", room="den", text=text))["id"] for text in ("oops", "rude")]
    await den.user.ask("chat.delete", room="den", id=sent[0])
    await den.host.ask("chat.delete", room="den", id=sent[1])
    await den.user.ask("chat.delete", room="den", user=den.user.user["id"])
    entries = (await logged(den.host))[: -len(before) or None]
    assert [(one["action"], one["by"]["name"]) for one in entries] == [("chat.deleted", "holly")]


async def test_delete(house: House) -> None:
    """Only the host deletes, with the slug; members are told, the slug is free, the log is gone."""
    den = await den_of(house)
    assert (await den.user.refused("room.delete", room="den", confirm="den"))["code"] == "forbidden"
    wrong = await den.host.refused("room.delete", room="den", confirm="Den")
    assert (wrong["code"], wrong["field"]) == ("bad_params", "confirm")
    await den.user.ask("chat.send", room="den", text="farewell")
    await queue(den.user)
    await den.host.ask("room.delete", room="den", confirm="den")
    for wire in (den.host, den.user, den.guest):
        assert await wire.hear("room.closed") == {"room": den.id, "reason": "deleted"}
    assert (await den.user.refused("room.join", room="den"))["code"] == "not_found"
    made = await den.user.ask("room.create", name="Den")
    assert (made["room"]["slug"], made["room"]["id"] == den.id) == ("den", False)
    joined = await den.user.ask("room.join", room="den")
    assert (joined["snapshot"]["chat"], joined["snapshot"]["booth"]["play"]) == ([], None)


async def test_transfer(house: House) -> None:
    """The new host is told and obeyed; who was it is a cohost."""
    den = await den_of(house)
    answer = await den.host.ask("room.transfer", room="den", user=den.user.user["id"])
    assert answer["member"]["role"] == "host"
    assert (await den.user.hear("you.updated"))["role"] == "host"
    assert (await den.host.hear("you.updated"))["role"] == "cohost"
    again = await den.host.refused("room.transfer", room="den", user=den.host.user["id"])
    assert again["code"] == "forbidden"
    demoted = await den.host.refused("staff.set", room="den", user=den.user.user["id"], role="user")
    assert demoted["code"] == "higher_role"
    await den.user.ask("room.delete", room="den", confirm="den")


@pytest.fixture(name="strict")
async def _strict(house: House) -> Den:
    """A room with rules, a block-list, a muted guest, a play with votes, and somebody banned."""
    den = await den_of(house)
    await den.host.ask("room.update", room="den", rules=RULES)
    await den.host.ask("media.block", room="den", media={**SONG, "source_id": "/media/bad.ogg"}, on=True)
    await den.host.ask("mod.mute", room="den", user=den.guest.user["id"], duration_ms=HOUR_MS, reason="spam")
    await queue(den.host)
    await queue(den.user, "two")
    play_id = (await den.guest.hear("play.started"))["play"]["id"]
    await den.user.ask("vote.cast", room="den", play_id=play_id, value=1)
    await den.user.ask("booth.vote_skip", room="den", play_id=play_id, on=True)
    await den.guest.ask("media.report", room="den", play_id=play_id, problem="error")
    banned = await house.user("bo")
    await den.host.ask("mod.ban", room="den", user=banned.user["id"], duration_ms=None)
    await den.host.ask("mod.waitlist_ban", room="den", user=banned.user["id"], duration_ms=HOUR_MS)
    return den


async def test_restart(house: House, strict: Den) -> None:
    """Mutes, bans, rules, block-list, votes and the running play are after a restart what they were."""
    before = await strict.host.ask("room.join", room="den")
    lists = {
        kind: await strict.host.ask("mod.list", room="den", kind=kind)
        for kind in ("mute", "ban", "waitlist_ban")
    }
    blocked, entries = await strict.host.ask("media.blocked", room="den"), await logged(strict.host)
    assert [len(one["sanctions"]) for one in lists.values()] == [1, 1, 1]
    await house.restart()
    host = await house.again(strict.host)
    after = await host.ask("room.join", room="den")
    for part in ("settings", "booth", "waitlist", "votes", "staff"):
        assert after["snapshot"][part] == before["snapshot"][part], part
    assert {name: after["snapshot"]["settings"]["rules"][name] for name in RULES} == RULES
    assert (after["epoch"], after["seq"]) == (before["epoch"], before["seq"])
    assert {kind: await host.ask("mod.list", room="den", kind=kind) for kind in lists} == lists
    assert await host.ask("media.blocked", room="den") == blocked
    assert await logged(host) == entries
    guest, user = await house.again(strict.guest), await house.again(strict.user)
    assert (await guest.ask("room.join", room="den"))["you"]["muted_until_ms"] > 0
    assert (await guest.refused("chat.send", room="den", text="hi"))["code"] == "muted"
    joined = await user.ask("room.join", room="den")
    assert (joined["you"]["vote"], joined["you"]["waitlist_position"]) == (1, 0)
    assert joined["skip"]["votes"] == 1
    late = await house.user("lee")
    await late.ask("room.join", room="den")
    for source_id, code in (("/media/bad.ogg", "blocked_media"), ("/media/one.ogg", "recently_played")):
        media = {**SONG, "source_id": source_id}
        assert (await late.refused("waitlist.join", room="den", media=media))["code"] == code


@pytest.mark.parametrize("what", ["playlist", "chosen", "media"])
async def test_reservation(data: Any, what: str) -> None:
    """A place kept for somebody is theirs over a restart too, with what they had queued up with."""
    house = await House(data).open(rooms=RoomsConfig(grace_ms=0))
    try:
        den = await den_of(house)
        await queue(den.host)
        made = await den.user.ask("playlist.create", name="Mine")
        mine = made["playlist"]["id"]
        if what != "media":
            await den.user.ask("playlist.insert", playlist_id=mine, items=[SONG], at="end")
        if what == "chosen":
            other = await den.user.ask("playlist.create", name="Other")
            await den.user.ask("playlist.activate", playlist_id=other["playlist"]["id"])
        queued = {"playlist": {}, "chosen": {"playlist_id": mine}, "media": {"media": SONG}}[what]
        await den.user.ask("waitlist.join", room="den", **queued)
        await den.user.leave()
        await den.guest.hear("waitlist.changed", change="drop")
        await house.close()
        await house.open()
        host = await house.again(den.host)
        # Without a grace the stop of the server ended the host's play too: the booth is free.
        assert (await host.ask("room.join", room="den"))["snapshot"]["booth"]["dj"] is None
        user = await house.again(den.user)
        joined = await user.ask("room.join", room="den")
        assert joined["snapshot"]["booth"]["dj"]["name"] == "uri"
        assert (await host.hear("play.started"))["play"]["media"]["title"] == SONG["title"]
    finally:
        await house.close()
    assert house.caught == []
