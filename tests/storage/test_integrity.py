"""A damaged file is refused, and left as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage import integrity
from storage.database import Database
from storage.errors import UnusableDatabaseError
from tests.storage.builders import add_accounts

PAGE = 4096


def spoil(path: Path) -> bytes:
    """Put noise into the last page, and return all bytes."""
    whole = bytearray(path.read_bytes())
    last = len(whole) // PAGE - 1
    whole[last * PAGE : (last + 1) * PAGE] = b"\x5a" * PAGE
    path.write_bytes(whole)
    return bytes(whole)


async def damaged(path: Path) -> bytes:
    """Make a database, put noise into a page of a table, and return the bytes."""
    database = await Database.open(path)
    await add_accounts(database, *(f"account-{number}" for number in range(400)))
    await database.close()
    return spoil(path)


async def test_damage_is_refused(tmp_path: Path) -> None:
    """Noise in a page that no start would read is found, named, and not written over."""
    path = tmp_path / "rooms.db"
    before = await damaged(path)
    with pytest.raises(UnusableDatabaseError, match=r"rooms\.db.*damaged.*restore a backup"):
        await Database.open(path)
    assert path.read_bytes() == before


async def test_a_big_file_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading gigabytes through would keep everybody waiting: over the limit nothing is checked."""
    path = tmp_path / "rooms.db"
    await damaged(path)
    monkeypatch.setattr(integrity, "CHECKED_BYTES", 0)
    database = await Database.open(path)
    await database.close()
