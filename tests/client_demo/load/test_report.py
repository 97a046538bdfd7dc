"""Reports as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest

from client_demo.load.report import compared, from_json, to_csv, to_json, to_text
from client_demo.load.results import changes
from tests.client_demo.load.samples import report


def test_text() -> None:
    """The text names what was delivered, how late, what was refused and what the server used."""
    text = to_text(report())
    assert "hot-room: 10 members in 1 room(s), 2.0 s" in text
    assert "100.000 %" in text
    assert "p99 99." in text
    assert "rate_limited 1" in text
    assert "10.0 % of a core" in text
    assert "INVALID" not in text


def test_invalid() -> None:
    """A run that says nothing says why."""
    bad = report()
    bad.problems = ["the generator was late"]
    assert "INVALID    the generator was late" in to_text(bad)


def test_json() -> None:
    """A report is read back as it was written."""
    written = to_json(report("fanout_p99<50ms"))
    assert from_json(written) == report("fanout_p99<50ms")
    assert json.loads(written)["thresholds"] == [
        {"threshold": "fanout_p99<50ms", "value": pytest.approx(99.0, rel=0.001), "holds": False}
    ]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"no json", to_json(report()).replace(b'"schema": 1', b'"schema": 9')]
)
def test_no_report(data: bytes) -> None:
    """What is no report, or one of another version, is refused."""
    with pytest.raises(ValueError, match="expected a report"):
        from_json(data)


def test_csv() -> None:
    """The timeline has a row a second, with rates since the row before."""
    first, second = csv.DictReader(io.StringIO(to_csv(report())))
    assert (first["deliveries_per_s"], second["deliveries_per_s"]) == ("400.0", "600.0")
    assert second["server_cpu"] == "10.0"
    assert second["fanout_p50"].startswith("4.")


def test_comparison() -> None:
    """Two runs stand side by side, with the change in percent."""
    before, after = report(), report()
    after.values["fanout_p99"] = before.values["fanout_p99"] / 2
    (line,) = [
        one for one in compared(changes(before.values, after.values)).splitlines() if "fanout_p99 " in one
    ]
    assert "-50.0 %" in line
