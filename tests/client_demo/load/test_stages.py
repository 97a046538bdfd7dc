"""The plan."""

from __future__ import annotations

import itertools

import pytest

from client_demo.load.stages import Stage, duration, instants, parse_stage, parse_stages, seconds


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("1m30s", 90), ("250ms", 0.25), ("2h", 7200), ("1.5m", 90), ("12", 12)]
)
def test_durations(text: str, value: float) -> None:
    """Durations are read with their units."""
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "3x", "1s2", "-1s", "1 s"])
def test_no_duration(text: str) -> None:
    """What is no duration is refused."""
    with pytest.raises(ValueError, match="expected a duration"):
        seconds(text)


def test_stages() -> None:
    """A stage is constant, or goes from one rate to another."""
    assert parse_stage("0-30s:0..2000") == Stage(0, 30, 0, 2000)
    assert parse_stage("30s-2m:2000") == Stage(30, 120, 2000, 2000)
    assert parse_stage("0.5s-1s:0.5") == Stage(0.5, 1, 0.5, 0.5)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["nonsense"], "expected FROM-TO:RATE"),
        (["0-10s:fast"], "expected FROM-TO:RATE"),
        (["10s-5s:1"], "ends after"),
        (["0-10s:1", "5s-20s:1"], "begins at 10s or later"),
    ],
)
def test_bad_stages(texts: list[str], words: str) -> None:
    """What is no plan is refused, saying what is expected."""
    with pytest.raises(ValueError, match=words):
        parse_stages(texts)


def test_constant_rate() -> None:
    """A constant rate has even gaps, from the beginning of its stage on."""
    assert list(instants(parse_stages(["1s-3s:2"]))) == [1.0, 1.5, 2.0, 2.5]


def test_ramp() -> None:
    """On a ramp up the gaps shrink, the count is the area under it, and all lie within the stage."""
    times = list(instants(parse_stages(["0-10s:0..100"])))
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) == 500
    assert all(0 <= instant <= 10 for instant in times)
    assert gaps == sorted(gaps, reverse=True)
    # The first half of the ramp holds a quarter of the actions.
    assert sum(instant < 5 for instant in times) == pytest.approx(125, abs=1)


def test_ramp_down() -> None:
    """A ramp down is the same in the other direction."""
    times = list(instants(parse_stages(["0-10s:100..0"])))
    assert len(times) == 500
    assert sum(instant < 5 for instant in times) == pytest.approx(375, abs=1)


def test_bursts() -> None:
    """The actions of a burst share their instant."""
    assert list(instants(parse_stages(["0-2s:1"]), burst=3)) == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


def test_nothing_planned() -> None:
    """A stage of rate zero plans nothing but lasts."""
    stages = parse_stages(["0-5s:0"])
    assert list(instants(stages)) == []
    assert duration(stages) == 5
    assert duration([]) == 0
