"""
Versions of the policy: when each came into force, and which of them must be accepted.

A revision that keeps something longer, or uses it for more, is material: it is announced, and
must be accepted once it is in force. One that only keeps less is not.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import msgspec

from protocol.limits import DAY_MS
from storage.database import Database
from storage.privacy.policy import Policy, Recording
from storage.privacy.precedence import Circumstances, effective
from storage.privacy.recorder import InForce
from storage.privacy.registry import CATEGORIES

ANNOUNCED_MS = 30 * DAY_MS
"""How long ahead a material change is announced."""

_HASH_CHARS = 16
_decoder = msgspec.json.Decoder(Policy)


class Version(NamedTuple):
    """A revision of the policy as people are told of it; ``hash`` is of what it decides."""

    rev: int
    hash: str
    material: bool
    summary: str
    published_at_ms: int
    effective_at_ms: int


class Versions:
    """All versions, kept beside the policies that :mod:`storage.privacy.revisions` numbers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def publish(self) -> list[Version]:
        """Give every revision that has none its version, which never changes; return the new ones."""
        rows = await self._db.rows("SELECT * FROM policy_revisions ORDER BY rev")
        known = {version.rev for version in await self.all()}
        added = []
        before: Policy | None = None
        for row in rows:
            policy = _decoder.decode(row["document"])
            if row["rev"] not in known:
                grown = [] if before is None else growth(before, policy)
                version = Version(
                    rev=row["rev"],
                    hash=row["fingerprint"][:_HASH_CHARS],
                    material=bool(grown),
                    summary="; ".join(grown) or "nothing is kept longer, or used for more",
                    published_at_ms=row["at_ms"],
                    effective_at_ms=row["at_ms"] + (ANNOUNCED_MS if grown else 0),
                )
                await self._add(version)
                added.append(version)
            before = policy
        return added

    async def _add(self, version: Version) -> None:
        async with self._db.transaction() as tx:
            await tx.execute(
                """
                INSERT INTO policy_versions (rev, material, summary, published_at_ms, effective_at_ms)
                VALUES (:rev, :material, :summary, :published_at_ms, :effective_at_ms)
                ON CONFLICT DO NOTHING""",
                {**version._asdict(), "material": int(version.material)},
            )

    async def all(self) -> list[Version]:
        """Return every version, oldest first."""
        rows = await self._db.rows(
            """
            SELECT policy_versions.*, coalesce(fingerprint, '') AS fingerprint FROM policy_versions
            LEFT JOIN policy_revisions ON policy_revisions.rev = policy_versions.rev
            ORDER BY policy_versions.rev"""
        )
        return [
            Version(
                row["rev"],
                row["fingerprint"][:_HASH_CHARS],
                bool(row["material"]),
                row["summary"],
                row["published_at_ms"],
                row["effective_at_ms"],
            )
            for row in rows
        ]

    async def policy(self, rev: int) -> InForce | None:
        """Return the policy of a revision."""
        row = await self._db.row("SELECT document FROM policy_revisions WHERE rev = :rev", {"rev": rev})
        return None if row is None else InForce(_decoder.decode(row["document"]), rev)


def in_force(versions: list[Version], now_ms: int) -> Version | None:
    """Return the version that holds now: the newest whose time has come."""
    return next((one for one in reversed(versions) if one.effective_at_ms <= now_ms), None)


def coming(versions: list[Version], now_ms: int) -> Version | None:
    """Return the version that is announced."""
    newest = versions[-1] if versions else None
    return newest if newest is not None and newest.effective_at_ms > now_ms else None


def needed_rev(versions: list[Version], now_ms: int) -> int:
    """Return the revision that must have been accepted by now: the last material one in force."""
    return max((one.rev for one in versions if one.material and one.effective_at_ms <= now_ms), default=0)


def growth(before: Policy, after: Policy) -> list[str]:
    """Return what a policy keeps longer or uses for more than another, in words; none is good news."""
    found = []
    for category in CATEGORIES:
        more = set(_purposes(after, category)) - set(_purposes(before, category))
        if more:
            found.append(f"{category} is used for {', '.join(sorted(more))} too")
        for name, role in itertools.product(after.jurisdictions, (None, *after.roles)):
            old = _kept(before, category, name, role)
            new = _kept(after, category, name, role)
            if new > old:
                found.append(f"{category} is kept for {_days(new)} instead of {_days(old)} ({name})")
                break
    if after.inactive_ms > before.inactive_ms:
        old, new = before.inactive_ms, after.inactive_ms
        found.append(f"an unused account is kept for {_days(new)} instead of {_days(old)} (everywhere)")
    return found


def _purposes(policy: Policy, category: str) -> tuple[str, ...]:
    return tuple(policy.purposes.get(category, CATEGORIES[category].purposes))


def _kept(policy: Policy, category: str, jurisdiction: str, role: str | None) -> int:
    name = jurisdiction if jurisdiction in policy.jurisdictions else policy.unknown_jurisdiction
    where = Circumstances(name, roles=frozenset() if role is None else frozenset({role}))
    decided = effective(policy, category, where)
    return 0 if decided.record is Recording.DROP else decided.ttl_ms or 0


def _days(ms: int) -> str:
    return f"{ms / DAY_MS:g} days"
