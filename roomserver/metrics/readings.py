"""Where each metric that is read at the scrape comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from protocol import PROTOCOL_VERSION
from roomserver import VERSION
from roomserver.api.sync import SyncMethods
from roomserver.bans import BanList
from roomserver.beat import Beat
from roomserver.gateway.door import Entrance
from roomserver.gateway.gateway import Gateway
from roomserver.guard import Guard
from roomserver.hub import Hub
from roomserver.metrics.metrics import Metrics
from roomserver.people import People
from roomserver.privacy.rights import Rights
from roomserver.sweep_loop import SweepLoop

REFUSAL_REASONS = (
    *(
        "account",
        "banned",
        "connections",
        "full",
        "guests",
        "handshakes",
        "passwords",
        "registrations",
        "requests",
    ),
)
"""Why networks are refused something, by the names of the settings; ``account`` is ``wrong_passwords``."""

_Values = Mapping[tuple[str, ...], float]


def read_build(metrics: Metrics) -> None:
    """Say which program this is."""
    metrics.read("info", lambda: {(VERSION, str(PROTOCOL_VERSION)): 1})


def read_connections(metrics: Metrics, gateway: Gateway, people: People) -> None:
    """Read what the gateway and the people online know."""

    def connections() -> _Values:
        return Counter((connection.stage,) for connection in gateway)

    def closes() -> _Values:
        return {(str(code),): count for code, count in sorted(gateway.closes.items())}

    def online() -> _Values:
        return Counter((person.user.kind,) for person in people if person.callers)

    metrics.read("connections", connections)
    metrics.read("closes_total", closes)
    metrics.read("users_online", online)
    metrics.read_one("send_queue_bytes", lambda: sum(one.unsent_bytes for one in gateway))
    metrics.read_one("send_queue_bytes_max", lambda: max((one.unsent_bytes for one in gateway), default=0))
    metrics.read_one("slow_readers", lambda: sum(one.is_slow for one in gateway))


def read_refusals(
    metrics: Metrics, entrance: Entrance, guard: Guard, bans: BanList, now_ms: Callable[[], int]
) -> None:
    """Read who was kept out, and what was not done for somebody."""

    def refused() -> _Values:
        reasons = {**dict.fromkeys(REFUSAL_REASONS, 0), **entrance.door.refused, **guard.refused}
        reasons["banned"] = bans.refused
        return {(reason,): count for reason, count in reasons.items()}

    metrics.read("refusals_total", refused)
    metrics.read("bans", lambda: {(kind,): count for kind, count in bans.counts(now_ms())._asdict().items()})
    metrics.read_one("proxy_untrusted", lambda: entrance.addresses.is_proxy_forgotten(now_ms()))


def read_rooms(metrics: Metrics, hub: Hub) -> None:
    """Read what the live rooms are."""

    def members() -> float:
        return sum(len(live.room.state.members) for live in hub)

    metrics.read_one("rooms_open", lambda: sum(1 for _ in hub))
    metrics.read_one("rooms_playing", lambda: sum(live.room.state.turn is not None for live in hub))
    metrics.read_one("rooms_broken", lambda: sum(live.is_broken for live in hub))
    metrics.read_one("members", members)
    metrics.read_one("waiting", lambda: sum(len(live.room.state.waitlist) for live in hub))


def read_work(metrics: Metrics, beat: Beat) -> None:
    """Read what has been done."""
    metrics.read("commands_total", lambda: beat.outcomes)
    metrics.read_one("beats_total", lambda: beat.beats)
    metrics.read_one("commit_failures_total", lambda: beat.failures)
    metrics.read_one("deliveries_total", lambda: beat.deliveries)


def read_players(metrics: Metrics, players: SyncMethods) -> None:
    """Read what players had to correct."""
    metrics.read_one("playback_seeks_total", lambda: players.seeks)
    metrics.read_one("playback_stalls_total", lambda: players.stalls)


def read_privacy(metrics: Metrics, sweeps: SweepLoop, rights: Rights) -> None:
    """Read which promises are broken, or about to be."""

    def alarms() -> _Values:
        problems = sweeps.problems() | rights.problems()
        return {(kind,): problem is not None for kind, problem in problems.items()}

    def failures() -> _Values:
        failed = sweeps.rounds.failures + rights.rounds.failures
        return {(step,): count for step, count in failed.items()}

    metrics.read("privacy_overdue_seconds", sweeps.late_seconds)
    metrics.read("privacy_alarms", alarms)
    metrics.read("privacy_failures_total", failures)


def read_database(metrics: Metrics, path: Path) -> None:
    """Read how big the database's files are."""

    def sizes() -> _Values:
        files = {"database": path, "wal": path.with_name(f"{path.name}-wal")}
        return {(name,): file.stat().st_size for name, file in files.items() if file.is_file()}

    metrics.read("database_bytes", sizes)
