"""The read guard: at any moment, of any rows, no way of reading returns what is over."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.events import MemberMuted
from protocol.limits import DAY_MS
from storage.chatlog import ChatLog
from storage.database import Database
from storage.history import History
from storage.journal import Journal
from storage.modlog import ModLog
from storage.opening import open_room
from storage.records import EventRow, PlayEnd, PlayRow, VoteRow, Writes
from tests.storage.builders import NOW, add_accounts, add_room, begun, ended, logged, person, said, voted

TIMES = st.lists(st.integers(1, 20), min_size=1, max_size=12)
"""Times of rows, in minutes."""
_MARK = re.compile(r"mark-(\d+)-")


def chat(minutes: list[int]) -> list[EventRow]:
    """Return messages and mutes that live for so many minutes, marked by their number."""
    rows = []
    for seq, ttl in enumerate(minutes, 1):
        text = f"mark-{seq}-"
        muted = MemberMuted(
            room="r1", seq=seq, at_ms=NOW, user=person("berta"), by=person("anna"), until_ms=NOW, reason=text
        )
        row = logged(said(seq, "anna", text)) if seq % 2 else logged(muted, actor="anna")
        rows.append(row._replace(expires_at_ms=NOW + ttl * 60_000, nonce=f"n{seq}"))
    return rows


def plays(minutes: list[int]) -> list[PlayRow | PlayEnd]:
    """Return finished plays that live for so many minutes, marked in their ids."""
    found: list[PlayRow | PlayEnd] = []
    for number, ttl in enumerate(minutes, 1):
        row = begun(f"mark-{number}-", "anna", at=NOW + number)
        found += [
            row._replace(expires_at_ms=NOW + ttl * 60_000),
            ended(f"mark-{number}-", at=NOW + number + 1),
        ]
    return found


def votes(minutes: list[int]) -> list[VoteRow]:
    """Return votes on the play on air that live for so many minutes."""
    return [
        voted("air", f"mark-{number}-", 1)._replace(expires_at_ms=NOW + ttl * 60_000)
        for number, ttl in enumerate(minutes, 1)
    ]


async def everything(db: Database, now: int) -> dict[str, str]:
    """Read in every way there is; return what each says."""
    opened = await open_room(db, "r1", now, resume_events=512, resume_ms=DAY_MS)
    assert opened is not None
    chat_log, history = ChatLog(db), History(db)
    authors = [await chat_log.author("r1", f"c{seq}", now) for seq in range(1, 13)]
    return {
        "chat": repr((await chat_log.page("r1", None, 100, now), opened.chat)),
        "authors": " ".join(f"mark-{seq}-" for seq, author in enumerate(authors, 1) if author),
        "ring": repr((opened.events, opened.nonces)).replace("'n", "'mark-"),
        "moderation": repr(await ModLog(db).page("r1", None, 100, now)),
        "history": repr(await history.room_page("r1", None, 100, now)),
        "own history": repr(await history.user_page("anna", None, 100, now)),
        "recent": repr(opened.recent).replace("m-mark", "mark"),
        "votes": repr(opened.votes),
    }


async def _assert_never_shown(path: Path, rows: list[int], now: int) -> None:
    db = await Database.open(path)
    try:
        await add_accounts(db, "anna", "berta")
        await add_room(db)
        async with db.transaction() as tx:
            await tx.execute("UPDATE rooms SET seq = ?", (len(rows),))
        on_air = begun("air", "anna", at=NOW + 1000)
        await Journal(db).commit(Writes(events=chat(rows), plays=[*plays(rows), on_air], votes=votes(rows)))
        over = {number for number, ttl in enumerate(rows, 1) if ttl * 60_000 <= now}
        for way, said_there in (await everything(db, NOW + now)).items():
            shown = {int(number) for number in _MARK.findall(said_there)}
            assert not shown & over, f"{way} shows what is over"
    finally:
        await db.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(rows=TIMES, now=st.integers(0, 21 * 60_000))
def test_nothing_that_is_over_is_shown(rows: list[int], now: int) -> None:
    """For random rows and moments, no scroll-back, history, log, ring, rule or tally holds what is over."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_assert_never_shown(Path(folder) / "guard.db", rows, now))


@pytest.fixture(name="db")
async def _db(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "room.db")
    yield database
    await database.close()


async def test_what_is_not_over_is(db: Database) -> None:
    """The search above finds what it looks for: before its time every way shows something."""
    await add_accounts(db, "anna", "berta")
    await add_room(db)
    async with db.transaction() as tx:
        await tx.execute("UPDATE rooms SET seq = 2")
    on_air = begun("air", "anna", at=NOW + 1000)
    await Journal(db).commit(Writes(events=chat([5, 5]), plays=[*plays([5, 5]), on_air], votes=votes([5, 5])))
    for way, said_there in (await everything(db, NOW + 2000)).items():
        assert _MARK.search(said_there), f"{way} shows nothing"
