"""
Versions of the policy: when each came into force, and which of them must be accepted.

A revision that keeps something longer, or uses it for more, is material: it is announced, and
must be accepted once it is in force. One that only keeps less is not.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import msgspec

from protocol.limits import DAY_MS
from storage.database import Database
from storage.privacy.growth import More, growth
from storage.privacy.policy import HASH_CHARS, Policy
from storage.privacy.recorder import InForce

ANNOUNCED_MS = 30 * DAY_MS
"""How long ahead a material change is announced."""

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

    async def publish(self, trusted_ms: int | None = None) -> list[Version]:
        """
        Give every revision that has none its version, which never changes; return the new ones.

        What was in force before is looked for by the clock of the day, or by a time that is trusted
        if that is earlier.
        """
        known = {version.rev for version in await self.all()}
        added = [version for version in await self.foreseen(trusted_ms) if version.rev not in known]
        for version in added:
            await self._add(version)
        return added

    async def foreseen(self, trusted_ms: int | None = None) -> list[Version]:
        """Return every version, oldest first, also those that :meth:`publish` would add."""
        versions = await self.all()
        known = {version.rev for version in versions}
        policies: dict[int, Policy] = {}
        for row in await self._db.rows("SELECT * FROM policy_revisions ORDER BY rev"):
            policy = policies[row["rev"]] = _decoder.decode(row["document"])
            if row["rev"] not in known:
                # Against what is recorded by then, not against what was only announced.
                by_ms = row["at_ms"] if trusted_ms is None else min(row["at_ms"], trusted_ms)
                before = in_force(versions, by_ms) or (versions[-1] if versions else None)
                grown = [] if before is None else growth(policies[before.rev], policy)
                versions.append(_version(row, grown))
        return versions

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
                row["fingerprint"][:HASH_CHARS],
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


def _version(row: sqlite3.Row, grown: list[More]) -> Version:
    return Version(
        rev=row["rev"],
        hash=row["fingerprint"][:HASH_CHARS],
        material=bool(grown),
        summary="; ".join(map(str, grown)) or "nothing is kept longer, or used for more",
        published_at_ms=row["at_ms"],
        effective_at_ms=row["at_ms"] + (ANNOUNCED_MS if grown else 0),
    )


def _come(versions: list[Version], now_ms: int) -> list[Version]:
    """Return the versions whose day has come: of those that keep no more it is the day they are on record."""
    return [one for one in _ever(versions) if not one.material or one.effective_at_ms <= now_ms]


def _ever(versions: list[Version]) -> list[Version]:
    """Return the versions whose day comes: never that of one which another took the place of before."""
    return [
        one
        for index, one in enumerate(versions)
        if not one.material
        or all(later.published_at_ms >= one.effective_at_ms for later in versions[index + 1 :])
    ]


def in_force(versions: list[Version], now_ms: int) -> Version | None:
    """Return the version that holds now: the newest whose day has come."""
    come = _come(versions, now_ms)
    return come[-1] if come else None


class Held(NamedTuple):
    """The policy that records at an instant, since when, and the one in force before it, if there was one."""

    in_force: InForce
    since_ms: int
    before: Policy | None

    @property
    def watched_since_ms(self) -> int | None:
        """When the last change was; None if there was no other policy before."""
        return None if self.before is None else self.since_ms


async def held_at(db: Database, now_ms: int) -> Held:
    """Return which of the policies on record, of which there must be one, holds at a trusted instant."""
    kept = Versions(db)
    versions = await kept.foreseen(now_ms)
    come = _come(versions, now_ms) or versions[:1]
    held = await kept.policy(come[-1].rev)
    assert held is not None, "a version is of a policy on record"
    before = await kept.policy(come[-2].rev) if len(come) > 1 else None
    return Held(held, come[-1].effective_at_ms, None if before is None else before.policy)


def coming(versions: list[Version], now_ms: int) -> Version | None:
    """Return the version that is announced."""
    newest = versions[-1] if versions else None
    is_coming = newest is not None and newest.material and newest.effective_at_ms > now_ms
    return newest if is_coming else None


def demands(versions: list[Version]) -> list[tuple[int, int]]:
    """Return from which instant on which revision must have been accepted: those of material versions."""
    return [(one.effective_at_ms, one.rev) for one in _ever(versions) if one.material]


def needed_rev(demands: list[tuple[int, int]], now_ms: int) -> int:
    """Return the revision that must have been accepted by now, of what :func:`demands` found."""
    return max((rev for since_ms, rev in demands if since_ms <= now_ms), default=0)
