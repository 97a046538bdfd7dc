"""
Inactivity: accounts that nobody signs in to any more, and how their end is announced.

Nobody's account ends unannounced: a countdown of at least :data:`FIRST_MS` begins with the first
letter, the second one comes :data:`SECOND_MS` before the end or later, and whoever signs in stops
it. Administrators' accounts are the operator's business, bots go with their owners, and guests
with their session.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol.limits import DAY_MS
from storage.database import Database

FIRST_MS = 30 * DAY_MS
SECOND_MS = 7 * DAY_MS

BATCH = 50
"""Accounts looked at in a pass: letters and erasures are slow."""

_LAST = "coalesce(active_at_ms, created_at_ms)"
_IDLE = f"""
SELECT id, {_LAST} AS since FROM accounts LEFT JOIN account_privacy ON account_id = id
WHERE kind = 'user' AND coalesce(state, 'active') = 'active' AND coalesce(warnings, 0) = 0
  AND {_LAST} <= :before
ORDER BY since, id LIMIT {BATCH}"""  # noqa: S608 - own column names and a number
_COUNTING = "state = 'active' AND warnings = :warnings AND erase_at_ms <= :until"
_SEEN = """
INSERT INTO account_privacy (account_id, active_at_ms) SELECT id, :day FROM accounts WHERE id = :id
ON CONFLICT (account_id) DO UPDATE SET active_at_ms = excluded.active_at_ms, warnings = 0,
  erase_at_ms = CASE WHEN state = 'active' THEN NULL ELSE erase_at_ms END"""
_WARNED = """
INSERT INTO account_privacy (account_id, warnings, erase_at_ms)
SELECT id, :warnings, :end FROM accounts WHERE id = :id
ON CONFLICT (account_id) DO UPDATE SET warnings = excluded.warnings, erase_at_ms = excluded.erase_at_ms
WHERE state = 'active'"""


class Ending(NamedTuple):
    """An account that ends at an instant unless somebody signs in."""

    account_id: str
    end_ms: int


def day_of(at_ms: int) -> int:
    """Return the beginning of an instant's day: nobody needs to know it more closely."""
    return at_ms - at_ms % DAY_MS


class InactiveAccounts:
    """All accounts, by when somebody last signed in to them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def seen(self, account_id: str, at_ms: int) -> None:
        """Note that somebody signed in, which stops a countdown; without such an account nothing happens."""
        async with self._db.transaction() as tx:
            await tx.execute(_SEEN, {"id": account_id, "day": day_of(at_ms)})

    async def idle(self, inactive_ms: int, now_ms: int) -> list[Ending]:
        """Return those whose countdown begins, of :data:`FIRST_MS` or more, the longest unused first."""
        rows = await self._db.rows(_IDLE, {"before": now_ms - inactive_ms + FIRST_MS})
        return [Ending(row["id"], max(row["since"] + inactive_ms, now_ms + FIRST_MS)) for row in rows]

    async def ending(self, now_ms: int) -> list[Ending]:
        """Return those that are to be warned again; from now they have :data:`SECOND_MS` at least."""
        rows = await self._counting(1, now_ms + SECOND_MS)
        return [ending._replace(end_ms=max(ending.end_ms, now_ms + SECOND_MS)) for ending in rows]

    async def due(self, now_ms: int) -> list[Ending]:
        """Return those whose time is over."""
        return await self._counting(2, now_ms)

    async def _counting(self, warnings: int, until_ms: int) -> list[Ending]:
        rows = await self._db.rows(
            f"""
            SELECT account_id, erase_at_ms FROM account_privacy WHERE {_COUNTING}
            ORDER BY erase_at_ms, account_id LIMIT {BATCH}""",  # noqa: S608 - own words
            {"warnings": warnings, "until": until_ms},
        )
        return [Ending(*row) for row in rows]

    async def warned(self, ending: Ending, warnings: int) -> None:
        """Note that the first or second letter is out, or could go nowhere."""
        params = {"id": ending.account_id, "warnings": warnings, "end": ending.end_ms}
        async with self._db.transaction() as tx:
            await tx.execute(_WARNED, params)

    async def due_of_all(self, now_ms: int) -> tuple[int, int]:
        """Return how many accounts are due, and how many there are."""
        due = await self._count(
            f"SELECT count(*) FROM account_privacy WHERE {_COUNTING}",  # noqa: S608 - own words
            {"warnings": 2, "until": now_ms},
        )
        return due, await self._count("SELECT count(*) FROM accounts WHERE kind = 'user'", {})

    async def counting_down(self) -> int:
        """Return how many accounts were warned and may still be signed in to."""
        return await self._count(
            "SELECT count(*) FROM account_privacy WHERE state = 'active' AND warnings > 0", {}
        )

    async def _count(self, sql: str, params: dict[str, int]) -> int:
        row = await self._db.row(sql, params)
        assert row is not None, "an aggregate always has a row"
        count: int = row[0]
        return count
