"""The table of metrics."""

from __future__ import annotations

import re

import pytest

from roomserver.metrics.catalog import METRICS, Kind, Metric

UNITS = ("_seconds", "_bytes", "_bytes_max", "_total")
COUNTED = {Kind.COUNTER: ("_total",), Kind.HISTOGRAM: ("_seconds", "_bytes")}


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_forms(metric: Metric) -> None:
    """Names end in the unit of their kind, the meaning is a sentence, buckets rise."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith(COUNTED.get(metric.kind, ("",)))
    assert (metric.kind is Kind.COUNTER) == metric.name.endswith("_total")
    assert metric.help.endswith(".")
    assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)
    assert list(metric.buckets) == sorted(set(metric.buckets))


def test_labels_name_nobody() -> None:
    """No label could hold a person, a room, an address or a token."""
    allowed = {
        *("category", "code", "file", "kind", "method", "outcome", "protocol", "stage", "version"),
        *("reason", "step", "what"),
    }
    assert {label for metric in METRICS.values() for label in metric.labels} <= allowed
