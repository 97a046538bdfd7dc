"""Where a play is at an instant."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol.timing import position_ms
from protocol.values import Play
from tests.support.people import song

PLAY = Play(
    id="p",
    dj=None,
    media=song(),
    started_at_ms=1_000_000,
    duration_ms=20_000,
    position_ms=5_000,
    velocity=1.0,
)


@pytest.mark.parametrize(
    ("after_ms", "position"),
    [(-2_000, 5_000), (0, 5_000), (1, 5_001), (0.5, 5_000.5), (20_000, 25_000), (99_000, 25_000)],
)
def test_position(after_ms: float, position: float) -> None:
    """It stands before the start, moves with the clock, and never passes the end."""
    assert position_ms(PLAY, PLAY.started_at_ms + after_ms) == position


def test_end() -> None:
    """A play ends when what is left has been played."""
    assert PLAY.ends_at_ms == 1_020_000


def test_velocity() -> None:
    """At half speed it moves half as fast, and at none it stands."""
    assert position_ms(replace(PLAY, velocity=0.5), 1_010_000) == 10_000
    assert position_ms(replace(PLAY, velocity=0.0), 1_010_000) == 5_000
