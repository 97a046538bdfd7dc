"""Figures by name, thresholds and comparisons."""

from __future__ import annotations

import pytest

from client_demo.load.figures import Figures, Rooms
from client_demo.load.results import Load, Threshold, changes, failed, values_of


def values() -> dict[str, float]:
    """Return the figures of a small run."""
    figures, rooms = Figures(), Rooms()
    for milliseconds in (1, 2, 3, 40):
        figures.latency["fanout"].record(milliseconds * 1000)
    figures.counts.update(deliveries=200, answered=10, bytes_in=4000)
    figures.told["vote.tally"] = 5
    figures.peaks["vote.tally"] = 3
    rooms.add("r", start=0, last=100)
    rooms.add("r", start=0, last=100)
    rooms.received = 199
    load = Load(cpu_seconds=0.1, rss_before=30 * 2**20, rss_after=31 * 2**20, rss_idle=20 * 2**20)
    return values_of(figures, rooms, 2.0, load, 1024)


def test_values() -> None:
    """Latencies are milliseconds, rates are per second, and the server's use is put in relation."""
    found = values()
    assert found["fanout_max"] == 40.0
    assert found["fanout_p50"] == pytest.approx(2.0, rel=0.001)
    assert found["deliveries_per_s"] == 100
    assert found["bytes_in_per_s"] == 2000
    assert found["delivery_ratio"] == 0.995
    assert found["server_cpu"] == 5.0
    assert found["server_cpu_us"] == pytest.approx(500)
    assert found["server_cpu_us_per_command"] == pytest.approx(10_000)
    assert found["server_rss_kib_per_member"] == 10.0
    assert found["peak_vote.tally"] == 3
    assert "ack_p50" not in found


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("fanout_p50<50ms", True),
        ("fanout_max<=0.04s", True),
        ("fanout_max < 40000us", False),
        ("delivery_ratio==1", False),
        ("errors==0", True),
        ("server_cpu>=5%", True),
        ("told_vote.tally!=5", False),
        ("ack_p99<1s", None),
    ],
)
def test_thresholds(text: str, holds: bool | None) -> None:
    """A demand is compared in its own unit; one on a figure that the run has not is neither."""
    assert Threshold.of(text).holds(values()) is holds


@pytest.mark.parametrize("text", ["", "fanout_p99", "fanout_p99<", "fanout_p99=5", "fanout_p99<5days", "<5"])
def test_no_threshold(text: str) -> None:
    """What is no demand is refused."""
    with pytest.raises(ValueError, match="expected a"):
        Threshold.of(text)


def test_failed() -> None:
    """What does not hold has failed, and so has what cannot be told."""
    demands = [Threshold.of(text) for text in ("errors==0", "ack_p99<1s", "fanout_max<1ms")]
    assert [one.name for one in failed(demands, values())] == ["ack_p99", "fanout_max"]


def test_changes() -> None:
    """Two runs are compared in what says something, and only where both have it."""
    before, after = values(), values()
    after["fanout_p99"] = before["fanout_p99"] * 2
    del before["server_cpu"]
    found = {change.name: change for change in changes(before, after)}
    assert found["fanout_p99"].percent == pytest.approx(100)
    assert found["gaps"].percent is None
    assert "server_cpu" not in found
    assert "bytes_in" not in found
