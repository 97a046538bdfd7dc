"""Reports of users who are too young."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.limits import AGE_REPORTS_PER_DAY, DAY_MS
from storage.database import Database
from storage.errors import LimitReachedError
from storage.privacy.keys import Keys
from storage.privacy.reports import REPORT_TTL_MS, AgeReports
from tests.storage.builders import NOW


@pytest.fixture(name="reports")
def _reports(db: Database, tmp_path: Path) -> AgeReports:
    return AgeReports(db, Keys(tmp_path))


async def report(
    db: Database, reports: AgeReports, target: str, reporter: str, at: int = NOW, *, counts: bool = True
) -> int:
    """Report somebody, and return how many did by now."""
    async with db.transaction() as tx:
        return await reports.add(tx, target, reporter, at, counts=counts)


async def test_different_people_count(db: Database, reports: AgeReports) -> None:
    """The same person counts once, however often they report."""
    assert await report(db, reports, "kid", "anna") == 1
    assert await report(db, reports, "kid", "anna", NOW + 1) == 1
    assert await report(db, reports, "kid", "ben") == 2
    assert await report(db, reports, "kid", "cleo", NOW + REPORT_TTL_MS) == 1


async def test_reports_of_new_accounts(db: Database, reports: AgeReports) -> None:
    """A report that does not count yet is noted, and counts when the same person reports again later."""
    assert await report(db, reports, "kid", "new", counts=False) == 0
    assert await report(db, reports, "kid", "anna") == 1
    assert await report(db, reports, "kid", "new", NOW + DAY_MS) == 2


async def test_five_a_day(db: Database, reports: AgeReports) -> None:
    """Nobody reports half the room; the next day there are new ones."""
    for number in range(AGE_REPORTS_PER_DAY):
        await report(db, reports, f"kid{number}", "anna")
    with pytest.raises(LimitReachedError):
        await report(db, reports, "kid9", "anna", NOW + DAY_MS - 1)

    assert await report(db, reports, "kid0", "anna") == 1
    assert await report(db, reports, "kid9", "anna", NOW + DAY_MS) == 1


async def test_reporters_are_hidden_and_severed(db: Database, reports: AgeReports) -> None:
    """No row names a reporter; when one is erased the report counts on and leads to nobody."""
    await report(db, reports, "kid", "anna")
    [before] = await db.rows("SELECT reporter FROM age_reports")
    async with db.transaction() as tx:
        assert await reports.sever(tx, "anna") == 1
        assert await reports.sever(tx, "anna") == 0
    [after] = await db.rows("SELECT reporter FROM age_reports")

    assert before["reporter"] not in {b"anna", after["reporter"]}
    assert await report(db, reports, "kid", "ben") == 2
