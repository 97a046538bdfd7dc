"""Revisions: every policy this server has recorded by, numbered; a row's ``policy_rev`` names one."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from storage.database import Database
from storage.privacy.policy import Policy
from storage.privacy.recorder import InForce

_decoder = msgspec.json.Decoder(Policy)


class Adopted(NamedTuple):
    """
    A policy put on record; ``before`` is the one that was last until now, if another one was.

    When it holds is for :func:`storage.privacy.versions.held_at`: one that keeps more waits for its day.
    """

    in_force: InForce
    before: Policy | None


async def adopt(db: Database, policy: Policy, now_ms: int) -> Adopted:
    """
    Put a policy on record: the revision rises when it decides otherwise than the last one.

    Raises:
        StorageUnavailableError: it is not on record.

    """
    async with db.transaction() as tx:
        row = await tx.row(
            "SELECT rev, fingerprint, document FROM policy_revisions ORDER BY rev DESC LIMIT 1"
        )
        if row is not None and row["fingerprint"] == policy.fingerprint():
            return Adopted(InForce(policy, row["rev"]), None)
        rev = 1 if row is None else row["rev"] + 1
        await tx.execute(
            "INSERT INTO policy_revisions (rev, fingerprint, at_ms, document) VALUES (?, ?, ?, ?)",
            (rev, policy.fingerprint(), now_ms, msgspec.json.encode(policy).decode()),
        )
    return Adopted(InForce(policy, rev), None if row is None else _decoder.decode(row["document"]))


async def current(db: Database) -> Adopted | None:
    """Return the policy that was put on record last; None before the first."""
    row = await db.row("SELECT rev, document FROM policy_revisions ORDER BY rev DESC LIMIT 1")
    if row is None:
        return None
    return Adopted(InForce(_decoder.decode(row["document"]), row["rev"]), None)
