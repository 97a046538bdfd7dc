"""Retention, put together: when a server starts, what it remembers, and the law that people take along."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol import commands
from protocol.errors import ErrorCode
from protocol.limits import DAY_MS, HOUR_MS
from roomserver.addresses import WEEK_MS
from roomserver.clock import ServerClock
from roomserver.config import PrivacyConfig, RoomsConfig
from roomserver.retention import Retention
from roomserver.testing.clock import BEGIN_MS, ManualClock
from roomserver.testing.server import PASSWORD, RoomServer
from roomserver.testing.visitor import Visitor
from storage.database import Database
from storage.downtimes import load_downtimes
from storage.journal import Journal
from storage.privacy.policyfile import load_policy
from storage.privacy.revisions import adopt
from storage.privacy.subjects import UNKNOWN, Subject
from storage.privacy.trusted import DOWN_MS
from storage.records import Writes
from tests.storage.builders import add_accounts, add_room, logged, said

POLICY = """
schema = 1
[jurisdiction.CH]
chat = { ceiling = "6h" }
votes = { ceiling = "1d" }
media = { ceiling = "2d" }
connections = { ceiling = "3d" }
"""


@pytest.fixture(name="server")
async def _server(tmp_path: Path, data: Path) -> AsyncIterator[RoomServer]:
    policy = tmp_path / "privacy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    async with RoomServer(data, privacy=PrivacyConfig(policy=str(policy))) as server:
        yield server


async def kept(server: RoomServer, visitor: Visitor) -> dict[str, set[int]]:
    """Return for how long records of somebody are kept, by kind."""
    found: dict[str, set[int]] = {}
    for name, sql in {
        "chat": "SELECT expires_at_ms - at_ms FROM events WHERE category = 'chat' AND actor_id = ?",
        "votes": "SELECT expires_at_ms - at_ms FROM votes WHERE account_id = ?",
        "titles": "SELECT media_expires_at_ms - started_at_ms FROM plays WHERE dj_id = ?",
        "plays": "SELECT expires_at_ms - started_at_ms FROM plays WHERE dj_id = ?",
        "connections": "SELECT expires_at_ms - at_ms FROM connections WHERE account_id = ?",
        "addresses": "SELECT raw_until_ms - at_ms FROM connections WHERE account_id = ?",
    }.items():
        rows = await server.server._database.rows(sql, (visitor.user["id"],))
        found[name] = {row[0] for row in rows}
    return found


async def active(server: RoomServer, name: str) -> Visitor:
    """Let somebody register, talk, play and vote."""
    visitor = await server.user(name)
    await visitor.join("lobby")
    await visitor.ask("chat.send", room="lobby", text="hello")
    song = {
        "source": "direct",
        "source_id": f"https://example.org/{name}.ogg",
        "title": name,
        "duration_ms": 9000,
    }
    await visitor.ask("waitlist.join", room="lobby", media=song)
    await server.advance(60)
    state: dict[str, Any] = (await visitor.ask("room.get", room="lobby"))["room"]
    await visitor.ask("vote.cast", room="lobby", play_id=state["play"]["id"], value=1)
    return visitor


async def restamped(server: RoomServer) -> None:
    """Wait until nothing waits for a restamp."""
    async with asyncio.timeout(10):
        while await server.server.retention.sweeping.restamps.waiting():
            pass  # reading what waits gives the sweep its turn


async def test_moving(server: RoomServer) -> None:
    """What somebody left here follows the stricter law as soon as they say where they live."""
    anna, berta = await active(server, "Anna"), await active(server, "Berta")
    before = await kept(server, anna)
    assert before == {
        "chat": {30 * DAY_MS},
        "votes": {30 * DAY_MS},
        "titles": {28 * DAY_MS},
        "plays": {90 * DAY_MS},
        "connections": {28 * DAY_MS},
        "addresses": {7 * DAY_MS},
    }
    updated = await anna.ask("account.update", country="CH")
    assert updated["account"]["country"] == "CH"
    told = await anna.hear("notice.changed")
    times = {each["category"]: each["ttl_ms"] for each in told["notice"]["categories"]}
    assert (times["chat"], times["votes"]) == (6 * HOUR_MS, DAY_MS)
    await restamped(server)

    assert await kept(server, anna) == {
        "chat": {6 * HOUR_MS},
        "votes": {DAY_MS},
        "titles": {2 * DAY_MS},
        "plays": {90 * DAY_MS},
        "connections": {3 * DAY_MS},
        "addresses": {3 * DAY_MS},
    }
    assert await kept(server, berta) == before
    assert berta.events("notice.changed") == []
    sent = await anna.ask("chat.send", room="lobby", text="from here")
    row = await server.server._database.row(
        "SELECT expires_at_ms - at_ms FROM events WHERE seq = ?", (sent["seq"],)
    )
    assert row is not None
    assert row[0] == 6 * HOUR_MS


async def test_moving_back(server: RoomServer) -> None:
    """Who moves back is recorded as before; what was shortened stays so."""
    anna = await active(server, "Anna")
    await anna.ask("account.update", country="CH")
    await restamped(server)
    assert (await anna.ask("account.update", country=""))["account"].get("country") is None
    await restamped(server)
    assert (await kept(server, anna))["chat"] == {6 * HOUR_MS}
    await anna.ask("chat.send", room="lobby", text="back again")
    assert (await kept(server, anna))["chat"] == {6 * HOUR_MS, 30 * DAY_MS}


async def test_nobody_moves_who_has_no_account(server: RoomServer) -> None:
    """Guests have no country, and a country is two capitals."""
    guest, anna = await server.guest(), await server.user("Anna")
    assert (await guest.refused("account.update", country="CH"))["code"] == ErrorCode.FORBIDDEN
    assert (await anna.refused("account.update", country="Switzerland"))["code"] == ErrorCode.BAD_PARAMS
    await anna.call(commands.AccountUpdate(bio="no move"))
    assert await server.server.retention.sweeping.restamps.waiting() == []


async def test_a_crash_forgets_no_move(server: RoomServer) -> None:
    """A process that dies between the move and its restamp leaves it to the next one."""
    anna = await active(server, "Anna")
    await server.server._tables.accounts.move(anna.user["id"], "CH")
    await server.restart()
    await restamped(server)
    assert (await kept(server, anna))["chat"] == {6 * HOUR_MS}


async def test_signing_in_again_on_a_connection(server: RoomServer) -> None:
    """Who goes on as a guest and comes back, longer after, is recorded by the own choices again."""
    anna = await server.user("Anna")
    await anna.ask("account.update", country="CH")
    await anna.ask("privacy.self_ttl", chat_ms=0)
    subjects, anna_id = server.server.retention.subjects, anna.user["id"]
    known = subjects.of(anna_id)
    assert known == Subject("user", "CH", 0)
    await anna.ask("session.logout")
    await anna.ask("session.guest")
    await server.advance(61)
    await anna.ask("session.login", username="Anna", password=PASSWORD)
    assert subjects.of(anna_id) == known
    await anna.join("lobby")
    await anna.ask("chat.send", room="lobby", text="hello")
    assert (await kept(server, anna))["chat"] == set()


async def test_a_turn_of_somebody_who_is_not_back(server: RoomServer) -> None:
    """What plays in somebody's name after a restart, before they are there again, follows their law too."""
    anna = await server.user("Anna")
    await anna.ask("account.update", country="CH")
    await anna.ask("room.create", name="Den")
    await anna.join("den")
    playlist = (await anna.ask("playlist.create", name="mine"))["playlist"]["id"]
    songs = [
        {"source": "direct", "source_id": f"/media/{n}.ogg", "title": f"{n}", "duration_ms": 9000}
        for n in range(2)
    ]
    await anna.ask("playlist.insert", playlist_id=playlist, items=songs)
    await anna.ask("waitlist.join", room="den", playlist_id=playlist)
    await server.settled()
    await server.restart()
    await server.server.hub.open("den")
    rows = "SELECT count(*) FROM plays WHERE dj_id = ?"
    before = await server.server._database.row(rows, (anna.user["id"],))
    await server.advance(20)
    after = await server.server._database.row(rows, (anna.user["id"],))
    assert before is not None
    assert after is not None
    assert after[0] > before[0]
    assert (await kept(server, anna))["titles"] == {2 * DAY_MS}


async def test_a_grace_longer_than_the_memory_of_people(tmp_path: Path, data: Path) -> None:
    """Whoever keeps a place while they are away stays known for as long, and is forgotten with it."""
    policy = tmp_path / "privacy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    privacy, rooms = PrivacyConfig(policy=str(policy)), RoomsConfig(grace_ms=180_000)
    async with RoomServer(data, privacy=privacy, rooms=rooms) as server:
        anna = await server.user("Anna")
        await anna.ask("account.update", country="CH")
        await anna.join("lobby")
        anna.socket.transport.abort()
        await anna.closed()
        subjects, anna_id = server.server.retention.subjects, anna.user["id"]
        for seconds, is_known in ((120, True), (120, False)):
            await server.advance(seconds)
            passer_by = await server.guest()
            passer_by.socket.transport.abort()
            await passer_by.closed()
            await server.settled()
            assert (anna_id in subjects) is is_known


CONFIG = PrivacyConfig(hooks=[])


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """Return an open database with a room."""
    database = await Database.open(tmp_path / "room.db")
    await add_accounts(database, "anna")
    await add_room(database)
    yield database
    await database.close()


async def started_behind(db: Database, logged_ms: int) -> int:
    """Start on a log with this last instant; return by how much the clock is ahead of the wall, in hours."""
    await Journal(db).commit(Writes(events=[logged(said(1, "anna", "hi", at=logged_ms))]))
    clock = ServerClock("test")
    await Retention.open(CONFIG, db, clock)
    return round((clock.now_ms() - clock.wall_ms()) / HOUR_MS)


@pytest.mark.parametrize(
    ("ahead_ms", "expected_hours"),
    [(-HOUR_MS, 0), (0, 0), (HOUR_MS, 1), (DAY_MS, 24), (2 * DOWN_MS, 0)],
    ids=["behind", "now", "an hour", "a day", "another year"],
)
async def test_never_before_the_log(db: Database, ahead_ms: int, expected_hours: int) -> None:
    """A clock that was set back starts where the log ends, unless the log is out of all bounds."""
    assert await started_behind(db, time.time_ns() // 1_000_000 + ahead_ms) == expected_hours


async def test_downtime_is_noted(db: Database) -> None:
    """A start an hour behind the log notes an hour without a server."""
    await started_behind(db, time.time_ns() // 1_000_000 - HOUR_MS)
    (span,) = (await load_downtimes(db)).spans
    assert round((span.ended_ms - span.began_ms) / HOUR_MS) == 1


async def written(server: RoomServer, data: Path) -> Visitor:
    """Let somebody leave what ends by time in files: a copy, a proof of age, the key of a week."""
    anna = await server.user("Anna")
    await anna.ask("privacy.export")
    await server.server.rights.exports.settled()
    rights = server.server.rights
    await rights.ages.freeze(anna.id, "operator")
    rights.proofs._stores.files.add(anna.id, b"%PDF-", server.clock.now_ms())
    await server.settled()
    assert files(data) == {"exports": 1, "proof": 1, "keys/weeks": 1}
    return anna


def files(data: Path) -> dict[str, int]:
    """Count what ends by time in files."""
    return {name: len(list((data / name).iterdir())) for name in ("exports", "proof", "keys/weeks")}


async def test_a_start_on_a_clock_ahead(data: Path, tmp_path: Path) -> None:
    """
    A start fifty days ahead destroys no archive, proof or key and puts no announced policy in force, until
    the clock has said so for a day.
    """
    path = tmp_path / "privacy.toml"
    path.write_text("schema = 1\n", encoding="utf-8")
    config = PrivacyConfig(policy=str(path))
    async with RoomServer(data, privacy=config) as server:
        anna = await written(server, data)
        path.write_text('schema = 1\n[category.votes]\nttl = "60d"\n', encoding="utf-8")
        assert await server.server.adopt_policy(config)
    clock = ManualClock(BEGIN_MS + 50 * DAY_MS)
    async with RoomServer(data, privacy=config, clock=clock) as server:
        rights, before = server.server.rights, files(data)
        assert rights.rev() == 1
        await server.server.sweeps.once()
        await rights.tick()
        assert (files(data), rights.rev(), rights.choices.needed_rev()) == (before, 1, 0)
        guest = await server.guest()
        privacy = (await guest.ask("privacy.status"))["privacy"]
        assert (privacy["policy"]["rev"], privacy["coming"]["rev"], privacy["must_accept"]) == (1, 2, False)
        for _ in range(25):
            clock.set_ms(clock.now_ms() + HOUR_MS)
            await server.server.sweeps.once()
        await rights.tick()
        await rights.erasures.settled()
        assert (files(data)["exports"], files(data)["proof"], rights.rev()) == (0, 0, 2)
        old = BEGIN_MS // WEEK_MS
        assert [path for path in (data / "keys" / "weeks").iterdir() if path.stem == str(old)] == []
    assert anna.id


async def test_less_at_once_on_a_clock_ahead(data: Path, tmp_path: Path) -> None:
    """A policy that keeps less waits for no day, whatever the clock says: not now, nor after a start."""
    path = tmp_path / "privacy.toml"
    path.write_text("schema = 1\n", encoding="utf-8")
    config = PrivacyConfig(policy=str(path))
    async with RoomServer(data, privacy=config):
        pass
    async with RoomServer(data, privacy=config, clock=ManualClock(BEGIN_MS + 50 * DAY_MS)) as server:
        path.write_text('schema = 1\n[category.votes]\nttl = "9d"\n', encoding="utf-8")
        assert await server.server.adopt_policy(config)
        assert server.server.rights.rev() == 2
    async with RoomServer(data, privacy=config, clock=ManualClock(BEGIN_MS + HOUR_MS)) as server:
        assert server.server.rights.rev() == 2


async def test_who_left_is_forgotten(db: Database) -> None:
    """What is remembered of a person's choices goes with them, and is read again when they come back."""
    retention = await Retention.open(CONFIG, db, ServerClock("test"))
    retention.subjects.note("anna", Subject("user", "DE"))
    await retention.acknowledgements.add("anna", "hash", 0)
    retention.forget_person("anna")
    assert retention.subjects.of("anna") == UNKNOWN
    assert not retention.acknowledgements.has("anna", "hash")
    await retention.acknowledgements.load("anna")
    assert retention.acknowledgements.has("anna", "hash")


async def test_who_has_to_be_known_beforehand(db: Database) -> None:
    """Somebody who is not there is read; who is there, or is gone for good, is left as they are."""
    retention = await Retention.open(CONFIG, db, ServerClock("test"))
    await retention.know_person("anna")
    assert retention.subjects.of("anna") == Subject("user")
    retention.subjects.note("anna", Subject("user", "DE", 0))
    await retention.know_person("anna")
    assert retention.subjects.of("anna") == Subject("user", "DE", 0)
    await retention.know_person("nobody")
    assert "nobody" not in retention.subjects


async def test_a_day_that_came_while_nothing_ran(db: Database, tmp_path: Path) -> None:
    """A policy whose day came between two processes holds from the start, and reaches the older rows."""
    path = tmp_path / "mixed.toml"
    path.write_text(
        'schema = 1\n[category.votes]\nttl = "60d"\n[category.chat]\nttl = "9d"\n', encoding="utf-8"
    )
    today = time.time_ns() // 1_000_000
    await adopt(db, load_policy(None), today - 40 * DAY_MS)
    await Journal(db).commit(Writes(events=[logged(said(1, "anna", "hi", at=today - 35 * DAY_MS))]))
    await adopt(db, load_policy(path), today - 31 * DAY_MS)
    retention = await Retention.open(PrivacyConfig(policy=str(path), hooks=[]), db, ServerClock("next"))

    assert retention.recorder.in_force.rev == 2
    assert len(await retention.sweeping.restamps.waiting()) == 1
