"""The sweep: expired rows go, and their bytes with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from protocol.events import PlayStarted
from protocol.limits import BLOCK_TITLE_MS, GUEST_BAN_MS, HOUR_MS
from protocol.roles import Role
from protocol.values import BlockedMedia, Sanction
from storage.accounts import Accounts
from storage.database import Database
from storage.fold import unfold
from storage.history import History
from storage.journal import Journal
from storage.privacy.holds import nothing_held
from storage.privacy.hooks import ExpiredBatch, Hook, HookChain
from storage.privacy.overdue import next_expiry, overdue
from storage.privacy.recorder import Place
from storage.privacy.sweeper import BATCH_MAX, BATCH_MIN, Pace, Sweeper, Swept
from storage.privacy.unlinking import REMOVED_SOURCE
from storage.records import BlockRow, EventDraft, EventRow, PlayEnd, PlayRow, SanctionRow, StaffRow, Writes
from storage.sessions import SESSION_TTL_MS, Sessions
from tests.storage.builders import (
    NOW,
    RECORDER,
    account,
    add_accounts,
    add_room,
    begun,
    days,
    ended,
    erasure,
    holds,
    logged,
    media,
    person,
    play,
    said,
    voted,
)


async def _no_rest(_seconds: float) -> None:
    """Go on at once."""


async def sweep(db: Database, now_ms: int) -> dict[str, int]:
    """Sweep without resting; return how many rows of which task went."""
    return (await swept(db, now_ms)).rows


async def swept(db: Database, now_ms: int) -> Swept:
    """Sweep without resting."""
    return await Sweeper(db, HookChain(), rest=_no_rest).sweep(now_ms)


async def _count(db: Database, table: str) -> int:
    row = await db.row(f"SELECT count(*) FROM {table}")
    assert row is not None
    count: int = row[0]
    return count


async def test_sweep_at_the_millisecond(db: Database) -> None:
    """A row goes when its time is over, not a millisecond before."""
    await add_room(db)
    await Journal(db).commit(Writes(events=[logged(said(1, "anna", "hi"))]))
    assert (await sweep(db, NOW + days(30) - 1))["events.chat"] == 0
    assert (await sweep(db, NOW + days(30)))["events.chat"] == 1
    assert await _count(db, "events") == 0


async def test_sweep_spares_the_play_on_air(db: Database) -> None:
    """Expired plays go once they have ended; the one a room still plays stays."""
    await add_room(db)
    plays: list[PlayRow | PlayEnd] = [begun("old"), ended("old"), begun("on-air", at=NOW + 1)]
    await Journal(db).commit(Writes(plays=plays, votes=[voted("old", "anna", 1)]))
    deleted = await sweep(db, NOW + days(1000))
    assert (deleted["plays"], deleted["votes"]) == (1, 1)
    assert await _count(db, "plays") == 1


async def test_sweep_of_many_batches(db: Database) -> None:
    """A sweep goes on batch by batch until nothing expired is left, and rests after each full one."""
    await add_room(db)
    events = [logged(said(seq, "anna", "hi")) for seq in range(1, 1202)]
    await Journal(db).commit(Writes(events=events))
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    ticks = iter(range(10**6))
    sweeper = Sweeper(db, HookChain(), timer=lambda: next(ticks) * 0.020, rest=rest)
    swept = await sweeper.sweep(NOW + days(31))
    assert swept.rows["events.chat"] == 1201
    assert swept.is_complete
    assert rests == pytest.approx([0.080] * 6)  # six full batches of 200, each held for 20 ms
    assert await _count(db, "events") == 0


async def test_a_start_does_not_wait_for_all(db: Database) -> None:
    """A sweep with little time stops when it is up; the next one goes on."""
    await add_room(db)
    await Journal(db).commit(Writes(events=[logged(said(seq, "anna", "hi")) for seq in range(1, 1202)]))
    ticks = iter(range(10**6))
    sweeper = Sweeper(db, HookChain(), timer=lambda: next(ticks) * 0.020, rest=_no_rest)
    first = await sweeper.sweep(NOW + days(31), within_seconds=0.0)
    assert not first.is_complete
    assert 0 < await _count(db, "events") < 1201
    assert sweeper._washed_ms is None, "expected a start to leave looking through the file to the next sweep"
    assert (await sweeper.sweep(NOW + days(31))).is_complete
    assert sweeper._washed_ms == NOW + days(31)
    assert await _count(db, "events") == 0


def test_pace() -> None:
    """Slow batches become smaller and quick ones bigger, within bounds; a small batch says nothing."""
    pace = Pace()
    pace.note(pace.batch, 0.040)
    assert pace.batch == 100
    pace.note(10, 9.0)
    assert pace.batch == 100
    for _ in range(20):
        pace.note(pace.batch, 0.0001)
    assert pace.batch == BATCH_MAX
    for _ in range(20):
        pace.note(pace.batch, 9.0)
    assert pace.batch == BATCH_MIN


async def test_sweep_of_guests(db: Database) -> None:
    """A guest whose sessions are over is deleted; users, staff and guests with a session stay."""
    late = NOW + SESSION_TTL_MS
    await add_room(db)
    sessions = Sessions(db)
    for ident in ("gone", "staff", "alive", "late"):
        guest = account(ident, kind="guest", at=late if ident == "late" else NOW)
        expires = late + 1 if ident == "alive" else late
        await sessions.create_with_account(ident.encode(), guest, expires)
    await add_accounts(db, "user")
    await Journal(db).commit(Writes(staff=[StaffRow("r1", "staff", Role.RESIDENT)]))
    deleted = await sweep(db, late)
    assert (deleted["sessions"], deleted["guests"]) == (3, 1)
    left = await Accounts(db).users(["gone", "staff", "alive", "late", "user"])
    assert set(left) == {"staff", "alive", "late", "user"}


async def test_swept_text_leaves_the_file(db: Database, path: Path) -> None:
    """After a sweep the bytes of what was said are in no file."""
    await add_room(db)
    canary = "canary-in-the-coal-mine"
    await Journal(db).commit(Writes(events=[logged(said(1, "anna", canary))]))
    assert await holds(path, canary)
    await sweep(db, NOW + days(31))
    assert not await holds(path, canary)


async def test_sweep_finishes_deletions_of_staff(db: Database, path: Path) -> None:
    """What staff deleted from the chat leaves the files with the next sweep, although nothing has expired."""
    await add_room(db)
    canary = "canary-in-the-coal-mine"
    await Journal(db).commit(Writes(events=[logged(said(1, "anna", canary))]))
    await Journal(db).commit(Writes(erasures=[erasure(before=2)]))
    assert await holds(path, canary)
    await sweep(db, NOW)
    assert not await holds(path, canary)


async def test_sanctions_that_are_over(db: Database) -> None:
    """What has run out goes; what is for good stays, but not the address it came with."""
    await add_room(db)
    key = b"0123456789abcdef"

    def ban(user: str, until_ms: int | None) -> SanctionRow:
        one = Sanction(user=person(user), kind="ban", until_ms=until_ms, by=person("mod"), at_ms=NOW)
        return SanctionRow("r1", "ban", user, one, key)

    await Journal(db).commit(Writes(sanctions=[ban("anna", NOW + 5), ban("berta", None)]))
    assert (await sweep(db, NOW + 4))["sanctions"] == 0
    assert (await sweep(db, NOW + 5))["sanctions"] == 1
    assert (await sweep(db, NOW + GUEST_BAN_MS - 1))["addresses of bans"] == 0
    assert (await sweep(db, NOW + GUEST_BAN_MS))["addresses of bans"] == 1
    rows = await db.rows("SELECT account_id, address_key FROM sanctions")
    assert [tuple(row) for row in rows] == [("berta", None)]


def presence(room_id: str, kind: str, at: int) -> EventRow:
    """Somebody came or went."""
    draft = EventDraft("presence", kind, room_id, None, None, "anna", at, None, "{}")
    row = RECORDER.event(draft, Place(room_id, room_id, None))
    assert row is not None, "presence is recorded"
    return row


async def test_what_ends_is_counted(db: Database) -> None:
    """Presence stays as counts by the hour, plays as counts by the day; nobody is in them."""
    await add_room(db)
    hour = NOW - NOW % HOUR_MS
    comings = [presence("r1", "member.joined", hour + at) for at in (0, 1, HOUR_MS)]
    plays: list[PlayRow | PlayEnd] = [begun("a", "anna"), ended("a"), begun("b", "anna"), ended("b")]
    await Journal(db).commit(Writes(events=[*comings, presence("r1", "member.left", hour)], plays=plays))
    await sweep(db, NOW + days(100))
    tallies = await db.rows("SELECT room_id, kind, at_ms, n FROM tallies ORDER BY kind, at_ms")
    assert [tuple(row) for row in tallies] == [
        ("r1", "member.joined", hour, 2),
        ("r1", "member.joined", hour + HOUR_MS, 1),
        ("r1", "member.left", hour, 1),
    ]
    by_day = await db.rows("SELECT source_id, plays, woots, mehs, grabs FROM media_days ORDER BY source_id")
    assert [tuple(row) for row in by_day] == [("m-a", 1, 2, 1, 1), ("m-b", 1, 2, 1, 1)]
    assert await _count(db, "plays") == 0


async def test_typed_addresses_are_not_counted(db: Database) -> None:
    """An address that somebody typed is words of theirs: its plays are counted under no address."""
    await add_room(db)
    place = Place("r1", "r1", None)
    plays: list[PlayRow | PlayEnd] = []
    for number, address in enumerate(("https://x/words", "https://x/more", "/media/demo.ogg")):
        track = media(address, source="direct")
        plays += [RECORDER.play(replace(play(f"p{number}", "anna"), media=track), place), ended(f"p{number}")]
    await Journal(db).commit(Writes(plays=plays))
    await sweep(db, NOW + days(100))
    rows = await db.rows("SELECT source_id, plays FROM media_days ORDER BY source_id")
    assert [tuple(row) for row in rows] == [("/media/demo.ogg", 1), (REMOVED_SOURCE, 2)]


async def test_titles_of_what_is_blocked(db: Database) -> None:
    """They end after their time, as those of plays do, and are late until they are swept; the block stays."""
    await add_room(db)
    blocks = [
        BlockRow("r1", "youtube", key, BlockedMedia(source="youtube", source_id=key, title=f"Title {key}",
                                                    by=person("anna"), at_ms=at))
        for key, at in (("old", NOW), ("new", NOW + 1))
    ]  # fmt: skip
    await Journal(db).commit(Writes(blocks=blocks))
    over_ms = NOW + BLOCK_TITLE_MS
    assert await overdue(db, over_ms - 1) == {}
    assert await overdue(db, over_ms + 5) == {"media": 5}
    await db.ask_before_destroying(lambda doomed: doomed.table == "blocked_media")
    assert (await sweep(db, over_ms))["titles of blocks"] == 0
    await db.ask_before_destroying(nothing_held)
    assert (await sweep(db, over_ms))["titles of blocks"] == 1
    assert await overdue(db, over_ms) == {}
    rows = await db.rows("SELECT source_id, title FROM blocked_media ORDER BY at_ms")
    assert [tuple(row) for row in rows] == [("old", "youtube old"), ("new", "Title new")]


class Counting(Hook):
    """Notes what expired, and fails when it is told to."""

    name = "counting"
    categories = frozenset({"presence"})

    def __init__(self) -> None:
        self.told: list[ExpiredBatch] = []
        self.failures = 0

    def on_expire(self, batch: ExpiredBatch) -> None:
        """Note a batch."""
        if self.failures:
            self.failures -= 1
            raise RuntimeError("no")
        self.told.append(batch)


async def test_counts_and_rows_go_together(db: Database) -> None:
    """A batch that fails has counted nothing and deleted nothing; the next sweep counts it once."""
    await add_room(db)
    await Journal(db).commit(Writes(events=[presence("r1", "member.joined", NOW)] * 3))
    hook = Counting()
    hook.failures = 1
    sweeper = Sweeper(db, HookChain([hook]), rest=_no_rest)
    first = await sweeper.sweep(NOW + days(8))
    assert first.failed == {"events.presence"}
    assert not first.is_complete
    assert (await _count(db, "events"), await _count(db, "tallies")) == (3, 0)
    await sweeper.sweep(NOW + days(8))
    assert hook.told == [ExpiredBatch("presence", "events.presence", 3)]
    row = await db.row("SELECT n FROM tallies")
    assert row is not None
    assert row["n"] == 3


async def test_a_hook_that_fails_holds_up_its_rows_only(db: Database) -> None:
    """Rows whose hook fails stay, and all others go: those before them and those behind."""
    await add_room(db)
    events = [logged(said(1, "anna", "hi")), presence("r1", "member.joined", NOW)]
    await Journal(db).commit(Writes(events=events, votes=[voted("a", "anna", 1)]))
    hook = Counting()
    hook.failures = 1
    swept = await Sweeper(db, HookChain([hook]), rest=_no_rest).sweep(NOW + days(31))
    assert swept.failed == {"events.presence"}
    assert (swept.rows["events.chat"], swept.rows["votes"]) == (1, 1)
    left = await db.rows("SELECT category FROM events")
    assert [row["category"] for row in left] == ["presence"]


async def test_titles_go_sooner_than_plays(db: Database, path: Path) -> None:
    """After 28 days a play has the name of its source for a title, in the history and in the file."""
    await add_room(db)
    canary = "canary-in-the-coal-mine"
    track = media("m1", title=canary, artist=canary, thumbnail_url=f"https://x/{canary}")
    on_air = replace(play("a", "anna"), media=track)
    started = PlayStarted(room="r1", seq=1, at_ms=NOW, play=on_air, waitlist=[], previous=None)
    plays: list[PlayRow | PlayEnd] = [RECORDER.play(on_air, Place("r1", "r1", None)), ended("a")]
    await Journal(db).commit(Writes(events=[logged(started, actor="anna")], plays=plays))
    assert await holds(path, canary)
    history = History(db)
    before = (await history.room_page("r1", None, 10, NOW + days(28) - 1)).plays[0].media
    assert before.title == canary
    hidden = (await history.room_page("r1", None, 10, NOW + days(28))).plays[0].media
    assert (hidden.title, hidden.artist, hidden.thumbnail_url) == ("youtube m1", None, None)
    done = await sweep(db, NOW + days(28))
    assert (done["titles of plays"], done["titles of events"], done["plays"]) == (1, 1, 0)
    assert not await holds(path, canary)
    assert (await history.room_page("r1", None, 10, NOW + days(28))).plays[0].media == hidden
    # The event can still be read as one.
    row = await db.row("SELECT kind, payload FROM events")
    assert row is not None
    told = unfold(row["kind"], row["payload"], room="r1", seq=1, at_ms=NOW, users={})
    assert isinstance(told, PlayStarted)
    assert told.play.media.title == "youtube m1"


async def test_how_late(db: Database) -> None:
    """Lateness is that of the oldest row that is over, by category; a play on air is never late."""
    await add_room(db)
    votes = [voted("a", "anna", 1)]
    events = [logged(said(1, "anna", "hi")), logged(said(2, "anna", "hi", at=NOW + 5))]
    await Journal(db).commit(Writes(events=events, plays=[begun("a")], votes=votes))
    assert await overdue(db, NOW + days(28) - 1) == {}
    late = await overdue(db, NOW + days(30) + 7)
    assert late == {"chat": 7, "votes": 7, "media": late["media"]}
    assert await next_expiry(db, NOW) == NOW + days(30)
    await sweep(db, NOW + days(1000))
    assert await overdue(db, NOW + days(1000)) == {}
