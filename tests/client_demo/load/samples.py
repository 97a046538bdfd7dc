"""A report for the tests of everything that is made of one."""

from __future__ import annotations

from client_demo.load.figures import Figures, Rooms
from client_demo.load.foreman import Moment
from client_demo.load.histogram import Histogram
from client_demo.load.machine import Usage
from client_demo.load.report import Report, curves, judged, timeline
from client_demo.load.results import Load, Threshold, values_of


def moment(at: float, deliveries: int) -> Moment:
    """Return a run at an instant."""
    window = Histogram()
    window.record(4000, 10)
    counts = {"sent": deliveries // 10, "answered": 1, "deliveries": deliveries, "bytes_in": 2**20}
    return Moment(at, 10, counts, deliveries, 0, window, Usage(at / 10, 50 * 2**20))


def report(*thresholds: str) -> Report:
    """Return a report with something in each part; told names look like markup."""
    figures, rooms = Figures(), Rooms()
    for number in range(1, 101):
        figures.latency["fanout"].record(number * 1000)
    figures.counts.update(planned=10, sent=10, answered=9, refused=1, deliveries=1000)
    figures.errors["rate_limited"] = 1
    figures.told["<b>tally</b>"] = 7
    rooms.add("r", 0, 100)
    rooms.received = 100
    values = values_of(figures, rooms, 2.0, Load(0.2, 2**25, 2**25, 2**24), 10)
    moments = [moment(1.0, 400), moment(2.0, 1000)]
    return Report(
        scenario="hot-room",
        settings={"members": 10, "rooms": 1},
        environment={"cores": "2"},
        began_at="2026-01-01T00:00:00+00:00",
        valid=True,
        problems=[],
        values=values,
        errors=dict(figures.errors),
        told=dict(figures.told),
        told_bytes={},
        curves=curves(figures),
        timeline=timeline(moments),
        thresholds=judged([Threshold.of(text) for text in thresholds], values),
    )
