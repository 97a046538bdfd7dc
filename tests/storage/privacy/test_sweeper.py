"""The sweep: expired rows go, and their bytes with them."""

from __future__ import annotations

from pathlib import Path

from protocol.limits import GUEST_BAN_MS
from protocol.roles import Role
from protocol.values import Sanction
from storage.accounts import Accounts
from storage.database import Database
from storage.journal import Journal
from storage.privacy.sweeper import sweep
from storage.records import PlayEnd, PlayRow, SanctionRow, StaffRow, Writes
from storage.sessions import SESSION_TTL_MS, Sessions
from tests.storage.builders import (
    NOW,
    account,
    add_accounts,
    add_room,
    begun,
    days,
    ended,
    erasure,
    holds,
    logged,
    person,
    said,
    voted,
)


async def _count(db: Database, table: str) -> int:
    row = await db.row(f"SELECT count(*) FROM {table}")
    assert row is not None
    count: int = row[0]
    return count


async def test_sweep_at_the_millisecond(db: Database) -> None:
    """A row goes when its time is over, not a millisecond before."""
    await add_room(db)
    await Journal(db).commit(Writes(events=[logged(said(1, "anna", "hi"))]))
    assert (await sweep(db, NOW + days(30) - 1))["events"] == 0
    assert (await sweep(db, NOW + days(30)))["events"] == 1
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
    """A sweep goes on batch by batch until nothing expired is left."""
    await add_room(db)
    await Journal(db).commit(Writes(events=[logged(said(seq, "anna", "hi")) for seq in range(1, 8)]))
    assert (await sweep(db, NOW + days(31), batch=3))["events"] == 7
    assert await _count(db, "events") == 0


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
    assert (deleted["sessions"], deleted["accounts"]) == (3, 1)
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
    assert (await sweep(db, NOW + GUEST_BAN_MS - 1))["addresses"] == 0
    assert (await sweep(db, NOW + GUEST_BAN_MS))["addresses"] == 1
    rows = await db.rows("SELECT account_id, address_key FROM sanctions")
    assert [tuple(row) for row in rows] == [("berta", None)]
