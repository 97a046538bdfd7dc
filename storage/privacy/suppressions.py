"""Suppressions: addresses that want no mail of a stream, as keyed hashes that stay for good."""

from __future__ import annotations

from typing import Literal

from storage.database import Database
from storage.privacy.keys import Keys
from storage.privacy.tombstones import email_key

Stream = Literal["marketing"]
"""Mail that can be refused. What concerns the own account (an export, a freeze) cannot."""

Source = Literal["link", "one_click", "operator"]


class Suppressions:
    """The list that is asked before each mail goes out."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def add(self, email: str, stream: Stream, source: Source, now_ms: int) -> bytes:
        """Send an address nothing more; return its keyed hash. A second time changes nothing."""
        keyed = self._keys.mac("suppression", email_key(email))
        await self.add_keyed(keyed, stream, source, now_ms)
        return keyed

    async def add_keyed(self, keyed: bytes, stream: Stream, source: Source, now_ms: int) -> None:
        """The same for an address that is only known by its hash."""
        async with self._db.transaction() as tx:
            await tx.execute(
                """
                INSERT INTO suppressions (keyed, stream, source, at_ms)
                VALUES (:keyed, :stream, :source, :now)
                ON CONFLICT DO NOTHING""",
                {"keyed": keyed, "stream": stream, "source": source, "now": now_ms},
            )

    async def has(self, email: str, stream: Stream) -> bool:
        """Say whether an address refused a stream."""
        row = await self._db.row(
            "SELECT 1 FROM suppressions WHERE keyed = :keyed AND stream = :stream",
            {"keyed": self._keys.mac("suppression", email_key(email)), "stream": stream},
        )
        return row is not None
