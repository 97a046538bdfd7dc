"""The audit's chain."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import Database
from storage.privacy.audit import Audit, Entry
from storage.privacy.keys import Keys
from tests.storage.builders import NOW


@pytest.fixture(name="audit")
def _audit(db: Database, tmp_path: Path) -> Audit:
    return Audit(db, Keys(tmp_path))


async def three(audit: Audit) -> None:
    """Write three rows."""
    await audit.write(Entry("erase.requested", "user", NOW, 1, actor_id="anna", subject_id="anna"))
    await audit.write(Entry("erase.rows", "system", NOW + 1, 1, 17, subject_id="anna", category="chat"))
    await audit.write(Entry("erase.complete", "system", NOW + 2, 1, subject_id="anna"))


async def change(db: Database, sql: str) -> None:
    """Do what somebody with access to the file could do."""
    async with db.transaction() as tx:
        assert await tx.execute(sql)


async def test_intact(audit: Audit) -> None:
    """What was only written holds, and its head can be noted and found again later."""
    assert (await audit.verify()).is_intact
    await three(audit)
    verdict = await audit.verify()
    assert (verdict.rows, verdict.first_id, verdict.last_id, verdict.is_intact) == (3, 1, 3, True)

    await audit.write(Entry("sweep", "system", NOW + 9, 1, 4))
    assert (await audit.verify(head=verdict.head)).is_intact


@pytest.mark.parametrize(
    ("sql", "broken_at"),
    [
        ("UPDATE privacy_audit SET count = 16 WHERE id = 2", 2),
        ("UPDATE privacy_audit SET actor_ref = NULL WHERE id = 1", 1),
        ("UPDATE privacy_audit SET action = 'sweep' WHERE id = 3", 3),
        ("DELETE FROM privacy_audit WHERE id = 2", 3),
        ("UPDATE privacy_audit SET hash = randomblob(16) WHERE id = 1", 1),
        ("UPDATE privacy_audit SET id = 7 WHERE id = 3", 7),
    ],
)
async def test_tampering_shows(db: Database, audit: Audit, sql: str, broken_at: int) -> None:
    """A row that was changed, removed or moved is found, and the check says where."""
    await three(audit)
    await change(db, sql)

    assert (await audit.verify()).broken_at == broken_at


async def test_a_cut_end_shows_against_a_noted_head(db: Database, audit: Audit) -> None:
    """Rows cut off at the new end are missed by whoever noted a head."""
    await three(audit)
    head = (await audit.verify()).head
    await change(db, "DELETE FROM privacy_audit WHERE id = 3")

    assert (await audit.verify()).is_intact
    assert (await audit.verify(head=head)).broken_at == 3


async def test_expired_rows_leave_at_the_old_end(db: Database, audit: Audit) -> None:
    """The chain holds after its oldest rows are over."""
    await three(audit)
    await change(db, "DELETE FROM privacy_audit WHERE id = 1")

    verdict = await audit.verify()
    assert (verdict.is_intact, verdict.first_id, verdict.rows) == (True, 2, 2)


async def test_another_key_cannot_forge(db: Database, audit: Audit, tmp_path: Path) -> None:
    """Without the key nobody can write a row that fits."""
    await three(audit)
    (tmp_path / "forger").mkdir()
    await Audit(db, Keys(tmp_path / "forger")).write(Entry("sweep", "system", NOW, 1, 1))

    assert (await audit.verify()).broken_at == 4


async def test_no_ids_in_it(db: Database, audit: Audit) -> None:
    """People are keyed hashes, the same person the same one."""
    await three(audit)
    rows = await audit.tail(10)

    assert [row["action"] for row in rows] == ["erase.requested", "erase.rows", "erase.complete"]
    assert rows[0]["actor_ref"] == rows[0]["subject"] == rows[2]["subject"]
    assert not any(b"anna" in bytes(str(tuple(row)), "utf-8") for row in rows)
