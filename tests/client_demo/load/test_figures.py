"""What a run counts."""

from __future__ import annotations

from client_demo.load.figures import Figures, Rooms


def some_figures() -> Figures:
    """Return figures with something in each part."""
    figures = Figures()
    figures.latency["fanout"].record(1500)
    figures.counts["sent"] += 2
    figures.errors["rate_limited"] += 1
    figures.told["vote.tally"] += 3
    figures.told_bytes["vote.tally"] += 90
    figures.peaks["vote.tally"] = 2
    return figures


def test_merged() -> None:
    """Two workers' figures add up; of the peaks the higher counts."""
    total = some_figures()
    other = some_figures()
    other.peaks["vote.tally"] = 9
    total.merge(other)
    assert total.counts["sent"] == 4
    assert total.errors == {"rate_limited": 2}
    assert (total.told["vote.tally"], total.told_bytes["vote.tally"], total.peaks["vote.tally"]) == (
        6,
        180,
        9,
    )
    assert total.latency["fanout"].count == 2


def test_on_the_wire() -> None:
    """A worker's figures arrive as they were."""
    figures = some_figures()
    assert Figures.of(figures.to_wire()).to_wire() == figures.to_wire()


def test_beginning() -> None:
    """When the plan begins the traffic of gathering is forgotten, the time of it is kept."""
    figures = some_figures()
    figures.latency["connect"].record(900)
    figures.begin()
    assert figures.counts["sent"] == 0
    assert figures.told == {}
    assert figures.latency["fanout"].count == 0
    assert figures.latency["connect"].count == 1


def test_expected_deliveries() -> None:
    """Everyone should have got all from their own join to the room's last event, in every worker."""
    one, other = Rooms(), Rooms()
    one.add("r", start=10, last=20)
    one.received = 10
    other.add("r", start=15, last=18)
    other.received = 3
    one.merge(Rooms.of(other.to_wire()))
    assert one.expected == 10 + 5
    assert one.received == 13
    assert one.ratio == 13 / 15


def test_nothing_expected() -> None:
    """A silent run lost nothing."""
    assert Rooms().ratio == 1.0
