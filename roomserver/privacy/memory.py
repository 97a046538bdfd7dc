"""What the process keeps of people beside the database: rooms, who is online, what is not sent yet."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Protocol

from protocol.limits import BLOCK_TITLE_MS
from protocol.values import SYSTEM
from roomserver.hub import Hub
from roomserver.people import People
from roomserver.room.inputs import TitlesOver
from roomserver.room.rules import has_titles
from storage.privacy.unlinking import GONE, Leaver

PATIENCE_SECONDS = 4.0
"""How long slow readers have to take what was told before an erasure; the promise is five seconds."""
_LOOK_SECONDS = 0.05


class RoomMemory:
    """The rings, snapshots and states of live rooms."""

    name = "rooms"
    categories = frozenset({"resume", "chat", "video"})
    max_age_s = 15 * 60

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def forget(self, leaver: Leaver) -> int:
        """Take a person out of every live room's memory; the rooms themselves have forgotten them."""
        return sum(live.forget(leaver) for live in self._hub)

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:
        """Take an account out of every ring; single messages are scrubbed by their deletion."""
        return self.forget(Leaver(subject, GONE)) if ids is None else 0

    def expire(self, now: int) -> int:
        """Forget what nobody can resume over any more, and titles whose time is over."""
        before = sum(len(live.ring) for live in self._hub)
        until_ms = now - BLOCK_TITLE_MS
        for live in list(self._hub):
            live.ring.expire(now)
            # A room that is mended reads them as they are then.
            if not live.is_broken and has_titles(live.room.state, until_ms):
                self._hub.apply(live, SYSTEM, TitlesOver(until_ms))
        return before - sum(len(live.ring) for live in self._hub)

    def contains(self, probe: bytes) -> int:
        """Count what of the live rooms holds these bytes."""
        return sum(live.holds(probe) for live in self._hub)


class PeopleMemory:
    """Who is online, with the limits that outlive a connection for a minute."""

    name = "people"
    categories = frozenset({"account"})
    max_age_s = 60

    def __init__(self, people: People) -> None:
        self._people = people

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:
        """Forget an account."""
        return int(ids is None and self._people.forget(subject))

    def expire(self, now: int) -> int:  # noqa: ARG002 - goes with the next connection that ends
        """Forget nothing of its own accord: each connection that ends does."""
        return 0

    def contains(self, probe: bytes) -> int:
        """Count the users whose public fields hold these bytes."""
        return sum(probe in repr(person.user).encode() for person in self._people)


class Outgoing(Protocol):
    """A connection as far as its unsent bytes go."""

    @property
    def unsent_bytes(self) -> int:
        """How many bytes of messages the client has not taken yet."""
        ...

    def abort(self) -> None:
        """Drop the connection with them."""
        ...


async def flush_outgoing(connections: Iterable[Outgoing], patience_seconds: float | None = None) -> int:
    """
    Wait until everything told so far is out of this process; return how many were cut off.

    What waits in a transport cannot be taken back. A client that does not take it in time is
    dropped with it: it comes back, resumes, and reads the tombstones.
    """
    waiting = {one for one in connections if one.unsent_bytes}
    patience = PATIENCE_SECONDS if patience_seconds is None else patience_seconds
    deadline = asyncio.get_running_loop().time() + patience
    while waiting and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
        waiting = {one for one in waiting if one.unsent_bytes}
    for one in waiting:
        one.abort()
    return len(waiting)
