"""Addresses that want no mail."""

from __future__ import annotations

from pathlib import Path

from storage.database import Database
from storage.privacy.keys import Keys
from storage.privacy.suppressions import Suppressions
from tests.storage.builders import NOW


async def test_refused_for_good(db: Database, tmp_path: Path) -> None:
    """Once refused, in whatever spelling, an address stays on the list; a second time is no other."""
    suppressions = Suppressions(db, Keys(tmp_path))
    keyed = await suppressions.add("Anna@Example.org", "marketing", "link", NOW)
    await suppressions.add_keyed(keyed, "marketing", "one_click", NOW + 1)

    assert await suppressions.has("anna@example.org", "marketing")
    assert not await suppressions.has("ben@example.org", "marketing")
    [row] = await db.rows("SELECT * FROM suppressions")
    assert (row["source"], row["at_ms"]) == ("link", NOW)
    assert b"anna" not in bytes(row["keyed"])
