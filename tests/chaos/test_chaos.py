"""A few seconds of a network that fails all the time; ``make chaos`` takes five minutes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import run

SECONDS = 4.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_lost_nothing_twice(room_server_data: Path, seed: int) -> None:
    """Whatever the network does: no event is missed or repeated, nothing said twice, one state for all."""
    report = await run(room_server_data, seed, SECONDS)

    assert report.connections > 4
    assert report.said > 20
    print(f"seed {seed}: {report}")
