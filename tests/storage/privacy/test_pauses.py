"""Pauses: a policy with a typing error hides records, and deletes none before somebody said so."""

from __future__ import annotations

import pytest

from protocol.limits import DAY_MS, HOUR_MS
from storage.database import Database
from storage.journal import Journal
from storage.privacy import pauses as pauses_module
from storage.privacy.hooks import HookChain
from storage.privacy.pauses import WINDOW_MS, Pause, Pauses
from storage.privacy.policyfile import policy_of
from storage.privacy.sweeper import Sweeper
from storage.records import Writes
from tests.storage.builders import NOW, add_room, days, logged, said

POLICY = policy_of({})
ALL_OVER = NOW + days(31)


async def _no_rest(_seconds: float) -> None:
    """Go on at once."""


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses_module, "ROWS_MIN", 10)


async def chatter(db: Database, count: int, *, at: int = NOW, first: int = 1) -> None:
    """Say something so many times."""
    events = [logged(said(seq, "anna", "hi", at=at)) for seq in range(first, first + count)]
    await Journal(db).commit(Writes(events=events))


async def left(db: Database) -> int:
    """Count the messages that are there."""
    row = await db.row("SELECT count(*) FROM events")
    assert row is not None
    count: int = row[0]
    return count


def sweeper(db: Database, pauses: Pauses) -> Sweeper:
    """Return a sweeper that does not rest."""
    return Sweeper(db, HookChain(), pauses, rest=_no_rest)


async def test_too_much_after_a_change(db: Database) -> None:
    """Right after a change, what would go beyond its share waits for a person, who may allow it."""
    await add_room(db)
    await chatter(db, 20)
    pauses = Pauses(db, POLICY, ALL_OVER - HOUR_MS)
    swept = await sweeper(db, pauses).sweep(ALL_OVER)
    assert swept.paused == {"chat"}
    assert await left(db) == 20
    assert await pauses.waiting() == [Pause("chat", ALL_OVER, 20, 20)]
    assert await pauses.allow("chat", ALL_OVER)
    assert not await pauses.allow("chat", ALL_OVER)
    assert (await sweeper(db, pauses).sweep(ALL_OVER)).paused == frozenset()
    assert await left(db) == 0


async def test_a_pause_survives_a_restart(db: Database) -> None:
    """What waits goes on waiting, however often the server starts."""
    await add_room(db)
    await chatter(db, 20)
    await sweeper(db, Pauses(db, POLICY, ALL_OVER - HOUR_MS)).sweep(ALL_OVER)
    again = Pauses(db, POLICY, ALL_OVER - HOUR_MS)
    assert (await sweeper(db, again).sweep(ALL_OVER + 100 * DAY_MS)).paused == {"chat"}
    assert await left(db) == 20


@pytest.mark.parametrize(
    ("over", "fresh", "changed_at_ms"),
    [
        (20, 200, ALL_OVER - HOUR_MS),  # a small share of all
        (10, 0, ALL_OVER - HOUR_MS),  # too few to matter
        (20, 0, ALL_OVER - POLICY.cooloff_ms - WINDOW_MS),  # the change is old
        (20, 0, None),  # there was none
    ],
)
async def test_ordinary_sweeps_go_on(db: Database, over: int, fresh: int, changed_at_ms: int | None) -> None:
    """Nothing waits that is no more than usual, or not near a change."""
    await add_room(db)
    await chatter(db, over)
    await chatter(db, fresh, at=ALL_OVER, first=1000)
    assert (await sweeper(db, Pauses(db, POLICY, changed_at_ms)).sweep(ALL_OVER)).paused == frozenset()
    assert await left(db) == fresh


async def test_a_change_taken_back(db: Database) -> None:
    """Another policy looks at everything anew."""
    await add_room(db)
    await chatter(db, 20)
    pauses = Pauses(db, POLICY, ALL_OVER - HOUR_MS)
    await sweeper(db, pauses).sweep(ALL_OVER)
    await pauses.reset(POLICY, ALL_OVER)
    assert await pauses.waiting() == []
