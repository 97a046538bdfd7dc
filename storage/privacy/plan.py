"""
The plan: what another policy would do, before it does it.

:func:`check` and :func:`plan` change nothing. The plan counts the rows whose time would become
shorter, those that would be over at once, and shows both notices.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from protocol.notice import Notice
from storage.database import Database
from storage.privacy.hooks import HookChain
from storage.privacy.notice import render_notice
from storage.privacy.pauses import ROWS_MIN
from storage.privacy.policy import Policy
from storage.privacy.policyfile import PolicyError, load_policy
from storage.privacy.recorder import NOWHERE, InForce, Recorder
from storage.privacy.registry import CATEGORIES
from storage.privacy.restamps import Restamps
from storage.privacy.revisions import current
from storage.privacy.subjects import UNKNOWN, Subjects


class Effect(NamedTuple):
    """
    What a policy would do to the rows of a category in a room (None: in no room).

    ``shorter`` of ``rows`` would be over sooner, ``gone`` of them at once when the cool-off ends.
    """

    category: str
    room_id: str | None
    rows: int
    shorter: int
    gone: int
    oldest_at_ms: int


class Plan(NamedTuple):
    """
    What would follow from a policy.

    ``due_at_ms`` is when it would reach rows recorded before; ``pauses`` are categories whose
    deletion would then wait for the operator.
    """

    changes: bool
    effects: tuple[Effect, ...]
    due_at_ms: int
    pauses: tuple[str, ...]
    before: Notice
    after: Notice


def check(path: Path | None) -> list[str]:
    """Return what is wrong with a policy file, a line per problem; nothing when it can be put in force."""
    try:
        load_policy(path)
    except PolicyError as error:
        return error.problems
    return []


async def plan(db: Database, policy: Policy, now_ms: int) -> Plan:
    """Return what putting a policy in force would do."""
    adopted = await current(db)
    now = InForce(load_policy(None), 1) if adopted is None else adopted.in_force
    before, after = _recorder(now), _recorder(InForce(policy, now.rev + 1))
    due_at_ms = now_ms + policy.cooloff_ms
    changes = policy.fingerprint() != now.policy.fingerprint()
    counted: dict[tuple[str, str | None], Effect] = {}
    if changes:
        async for row in Restamps(db, after).look():
            key = (row.category, row.room_id)
            one = counted.get(key) or Effect(row.category, row.room_id, 0, 0, 0, row.at_ms)
            counted[key] = one._replace(
                rows=one.rows + 1,
                shorter=one.shorter + row.would_be_shorter,
                gone=one.gone + (row.would_end_ms <= due_at_ms < row.ends_ms),
                oldest_at_ms=min(one.oldest_at_ms, row.at_ms),
            )
    effects = tuple(sorted(counted.values(), key=lambda one: (one.category, one.room_id or "")))
    return Plan(
        changes=changes,
        effects=effects,
        due_at_ms=due_at_ms,
        pauses=tuple(_pausing(effects, policy)),
        before=render_notice(before, NOWHERE, UNKNOWN),
        after=render_notice(after, NOWHERE, UNKNOWN),
    )


def _recorder(in_force: InForce) -> Recorder:
    return Recorder(in_force, HookChain(), Subjects())


def _pausing(effects: tuple[Effect, ...], policy: Policy) -> list[str]:
    found = []
    for category in CATEGORIES:
        mine = [one for one in effects if one.category == category]
        gone, rows = sum(one.gone for one in mine), sum(one.rows for one in mine)
        if gone > ROWS_MIN and gone > rows * policy.sweep_fraction:
            found.append(category)
    return found
