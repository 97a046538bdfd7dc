"""The garbage collector of a server."""

from __future__ import annotations

import gc
import platform
from collections.abc import Iterator

import pytest

from roomserver.collector import OLD, YOUNG, relax, trim
from tests.support.server import rss_kib


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Give the collector back as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_relaxed() -> None:
    """What is there at the start is never walked again, and the rest seldom."""
    relax()
    assert gc.get_freeze_count() > 10_000
    assert (gc.get_threshold()[0], gc.get_threshold()[2]) == (YOUNG, OLD)


def test_cycles_are_still_collected() -> None:
    """Garbage with cycles goes all the same."""
    relax()
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    assert gc.collect() >= 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the way to give memory back is glibc's")
def test_free_memory_is_given_back() -> None:
    """What a crowd left behind goes back to the system, though something above it is still in use."""
    kept = [bytes(8000) for _ in range(8000)][::100]
    before_kib = rss_kib()
    assert trim()
    assert rss_kib() < before_kib - 30_000
    assert len(kept) == 80
