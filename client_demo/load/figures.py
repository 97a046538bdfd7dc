"""What a run counted: kept by each worker, merged by the foreman."""

from __future__ import annotations

from collections import Counter
from typing import Any

from client_demo.load.histogram import Histogram

LATENCIES = ("fanout", "ack", "connect", "join", "resume", "lag")
"""
The histograms, in µs: from the planned send to a member's receipt; from the planned send to
the answer; from the planned connection to ``hello``; to the join result; from the planned
reconnection to the resumed room; and by how much the generator itself was late.
"""

COUNTS = (
    "planned",
    "sent",
    "answered",
    "refused",
    "cut_off",
    "bytes_in",
    "bytes_out",
    "frames_in",
    "deliveries",
    "recovered",
    "not_recovered",
    "lost",
)
"""
The counters: actions due, actions sent, answers, refusals, and those
whose member lost the connection before either; traffic as the generator saw it;
events of the rooms' streams that members got; resumes that recovered and that did not; and
connections that ended although nobody ended them.
"""


class Figures:
    """Counters and histograms of one worker, or of all."""

    def __init__(self) -> None:
        self.latency = {name: Histogram() for name in LATENCIES}
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
        self.errors: Counter[str] = Counter()
        """Refusals by code, and connections that failed by what happened."""
        self.told: Counter[str] = Counter()
        """Latest-value and direct events by name."""
        self.told_bytes: Counter[str] = Counter()
        self.peaks: dict[str, int] = {}
        """For each of those the most that one member got within a second."""

    def begin(self) -> None:
        """Forget the traffic of gathering; how long connecting and joining took is kept."""
        self.counts = Counter(dict.fromkeys(COUNTS, 0))
        for name in ("fanout", "ack", "lag"):
            self.latency[name] = Histogram()
        self.told.clear()
        self.told_bytes.clear()

    def merge(self, other: Figures) -> None:
        """Count what another worker counted too."""
        for name, histogram in other.latency.items():
            self.latency[name].merge(histogram)
        self.counts.update(other.counts)
        self.errors.update(other.errors)
        self.told.update(other.told)
        self.told_bytes.update(other.told_bytes)
        for name, peak in other.peaks.items():
            self.peaks[name] = max(self.peaks.get(name, 0), peak)

    def to_wire(self) -> dict[str, Any]:
        """Return plain data that :meth:`of` reads."""
        return {
            "latency": {name: histogram.to_wire() for name, histogram in self.latency.items()},
            "counts": dict(self.counts),
            "errors": dict(self.errors),
            "told": dict(self.told),
            "told_bytes": dict(self.told_bytes),
            "peaks": self.peaks,
        }

    @classmethod
    def of(cls, wire: dict[str, Any]) -> Figures:
        """Return the figures that :meth:`to_wire` told."""
        self = cls()
        self.latency = {name: Histogram.of(one) for name, one in wire["latency"].items()}
        self.counts.update(wire["counts"])
        self.errors.update(wire["errors"])
        self.told.update(wire["told"])
        self.told_bytes.update(wire["told_bytes"])
        self.peaks = dict(wire["peaks"])
        return self


class Rooms:
    """
    How much of each room's stream its members got.

    Every member should have got every event from their join to the room's last one, so the
    expected number needs no bookkeeping of who was where when.
    """

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.members: Counter[str] = Counter()
        self.starts: Counter[str] = Counter()
        """The sum of the numbers at which the members joined."""
        self.received = 0
        self.gaps = 0
        self.duplicates = 0
        self.disordered = 0

    def add(self, room: str, start: int, last: int) -> None:
        """Count a member who joined at ``start`` and saw ``last``."""
        self.last[room] = max(self.last.get(room, 0), last)
        self.members[room] += 1
        self.starts[room] += start

    def merge(self, other: Rooms) -> None:
        """Count another worker's members too."""
        for room, last in other.last.items():
            self.last[room] = max(self.last.get(room, 0), last)
        self.members.update(other.members)
        self.starts.update(other.starts)
        self.received += other.received
        self.gaps += other.gaps
        self.duplicates += other.duplicates
        self.disordered += other.disordered

    @property
    def expected(self) -> int:
        """How many events all members should have got."""
        return sum(self.members[room] * last - self.starts[room] for room, last in self.last.items())

    @property
    def ratio(self) -> float:
        """The share of them that they got; 1 when there was nothing to get."""
        return self.received / self.expected if self.expected else 1.0

    def to_wire(self) -> dict[str, Any]:
        """Return plain data that :meth:`of` reads."""
        return {
            "last": self.last,
            "members": dict(self.members),
            "starts": dict(self.starts),
            "received": self.received,
            "gaps": self.gaps,
            "duplicates": self.duplicates,
            "disordered": self.disordered,
        }

    @classmethod
    def of(cls, wire: dict[str, Any]) -> Rooms:
        """Return what :meth:`to_wire` told."""
        self = cls()
        self.last = dict(wire["last"])
        self.members.update(wire["members"])
        self.starts.update(wire["starts"])
        self.received, self.gaps = wire["received"], wire["gaps"]
        self.duplicates, self.disordered = wire["duplicates"], wire["disordered"]
        return self
