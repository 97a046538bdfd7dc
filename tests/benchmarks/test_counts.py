"""A message costs what it cost when it was recorded last, in counts that repeat on every machine."""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.counts import measure, most, recorded

ON_311 = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the recorded steps are CPython 3.11's")


@pytest.mark.slow
@ON_311
async def test_a_message_costs_what_it_did() -> None:
    """No count is over the recorded one; one far below asks for a new record, so that the gain is kept."""
    counts, before = await measure(), recorded()
    assert counts.keys() == before.keys()
    dearer = {name: (before[name], count) for name, count in counts.items() if count > most(before[name])}
    assert not dearer, "dearer than recorded (before, now): find out why"
    cheaper = [name for name, count in counts.items() if most(count) < 0.9 * before[name]]
    assert not cheaper, "cheaper than recorded: python -m tests.benchmarks.counts --record"
