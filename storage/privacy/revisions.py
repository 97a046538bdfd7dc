"""Revisions: every policy this server has recorded by, numbered; a row's ``policy_rev`` names one."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from storage.database import Database
from storage.privacy.policy import Policy
from storage.privacy.recorder import InForce

_decoder = msgspec.json.Decoder(Policy)


class Adopted(NamedTuple):
    """A policy put in force; ``before`` is the one that was until now, if another one was."""

    in_force: InForce
    before: Policy | None
    changed_at_ms: int
    """When the policy in force began to be so."""

    @property
    def watched_since_ms(self) -> int | None:
        """When the last change was; None if there was no other policy before."""
        return self.changed_at_ms if self.in_force.rev > 1 else None


async def adopt(db: Database, policy: Policy, now_ms: int) -> Adopted:
    """
    Put a policy in force: the revision rises when it decides otherwise than the last one.

    Raises:
        StorageUnavailableError: the policy until now stays in force.

    """
    async with db.transaction() as tx:
        row = await tx.row(
            "SELECT rev, fingerprint, at_ms, document FROM policy_revisions ORDER BY rev DESC LIMIT 1"
        )
        if row is not None and row["fingerprint"] == policy.fingerprint():
            return Adopted(InForce(policy, row["rev"]), None, row["at_ms"])
        rev = 1 if row is None else row["rev"] + 1
        await tx.execute(
            "INSERT INTO policy_revisions (rev, fingerprint, at_ms, document) VALUES (?, ?, ?, ?)",
            (rev, policy.fingerprint(), now_ms, msgspec.json.encode(policy).decode()),
        )
    return Adopted(InForce(policy, rev), None if row is None else _decoder.decode(row["document"]), now_ms)


async def current(db: Database) -> Adopted | None:
    """Return the policy that was put in force last; None before the first."""
    row = await db.row("SELECT rev, at_ms, document FROM policy_revisions ORDER BY rev DESC LIMIT 1")
    if row is None:
        return None
    return Adopted(InForce(_decoder.decode(row["document"]), row["rev"]), None, row["at_ms"])
