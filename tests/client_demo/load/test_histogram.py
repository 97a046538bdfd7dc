"""The histogram."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client_demo.load.histogram import VALUE_MAX, Histogram

VALUES = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


def histogram_of(values: list[int]) -> Histogram:
    """Return a histogram of values."""
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


@given(VALUES, st.floats(0.1, 100))
def test_percentiles(values: list[int], percent: float) -> None:
    """A percentile is never too low, and at most 0.1 % too high."""
    exact = sorted(values)[max(1, -int(-len(values) * percent // 100)) - 1]
    told = histogram_of(values).percentile(percent)
    assert exact <= told <= max(exact * 1.001, exact)


@given(VALUES)
def test_sums(values: list[int]) -> None:
    """Count, maximum and mean are exact."""
    histogram = histogram_of(values)
    assert (histogram.count, histogram.maximum) == (len(values), max(values))
    assert histogram.mean() == sum(values) / len(values)
    assert sum(count for _, count in histogram.buckets()) == len(values)


@given(VALUES, VALUES)
def test_merged(some: list[int], others: list[int]) -> None:
    """Merging two is counting everything in one."""
    merged = histogram_of(some)
    merged.merge(histogram_of(others))
    assert merged.to_wire() == histogram_of(some + others).to_wire()


@given(VALUES, VALUES)
def test_window(before: list[int], after: list[int]) -> None:
    """What came since an earlier state has the counts of what came since."""
    window = histogram_of(before + after).since(histogram_of(before))
    assert window.buckets() == histogram_of(after).buckets()
    assert (window.count, window.total) == (len(after), sum(after))


@given(VALUES)
def test_on_the_wire(values: list[int]) -> None:
    """A worker's histogram arrives as it was."""
    histogram = histogram_of(values)
    assert Histogram.of(histogram.to_wire()).to_wire() == histogram.to_wire()


def test_many_at_once() -> None:
    """A value that came several times counts as often."""
    histogram = Histogram()
    histogram.record(7, 99)
    histogram.record(5000)
    assert (histogram.count, histogram.percentile(99), histogram.percentile(100)) == (100, 7, 5000)


def test_bounds() -> None:
    """Nothing is too small or too large to be counted."""
    histogram = histogram_of([-5, VALUE_MAX + 10])
    assert histogram.percentile(50) == 0
    assert histogram.percentile(100) == VALUE_MAX


def test_nothing() -> None:
    """An empty histogram has zeros for figures."""
    assert (Histogram().percentile(99), Histogram().mean(), Histogram().buckets()) == (0, 0.0, [])
