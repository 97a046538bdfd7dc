"""A database in a real file for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "room.db"


@pytest.fixture
async def db(path: Path) -> AsyncIterator[Database]:
    """An open, empty database."""
    database = await Database.open(path)
    yield database
    await database.close()
