"""
The table of metrics: name, kind, meaning, labels.

Rendered into ``docs/operations.md``. Names end in their unit; labels have few values, all of
them words of the protocol or of this program.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

PREFIX = "roomserver_"


class Kind(enum.StrEnum):
    """Prometheus' kinds of metrics that are used here."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """A metric; ``name`` is without the prefix, ``buckets`` are upper bounds in its unit."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """The name as it is scraped."""
        return PREFIX + self.name


_QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds, for what should take milliseconds."""
_LATE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Seconds, for lateness: 50 ms is where people begin to notice, 100 ms is an alarm."""
_AUDIBLE = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds, for playback: an echo is heard from about 40 ms on, another bar of the music from 500."""

_TABLE = (
    Metric("info", Kind.GAUGE, "Always 1; the labels say which program runs.", ("version", "protocol")),
    Metric("draining", Kind.GAUGE, "1 while the server lets its connections go to stop."),
    Metric("connections", Kind.GAUGE, "Open TCP connections by stage of their life.", ("stage",)),
    Metric(
        "closes_total",
        Kind.COUNTER,
        "Ended connections by close code; plain HTTP is 1006, any code of a client's own 3000.",
        ("code",),
    ),
    Metric(
        "refusals_total",
        Kind.COUNTER,
        "What was refused because a network, an account or the server is at its limit.",
        ("reason",),
    ),
    Metric("bans", Kind.GAUGE, "Bans from the whole server in force, by whom they keep out.", ("kind",)),
    Metric(
        "proxy_untrusted",
        Kind.GAUGE,
        "1 after 20 requests in an hour with an `X-Forwarded-For` of peers outside `door.trusted_proxies`:"
        " perhaps a forgotten proxy.",
    ),
    Metric("users_online", Kind.GAUGE, "People and bots with a connection, by kind.", ("kind",)),
    Metric("rooms_open", Kind.GAUGE, "Rooms in memory."),
    Metric("rooms_playing", Kind.GAUGE, "Rooms where something plays, the fallback playlist included."),
    Metric("rooms_broken", Kind.GAUGE, "Rooms being rebuilt because a commit failed; 0 is right."),
    Metric("members", Kind.GAUGE, "Members of all rooms, those in their grace included."),
    Metric("waiting", Kind.GAUGE, "Places taken in all waitlists."),
    Metric(
        "commands_total",
        Kind.COUNTER,
        "Requests by method and outcome: `ok`, or the error code.",
        ("method", "outcome"),
    ),
    Metric("beats_total", Kind.COUNTER, "Batches committed and told, or failed."),
    Metric("commit_failures_total", Kind.COUNTER, "Batches that storage refused; each rebuilds its rooms."),
    Metric("deliveries_total", Kind.COUNTER, "Room frames handed to a connection."),
    Metric("commit_seconds", Kind.HISTOGRAM, "Time to commit one batch.", buckets=_QUICK),
    Metric("fan_out_seconds", Kind.HISTOGRAM, "Time to tell one committed batch to all.", buckets=_QUICK),
    Metric("event_loop_lag_seconds", Kind.HISTOGRAM, "How late a timer of the loop runs.", buckets=_LATE),
    Metric(
        "advance_lateness_seconds",
        Kind.HISTOGRAM,
        "How late a room moves on to the next play, by its own deadline.",
        buckets=_LATE,
    ),
    Metric(
        "playback_error_seconds",
        Kind.HISTOGRAM,
        "How far clients are from where the play should be: the median of each `sync.report`.",
        buckets=_AUDIBLE,
    ),
    Metric("playback_seeks_total", Kind.COUNTER, "Corrections by seeking that players reported."),
    Metric("playback_stalls_total", Kind.COUNTER, "Times that players reported to have run dry."),
    Metric("send_queue_bytes", Kind.GAUGE, "Bytes accepted for sending but not sent, all connections."),
    Metric("send_queue_bytes_max", Kind.GAUGE, "The same for the connection that has most of them."),
    Metric("slow_readers", Kind.GAUGE, "Connections for which latest-value events are left out."),
    Metric("password_hashes_pending", Kind.GAUGE, "Logins and registrations waiting for a hash."),
    Metric("storage_writable", Kind.GAUGE, "1 when the last trial write was committed."),
    Metric("database_bytes", Kind.GAUGE, "Size of the database's files.", ("file",)),
    Metric(
        "privacy_overdue_seconds",
        Kind.GAUGE,
        "How long the oldest row that should be gone is past its promise, `bytes` of all likewise, or a whole"
        " `sweep`; 0 is right.",
        ("category",),
    ),
    Metric(
        "privacy_alarms",
        Kind.GAUGE,
        "1 while `/healthz` has something to say of this kind: deletion or an erasure that is late, fails or"
        " waits for the operator, a clock that is doubted.",
        ("kind",),
    ),
    Metric(
        "privacy_failures_total",
        Kind.COUNTER,
        "Steps of deleting, and of what else is due by time, that failed; the next round makes up for them.",
        ("step",),
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _TABLE}
"""Every metric by its name without the prefix."""
