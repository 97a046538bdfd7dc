"""The plan: what a policy would do is known before it does it, and planning does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.limits import HOUR_MS
from storage.database import Database
from storage.journal import Journal
from storage.privacy import plan as plan_module
from storage.privacy.plan import Effect, check, plan
from storage.privacy.policyfile import policy_of
from storage.privacy.revisions import adopt
from storage.records import Writes
from tests.storage.builders import NOW, add_accounts, add_room, begun, days, ended, logged, said, voted

LATER = NOW + days(20)


async def filled(db: Database) -> None:
    """Record messages of three weeks ago and of now, and a play with a vote."""
    await add_accounts(db, "anna")
    await add_room(db)
    old = [logged(said(seq, "anna", "hi")) for seq in range(1, 13)]
    new = [logged(said(seq, "anna", "hi", at=LATER)) for seq in range(20, 25)]
    await Journal(db).commit(
        Writes(events=[*old, *new], plays=[begun("a"), ended("a")], votes=[voted("a", "anna", 1)])
    )
    await adopt(db, policy_of({}), NOW)


async def test_a_shorter_policy(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan counts, by category and room, what becomes shorter and what goes when it is due."""
    await filled(db)
    monkeypatch.setattr(plan_module, "ROWS_MIN", 10)
    found = await plan(db, policy_of({"category": {"chat": {"ttl": "7d"}}}), LATER)

    assert found.changes
    assert found.due_at_ms == LATER + 72 * HOUR_MS
    by_category = {effect.category: effect for effect in found.effects}
    assert by_category["chat"] == Effect("chat", "r1", rows=17, shorter=17, gone=12, oldest_at_ms=NOW)
    assert (by_category["video"].shorter, by_category["votes"].shorter) == (0, 0)
    assert found.pauses == ("chat",)
    assert found.before.hash != found.after.hash
    assert "for 7 days" in found.after.text


async def test_planning_changes_nothing(db: Database) -> None:
    """Neither rows nor revisions are touched."""
    await filled(db)
    before = [tuple(row) for row in await db.rows("SELECT * FROM events")]
    await plan(db, policy_of({"category": {"chat": {"ttl": "1s"}}}), LATER)

    assert [tuple(row) for row in await db.rows("SELECT * FROM events")] == before
    row = await db.row("SELECT count(*) AS n FROM policy_revisions")
    assert row is not None
    assert row["n"] == 1


async def test_the_same_policy(db: Database) -> None:
    """What is in force already would change nothing."""
    await filled(db)
    found = await plan(db, policy_of({}), LATER)

    assert (found.changes, found.effects, found.pauses) == (False, (), ())
    assert found.before.text == found.after.text


async def test_before_any_policy(db: Database) -> None:
    """A database of before is held against the shipped policy."""
    assert not (await plan(db, policy_of({}), NOW)).changes


def test_checking(tmp_path: Path) -> None:
    """A good file has no problems, a bad one names each."""
    path = tmp_path / "privacy.toml"
    path.write_text('schema = 1\n[category.chat]\nttl = "7d"\n', encoding="utf-8")
    assert check(path) == []
    assert check(None) == []
    path.write_text('schema = 1\n[category.chat]\nttl = "never"\n[rooms]\n', encoding="utf-8")
    assert len(check(path)) == 2
