"""Downtimes: what a client repeats is as old as a server lived since."""

from __future__ import annotations

import pytest

from protocol.limits import NONCE_WINDOW_MS
from storage.database import Database
from storage.downtimes import Downtimes, Span, last_logged_ms, load_downtimes, note_start
from storage.journal import Journal
from storage.privacy.trusted import TrustedTime, keep_trusted
from storage.records import RoomState, Writes
from storage.rooms import Rooms
from tests.storage.builders import NOW, add_accounts, add_room, logged, said

HOUR_MS = 3_600_000


async def log_at(db: Database, seq: int, at: int) -> None:
    """Put a message with a nonce into the log."""
    state = RoomState("r1", seq, (), leave_after_play=False, fallback_next=0)
    event = logged(said(seq, "anna", "hi", at=at), nonce=f"n{seq}")
    await Journal(db).commit(Writes(events=[event], states=[state]))


@pytest.mark.parametrize(("at_ms", "lived"), [(0, 130), (10, 140), (11, 111), (50, 150), (51, 51)])
def test_lived(at_ms: int, lived: int) -> None:
    """An instant moves on by every downtime that began at it or later."""
    downtimes = Downtimes([Span(10, 40), Span(50, 150)])
    assert downtimes.lived(at_ms) == lived


async def test_nothing_before_the_first_start(db: Database) -> None:
    """A fresh database knows no instant and no downtime."""
    await note_start(db, NOW)
    assert await last_logged_ms(db) == 0
    assert (await load_downtimes(db)).spans == []


@pytest.mark.parametrize("trusted_ms", [NOW - 1000, NOW + 1000])
async def test_the_last_sign_of_life(db: Database, trusted_ms: int) -> None:
    """A downtime begins with the last row of the log or the last sweep, whichever is later."""
    await add_accounts(db, "anna")
    await add_room(db)
    await log_at(db, 1, NOW)
    await log_at(db, 2, NOW - 5)
    await keep_trusted(db, TrustedTime(trusted_ms))
    assert await last_logged_ms(db) == NOW
    await note_start(db, NOW + HOUR_MS)
    assert (await load_downtimes(db)).spans == [Span(max(NOW, trusted_ms), NOW + HOUR_MS)]


async def test_a_start_in_the_past_is_none(db: Database) -> None:
    """A start that is not later than the log is no downtime."""
    await add_accounts(db, "anna")
    await add_room(db)
    await log_at(db, 1, NOW)
    await note_start(db, NOW)
    assert (await load_downtimes(db)).spans == []


async def test_old_ones_are_forgotten(db: Database) -> None:
    """A downtime counts for as long as nonces do, by time that a server lived; however many there are."""
    await add_accounts(db, "anna")
    await add_room(db)
    now = NOW
    for seq in range(1, 11):
        await log_at(db, seq, now)
        await note_start(db, now + HOUR_MS)
        now += HOUR_MS + NONCE_WINDOW_MS // 4
    spans = (await load_downtimes(db)).spans
    assert len(spans) == 4
    assert spans[-1] == Span(now - HOUR_MS - NONCE_WINDOW_MS // 4, now - NONCE_WINDOW_MS // 4)


async def test_nonces_outlive_downtimes(db: Database) -> None:
    """A room that opens after two crashes with a clock an hour ahead knows what was said just before."""
    await add_accounts(db, "anna")
    await add_room(db)
    await log_at(db, 1, NOW)
    await note_start(db, NOW + HOUR_MS)
    await log_at(db, 2, NOW + HOUR_MS + 1000)
    await note_start(db, NOW + 2 * HOUR_MS)
    opened = await Rooms(db).open("r1", NOW + 2 * HOUR_MS)
    assert opened is not None
    assert [(seq, NOW + 2 * HOUR_MS - at) for *_, seq, at in opened.nonces] == [(1, 1000), (2, 0)]
    assert opened.chat == [], "for people that was hours ago"
    opened = await Rooms(db).open("r1", NOW + 2 * HOUR_MS + NONCE_WINDOW_MS - 500)
    assert opened is not None
    assert [seq for *_, seq, _ in opened.nonces] == [2]
