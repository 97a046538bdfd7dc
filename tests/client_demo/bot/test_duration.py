"""Durations as people write them."""

from __future__ import annotations

import pytest

from client_demo.bot.cooldown import Cooldown, Uses
from client_demo.bot.duration import Duration


@pytest.mark.parametrize(
    ("text", "ms", "written"),
    [
        ("90s", 90_000, "1 min 30 s"),
        ("10m", 600_000, "10 min"),
        ("1h30m", 5_400_000, "1 h 30 min"),
        ("2D", 172_800_000, "2 d"),
        ("1d1h1m1s", 90_061_000, "1 d 1 h 1 min 1 s"),
        ("0s", 0, "0 s"),
    ],
)
def test_read_and_written(text: str, ms: int, written: str) -> None:
    """A duration is milliseconds, and reads as a person would write it."""
    assert (Duration.of(text), str(Duration.of(text))) == (ms, written)
    assert Duration.of(text).seconds == ms / 1000


@pytest.mark.parametrize("text", ["", "10", "m", "5 minutes", "1m1h", "-5s", "1.5h"])
def test_no_duration(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="expected a duration such as 90s, 10m or 1h30m, got "):
        Duration.of(text)


def test_uses() -> None:
    """A cooldown counts each user of a room, a room, or everyone, and says how long to wait."""
    mine, rooms, all_of_us = (
        Uses(Cooldown(1, "10s")),
        Uses(Cooldown(1, "10s", "room")),
        Uses(Cooldown(1, "10s", "everyone")),
    )
    assert [mine.take("r", user, 0.0) for user in ("a", "b", "a")] == [0, 0, 10]
    assert mine.take("other", "a", 0.0) == 0
    assert [rooms.take("r", user, 0.0) for user in ("a", "b")] == [0, 10]
    assert rooms.take("other", "a", 0.0) == 0
    assert [all_of_us.take(room, "a", at) for room, at in (("r", 0.0), ("s", 4.0), ("s", 10.0))] == [0, 6, 0]


def test_uses_slide() -> None:
    """The window slides: each use counts for as long as it is recent; a refused one does not count."""
    uses = Uses(Cooldown(2, "10s"))
    assert [uses.take("r", "a", at) for at in (0.0, 6.0, 7.0, 10.0, 12.0, 16.0)] == [0, 0, 3, 0, 4, 0]
