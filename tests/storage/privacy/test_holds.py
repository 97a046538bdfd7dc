"""Holds keep destruction back and never hiding; where nothing is held, nobody notices that it was asked."""

from __future__ import annotations

from typing import Any

import pytest

from storage.archived import ArchivedRooms
from storage.chatlog import ChatLog
from storage.database import Database
from storage.errors import RoomArchivedError
from storage.history import History
from storage.journal import Journal
from storage.privacy.holds import FUNCTION, Doomed, is_account_held, is_room_held
from storage.privacy.hooks import Hook, HookChain
from storage.privacy.overdue import overdue
from storage.privacy.sweeper import Sweeper
from storage.privacy.sweeps import TASKS, Task
from storage.records import ConnectionRow, Writes
from storage.rooms import Rooms
from tests.storage.builders import (
    NOW,
    add_accounts,
    add_room,
    begun,
    days,
    ended,
    logged,
    said,
    voted,
)

LATER = NOW + days(400)
_TABLES = ("events", "plays", "votes", "connections")


class Holding(Hook):
    """A hook that holds what it was told to, and remembers what it was asked."""

    name = "holding"

    def __init__(self, **held: Any) -> None:
        self.held: dict[str, Any] | None = held
        self.asked: list[Doomed] = []
        self.told: list[tuple[str, bool]] = []

    def holds(self, doomed: Doomed) -> bool:
        """Hold what has all of these fields; nothing once they are None."""
        self.asked.append(doomed)
        return self.held is not None and self.held.items() <= doomed._asdict().items()

    async def on_hold(self, case: str, *, placed: bool) -> None:
        """Remember."""
        self.told.append((case, placed))


async def fill(db: Database) -> None:
    """Let two people leave something of every kind."""
    await add_accounts(db, "anna", "berta")
    await add_room(db)
    writes = Writes(events=[], plays=[], votes=[], connections=[])
    for number, who in enumerate(("anna", "berta")):
        writes.events += [logged(said(2 * number + one, who, "hi")) for one in (1, 2)]
        writes.plays += [begun(f"p-{who}", who), ended(f"p-{who}")]
        writes.votes.append(voted(f"p-{who}", who, 1))
        row = ConnectionRow(
            who, NOW, "203.0.113.9", "203.0.113.0/24", None, "x", "y", NOW + days(7), NOW + days(28), 1
        )
        writes.connections.append(row)
    await Journal(db).commit(writes)


async def swept(db: Database, now_ms: int = LATER) -> dict[str, int]:
    """Sweep; return the rows left by table."""

    async def no_rest(_seconds: float) -> None:
        """Go on at once."""

    await Sweeper(db, HookChain(), rest=no_rest).sweep(now_ms)
    return {table: len(await db.rows(f"SELECT 1 FROM {table}")) for table in _TABLES}


async def test_nothing_is_held(db: Database) -> None:
    """As shipped everything that is over goes, and nobody is asked for each row."""
    await fill(db)
    assert db.holds_nothing
    assert not HookChain([Hook()]).may_hold
    assert await swept(db) == dict.fromkeys(_TABLES, 0)


async def test_held_back_and_hidden(db: Database) -> None:
    """What a hook holds stays in the tables, is shown to nobody and is not called late; the rest goes."""
    await fill(db)
    hook = Holding(account_id="anna")
    chain = HookChain([hook])
    assert chain.may_hold
    await db.ask_before_destroying(chain.holds)
    assert await swept(db) == {"events": 2, "plays": 1, "votes": 1, "connections": 1}
    assert (await ChatLog(db).page("r1", None, 100, LATER)).messages == []
    assert (await History(db).room_page("r1", None, 100, LATER)).plays == []
    assert await overdue(db, LATER) == {}
    address, title = await db.rows(
        "SELECT address FROM connections UNION ALL SELECT media ->> '$.title' FROM plays"
    )
    assert (address[0], title[0]) == ("203.0.113.9", "Title m-p-anna")

    hook.held = None
    assert await swept(db) == dict.fromkeys(_TABLES, 0)


async def test_many_that_are_held(db: Database) -> None:
    """However many are held, those behind them are reached."""
    await add_accounts(db, "anna", "berta")
    await add_room(db)
    events = [logged(said(seq, "anna" if seq <= 1500 else "berta", "hi")) for seq in range(1, 2001)]
    await Journal(db).commit(Writes(events=events))
    await db.ask_before_destroying(HookChain([Holding(account_id="anna", table="events")]).holds)
    assert (await swept(db))["events"] == 1500


@pytest.mark.parametrize(
    ("held", "left"),
    [
        ({"category": "chat"}, {"events": 4, "plays": 0, "votes": 0, "connections": 0}),
        ({"room_id": "r1", "table": "plays"}, {"events": 0, "plays": 2, "votes": 0, "connections": 0}),
        ({"table": "votes", "at_ms": NOW}, {"events": 0, "plays": 0, "votes": 2, "connections": 0}),
        (
            {"category": "connections", "account_id": "berta"},
            {"events": 0, "plays": 0, "votes": 0, "connections": 1},
        ),
    ],
)
async def test_scopes(db: Database, held: dict[str, Any], left: dict[str, int]) -> None:
    """A hook sees the table, category, room, person and instant of each row."""
    await fill(db)
    await db.ask_before_destroying(HookChain([Holding(**held)]).holds)
    assert await swept(db) == left


async def test_a_hook_that_fails(db: Database) -> None:
    """A hook that cannot say whether something is held holds it: what is gone cannot be brought back."""

    class Broken(Hook):
        name = "broken"

        def holds(self, doomed: Doomed) -> bool:
            raise OSError(doomed.table)

    await fill(db)
    chain = HookChain([Broken()])
    await db.ask_before_destroying(chain.holds)
    assert await swept(db) == {"events": 4, "plays": 2, "votes": 2, "connections": 2}
    assert chain.counts["broken", "held_back"] > 0


async def test_a_room(db: Database) -> None:
    """The deletion of a held room closes and hides it at once, and is made up for when the hold ends."""
    await fill(db)
    rooms, archived = Rooms(db), ArchivedRooms(db)
    hook = Holding(room_id="r1")
    await db.ask_before_destroying(HookChain([hook]).holds)
    await rooms.delete("r1")
    with pytest.raises(RoomArchivedError):
        await rooms.open("r1", NOW, resume_events=512, resume_ms=1)
    assert await rooms.directory() == []
    assert (await ChatLog(db).page("r1", None, 100, NOW)).messages == []
    assert (await History(db).room_page("r1", None, 100, NOW)).plays == []
    assert len(await db.rows("SELECT 1 FROM events")) == 4
    assert await archived.due(NOW) == []

    hook.held = None
    assert [one.id for one in await archived.due(NOW)] == ["r1"]
    await rooms.delete("r1")
    assert await db.rows("SELECT 1 FROM rooms") == []
    assert await db.rows("SELECT 1 FROM events") == []


async def test_a_guest(db: Database) -> None:
    """A guest without a session, of whom something is held, stays."""
    async with db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO accounts (id, kind, name, name_key, created_at_ms)
            VALUES ('g', 'guest', 'g', 'g', 1)"""
        )
    await db.ask_before_destroying(HookChain([Holding(account_id="g")]).holds)
    await swept(db)
    assert len(await db.rows("SELECT 1 FROM accounts")) == 1


async def test_hooks_are_told(db: Database) -> None:
    """All hooks are told of a hold that is placed or released; a question tells them nothing."""
    hook = Holding(table="nothing")
    chain = HookChain([hook, Hook()])
    await chain.held("case-1", placed=True)
    await chain.held("case-1", placed=False)
    assert hook.told == [("case-1", True), ("case-1", False)]
    await db.ask_before_destroying(chain.holds)
    row = await db.row(f"SELECT {is_account_held(':id')}, {is_room_held(':id')}", {"id": "x"})
    assert row is not None
    assert tuple(row) == (0, 0)
    assert hook.asked == [Doomed("accounts", account_id="x"), Doomed("rooms", room_id="x")]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_deletion_asks(task: Task) -> None:
    """Each statement of the sweep that makes rows go, or parts of them, has the question in it."""
    assert f"NOT {FUNCTION}(" in task.statements[-1]
