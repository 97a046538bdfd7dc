"""Acknowledgements: who has read which notice, kept with the account and for the process at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

from storage.database import Database

KNOWN_MAX = 50_000
PER_ACCOUNT_MAX = 50
"""Hashes kept of an account; the oldest go first."""


class Acknowledgements:
    """Read notices by hash; a holder of personal data: see :mod:`storage.privacy.holders`."""

    name = "acknowledgements"
    categories = frozenset({"account"})
    max_age_s: int | None = None

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[str, frozenset[str]] = OrderedDict()
        """Frozen: most have acknowledged nothing, and there is one empty set for all of them."""

    def has(self, account_id: str, hashed: str) -> bool:
        """Say whether an account, loaded before, has read a notice."""
        return hashed in self._known.get(account_id, ())

    async def load(self, account_id: str) -> None:
        """Remember what an account has read."""
        if account_id in self._known:
            self._known.move_to_end(account_id)
            return
        rows = await self._db.rows(
            "SELECT hash FROM acknowledgements WHERE account_id = :id", {"id": account_id}
        )
        self._remember(account_id, frozenset(row["hash"] for row in rows))
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    async def add(self, account_id: str, hashed: str, now_ms: int) -> None:
        """
        Note that an account has read a notice.

        Raises:
            StorageUnavailableError: it was not noted.

        """
        async with self._db.transaction() as tx:
            await tx.execute(
                "INSERT OR REPLACE INTO acknowledgements (account_id, hash, at_ms) VALUES (?, ?, ?)",
                (account_id, hashed, now_ms),
            )
            await tx.execute(
                """
                DELETE FROM acknowledgements WHERE account_id = :id AND hash NOT IN
                  (SELECT hash FROM acknowledgements WHERE account_id = :id
                   ORDER BY at_ms DESC LIMIT :most)""",
                {"id": account_id, "most": PER_ACCOUNT_MAX},
            )
        self._remember(account_id, frozenset({hashed}))

    def _remember(self, account_id: str, hashes: frozenset[str]) -> None:
        self._known[account_id] = self._known.get(account_id, frozenset()) | hashes

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:  # noqa: ARG002 - has no things with ids
        """Forget an account."""
        return int(self._known.pop(subject, None) is not None)

    def expire(self, now: int) -> int:  # noqa: ARG002 - lives with the account
        """Forget nothing: it lives with the account."""
        return 0

    def contains(self, probe: bytes) -> int:
        """Count the accounts whose id holds these bytes."""
        return sum(probe in account_id.encode() for account_id in self._known)
