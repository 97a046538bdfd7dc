"""
Downtimes: when no server ran, and what the log knows of time.

A server that starts with a clock that is an hour off cannot tell that from an hour of being
switched off. So what a client repeats is recognised by time that a server lived through, and
the clock never starts before what is in the log.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol.limits import NONCE_WINDOW_MS
from storage.database import Database

_NEWEST = 64
"""Rows of the log looked at for its last instant: those of a beat are not in the order of time."""


class Span(NamedTuple):
    """From the last sign of life to the start after it, in epoch milliseconds."""

    began_ms: int
    ended_ms: int


class Downtimes:
    """The downtimes that still count, oldest first."""

    def __init__(self, spans: list[Span]) -> None:
        self.spans = spans

    def lived(self, at_ms: int) -> int:
        """Return an instant as if no server had been down since: moved on by every downtime after it."""
        return at_ms + sum(ended - began for began, ended in self.spans if began >= at_ms)


async def last_logged_ms(db: Database) -> int:
    """Return the last instant in the log; 0 when it is empty."""
    row = await db.row(
        "SELECT max(at_ms) FROM (SELECT at_ms FROM events ORDER BY id DESC LIMIT :newest)",
        {"newest": _NEWEST},
    )
    return (row and row[0]) or 0


async def load_downtimes(db: Database) -> Downtimes:
    """Return the downtimes that still count."""
    rows = await db.rows("SELECT began_ms, ended_ms FROM downtimes ORDER BY began_ms")
    return Downtimes([Span(*row) for row in rows])


async def note_start(db: Database, now_ms: int) -> None:
    """
    Note that a server lives again, and that none did since the last sign of life.

    Raises:
        StorageUnavailableError: nothing was noted.

    """
    row = await db.row("SELECT trusted_ms FROM trusted_time")
    began_ms = max(await last_logged_ms(db), 0 if row is None else row[0])
    spans = (await load_downtimes(db)).spans
    if began_ms and began_ms < now_ms:
        spans.append(Span(began_ms, now_ms))
    downtimes = Downtimes(spans)
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM downtimes")
        await tx.executemany(
            "INSERT OR REPLACE INTO downtimes (began_ms, ended_ms) VALUES (?, ?)",
            [span for span in spans if downtimes.lived(span.ended_ms) > now_ms - NONCE_WINDOW_MS],
        )
