"""What must hold of a running server and the people connected to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from protocol.reducer import recent
from roomserver.live import LiveRoom
from roomserver.server import Server
from tests.simulation.people import Tab
from tests.simulation.witness import Violation

SLACK_MS = 1000
"""How much later than planned a timer may be noticed."""


def check_members(server: Server, grace_ms: int) -> None:
    """Check that every connection of a member is there, and that nobody outstays the grace."""
    now_ms = server._clock.now_ms()
    for live in server.hub:
        if live.is_broken:
            continue
        carried = _carried(server, live)
        members = live.room.state.members
        held = {ident: one.connections for ident, one in members.items() if one.connections}
        if held != carried:
            raise Violation(f"members by connections: expected {dict(carried)}, got {held}")
        for ident, since in live.room.state.away.items():
            if now_ms > since + grace_ms + SLACK_MS:
                raise Violation(f"{ident} has been away since {since}, it is {now_ms}")


def away_in(server: Server | None) -> dict[tuple[str, str], int]:
    """Return since when members have been without a connection, by room and user."""
    if server is None:
        return {}
    return {
        (live.id, ident): since
        for live in server.hub
        if not live.is_broken
        for ident, since in live.room.state.away.items()
    }


def check_graces(server: Server, away: dict[tuple[str, str], int], since_ms: int) -> None:
    """Check that of those who were away everybody is still there who went since then."""
    for (room, ident), since in away.items():
        live = server.hub.live(room)
        if (
            live is not None
            and not live.is_broken
            and since >= since_ms
            and ident not in live.room.state.members
        ):
            raise Violation(
                f"{ident} was away since {since} and lost its grace to a process that stood still"
            )


def _carried(server: Server, live: LiveRoom) -> Counter[str]:
    """Count the connections in a room by user."""
    counts: Counter[str] = Counter()
    for connection in server.gateway._connections:
        caller: Any = connection.peer
        if caller is not None and caller.user is not None and live.id in caller.rooms:
            counts[caller.user.id] += 1
    return counts


def difference_of(server: Server | None, tabs: Iterable[Tab]) -> str | None:
    """Return in what a client and the server disagree; None when all hold the same."""
    if server is None:
        return "the server is down"
    for tab in tabs:
        if not tab.is_ready.is_set():
            return f"tab {tab.number} is not back"
        for view in tab.views.values():
            live = server.hub.live(view.id)
            if live is None or live.is_broken:
                return f"room {view.id} is not open"
            state, now = live.room.state, server._clock.now_ms()
            theirs, ours = live.room.snapshot(now), recent(view.snapshot, now)
            if (view.epoch, view.seq) != (state.epoch, state.seq) or theirs != ours:
                return f"tab {tab.number} holds {ours}, the server {theirs}"
            present = live.room.members()
            named = {member.user.id: member.role for member in present.members}
            seen = {ident: member.role for ident, member in view.members.items()}
            if (seen, view.population) != (named, present.population):
                return f"tab {tab.number} sees {view.population}: {seen}, the server {named}"
    return None


def held_by(server: Server) -> dict[str, int]:
    """Return what the server still holds of its visitors; nothing when all is given back."""
    held = {
        "connections": len(server.gateway),
        "checks of connections": len(server.gateway._wheel),
        "people": len(server.people),
        "members": sum(len(live.room.state.members) for live in server.hub),
        "subscribers": sum(len(live.subscribers) for live in server.hub),
    }
    return {what: count for what, count in held.items() if count}
