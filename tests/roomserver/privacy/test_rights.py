"""The rights of people on a running server: erasure, a copy, choices, age, in every state."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import AGE_PROOF_MS, DAY_MS
from tests.roomserver.gateway.test_http import fetch
from tests.support.canary import canary, hits
from tests.support.server import PASSWORD, SONG, House, Wire, assert_closed


async def chatting(house: House, *names: str) -> list[Wire]:
    """Let users register and join the lobby."""
    wires = []
    for name in names:
        wire = await house.user(name)
        await wire.ask("room.join", room="lobby")
        wires.append(wire)
    return wires


async def erase(wire: Wire) -> dict[str, Any]:
    """Ask for the own erasure."""
    params = {"password": PASSWORD} if wire.user["kind"] != "guest" else {}
    return await wire.ask("privacy.erase", confirm=wire.user["name"], **params)


async def get(house: House, path: str) -> Any:
    """Fetch a page."""
    return await fetch(house.port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


async def settled(house: House) -> None:
    """Wait until everything that was asked for is carried out."""
    await house.server.rights.erasures.settled()
    await house.server.rights.exports.settled()


async def test_erased_means_erased(house: House) -> None:
    """The connection closes with 4010, others are told to forget, and no byte of it is left anywhere."""
    words = [canary("chat"), canary("bio")]
    anna, ben = await chatting(house, "anna-canary-name", "ben")
    await anna.ask("account.update", bio=words[1])
    await anna.ask("chat.send", room="lobby", text=words[0], nonce="n")
    await ben.hear("chat.message", text=words[0])
    answer = await erase(anna)

    assert (await assert_closed(anna, 4010))["code"] == 4010
    assert (await ben.hear("user.erased"))["user_id"] == anna.user["id"]
    await settled(house)
    assert hits(house.data, [*words, "anna-canary-name"]) == {}
    assert house.server.rights.holders.contains(words[0].encode()) == {}
    page = json.loads((await get(house, answer["url"])).body)
    assert [step["stage"] for step in page["steps"]] == [
        *("requested", "frozen", "memory", "rows", "search", "bytes", "complete")
    ]
    assert {one["holder"] for one in page["receipts"]} >= {"accounts", "events", "rooms", "sessions"}


async def test_who_comes_back_reads_no_word(house: House) -> None:
    """Over a resume, and over a restart, the stream is whole and without the erased person's words."""
    anna, ben = await chatting(house, "anna", "ben")
    joined = await ben.ask("room.join", room="lobby")
    await anna.ask("chat.send", room="lobby", text="forget this")
    await erase(anna)
    await settled(house)
    for restart in (False, True):
        if restart:
            await house.restart()
        again = await house.again(ben)
        resume = {"epoch": joined["epoch"], "seq": joined["seq"]}
        back = await again.ask("room.join", room="lobby", resume=resume)
        assert back["recovered"]
        seqs = [params["seq"] for _, _, params in back["events"]]
        assert seqs == list(range(joined["seq"] + 1, joined["seq"] + 1 + len(seqs)))
        assert "forget this" not in str(back)
        assert "anna" not in str(back).replace(anna.user["id"], "")
        assert "user.erased" in [name for _, name, _ in back["events"]]
        fresh = await ben_again(house, ben)
        assert "forget this" not in str(await fresh.ask("room.join", room="lobby"))
        assert (await fresh.ask("chat.history", room="lobby"))["messages"] == []


async def ben_again(house: House, ben: Wire) -> Wire:
    """Connect once more."""
    return await house.again(ben)


async def test_a_playing_dj_is_erased(house: House) -> None:
    """The track of the next one begins, and the history keeps the play without the person."""
    anna, ben = await chatting(house, "anna", "ben")
    await anna.ask("waitlist.join", room="lobby", media=SONG)
    await ben.ask("waitlist.join", room="lobby", media={**SONG, "source_id": "/media/two.ogg"})
    await erase(anna)
    started = await ben.until(lambda: next(iter(ben.events("play.started")[1:]), None))
    await settled(house)

    assert started["play"]["dj"]["name"] == "ben"
    assert started["previous"]["end"] == "left"
    [play] = [one for one in (await ben.ask("history.room", room="lobby"))["plays"] if one["dj"]]
    assert play["dj"]["name"] == "(gone)"


async def grabbed(anna: Wire, ben: Wire, word: str, address: str, playlist_id: str) -> None:
    """Let Anna play a track of her own, and Ben take it."""
    track = {**SONG, "title": word, "source_id": f"https://example.org/{address}"}
    await anna.ask("waitlist.join", room="lobby", media=track)
    play = await ben.until(
        lambda: next(
            (e["play"] for e in ben.events("play.started") if e["play"]["media"]["title"] == word), None
        )
    )
    await ben.ask("vote.grab", room="lobby", play_id=play["id"], playlist_id=playlist_id)
    await anna.ask("booth.leave", room="lobby", after_play=False)


async def test_what_others_took_is_not_played_later(house: House) -> None:
    """A track that somebody waits to play, or that a room falls back on, goes from memory as well."""
    words, addresses = [canary("one"), canary("two")], [canary("here"), canary("there")]
    anna, ben, carl = await chatting(house, "anna", "ben", "carl")
    lists = [(await ben.ask("playlist.create", name=name))["playlist"]["id"] for name in ("One", "Two")]
    for word, address, ident in zip(words, addresses, lists, strict=True):
        await grabbed(anna, ben, word, address, ident)
    await ben.ask("room.create", name="Den", slug="den")
    await ben.ask("room.join", room="den")
    await carl.ask("waitlist.join", room="lobby", media=SONG)
    await ben.ask("waitlist.join", room="lobby", playlist_id=lists[0])
    await ben.ask("playlist.insert", playlist_id=lists[1], items=[SONG], at="start")
    await ben.ask("room.update", room="den", fallback=lists[1])
    holders = house.server.rights.holders
    assert all(holders.contains(word.encode()) for word in words)
    await erase(anna)
    await settled(house)
    await asyncio.gather(*house.server.hub._tasks)  # decks are read in the background

    assert [word for word in [*words, *addresses] if holders.contains(word.encode())] == []
    assert hits(house.data, [*words, *addresses]) == {}
    assert len((await ben.ask("playlist.items", playlist_id=lists[1]))["items"]) == 1


async def test_rooms_have_heirs_or_wait(house: House) -> None:
    """A room goes to its cohost with the owner's words taken off it; one without heirs is archived."""
    anna, ben = await chatting(house, "anna", "ben")
    kept = (await anna.ask("room.create", name="Anna's Kept Den", slug="den"))["room"]
    lost = (await anna.ask("room.create", name="Lost", slug="lost"))["room"]
    for wire in (anna, ben):
        await wire.ask("room.join", room="den")
        await wire.ask("room.join", room="lost")
    await anna.ask("staff.set", room="den", user=ben.user["id"], role="cohost")
    await erase(anna)
    await settled(house)

    assert (await ben.hear("staff.changed", role="host"))["user"]["id"] == ben.user["id"]
    assert (await ben.ask("room.get", room=kept["id"]))["room"]["name"] == "den"
    assert (await ben.hear("room.closed", room=lost["id"]))["reason"] == "archived"
    assert (await ben.refused("room.get", room="lost"))["code"] == "room_archived"


async def test_confirmation(house: House) -> None:
    """Erasing needs the exact name and the password; a wrong one changes nothing."""
    anna = await house.user("anna")
    wrong = await anna.refused("privacy.erase", confirm="Anna", password=PASSWORD)
    assert (wrong["code"], wrong["field"]) == ("bad_params", "confirm")
    wrong = await anna.refused("privacy.erase", confirm="anna", password="no")
    assert (wrong["code"], wrong["field"]) == ("invalid_credentials", "password")
    assert (await anna.refused("privacy.erase", confirm="anna"))["code"] == "invalid_credentials"
    assert (await anna.ask("privacy.status"))["privacy"]["requests"] == []


async def test_nobody_logs_in_again(house: House) -> None:
    """The password, the token and the name are gone; the name rests."""
    anna = await house.user("anna")
    await erase(anna)
    other = await house.wire()
    assert (await other.refused("session.resume", token=anna.token))["code"] == "invalid_credentials"
    wrong = await other.refused("session.login", username="anna", password=PASSWORD)
    assert wrong["code"] == "invalid_credentials"
    await settled(house)
    for method, params in (
        ("session.guest", {"name": "Anna"}),
        (
            "session.register",
            {
                "username": "ANNA",
                "password": PASSWORD,
                "birth": {"year": 1990, "month": 1, "day": 1},
                "accept_policy": True,
            },
        ),
    ):
        assert (await other.refused(method, **params))["code"] == "name_taken"


async def test_guests_have_rights_too(house: House) -> None:
    """A guest without a password gets a copy and is erased."""
    guest = await house.guest("gabi")
    await guest.ask("privacy.export")
    await guest.hear("privacy.export_ready")
    await erase(guest)
    await assert_closed(guest, 4010)


async def bot_of(house: House, owner: Wire) -> tuple[Wire, str]:
    """Return a bot of somebody, in the lobby, and its token."""
    made = await owner.ask("bot.create", name="lonely-robot", scopes=["chat.read", "chat.write"])
    bot = await house.wire()
    bot.became(await bot.ask("session.resume", token=made["token"]))
    await bot.ask("room.join", room="lobby")
    return bot, made["token"]


async def test_bots_are_erased_with_their_owner(house: House) -> None:
    """A bot is put out and its token is worth nothing; what it said is gone too."""
    anna, ben = await chatting(house, "anna", "ben")
    bot, token = await bot_of(house, anna)
    await bot.ask("chat.send", room="lobby", text="beep canary boop")
    await ben.hear("chat.message")
    await erase(anna)
    assert await bot.closed() == 4010
    await settled(house)

    assert hits(house.data, ["beep canary boop", "lonely-robot"]) == {}
    stranger = await house.wire()
    assert (await stranger.refused("session.resume", token=token))["code"] == "invalid_credentials"


async def test_erasing_twice_at_once(house: House) -> None:
    """Two requests at the same time are one erasure."""
    anna = await house.user("anna")
    take_on = house.server.rights.erasures.take_on
    first, second = await asyncio.gather(
        take_on("one", anna.user["id"], "self"), take_on("two", anna.user["id"], "operator")
    )
    await settled(house)

    assert first == second == "one"
    assert house.server.rights.vault.ledger.head == 2


# What is due by time


async def test_what_fails_holds_up_nothing_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception is an alarm until it is done again; the rest is done meanwhile, and the loop goes on."""

    async def fail() -> None:
        raise ValueError("no")

    rights, flushed = house.server.rights, []

    async def flush() -> int:
        flushed.append(True)
        return 0

    monkeypatch.setattr(rights.announcer, "settle", fail)
    monkeypatch.setattr(rights.post, "flush", flush)
    await rights.tick()
    assert flushed == [True]
    assert rights.check() == "what is due by time fails: policies"
    assert house.server.health.alarms() == [rights.check()]
    loop = asyncio.create_task(rights._tick())
    await asyncio.sleep(0)
    await settled(house)
    assert not loop.done()
    loop.cancel()
    monkeypatch.undo()
    await rights.tick()
    assert rights.check() is None


# A copy


async def archive_of(house: House, wire: Wire) -> zipfile.ZipFile:
    """Ask for a copy and fetch it."""
    await wire.ask("privacy.export")
    ready = await wire.hear("privacy.export_ready")
    page = await get(house, ready["url"])
    assert page.status == 200
    assert page.headers["content-disposition"] == 'attachment; filename="my-data.zip"'
    return zipfile.ZipFile(io.BytesIO(page.body))


async def test_a_copy_of_everything(house: House) -> None:
    """The archive holds the own words and nobody else's, and its manifest tells what is in it."""
    anna, ben = await chatting(house, "anna", "ben")
    await anna.ask("chat.send", room="lobby", text="mine")
    await ben.ask("chat.send", room="lobby", text="not mine")
    listed = (await anna.ask("playlist.create", name="Mine"))["playlist"]
    await anna.ask("playlist.insert", playlist_id=listed["id"], items=[SONG], at="end")
    archive = await archive_of(house, anna)
    manifest = json.loads(archive.read("manifest.json"))

    for entry in manifest["files"]:
        data = archive.read(entry["file"])
        assert (data.count(b"\n"), len(data)) == (entry["rows"], entry["bytes"])
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b'"text":"mine"' in everything
    assert b"A song" in everything
    assert b"not mine" not in everything
    assert b"argon2" not in everything
    assert set(archive.namelist()) == {"manifest.json", *(entry["file"] for entry in manifest["files"])}


async def test_a_link_works_once(house: House) -> None:
    """A second fetch finds nothing, a guessed word neither; a HEAD does not use it up."""
    anna = await house.user("anna")
    await anna.ask("privacy.export")
    url = (await anna.hear("privacy.export_ready"))["url"]
    status = (await anna.ask("privacy.status"))["privacy"]["requests"][0]
    assert (status["stage"], status["url"]) == ("ready", url)
    head = await fetch(house.port, f"HEAD {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert head.status == 405
    assert (await get(house, url[:-1] + "x")).status == 404
    assert (await get(house, url)).status == 200
    assert (await get(house, url)).status == 404
    assert (await anna.ask("privacy.status"))["privacy"]["requests"][0]["stage"] == "fetched"


async def test_one_copy_a_day(house: House) -> None:
    """A second request within a day is refused with the time to wait."""
    anna = await house.user("anna")
    asked = await anna.ask("privacy.export")
    refused = await anna.refused("privacy.export")

    assert (refused["code"], refused["limit"]) == ("too_many", 1)
    assert 0 < refused["retry_after_ms"] <= DAY_MS
    status = await anna.ask("privacy.status", request_id=asked["request_id"])
    assert status["request"]["id"] == asked["request_id"]
    assert (await anna.refused("privacy.status", request_id="other"))["code"] == "not_found"


async def test_archives_go_with_the_account(house: House) -> None:
    """An erasure takes the archive and its link along."""
    anna = await house.user("anna")
    await anna.ask("privacy.export")
    url = (await anna.hear("privacy.export_ready"))["url"]
    await erase(anna)
    await settled(house)

    assert (await get(house, url)).status == 404
    assert list((house.data / "exports").iterdir()) == []


async def test_a_link_survives_a_restart(house: House) -> None:
    """A ready archive can be fetched after a restart, at the same address."""
    anna = await house.user("anna")
    await anna.ask("privacy.export")
    url = (await anna.hear("privacy.export_ready"))["url"]
    await house.restart()

    assert (await get(house, url)).status == 200


# Choices


async def test_consents(house: House) -> None:
    """A purpose is off until chosen, and a choice says since when."""
    anna = await house.user("anna")
    before = (await anna.ask("privacy.status"))["privacy"]["consents"]
    assert before["marketing"] == {"on": False, "source": "default"}
    after = (await anna.ask("privacy.consents", marketing=True))["privacy"]["consents"]

    assert after["marketing"]["on"]
    assert after["marketing"]["source"] == "chosen"
    assert after["improvement"]["source"] == "default"
    assert await house.server.rights.choices.usable("marketing") == [anna.user["id"]]
    await anna.ask("privacy.consents", marketing=False)
    assert await house.server.rights.choices.usable("marketing") == []


async def test_jurisdictions_have_defaults(house: House) -> None:
    """Where the law lets silence mean yes it does, and only there."""
    for name, country, usable in (("amy", "US", True), ("dora", "DE", False)):
        wire = await house.wire()
        session = await wire.ask(
            "session.register",
            username=name,
            password=PASSWORD,
            country=country,
            birth={"year": 1990, "month": 1, "day": 1},
            accept_policy=True,
        )
        assert (session["user"]["id"] in await house.server.rights.choices.usable("improvement")) is usable


async def test_a_browser_says_no(house: House) -> None:
    """``Sec-GPC: 1`` is a no to everything that nobody chose; a choice made stays."""
    anna = await house.user("anna")
    await anna.ask("privacy.consents", marketing=True)
    quiet = await house.wire(additional_headers={"Sec-GPC": "1"})
    await quiet.ask("session.resume", token=anna.token)
    consents = (await quiet.ask("privacy.status"))["privacy"]["consents"]

    assert (consents["improvement"]["on"], consents["improvement"]["source"]) == (False, "gpc")
    assert (consents["marketing"]["on"], consents["marketing"]["source"]) == (True, "chosen")


async def test_own_time_for_chat(house: House) -> None:
    """What is said from now on is recorded for the own, shorter time, or not at all."""
    anna, ben = await chatting(house, "anna", "ben")
    told = await anna.ask("privacy.self_ttl", chat_ms=DAY_MS)
    assert told["privacy"]["self_ttl"] == {"chat_ms": DAY_MS}
    await anna.ask("chat.send", room="lobby", text="one day")
    await anna.ask("privacy.self_ttl", chat_ms=0)
    await anna.ask("chat.send", room="lobby", text="off the record")
    await ben.hear("chat.message", text="off the record")

    rows = await house.server.rights.vault.database.rows(
        "SELECT at_ms, expires_at_ms, payload FROM events WHERE category = 'chat' ORDER BY seq"
    )
    assert rows[0]["expires_at_ms"] - rows[0]["at_ms"] == DAY_MS
    assert "off the record" not in rows[1]["payload"]
    assert hits(house.data, ["off the record"]) == {}


# Age


async def register(wire: Wire, name: str, year: int, **more: Any) -> Any:
    """Ask for an account of somebody born in a year, and return the answer."""
    birth = {"year": year, "month": 1, "day": 1}
    params = {"username": name, "password": PASSWORD, "accept_policy": True, "birth": birth, **more}
    return await wire.answer(await wire.post("session.register", **params))


async def test_too_young(house: House) -> None:
    """A plain refusal, nothing kept, no second try on the connection; the law of a country counts."""
    wire = await house.wire()
    refused = await register(wire, "kid-canary", 2020, email="kid-canary@example.org")
    assert refused.error["code"] == "registration_refused"
    again = await register(wire, "kid-canary", 1980)
    assert again.error["code"] == "registration_refused"
    assert hits(house.data, ["kid-canary"]) == {}
    teen = (await house.wire()), (await house.wire())
    assert (await register(teen[0], "teen-de", 2012, country="DE")).error["code"] == "registration_refused"
    assert (await register(teen[1], "teen-us", 2012, country="US")).error is None
    assert (await teen[1].ask("privacy.status"))["privacy"]["age_band"] == "13-15"


async def old_reporters(house: House, *names: str) -> list[Wire]:
    """Let users register whose accounts are old enough for their reports to count."""
    wires = [await house.user(name) for name in names]
    async with house.server.rights.vault.database.transaction() as tx:
        await tx.execute("UPDATE accounts SET created_at_ms = created_at_ms - :week", {"week": 8 * DAY_MS})
    return [await house.again(wire) for wire in wires]


async def test_two_reports_freeze(house: House) -> None:
    """The second report of another person freezes: 4011, the turn passes on, and the proof has two weeks."""
    one, two = await old_reporters(house, "one", "two")
    kid, ben = await chatting(house, "kid", "ben")
    await kid.ask("waitlist.join", room="lobby", media=SONG)
    await one.ask("privacy.report_age", user=kid.user["id"])
    await one.ask("privacy.report_age", user=kid.user["id"])
    await kid.synced()
    await two.ask("privacy.report_age", user=kid.user["id"])

    await assert_closed(kid, 4011)
    await ben.until(lambda: next(iter(ben.events("play.started")[1:]), None))
    frozen = await house.wire()
    session = await frozen.ask("session.login", username="kid", password=PASSWORD)
    assert session["state"] == "frozen"
    privacy = (await frozen.ask("privacy.status"))["privacy"]
    assert privacy["erased_at_ms"] - house.server._clock.now_ms() == pytest.approx(AGE_PROOF_MS, abs=60_000)
    refused = await frozen.refused("room.join", room="lobby")
    assert (refused["code"], refused["state"]) == ("account_frozen", "frozen")
    await frozen.ask("privacy.export")
    assert "report" not in str(await archive_names(house, frozen))
    frozen.became(session)
    await erase(frozen)
    await assert_closed(frozen, 4010)


async def archive_names(house: House, wire: Wire) -> list[str]:
    """Return the files of the copy that was asked for."""
    ready = await wire.hear("privacy.export_ready")
    page = await get(house, ready["url"])
    return zipfile.ZipFile(io.BytesIO(page.body)).namelist()


async def test_bots_are_frozen_with_their_owner(house: House) -> None:
    """A bot is put out with its owner, and its token lets nobody in until the owner's account goes on."""
    kid, ben = await chatting(house, "kid", "ben")
    bot, token = await bot_of(house, kid)
    ages = house.server.rights.ages
    assert await ages.freeze(kid.user["id"], "operator")

    assert (await assert_closed(bot, 4011))["code"] == 4011
    await ben.until(lambda: bot.user["id"] in [one["user_id"] for one in ben.events("member.left")])
    again = await house.wire()
    assert (await again.refused("session.resume", token=token))["code"] == "account_frozen"
    await ages.decide(kid.user["id"], is_old_enough=True)
    back = await again.ask("session.resume", token=token)
    assert back["user"]["id"] == bot.user["id"]


async def test_new_accounts_do_not_freeze(house: House) -> None:
    """Two accounts made a minute ago freeze nobody; guests do not report at all."""
    kid, one, two = await chatting(house, "kid", "one", "two")
    for wire in (one, two):
        await wire.ask("privacy.report_age", user=kid.user["id"])
    await kid.synced()
    guest = await house.guest()
    assert (await guest.refused("privacy.report_age", user=kid.user["id"]))["code"] == "forbidden"
    assert (await one.refused("privacy.report_age", user="nobody"))["code"] == "not_found"
    assert (await one.refused("privacy.report_age", user=one.user["id"]))["code"] == "not_found"


async def test_the_operator_decides(house: House) -> None:
    """Proven: the account goes on, and reports freeze it no more. Not proven: it is erased."""
    ages = house.server.rights.ages
    kid = await house.user("kid")
    assert await ages.freeze(kid.user["id"], "operator")
    await ages.decide(kid.user["id"], is_old_enough=True)
    back = await house.wire()
    assert "state" not in await back.ask("session.login", username="kid", password=PASSWORD)
    assert not await ages.freeze(kid.user["id"], "system")

    other = await house.user("other")
    await ages.freeze(other.user["id"], "operator")
    assert await ages.decide(other.user["id"], is_old_enough=False) is not None
    await settled(house)
    assert hits(house.data, [other.user["id"]]).keys() <= {other.user["id"]}
    assert (
        await house.server.rights.vault.database.row(
            "SELECT 1 FROM accounts WHERE id = :id", {"id": other.user["id"]}
        )
        is None
    )


async def test_no_proof_in_time(house: House) -> None:
    """After two weeks without a decision the account is erased by itself."""
    kid = await house.user("kid")
    await house.server.rights.ages.freeze(kid.user["id"], "operator")
    ages, now = house.server.rights.ages, house.server.rights.now_ms()
    assert await ages.erase_overdue(now + AGE_PROOF_MS - 60_000) == 0
    assert await ages.erase_overdue(now + AGE_PROOF_MS + 60_000) == 1
    await settled(house)

    assert await house.server.rights.vault.database.rows("SELECT 1 FROM account_privacy") == []


# Every state


@pytest.mark.parametrize("state", ["muted", "banned", "frozen"])
async def test_in_every_state(house: House, state: str) -> None:
    """Whoever is muted, banned or frozen gets a copy and is erased."""
    host = await house.user("owner")
    await host.ask("room.create", name="Den", slug="den")
    wire = await house.user("them")
    for one in (host, wire):
        await one.ask("room.join", room="den")
    if state == "muted":
        await host.ask("mod.mute", room="den", user=wire.user["id"], duration_ms=60_000)
    elif state == "banned":
        await host.ask("mod.ban", room="den", user=wire.user["id"], duration_ms=None)
    else:
        await house.server.rights.ages.freeze(wire.user["id"], "operator")
        wire = await house.again(wire)
    await wire.ask("privacy.export")
    await wire.hear("privacy.export_ready")
    await erase(wire)
    await assert_closed(wire, 4010)


async def test_the_audit_tells_it_without_words(house: House, tmp_path: Path) -> None:
    """What was done is in the chain, whole, with neither names nor ids."""
    anna = await house.user("anna")
    await anna.ask("privacy.consents", marketing=True)
    await anna.ask("privacy.export")
    await erase(anna)
    await settled(house)
    audit = house.server.rights.audit
    rows = await audit.tail(100)

    assert (await audit.verify()).is_intact
    actions = [row["action"] for row in rows]
    assert {"export.requested", "erase.requested", "erase.rows", "erase.complete"} <= set(actions)
    assert anna.user["id"] not in str([tuple(row) for row in rows])
