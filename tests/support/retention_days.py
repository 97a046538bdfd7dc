"""
Days of retention: a server that is restarted every few hours, and whether it keeps its promises.

Storage, recorder and sweep are the real ones, on a clock set by hand. Every so often something is
recorded of people for whom different times hold; whenever something is over it is looked for: by
every way of reading at its millisecond, in the tables 15 minutes later, in the files an hour later.
"""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from roomserver.config import PrivacyConfig
from roomserver.hub import Hub, Settings, Shelf
from roomserver.retention import Retention
from roomserver.room.state import Tuning
from roomserver.sweep_loop import SweepLoop
from roomserver.testing.clock import ManualClock
from storage.chatlog import ChatLog
from storage.database import Database
from storage.fold import fold
from storage.history import History
from storage.journal import Journal
from storage.modlog import ModLog
from storage.opening import open_room
from storage.playlists import Playlists
from storage.privacy.overdue import next_expiry
from storage.privacy.recorder import Place
from storage.privacy.subjects import Subject
from storage.records import ConnectionRow, EventDraft, PlayEnd, PlayRow, VoteRecord, VoteRow, Writes
from storage.rooms import Rooms
from tests.storage.builders import add_room, media, play, said

BEGIN_MS = 1_900_000_000_000
RESTART_MS = 5 * HOUR_MS
RECORD_MS = 12 * HOUR_MS
ROW_PROMISE_MS, BYTES_PROMISE_MS = 15 * MINUTE_MS, HOUR_MS

PEOPLE = {
    "anna": Subject("user", "US"),
    "greta": Subject("user", "DE"),
    "gast": Subject("guest"),
    "shy": Subject("user", "US", 3 * HOUR_MS),
}
ROOMS = {
    "r1": None,
    "r2": 0,
    "r3": SECOND_MS,
    "r4": HOUR_MS,
    "r5": DAY_MS,
}
"""Rooms and how long their hosts have chat kept."""

_CANARY = re.compile(rb"canary-(\d{6})-")


class Tally(NamedTuple):
    """What was seen: rows recorded and gone, sweeps, restarts, looks, and the latest deletions."""

    recorded: int
    restarts: int
    sweeps: int
    looks: int
    left: int
    rows_late_ms: int
    """By how much a row outlived its time at most."""


class Days:
    """A data folder over many days."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self._folder = folder
        self._policy = folder.parent / "privacy.toml"
        self._dice = random.Random(seed)
        self.clock = ManualClock(BEGIN_MS)
        self._ends: dict[int, int] = {}
        """Canary to the instant from which it may not be read."""
        self._seqs = dict.fromkeys(ROOMS, 0)
        self._recorded = self._restarts = self._sweeps = self._looks = self._rows_late_ms = 0
        self._db: Database
        self._retention: Retention
        self._loop: SweepLoop

    async def open(self) -> None:
        """Start, as the server does: policy, then a sweep, then people."""
        self._policy.write_text(
            """
            schema = 1
            [role.guest]
            chat = { ttl = "24h" }
            [category.presence]
            ttl = "2d"
            [category.votes]
            ttl = "4d"
            [category.video]
            ttl = "9d"
            [category.moderation]
            ttl = "6d"
            """,
            encoding="utf-8",
        )
        self._db = await Database.open(self._folder / "roomserver.db")
        self._retention = await Retention.open(PrivacyConfig(policy=str(self._policy)), self._db, self.clock)
        for ident, subject in PEOPLE.items():
            self._retention.subjects.note(ident, subject)
        shelf = Shelf(Rooms(self._db), Playlists(self._db))  # type: ignore[arg-type]  # no room is opened here
        hub = Hub(shelf, Settings(Tuning(), None, str), self.clock.now_ms)  # type: ignore[arg-type]  # as above
        self._loop = SweepLoop(self._retention, hub, self.clock)
        await self._sweep()

    async def close(self) -> None:
        """Stop."""
        await self._db.close()

    async def run(self, days: int) -> Tally:
        """Let so many days pass."""
        self._folder.mkdir(parents=True, exist_ok=True)
        await self.open()
        for ident, chat_ttl_ms in ROOMS.items():
            await add_room(self._db, ident)
            async with self._db.transaction() as tx:
                await tx.execute(
                    "UPDATE rooms SET chat_ttl_ms = ? WHERE id = ?",
                    (-1 if chat_ttl_ms is None else chat_ttl_ms, ident),
                )
        end = BEGIN_MS + days * DAY_MS
        record_at, restart_at = BEGIN_MS, BEGIN_MS + RESTART_MS
        while self.clock.now_ms() < end:
            if self.clock.now_ms() >= record_at:
                await self._record()
                record_at += RECORD_MS
            if self.clock.now_ms() >= restart_at:
                await self._restart()
                restart_at += RESTART_MS
            await self._until(min(record_at, restart_at, end))
        await self.close()
        row_count = len([1 for ends in self._ends.values() if ends > self.clock.now_ms()])
        return Tally(self._recorded, self._restarts, self._sweeps, self._looks, row_count, self._rows_late_ms)

    async def _until(self, at_ms: int) -> None:
        """Go on to an instant, sweeping as the server would: when something is over, within a minute."""
        while self.clock.now_ms() < at_ms:
            due = await next_expiry(self._db, self.clock.now_ms())
            if due is None or due >= at_ms:
                self.clock.set_ms(at_ms)
                return
            self.clock.set_ms(due)
            await self._look()
            self.clock.set_ms(min(max(at_ms, due), due + self._dice.randrange(1, MINUTE_MS)))
            await self._sweep()

    async def _restart(self) -> None:
        self._restarts += 1
        await self.close()
        # Down for a while: what is over meanwhile is swept before anybody is let in.
        self.clock.set_ms(self.clock.now_ms() + self._dice.randrange(MINUTE_MS, 10 * MINUTE_MS))
        await self.open()
        await self._look()
        await self._search()

    async def _sweep(self) -> None:
        self._sweeps += 1
        row = await self._db.row(
            """
            SELECT min(expires_at_ms) AS oldest FROM (
              SELECT expires_at_ms FROM events UNION ALL SELECT expires_at_ms FROM votes
              UNION ALL SELECT expires_at_ms FROM plays UNION ALL SELECT expires_at_ms FROM connections)"""
        )
        assert row is not None, "an aggregate always has a row"
        if row["oldest"] is not None:
            self._rows_late_ms = max(self._rows_late_ms, self.clock.now_ms() - row["oldest"])
        swept = await self._loop.once()
        assert swept is not None, "storage is there"
        assert swept.is_complete
        assert swept.bytes_gone
        assert self._loop.check() is None, self._loop.check()

    # What happens

    def _canary(self, ends_ms: int) -> str:
        number = len(self._ends)
        self._ends[number] = ends_ms
        return f"canary-{number:06d}-"

    async def _record(self) -> None:
        writes = Writes()
        for room_id, chat_ttl_ms in ROOMS.items():
            place = Place(room_id, f"slug-{room_id}", chat_ttl_ms)
            for who in PEOPLE:
                self._say(writes, place, who)
                self._log(writes, "presence", "member.joined", place, who)
                self._log(writes, "signin", "session.login", place, who)
                self._log(writes, "moderation", "member.muted", place, who)
            self._play(writes, place)
        for who in PEOPLE:
            self._connect(writes, who)
        self._recorded += len(writes.events) + len(writes.votes) + len(writes.connections)
        await Journal(self._db, self._retention.recorder).commit(writes)

    def _say(self, writes: Writes, place: Place, who: str) -> None:
        now, recorder = self.clock.now_ms(), self._retention.recorder
        ttl_ms = recorder.effective("chat", place, who).ttl_ms
        assert ttl_ms is not None, "chat has a time"
        self._seqs[place.room_id] += 1
        seq = self._seqs[place.room_id]
        message = said(seq, who, self._canary(now + ttl_ms), at=now, id=f"{place.room_id}-{seq}")
        draft = EventDraft("chat", "chat.message", place.room_id, "e1", seq, who, now, None, fold(message))
        row = recorder.event(draft, place)
        assert row is not None, "what has a number keeps its place"
        writes.events.append(row)

    def _log(self, writes: Writes, category: str, kind: str, place: Place, who: str) -> None:
        now, recorder = self.clock.now_ms(), self._retention.recorder
        ttl_ms = recorder.effective(category, place, who).ttl_ms
        assert ttl_ms is not None, "log rows have a time"
        payload = f'{{"reason":"{self._canary(now + ttl_ms)}"}}'
        row = recorder.event(
            EventDraft(category, kind, place.room_id, None, None, who, now, None, payload), place
        )
        assert row is not None, "it is recorded"
        writes.events.append(row)

    def _play(self, writes: Writes, place: Place) -> None:
        now, recorder = self.clock.now_ms(), self._retention.recorder
        ident = f"{place.room_id}-{self._seqs[place.room_id]}"
        one = play(ident, "anna", at=now)
        row = recorder.play(one, place)
        title = self._canary(min(row.expires_at_ms, row.media_expires_at_ms))
        row = row._replace(play=replace(one, media=media(ident, title=title, artist=title)))
        end = PlayEnd(ident, now + 1, "finished", None, None, 1, 0, 0, 2)
        plays: list[PlayRow | PlayEnd] = [row, end]
        writes.plays.extend(plays)
        for who in PEOPLE:
            vote: VoteRow | None = recorder.vote(VoteRecord(ident, who, 1, grabbed=False, at_ms=now), place)
            assert vote is not None, "votes are recorded"
            writes.votes.append(vote)

    def _connect(self, writes: Writes, who: str) -> None:
        now = self.clock.now_ms()
        draft = ConnectionRow(who, now, "", "203.0.113.0/24", None, "Firefox 140", "Linux", None, 0, 0)
        raw_ms = self._retention.recorder.in_force.policy.raw_address_ms
        row = self._retention.recorder.connection(draft._replace(address=self._canary(now + raw_ms)))
        assert row is not None, "connections are recorded"
        writes.connections.append(row)

    # What is looked for

    def _over(self, by_ms: int) -> set[int]:
        return {number for number, ends_ms in self._ends.items() if ends_ms <= by_ms}

    async def _look(self) -> None:
        """At any instant no way of reading shows what is over."""
        now = self.clock.now_ms()
        over, shown = self._over(now), b""
        for room_id in ROOMS:
            page = await ChatLog(self._db).page(room_id, None, 100, now)
            plays = await History(self._db).room_page(room_id, None, 100, now)
            log = await ModLog(self._db).page(room_id, None, 100, now)
            opened = await open_room(self._db, room_id, now, resume_events=512, resume_ms=120_000)
            shown += repr((page, plays, log, opened)).encode()
        seen = {int(number) for number in _CANARY.findall(shown)}
        assert not seen & over, f"{len(seen & over)} are shown that are over"
        self._looks += 1

    async def _search(self) -> None:
        """An hour after its time nothing is in any file, and 15 minutes after it in no table."""
        now = self.clock.now_ms()
        found = await asyncio.to_thread(self._in_files)
        late = found & self._over(now - BYTES_PROMISE_MS)
        assert not late, f"{len(late)} are in the files an hour later"
        row = await self._db.row(
            """
            SELECT (SELECT count(*) FROM events WHERE expires_at_ms <= :due)
              + (SELECT count(*) FROM plays WHERE expires_at_ms <= :due)
              + (SELECT count(*) FROM votes WHERE expires_at_ms <= :due)
              + (SELECT count(*) FROM connections
                 WHERE expires_at_ms <= :due OR raw_until_ms <= :due) AS n""",
            {"due": now - ROW_PROMISE_MS},
        )
        assert row is not None, "an aggregate always has a row"
        assert row["n"] == 0

    def _in_files(self) -> set[int]:
        content = b"".join(path.read_bytes() for path in self._folder.iterdir() if path.is_file())
        return {int(number) for number in _CANARY.findall(content)}
