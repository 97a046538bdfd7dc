"""What little stays of erased accounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.limits import DAY_MS
from storage.database import Database
from storage.privacy.keys import Keys
from storage.privacy.tombstones import Tombstones
from tests.storage.builders import NOW


@pytest.fixture(name="tombstones")
def _tombstones(db: Database, tmp_path: Path) -> Tombstones:
    return Tombstones(db, Keys(tmp_path))


async def test_names_rest(db: Database, tombstones: Tombstones) -> None:
    """For 90 days nobody takes the name, in another spelling or a look-alike neither."""
    async with db.transaction() as tx:
        await tombstones.set_name(tx, "Paypal", NOW)

    for name in ("Paypal", "PAYPAL", "PaypaI"):
        assert await tombstones.has_name(name, NOW + 90 * DAY_MS - 1)
        assert not await tombstones.has_name(name, NOW + 90 * DAY_MS)
    assert not await tombstones.has_name("Other", NOW)


async def test_bans_stay_for_their_time(db: Database, tombstones: Tombstones) -> None:
    """An address rests as long as the ban, and never longer than the kind allows."""
    async with db.transaction() as tx:
        await tombstones.set_email(tx, "email", "Anna@Example.org", NOW, NOW + DAY_MS)
        await tombstones.set_email(tx, "email", "ben@example.org", NOW, NOW + 9999 * DAY_MS)
        await tombstones.set_email(tx, "child", "kid@example.org", NOW, NOW + 9999 * DAY_MS)

    assert await tombstones.has_email(" anna@example.ORG", NOW + DAY_MS - 1)
    assert not await tombstones.has_email("anna@example.org", NOW + DAY_MS)
    assert await tombstones.has_email("ben@example.org", NOW + 180 * DAY_MS - 1)
    assert not await tombstones.has_email("ben@example.org", NOW + 180 * DAY_MS)
    assert await tombstones.has_email("kid@example.org", NOW + 30 * DAY_MS - 1)
    assert not await tombstones.has_email("kid@example.org", NOW + 30 * DAY_MS)


async def test_a_longer_one_wins(db: Database, tombstones: Tombstones) -> None:
    """A second, shorter ban does not shorten the first."""
    async with db.transaction() as tx:
        await tombstones.set_email(tx, "email", "a@b.c", NOW, NOW + 9 * DAY_MS)
        await tombstones.set_email(tx, "email", "a@b.c", NOW, NOW + DAY_MS)

    assert await tombstones.has_email("a@b.c", NOW + 8 * DAY_MS)


async def test_no_text_in_it(db: Database, tombstones: Tombstones) -> None:
    """Rows hold keyed hashes alone."""
    async with db.transaction() as tx:
        await tombstones.set_name(tx, "Annabella", NOW)
        await tombstones.set_email(tx, "email", "anna@example.org", NOW, NOW + DAY_MS)
    rows = await db.rows("SELECT kind, keyed FROM tombstones")

    assert rows
    assert {len(row["keyed"]) for row in rows} == {16}
