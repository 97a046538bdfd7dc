"""Following a stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client_demo.load.follower import Follower


def followed(*runs: tuple[int, int]) -> Follower:
    """Return a follower from 10 on that was told runs of events."""
    follower = Follower("epoch", 10)
    for first, last in runs:
        follower.take(first, last)
    return follower


def found(follower: Follower) -> tuple[int, int, int, int]:
    """Return what a follower counted: received, gaps, duplicates, out of order."""
    return follower.received, follower.gaps, follower.duplicates, follower.disordered


def test_in_order() -> None:
    """A stream without fault is counted, alone or joined."""
    assert found(followed((11, 11), (12, 15), (16, 16))) == (6, 0, 0, 0)


def test_gap() -> None:
    """What never comes is a gap, and not received."""
    follower = followed((11, 11), (14, 14))
    assert found(follower) == (2, 1, 0, 0)
    assert follower.missing == {12, 13}


def test_late() -> None:
    """What comes late is out of order, and received."""
    assert found(followed((11, 11), (13, 13), (12, 12))) == (3, 1, 0, 1)


def test_twice() -> None:
    """What comes twice is a duplicate, and received once."""
    assert found(followed((11, 12), (12, 13))) == (3, 0, 1, 0)


def test_beginning_anew() -> None:
    """What was counted before the plan began is forgotten, the place in the stream is not."""
    follower = followed((11, 11), (14, 14))
    follower.begin()
    follower.take(15, 16)
    assert (follower.start, found(follower)) == (14, (2, 0, 0, 0))


@given(st.permutations(range(11, 21)), st.lists(st.integers(11, 20), max_size=4))
def test_every_order(order: list[int], again: list[int]) -> None:
    """In whatever order events come, each counts once and each repetition is found."""
    follower = followed(*((seq, seq) for seq in (*order, *again)))
    assert follower.received == 10
    assert follower.duplicates == len(again)
    assert not follower.missing
    assert (follower.disordered == 0) == (list(order) == sorted(order))
