"""The metrics made real."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from roomserver.metrics.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Scrape, and return every sample by name and labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_observations() -> None:
    """A histogram counts what it is told under the bound it fits, and is made once."""
    metrics = Metrics()
    for seconds in (0.002, 0.02, 9.0):
        metrics.histogram("commit_seconds").observe(seconds)
    seen = samples(metrics)
    counts = {
        dict(labels)["le"]: value
        for (name, labels), value in seen.items()
        if name == "roomserver_commit_seconds_bucket"
    }
    assert counts["0.001"] == 0
    assert counts["0.0025"] == 1
    assert counts["0.025"] == 2
    assert counts["+Inf"] == 3
    assert seen["roomserver_commit_seconds_sum", frozenset()] == pytest.approx(9.022)


def test_readings() -> None:
    """What is read is read anew at each scrape, with its labels in the catalog's order."""
    metrics = Metrics()
    served: dict[tuple[str, ...], float] = {("chat.send", "ok"): 1.0}
    metrics.read("commands_total", lambda: served)
    metrics.read_one("draining", lambda: True)
    served["chat.send", "muted"] = 2.0
    seen = samples(metrics)
    name = "roomserver_commands_total"
    assert seen[name, frozenset({"method": "chat.send", "outcome": "ok"}.items())] == 1
    assert seen[name, frozenset({"method": "chat.send", "outcome": "muted"}.items())] == 2
    assert seen["roomserver_draining", frozenset()] == 1
    assert metrics.names == {"commands_total", "draining"}


@pytest.mark.parametrize("name", ["draining", "beats_total"])
def test_wrong_kind(name: str) -> None:
    """A gauge is no histogram, and what is not in the catalog does not exist."""
    with pytest.raises(AssertionError):
        Metrics().histogram(name)
    with pytest.raises(KeyError):
        Metrics().read_one(f"{name}_of_mine", lambda: 0)


def test_process() -> None:
    """The process itself is measured too, on a registry of this server's own."""
    names = {name for name, _ in samples(Metrics())}
    assert {"process_resident_memory_bytes", "process_open_fds"} <= names
    assert samples(Metrics())["process_max_fds", frozenset()] > 0
