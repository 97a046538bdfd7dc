"""Deadlines: over many days with restarts nothing is read, kept or left in a file past its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.retention_days import ROW_PROMISE_MS, Days


@pytest.mark.slow
async def test_days_with_restarts(tmp_path: Path) -> None:
    """
    For ten days with a restart every five hours: no row is readable from its millisecond on, none is
    there 15 minutes later, no bytes an hour later. ``make retention`` lets 120 days pass.
    """
    tally = await Days(tmp_path / "data").run(days=10)
    print(tally)

    assert tally.restarts == 47
    assert tally.recorded > 1500
    assert tally.looks > 100
    assert tally.left < tally.recorded
    assert tally.rows_late_ms <= ROW_PROMISE_MS
