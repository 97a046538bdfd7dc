"""
Precedence: how long one record lives, and how it is written.

One formula for everything; :func:`time_to_live` is the whole of it::

    floor   = max(server, law)
    ceiling = min(server, law, provider, what rooms may choose)
    wish    = the shortest of room and roles, else the category's time
    wish    = the shortest of that, the author's own choice, and the hooks'
    ttl     = min(max(wish, floor), ceiling)

Each record follows its author and its room, whichever is stricter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from storage.privacy.policy import Policy, Recording, Rule, Rules
from storage.privacy.registry import CATEGORIES

_NOTHING = Rule()


class Circumstances(NamedTuple):
    """
    What the time of a record depends on beside its category.

    ``room`` is a slug and ``room_ms`` what its host chose; ``roles`` are the author's kind and
    room role; ``self_ms`` what the author chose for the own records.
    """

    jurisdiction: str
    room: str | None = None
    room_ms: int | None = None
    roles: frozenset[str] = frozenset()
    provider: str | None = None
    self_ms: int | None = None


class Effective(NamedTuple):
    """
    What follows: how long the record lives (None: as long as its account), and how it is written.

    A hook may shorten the time, but not below ``floor_ms``.
    """

    ttl_ms: int | None
    floor_ms: int
    record: Recording


def time_to_live(
    *,
    floors: Iterable[int],
    ceilings: Iterable[int],
    levels: Collection[int],
    category_ms: int,
    shorteners: Iterable[int],
) -> int:
    """
    Return the time of a record in milliseconds; see the module's formula.

    ``levels`` are the wishes of room and roles, ``shorteners`` what may only make it less.
    """
    wish = min([min(levels, default=category_ms), *shorteners])
    kept = max([wish, *floors])
    return min([kept, *ceilings])


def effective(policy: Policy, category: str, where: Circumstances) -> Effective:
    """Return what the policy decides about a record of a category."""
    own = policy.categories.get(category, _NOTHING)
    law = policy.jurisdictions[where.jurisdiction].rules.get(category, _NOTHING)
    provider = _rule(policy.providers.get(where.provider or ""), category)
    room = _rule(policy.rooms.get(where.room or ""), category)
    roles = [_rule(policy.roles.get(role), category) for role in sorted(where.roles)]
    everyone = (own, law, provider, room, *roles)
    record = max((rule.record for rule in everyone if rule.record is not None), default=Recording.ALLOW)
    registered = CATEGORIES[category].ttl_ms
    if registered is None:
        return Effective(None, 0, record)
    limits = policy.room_limits.get(category) if where.room is not None else None
    chosen = where.room_ms if category == "chat" else None
    levels = [room.ttl_ms if chosen is None else chosen, *(role.ttl_ms for role in roles)]
    shorteners = [law.ttl_ms, provider.ttl_ms, where.self_ms if category == "chat" else None]
    ceilings = [CATEGORIES[category].ceiling_ms, *(rule.ceiling_ms for rule in everyone)]
    ceilings.append(None if limits is None else limits.max_ms)
    floors = _given([own.floor_ms, law.floor_ms])
    ttl_ms = time_to_live(
        floors=floors,
        ceilings=_given(ceilings),
        levels=_given(levels),
        category_ms=registered if own.ttl_ms is None else own.ttl_ms,
        shorteners=_given(shorteners),
    )
    return Effective(ttl_ms, max(floors, default=0), Recording.DROP if ttl_ms == 0 else record)


def shortened(policy: Policy, category: str, room: str, room_ms: int) -> dict[str, int]:
    """Return for how long a category is kept where the law of a jurisdiction undercuts a room's choice."""
    found = {}
    for name in policy.jurisdictions:
        ttl_ms = effective(policy, category, Circumstances(name, room=room, room_ms=room_ms)).ttl_ms
        if ttl_ms is not None and ttl_ms < room_ms:
            found[name] = ttl_ms
    return found


def contradictions(policy: Policy) -> list[str]:
    """Return where a floor is above a ceiling, in any jurisdiction, for any provider, room and role."""
    problems = []
    for name, category in CATEGORIES.items():
        own = policy.categories.get(name, _NOTHING)
        laws = _axis("jurisdiction", {one.name: one.rules for one in policy.jurisdictions.values()}, name)
        others = [
            rule
            for levels in (policy.providers, policy.rooms, policy.roles)
            for _, rule in _axis("", levels, name)
        ]
        limits = policy.room_limits.get(name)
        everywhere = [category.ceiling_ms, own.ceiling_ms, None if limits is None else limits.max_ms]
        everywhere += [rule.ceiling_ms for rule in others]
        for where, law in laws:
            floors = _given([own.floor_ms, law.floor_ms])
            ceilings = _given([*everywhere, law.ceiling_ms])
            if floors and ceilings and max(floors) > min(ceilings):
                path = where if law.floor_ms == max(floors) else "category"
                problem = f"{path}.{name}.floor: expected at most {min(ceilings)} ms, got {max(floors)} ms"
                if problem not in problems:
                    problems.append(problem)
    return problems


def _axis(kind: str, levels: Mapping[str, Rules], category: str) -> list[tuple[str, Rule]]:
    found: list[tuple[str, Rule]] = [("", _NOTHING)]
    for name, rules in levels.items():
        if category in rules:
            found.append((f"{kind}.{name}", rules[category]))
    return found


def _rule(rules: Rules | None, category: str) -> Rule:
    return _NOTHING if rules is None else rules.get(category, _NOTHING)


def _given(values: Iterable[int | None]) -> list[int]:
    return [value for value in values if value is not None]
