"""Retention: every event has a category, every category is said at the door, expired rows go."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import storage
from protocol.events import ROOM_EVENTS
from protocol.limits import GUEST_BAN_MS
from protocol.roles import Role
from protocol.values import Sanction
from storage.accounts import Accounts
from storage.database import Database
from storage.journal import Journal
from storage.records import PlayEnd, PlayRow, SanctionRow, StaffRow, VoteRecord, Writes
from storage.retention import (
    CATEGORIES,
    POLICY_REV,
    SESSION_TTL_MS,
    category_of,
    expires_at,
    render_notice,
    sweep,
)
from storage.sessions import Sessions
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
)

_LOG_INSERT = re.compile(r"\b(?:INSERT|REPLACE)\b[^;]*?\bINTO\s+(?:events|plays|votes)\b", re.IGNORECASE)


@pytest.mark.parametrize("kind", ROOM_EVENTS)
def test_every_room_event_expires(kind: str) -> None:
    """Every event of a room's stream has a category with a time to live."""
    assert expires_at(category_of(kind), NOW) > NOW


@pytest.mark.parametrize(
    ("category", "ttl_days"),
    [("chat", 30), ("video", 90), ("votes", 30), ("presence", 7), ("signin", 90), ("moderation", 365)],
)
def test_promised_times(category: str, ttl_days: int) -> None:
    """Rows live as long as the policy says, to the millisecond."""
    assert expires_at(category, NOW) == NOW + days(ttl_days)


def test_account_data_does_not_expire() -> None:
    """What lives as long as the account is no log row."""
    with pytest.raises(ValueError, match="expected a category with a time to live, got 'account'"):
        expires_at("account", NOW)


def test_notice_says_everything() -> None:
    """The notice names each category with its time, in data and in words."""
    notice = render_notice("https://example.org/privacy")
    assert notice.rev == POLICY_REV
    assert notice.url == "https://example.org/privacy"
    assert [each.category for each in notice.categories] == list(CATEGORIES)
    for each in CATEGORIES.values():
        assert each.what in notice.text
        assert each.purpose in notice.text
    assert "for 30 days" in notice.text


def test_notice_hash_follows_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash is of what is said: the address does not change it, a changed time does."""
    before = render_notice("a").hash
    assert render_notice("b").hash == before
    monkeypatch.setitem(CATEGORIES, "chat", CATEGORIES["chat"]._replace(ttl_ms=days(31)))
    assert render_notice("a").hash != before


def test_only_the_journal_records() -> None:
    """No other module inserts into the log tables, so no row is without its promise."""
    inserting = set()
    for source in Path(storage.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and _LOG_INSERT.search(node.value)
            ):
                inserting.add(source.name)
    assert inserting == {"journal.py"}


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
    await Journal(db).commit(
        Writes(plays=plays, votes=[VoteRecord("old", "anna", 1, grabbed=False, at_ms=NOW)])
    )
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
