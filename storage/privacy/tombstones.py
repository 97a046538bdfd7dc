"""
Tombstones: what little stays of an erased account, as keyed hashes with an end.

``name``: nobody else takes the name for 90 days, so that nobody can pose as who was erased.
``email``: only after an active ban, so that erasing an account does not lift it. ``child``: of
somebody under the minimum age, so that they do not come back the same day.
"""

from __future__ import annotations

from typing import Literal

from protocol.limits import DAY_MS
from protocol.text import text_key
from storage.database import Database, Transaction
from storage.lookalikes import skeleton
from storage.privacy.keys import Keys

TombstoneKind = Literal["name", "email", "child"]

TTL_MS: dict[TombstoneKind, int] = {"name": 90 * DAY_MS, "email": 180 * DAY_MS, "child": 30 * DAY_MS}
"""The longest a tombstone of a kind stands; Mozilla keeps its six months too."""


def email_key(email: str) -> str:
    """Return the spelling of a mail address that its other spellings share."""
    return email.strip().casefold()


class Tombstones:
    """All tombstones."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def set_name(self, tx: Transaction, name: str, now_ms: int) -> None:
        """Keep a name, and those that look like it, from being taken."""
        for word in {text_key(name), skeleton(name)}:
            await self._set(tx, "name", word, now_ms, now_ms + TTL_MS["name"])

    async def set_email(
        self, tx: Transaction, kind: TombstoneKind, email: str, now_ms: int, until: int
    ) -> None:
        """Keep an address from registering until an instant, at most as long as the kind allows."""
        await self._set(tx, kind, email_key(email), now_ms, min(until, now_ms + TTL_MS[kind]))

    async def has_name(self, name: str, now_ms: int) -> bool:
        """Say whether a name, or one that looks the same, was an erased account's a short while ago."""
        words = [self._keys.mac("tombstone", "name", word) for word in {text_key(name), skeleton(name)}]
        return any([await self._stands("name", word, now_ms) for word in words])

    async def has_email(self, email: str, now_ms: int) -> bool:
        """Say whether an address may not register for now."""
        word = email_key(email)
        kinds: tuple[TombstoneKind, ...] = ("email", "child")
        return any(
            [await self._stands(kind, self._keys.mac("tombstone", kind, word), now_ms) for kind in kinds]
        )

    async def _set(self, tx: Transaction, kind: TombstoneKind, word: str, now_ms: int, until_ms: int) -> None:
        await tx.execute(
            """
            INSERT INTO tombstones (kind, keyed, at_ms, expires_at_ms) VALUES (:kind, :keyed, :now, :until)
            ON CONFLICT (kind, keyed) DO UPDATE
            SET expires_at_ms = max(expires_at_ms, excluded.expires_at_ms)""",
            {
                "kind": kind,
                "keyed": self._keys.mac("tombstone", kind, word),
                "now": now_ms,
                "until": until_ms,
            },
        )

    async def _stands(self, kind: TombstoneKind, keyed: bytes, now_ms: int) -> bool:
        row = await self._db.row(
            "SELECT 1 FROM tombstones WHERE kind = :kind AND keyed = :keyed AND expires_at_ms > :now",
            {"kind": kind, "keyed": keyed, "now": now_ms},
        )
        return row is not None
