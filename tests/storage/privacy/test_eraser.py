"""Erasing the rows of one person among those of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.events import (
    ChatMessage,
    MemberBanned,
    PlayStarted,
    PlayStopped,
    RoomEvent,
    RoomUpdated,
    WaitlistChanged,
)
from protocol.limits import DAY_MS
from protocol.roles import Role
from protocol.values import BlockedMedia, Media, Play, PlaylistItem, Previous, Sanction, User
from storage.accounts import Accounts
from storage.bots import Bots
from storage.chatlog import ChatLog
from storage.database import Database, Transaction
from storage.favorites import Favorites
from storage.history import History
from storage.ignores import Ignores
from storage.journal import Journal
from storage.opening import open_room
from storage.playlists import Playlists
from storage.privacy import erasing_log
from storage.privacy.eraser import Eraser
from storage.privacy.erasing_copies import Unwritten
from storage.privacy.erasing_tables import TableEraser
from storage.privacy.holds import Doomed, HeldError, nothing_held
from storage.privacy.keys import Keys
from storage.privacy.recorder import Place, shipped_recorder
from storage.privacy.registry import TABLES
from storage.privacy.reports import AgeReports
from storage.privacy.requests import Requests
from storage.privacy.standing import Choice, Standings
from storage.privacy.tombstones import Tombstones
from storage.privacy.unlinking import GONE, REMOVED_SOURCE, REMOVED_TITLE
from storage.records import BlockRow, EventDraft, GrabRow, PlayEnd, SanctionRow, StaffRow, Writes
from storage.rooms import Rooms
from storage.sessions import Sessions
from tests.storage.builders import NOW, RECORDER, account, ended, logged, media, room, voted
from tests.support.canary import canary, hits

RESUME_MS = 120_000
LATER = NOW + DAY_MS
"""When the erasure happens: a day after most of what was recorded."""

ANNA, BEN, CLEO = "annaid0000000000", "benid00000000000", "cleoid0000000000"
BEN_USER = User(id=BEN, name="Ben", kind="user", created_at_ms=NOW)


RETENTION_ROWS = (
    "INSERT INTO acknowledgements (account_id, hash, at_ms) VALUES (:anna, 'abc', :at)",
    "INSERT INTO server_bans (id, account_id, reason, at_ms) VALUES ('sb', :anna, :address, :at)",
    "INSERT INTO restamps (account_id, due_at_ms, asked_ms) VALUES (:anna, :later, :at)",
    """
    INSERT INTO connections
      (account_id, at_ms, address, network, browser, os, raw_until_ms, expires_at_ms, policy_rev)
    VALUES (:anna, :at, :address, :address, 'Firefox 140', 'Linux', :later, :later, 1)""",
)
"""What retention itself notes of a person."""


class Words:
    """A canary for each place that can hold a text."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def __call__(self, label: str) -> str:
        """Return a new canary."""
        self.all.append(canary(label))
        return self.all[-1]

    def media(self, source_id: str | None = None) -> Media:
        """Return a track whose title and artist are canaries, and its address where none is given."""
        words = {
            "title": self("title"),
            "artist": self("artist"),
            "thumbnail_url": f"https://x/{self('pic')}",
        }
        if source_id is None:
            return media(f"https://x/{self('url')}", source="direct", **words)
        return media(source_id, **words)


async def fill(db: Database, keys: Keys, words: Words) -> None:
    """Give Anna a row in every table that can name a person, with a canary in each of its texts."""
    anna = account(ANNA, words("na"))._replace(
        email=f"{words('mail')}@example.org", avatar_url=f"https://x/{words('avatar')}", bio=words("bio")
    )
    for each in (anna, account(BEN, "Ben"), account(CLEO, "Cleo")):
        await Accounts(db).create(each)
    for ident, owner in (("r1", ANNA), ("r2", BEN), ("r3", BEN)):
        await Rooms(db).create(room(ident), owner)
    track = words.media("shared")
    await fill_account(db, keys, words)
    await fill_playlists(db, words, track)
    for room_id in ("r1", "r2", "r3"):
        await Journal(db).commit(of_a_room(room_id, words, anna.to_user(), track))


async def fill_account(db: Database, keys: Keys, words: Words) -> None:
    """Fill what hangs on the account."""
    await Favorites(db).add(ANNA, "r2", NOW)
    await Ignores(db).add(ANNA, BEN)
    await Ignores(db).add(BEN, ANNA)
    bot = account("botid", words("bo"), kind="bot")
    await Bots(db).create(ANNA, bot, ["dj"], b"bot token")
    await Sessions(db).create(b"token", ANNA, NOW, LATER + DAY_MS)
    standings, reports = Standings(db, keys), AgeReports(db, keys)
    await standings.set_chat_ttl(ANNA, 5000)
    await standings.choose(ANNA, "marketing", Choice(True, "chosen", NOW))
    await Journal(db).record([EventDraft("signin", "session.login", None, None, None, ANNA, NOW, None, "{}")])
    async with db.transaction() as tx:
        await reports.add(tx, ANNA, BEN, NOW)
        await reports.add(tx, BEN, ANNA, NOW)
        row = {"anna": ANNA, "at": NOW, "later": LATER, "address": words("ip")}
        for sql in RETENTION_ROWS:
            await tx.execute(sql, row)


async def fill_playlists(db: Database, words: Words, track: Media) -> None:
    """Give Anna a playlist, and Cleo what she took from it and what she found herself."""
    playlists = Playlists(db)
    await playlists.create(ANNA, "pa", words("list"), NOW)
    await playlists.create(CLEO, "pc", "Mine", NOW)
    known = media("known", title="A well-known song")
    own = [track, known, words.media(), words.media("mine")]
    await playlists.insert(ANNA, "pa", [PlaylistItem(id=f"a{n}", media=m) for n, m in enumerate(own)], "end")
    taken = [PlaylistItem(id="c0", media=track), PlaylistItem(id="c1", media=known)]
    await playlists.insert(CLEO, "pc", taken, "end")
    await playlists.create(BEN, "pb", "Ben's", NOW)
    await playlists.insert(BEN, "pb", [PlaylistItem(id="b0", media=known)], "end")


def play_of(user: User, ident: str, track: Media) -> Play:
    """Return a play."""
    return Play(id=ident, dj=user, media=track, started_at_ms=NOW, duration_ms=5, position_ms=0, velocity=1.0)


def of_a_room(room_id: str, words: Words, anna: User, track: Media) -> Writes:
    """Return what a room's beats wrote of Anna, of Ben, and of both."""
    at: dict[str, Any] = {"room": room_id, "at_ms": NOW}
    by_ben = Previous(
        play_id=f"p1{room_id}", woots=1, mehs=0, grabs=1, listeners=2, end="skipped", by=BEN_USER,
        reason=words("skip"),
    )  # fmt: skip
    said: list[tuple[RoomEvent, str, str | None]] = [
        (ChatMessage(**at, seq=1, id=f"m1{room_id}", user=anna, text=words("chat"), mentions=[]), ANNA,
         words("nonce")),
        (ChatMessage(**at, seq=2, id=f"m2{room_id}", user=BEN_USER, text="Ben's own words", mentions=[ANNA]),
         BEN, None),
        (WaitlistChanged(**at, seq=3, waitlist=[BEN_USER, anna], change="join", user=BEN_USER), BEN, None),
        (PlayStarted(**at, seq=4, play=play_of(anna, f"p1{room_id}", track), waitlist=[anna], previous=None),
         ANNA, None),
        (PlayStopped(**at, seq=5, waitlist=[], previous=by_ben), BEN, None),
        (MemberBanned(**at, seq=6, user=anna, by=BEN_USER, reason=words("ban")), BEN, None),
        (RoomUpdated(**at, seq=7, by=anna, welcome=words("motd"), description=words("about")), ANNA, None),
        # Late enough to be resumed over at the time of the erasure.
        (ChatMessage(room=room_id, seq=8, at_ms=LATER - 1000, id=f"m8{room_id}", user=anna,
                     text=words("late"), mentions=[]), ANNA, None),
    ]  # fmt: skip
    came = EventDraft("presence", "member.joined", room_id, None, None, ANNA, NOW, None, "{}")
    place = Place(room_id, room_id, None)
    presence = RECORDER.event(came, place)
    assert presence is not None
    muted: dict[str, Any] = {"user": BEN_USER, "by": anna, "reason": words("mute")}
    anna_bans = Sanction(kind="mute", until_ms=LATER * 2, at_ms=NOW, **muted)
    blocked = BlockedMedia(source="youtube", source_id="shared", title=track.title, by=anna, at_ms=NOW)
    bans_anna = Sanction(user=anna, kind="ban", until_ms=None, by=BEN_USER, at_ms=NOW, reason=words("why"))
    return Writes(
        events=[*(logged(event, actor=actor, nonce=nonce) for event, actor, nonce in said), presence],
        plays=[
            RECORDER.play(play_of(anna, f"p1{room_id}", track), place),
            PlayEnd(f"p1{room_id}", NOW + 9, "skipped", BEN, words("reason"), 1, 0, 1, 2),
            RECORDER.play(play_of(BEN_USER, f"p2{room_id}", media("bens")), place),
            PlayEnd(f"p2{room_id}", NOW + 9, "skipped", ANNA, words("because"), 1, 0, 0, 2),
            RECORDER.play(play_of(BEN_USER, f"p3{room_id}", media("bens")), place),
        ],
        votes=[
            voted(f"p1{room_id}", CLEO, 1, grabbed=True),
            voted(f"p2{room_id}", ANNA, 1),
            voted(f"p3{room_id}", ANNA, -1),
        ],
        staff=[StaffRow(room_id, ANNA, Role.BOUNCER)] if room_id != "r1" else [],
        sanctions=[
            SanctionRow(room_id, "mute", BEN, anna_bans, None),
            SanctionRow(room_id, "ban", ANNA, bans_anna, None),
        ],
        blocks=[
            BlockRow(room_id, track.source, track.source_id,
                     blocked)
        ],
    )  # fmt: skip


class Case:
    """A filled database and an eraser for it."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.keys = Keys(folder)
        self.words = Words()
        self.requests = Requests(db, self.keys)
        self.eraser = Eraser(db, self.keys, resume_ms=RESUME_MS)

    async def begin(self) -> None:
        """Put the request on record."""
        async with self.db.transaction() as tx:
            await self.requests.add(tx, "req", ANNA, "erase", "self", LATER)

    async def erase(self) -> dict[str, int]:
        """Erase Anna's rows and return the receipts."""
        await self.eraser.rows(await self.eraser.leaver(ANNA), "req", LATER)
        found = await self.requests.get("req")
        assert found is not None
        return found.receipts


@pytest.fixture(name="case")
async def _case(db: Database, tmp_path: Path) -> Case:
    case = Case(db, tmp_path)
    await fill(db, case.keys, case.words)
    await case.begin()
    return case


async def named_in(db: Database) -> dict[str, int]:
    """Return the tables with rows in which Anna's id is, in whatever column."""
    found = {}
    for name, table in TABLES.items():
        anywhere = " OR ".join(f"instr({column}, :id)" for column in table.columns)
        row = await db.row(f"SELECT count(*) AS count FROM {name} WHERE {anywhere}", {"id": ANNA})
        if row is not None and row["count"]:
            found[name] = row["count"]
    return found


PEOPLED = {name for name, table in TABLES.items() if table.people}


async def test_every_table_is_filled(case: Case) -> None:
    """The tests below mean something: each table that can name a person names Anna."""
    assert set(await named_in(case.db)) >= PEOPLED, "give Anna a row in the new table, in fill()"


async def test_nothing_of_her_stays(case: Case) -> None:
    """No table names her but the request being carried out, and no word of hers is in any file."""
    await case.erase()

    assert await named_in(case.db) == {"privacy_requests": 1}
    assert await case.db.checkpoint()
    assert hits(case.db.path.parent, case.words.all) == {}


async def test_the_control_finds_them(case: Case) -> None:
    """The search finds every word while it is there, and some after deleting without overwriting."""
    async with case.db.transaction() as tx:
        await tx.execute("PRAGMA user_version = 1")  # a write, so that the checkpoint has something to do
    await case.db.checkpoint()
    assert set(hits(case.db.path.parent, case.words.all)) == set(case.words.all)

    await case.db._writer.execute_fetchall("PRAGMA secure_delete = OFF")
    await case.erase()
    await case.db.checkpoint()
    assert hits(case.db.path.parent, case.words.all), "expected residue in the file without secure_delete"


async def test_others_keep_theirs(case: Case) -> None:
    """Ben's words, plays and rooms and Cleo's list are as they were."""
    await case.erase()

    messages = (await ChatLog(case.db).page("r2", None, 50, LATER)).messages
    assert [message.text for message in messages if message.user.id == BEN] == ["Ben's own words"]
    assert len(await Accounts(case.db).users([BEN, CLEO])) == 2
    assert (await Playlists(case.db).items(BEN, "pb", None, 50, None)).items[
        0
    ].media.title == "A well-known song"
    mine = (await Playlists(case.db).items(CLEO, "pc", None, 50, None)).items
    assert [item.media.source_id for item in mine] == ["shared", "known"]
    # Nobody but Anna had written the first title; the other one somebody else had too.
    assert [item.media.title for item in mine] == [REMOVED_TITLE, "A well-known song"]


async def test_typed_addresses_go_with_what_was_taken(case: Case) -> None:
    """An address that only she had typed goes from others' lists, one that somebody else had too stays."""
    playlists = Playlists(case.db)
    await Rooms(case.db).create(room("r9"), BEN)
    for number, address in enumerate(("https://x/hers", "https://x/common", "/media/demo.ogg")):
        track = media(address, source="direct", title=case.words("taken"))
        begun = RECORDER.play(play_of(account(ANNA).to_user(), f"t{number}", track), Place("r9", "r9", None))
        vote = voted(f"t{number}", CLEO, 1, grabbed=True)
        await Journal(case.db).commit(Writes(plays=[begun, ended(f"t{number}")], votes=[vote]))
        await playlists.insert(CLEO, "pc", [PlaylistItem(id=f"t{number}", media=track)], "end")
    known = media("https://x/common", source="direct", title="Ben's title")
    await playlists.insert(BEN, "pb", [PlaylistItem(id="b9", media=known)], "end")
    takers = await case.eraser.rows(await case.eraser.leaver(ANNA), "req", LATER)

    assert CLEO in takers
    left = (await playlists.items(CLEO, "pc", None, 50, None)).items
    assert [item.media.source_id for item in left] == [
        "shared",
        "known",
        "https://x/common",
        "/media/demo.ogg",
    ]
    assert await case.db.checkpoint()
    assert hits(case.db.path.parent, ["https://x/hers", *case.words.all]) == {}


async def test_typed_addresses_go_when_the_vote_is_over(case: Case) -> None:
    """Without the vote too it is known that a grabbed address was not typed; one that others typed stays."""
    playlists, place = Playlists(case.db), Place("r9", "r9", None)
    await Rooms(case.db).create(room("r9"), BEN)
    hers, common = (media(f"https://x/{name}", source="direct") for name in ("hers", "common"))
    for number, track in enumerate((hers, common)):
        begun = RECORDER.play(play_of(account(ANNA).to_user(), f"t{number}", track), place)
        grabs = [GrabRow(f"t{number}", "pc", track)]
        await Journal(case.db).commit(Writes(plays=[begun, ended(f"t{number}")], grabs=grabs))
    # That Cleo played what she had taken makes it no more hers.
    again = RECORDER.play(play_of(account(CLEO).to_user(), "t2", hers), place)
    await Journal(case.db).commit(Writes(plays=[again, ended("t2")]))
    await playlists.insert(BEN, "pb", [PlaylistItem(id="b9", media=common)], "end")
    takers = await case.eraser.rows(await case.eraser.leaver(ANNA), "req", LATER)

    assert CLEO in takers
    left = (await playlists.items(CLEO, "pc", None, 50, None)).items
    assert [item.media.source_id for item in left] == ["shared", "known", "https://x/common"]


async def test_typed_addresses_go_from_block_lists(case: Case) -> None:
    """A block of an address that only she had brought goes, with what the log says of it; others stay."""
    await Rooms(case.db).create(room("r9"), BEN)
    told: list[Unwritten] = []
    addresses = ("https://x/hers", "https://x/common", "/media/demo.ogg")
    for number, address in enumerate(addresses):
        track = media(address, source="direct", title=case.words("blocked"))
        begun = RECORDER.play(play_of(account(ANNA).to_user(), f"t{number}", track), Place("r9", "r9", None))
        entry = BlockedMedia(
            source=track.source, source_id=address, title=track.title, by=BEN_USER, at_ms=NOW
        )
        logged = EventDraft(
            "moderation", "media.blocked", "r9", None, None, BEN, NOW, None,
            f'{{"by":{{"$user":"{BEN}"}},"detail":"direct {address}"}}',
        )  # fmt: skip
        blocks = [BlockRow("r9", track.source, address, entry)]
        await Journal(case.db).commit(Writes(plays=[begun, ended(f"t{number}")], blocks=blocks))
        await Journal(case.db).record([logged])
    known = media("https://x/common", source="direct", title="Ben's title")
    await Playlists(case.db).insert(BEN, "pb", [PlaylistItem(id="b9", media=known)], "end")
    await case.eraser.rows(await case.eraser.leaver(ANNA), "req", LATER, told.append)

    blocked = await case.db.rows(
        "SELECT source_id, title FROM blocked_media WHERE room_id = 'r9' ORDER BY source_id"
    )
    assert [tuple(row) for row in blocked] == [
        ("/media/demo.ogg", REMOVED_TITLE),
        ("https://x/common", REMOVED_TITLE),
    ]
    details = await case.db.rows(
        "SELECT payload ->> '$.detail' AS said FROM events WHERE kind = 'media.blocked' ORDER BY id"
    )
    assert [row["said"] for row in details] == [
        f"direct {REMOVED_SOURCE}",
        "direct https://x/common",
        "direct /media/demo.ogg",
    ]
    [unwritten] = told
    assert "https://x/hers" in unwritten.addresses
    assert not {"https://x/common", "/media/demo.ogg"} & unwritten.addresses
    assert {source_id for _, source_id, _ in unwritten.titles} >= set(addresses)
    assert await case.db.checkpoint()
    assert hits(case.db.path.parent, ["https://x/hers", *case.words.all]) == {}


async def test_what_a_room_falls_back_on(case: Case) -> None:
    """What rooms play of these accounts' playlists is read as it is now."""
    async with case.db.transaction() as tx:
        await tx.execute("UPDATE rooms SET fallback_playlist = 'pc' WHERE id = 'r2'")
        await tx.execute("UPDATE rooms SET fallback_playlist = 'pb' WHERE id = 'r3'")
    found = await case.eraser.fallbacks_of([CLEO])
    assert {ident: [one.source_id for one in items] for ident, items in found.items()} == {
        "r2": ["shared", "known"]
    }


async def test_plays_are_kept_without_her(case: Case) -> None:
    """The room's history counts on: the play with its score, by somebody who is gone."""
    await case.erase()
    page = await History(case.db).room_page("r2", None, 50, LATER)

    [hers] = [entry for entry in page.plays if entry.play_id == "p1r2"]
    assert hers.dj is not None
    assert (hers.dj.id, hers.dj.name, hers.score.woots) == (GONE, "(gone)", 1)
    assert (hers.media.title, hers.media.source_id, hers.reason) == (REMOVED_TITLE, "shared", None)


async def test_votes_on_air_count_on(case: Case) -> None:
    """The vote on a play that is on stays until it ends; the others are gone."""
    await case.erase()
    rows = await case.db.rows("SELECT play_id, value FROM votes WHERE account_id <> :cleo", {"cleo": CLEO})

    assert {tuple(row) for row in rows} == {(f"p3{ident}", -1) for ident in ("r1", "r2", "r3")}


async def test_the_stream_has_no_hole(case: Case) -> None:
    """What a client may still resume over is there, in order, without her words."""
    await case.erase()
    async with case.db.transaction() as tx:
        await tx.execute("UPDATE rooms SET seq = 8, epoch = 'e1'")
    opened = await open_room(case.db, "r2", LATER, resume_events=512, resume_ms=RESUME_MS)

    assert opened is not None
    [last] = opened.events
    assert isinstance(last, ChatMessage)
    assert (last.seq, last.text, last.user.name) == (8, "", "(gone)")
    assert opened.chat == []
    assert opened.nonces == []


async def test_what_stays_for_resuming_goes_soon(case: Case) -> None:
    """The empty rows that keep a place expire with the resume window."""
    await case.erase()
    rows = await case.db.rows("SELECT at_ms, expires_at_ms FROM events WHERE category = 'chat' AND seq = 8")

    assert rows
    assert all(row["expires_at_ms"] == row["at_ms"] + RESUME_MS for row in rows)


async def test_moderation_under_one_pseudonym(case: Case) -> None:
    """Staff still see that one and the same person did things, not who, nor in which words."""
    leaver = await case.eraser.leaver(ANNA)
    await case.erase()
    rows = await case.db.rows("SELECT actor_id, payload FROM events WHERE kind = 'room.updated'")
    mutes = await case.db.rows("SELECT by_id, reason FROM sanctions WHERE kind = 'mute'")

    assert {row["actor_id"] for row in rows} == {leaver.pseudonym} == {row["by_id"] for row in mutes}
    assert leaver.pseudonym.startswith("gone-")
    assert {row["reason"] for row in mutes} == {None}


async def test_tombstones(case: Case) -> None:
    """The name rests; the address does because a ban was in force."""
    anna = await Accounts(case.db).by_id(ANNA)
    assert anna is not None
    assert anna.email is not None
    await case.erase()
    tombstones = Tombstones(case.db, case.keys)

    assert await tombstones.has_name(anna.name, LATER + 89 * DAY_MS)
    assert await tombstones.has_email(anna.email, LATER + 179 * DAY_MS)


async def test_tombstone_of_who_was_banned_from_the_server(case: Case) -> None:
    """A ban from the whole server has the address rest too, and goes itself."""
    anna = await Accounts(case.db).by_id(ANNA)
    assert anna is not None
    assert anna.email is not None
    async with case.db.transaction() as tx:
        await tx.execute("DELETE FROM sanctions WHERE account_id = :id", {"id": ANNA})
    await case.erase()

    assert await Tombstones(case.db, case.keys).has_email(anna.email, LATER + 179 * DAY_MS)
    assert await case.db.rows("SELECT 1 FROM server_bans") == []


async def test_no_tombstone_of_the_unbanned(case: Case) -> None:
    """Who was not banned leaves nothing but the resting name."""
    anna = await Accounts(case.db).by_id(ANNA)
    assert anna is not None
    async with case.db.transaction() as tx:
        await tx.execute("DELETE FROM sanctions WHERE account_id = :id", {"id": ANNA})
        await tx.execute("DELETE FROM server_bans WHERE account_id = :id", {"id": ANNA})
    await case.erase()

    assert await case.db.rows("SELECT 1 FROM tombstones WHERE kind <> 'name'") == []


async def test_receipts(case: Case) -> None:
    """What was done is counted by table."""
    receipts = await case.erase()

    assert receipts["accounts"] == 1
    assert receipts["playlists"] == 1
    assert receipts["playlist_items"] == 5  # four of hers, one that Cleo took
    assert receipts["votes"] == 3
    assert receipts["plays"] == 6
    assert {"events", "sanctions", "staff", "sessions", "favorites", "ignores"} <= set(receipts)


async def test_a_crash_after_any_batch(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short after every batch there is and run again, it ends the same, and counts nothing twice."""
    monkeypatch.setattr(erasing_log, "BATCH", 2)
    receive = case.requests.receive
    left = 0

    async def dying(tx: Transaction, ident: str, receipts: dict[str, int]) -> None:
        nonlocal left
        await receive(tx, ident, receipts)
        left -= 1
        if left < 0:
            raise ConnectionAbortedError

    monkeypatch.setattr(case.eraser._requests, "receive", dying)
    deaths = 0
    while True:
        # One batch more each time: the one in which it dies is rolled back.
        left = 1
        try:
            receipts = await case.erase()
        except ConnectionAbortedError:
            deaths += 1
        else:
            break

    assert deaths > 10
    assert await named_in(case.db) == {"privacy_requests": 1}
    assert receipts["playlist_items"] == 5
    assert receipts["accounts"] == 1
    await case.db.checkpoint()
    assert hits(case.db.path.parent, case.words.all) == {}


async def test_a_hold_that_begins_meanwhile(case: Case) -> None:
    """From that transaction on nothing is destroyed; when it has ended the erasure goes on where it was."""
    left = [9]

    def holds(doomed: Doomed) -> bool:
        left[0] -= 1
        return left[0] <= 0 and doomed.account_id == ANNA

    async def remains() -> list[list[tuple[Any, ...]]]:
        tables = ("accounts", "events", "plays", "votes", "playlist_items", "staff")
        return [[tuple(row) for row in await case.db.rows(f"SELECT * FROM {table}")] for table in tables]

    await case.db.ask_before_destroying(holds)
    with pytest.raises(HeldError):
        await case.erase()
    before = await remains()
    assert await case.eraser.is_held(ANNA)
    with pytest.raises(HeldError):
        await case.erase()
    assert await remains() == before
    await case.db.ask_before_destroying(nothing_held)
    await case.erase()
    assert await named_in(case.db) == {"privacy_requests": 1}, "it names her until it is complete"


async def test_a_hold_on_the_owner_of_a_bot(case: Case) -> None:
    """It keeps the bot's rows as well, and one on the bot its owner's."""
    await case.db.ask_before_destroying(lambda doomed: doomed.account_id == ANNA)
    with pytest.raises(HeldError):
        await case.eraser.rows(await case.eraser.leaver("botid"), "req", LATER)
    await case.db.ask_before_destroying(lambda doomed: doomed.account_id == "botid")
    assert await case.eraser.is_held(ANNA)


async def test_bots_go_too(case: Case) -> None:
    """A bot of hers is found before and cannot log in after."""
    assert await case.eraser.bots_of(ANNA) == ["botid"]
    await case.erase()

    assert await case.eraser.bots_of(ANNA) == []
    assert await Sessions(case.db).find(b"bot token", LATER) is None


async def test_twice(case: Case) -> None:
    """A second run finds nothing to do."""
    first = await case.erase()

    assert await case.erase() == first


async def test_ties(case: Case) -> None:
    """The rooms that need an heir or new words are found, with which words are hers."""
    ties = {tie.room_id: tie for tie in await case.eraser.ties(ANNA)}

    assert (ties["r1"].is_host, ties["r1"].texts) == (True, frozenset({"name", "description", "welcome"}))
    assert (ties["r2"].is_host, ties["r2"].texts) == (False, frozenset({"description", "welcome"}))
    assert set(await case.eraser.rooms_with(ANNA)) == {"r1", "r2", "r3"}


async def test_what_a_hook_hid(db: Database, tmp_path: Path) -> None:
    """Rows that were recorded under a stand-in are found while the process knows it."""
    recorder = shipped_recorder()
    for each in (account(ANNA), account(BEN)):
        await Accounts(db).create(each)
    await Rooms(db).create(room("r1"), BEN)
    pseudonym = recorder.pseudonym("r1", ANNA)
    said = ChatMessage(
        room="r1", seq=1, at_ms=NOW, id="m1", user=account(ANNA).to_user(), text="x", mentions=[]
    )
    row = logged(said)._replace(actor_id=pseudonym)
    await Journal(db).commit(Writes(events=[row._replace(payload=row.payload.replace(ANNA, pseudonym))]))
    case = Case(db, tmp_path)
    case.eraser = Eraser(db, case.keys, resume_ms=RESUME_MS, alias=recorder.pseudonym)
    await case.begin()
    await case.erase()

    assert await db.rows("SELECT 1 FROM events") == []


async def test_shut_out_until_the_account_is_gone(case: Case) -> None:
    """As long as there is an account its state is: nobody slips in while its rows go."""

    async def note(_tx: Transaction, _table: str, _count: int) -> None:
        return None

    await TableEraser(case.db, await case.eraser.leaver(ANNA), note).the_rest()
    row = await case.db.row("SELECT count(*) AS n FROM account_privacy WHERE account_id = :id", {"id": ANNA})
    assert row is not None
    assert row["n"] == 1
