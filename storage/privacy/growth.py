"""
Growth: what a policy keeps longer than another, or uses for more.

It is looked for wherever two policies can differ: in every jurisdiction, room, role and media
source that either of them names, together, since the shortest time of room and role holds.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from storage.privacy.durations import say_duration
from storage.privacy.policy import EEA, Policy, Recording, Rule, Rules
from storage.privacy.precedence import Circumstances, Effective, effective
from storage.privacy.registry import CATEGORIES

_ANY_ROOM = "*"
"""Stands for the rooms that no policy names; no slug looks so."""
_ROLES_AT_ONCE = 2
"""A kind of user and a role in the room."""
_WRITTEN = {
    Recording.ALLOW: "as it is",
    Recording.PSEUDONYMISE: "under a pseudonym",
    Recording.REDACT: "without its content",
    Recording.DROP: "not at all",
}


class More(NamedTuple):
    """
    One thing that a policy does more of, in words.

    ``before`` is what it was instead, None if it was nothing; ``place`` is where, "" for everywhere
    alike.
    """

    what: str
    now: str
    before: str | None
    place: str = ""

    def __str__(self) -> str:
        instead = "too" if self.before is None else f"instead of {self.before}"
        return f"{self.what} {self.now} {instead}{self._where}"

    def turned(self) -> str:
        """Return the same of the opposite change: what is less."""
        if self.before is None:
            return f"{self.what} {self.now} no more{self._where}"
        return f"{self.what} {self.before} instead of {self.now}{self._where}"

    @property
    def _where(self) -> str:
        return f" ({self.place})" if self.place else ""


class _Case(NamedTuple):
    """One record in the same place under both policies; ``place`` is in words."""

    place: str
    before: Effective
    after: Effective


def growth(before: Policy, after: Policy) -> list[More]:
    """Return what a policy keeps longer or uses for more than another; nothing is good news."""
    found = []
    for category in CATEGORIES:
        more = set(_purposes(after, category)) - set(_purposes(before, category))
        if more:
            found.append(More(f"{category} is used for", ", ".join(sorted(more)), None))
        cases = list(_cases(before, after, category))
        found += [*_longer(category, cases), *_plainer(category, cases)]
    found += [
        More(what, _time(new), _time(old), "everywhere")
        for what, old, new in _times(before, after)
        if new > old
    ]
    return [*found, *_presumed(before, after)]


def _longer(category: str, cases: list[_Case]) -> Iterator[More]:
    """Yield that records of a category are kept longer, where the difference is greatest."""
    longest = max(cases, key=lambda case: _kept(case.after) - _kept(case.before))
    old, new = _kept(longest.before), _kept(longest.after)
    if new > old:
        yield More(f"{category} is kept for", _time(new), _time(old), longest.place)
    surest = max(cases, key=lambda case: case.after.floor_ms - case.before.floor_ms)
    old, new = surest.before.floor_ms, surest.after.floor_ms
    if new > old:
        yield More(f"{category} is kept for at least", _time(new), _time(old), surest.place)


def _plainer(category: str, cases: list[_Case]) -> Iterator[More]:
    """Yield that records of a category are written with more in them, where the difference is greatest."""
    # Where nothing was kept before, that it is kept now says all.
    known = [case for case in cases if _kept(case.before) or not _kept(case.after)]
    plainest = max(known, key=lambda case: case.before.record - case.after.record, default=None)
    if plainest is not None and plainest.after.record < plainest.before.record:
        old, new = plainest.before.record, plainest.after.record
        yield More(f"{category} is written", _WRITTEN[new], _WRITTEN[old], plainest.place)


def _times(before: Policy, after: Policy) -> Iterator[tuple[str, int, int]]:
    """Yield the times that are of no category, in milliseconds: in words, before, after."""
    yield "an unused account is kept for", before.inactive_ms, after.inactive_ms
    yield "an address is kept as it is for", before.raw_address_ms, after.raw_address_ms
    yield "what has expired is deleted within", before.promise.row_ms, after.promise.row_ms
    yield "what is deleted is in no file within", before.promise.bytes_ms, after.promise.bytes_ms
    yield "a shorter time waits for older records for", before.cooloff_ms, after.cooloff_ms


def _presumed(before: Policy, after: Policy) -> Iterator[More]:
    """Yield which consents are taken from silence that were not."""
    for purpose in ("improvement", "marketing"):
        for country in _countries(before, after):
            old, new = (getattr(one.jurisdiction(country), purpose) for one in (before, after))
            if (old, new) == ("opt_in", "opt_out"):
                name = after.jurisdiction(country).name
                yield More(f"silence about {purpose} is taken for", "a yes", "a no", name)
                break


def _cases(before: Policy, after: Policy, category: str) -> Iterator[_Case]:
    """Yield a record of a category in every place that the policies can tell apart, the plainest first."""
    rooms = _rooms(before, after, category)
    roles = [role for role in _names(before.roles, after.roles, category) if role is not None]
    worn = itertools.chain.from_iterable(
        itertools.combinations(roles, count) for count in range(_ROLES_AT_ONCE + 1)
    )
    providers = _names(before.providers, after.providers, category)
    for role, (room, room_ms), provider, country in itertools.product(
        worn, rooms, providers, _countries(before, after)
    ):
        where = Circumstances("", room, room_ms, frozenset(role), provider)
        old, new = (
            effective(one, category, where._replace(jurisdiction=one.jurisdiction(country).name))
            for one in (before, after)
        )
        yield _Case(_place(after.jurisdiction(country).name, where), old, new)


def _countries(before: Policy, after: Policy) -> list[str | None]:
    """Return a country for each pair of jurisdictions that a person can be under; None is the unknown."""
    named = (*after.jurisdictions, *before.jurisdictions, *sorted(EEA))
    found: dict[tuple[str, str], str | None] = {}
    for country in (None, *named):
        pair = before.jurisdiction(country).name, after.jurisdiction(country).name
        found.setdefault(pair, country)
    return list(found.values())


def _rooms(before: Policy, after: Policy, category: str) -> list[tuple[str | None, int | None]]:
    """Return rooms to look at, each with the times that its host may have chosen."""
    # A room of a policy is one with an address; what is told of no room is in none.
    slugs = [_ANY_ROOM if one is None else one for one in _names(before.rooms, after.rooms, category)]
    limits = {one.room_limits[category].max_ms for one in (before, after) if category in one.room_limits}
    chosen: Iterable[int | None] = (None, *sorted(limits))
    return [(None, None), *itertools.product(slugs, chosen)]


def _names(before: Mapping[str, Rules], after: Mapping[str, Rules], category: str) -> list[str | None]:
    """Return None and the names of a level, one for each pair of rules that they have."""
    found: dict[tuple[Rule | None, Rule | None], str | None] = {}
    for name in (None, *after, *before):
        pair = (None, None) if name is None else (_rule(before, name, category), _rule(after, name, category))
        found.setdefault(pair, name)
    return list(found.values())


def _rule(level: Mapping[str, Rules], name: str, category: str) -> Rule | None:
    return level.get(name, {}).get(category)


def _place(jurisdiction: str, where: Circumstances) -> str:
    words = [jurisdiction]
    if where.room is not None:
        words.append("in any room" if where.room == _ANY_ROOM else f"in {where.room}")
    if where.room_ms is not None:
        words.append("whose host chose the longest")
    words += [f"of a {role}" for role in sorted(where.roles)]
    if where.provider is not None:
        words.append(f"from {where.provider}")
    return ", ".join(words)


def _purposes(policy: Policy, category: str) -> tuple[str, ...]:
    return tuple(policy.purposes.get(category, CATEGORIES[category].purposes))


def _time(ms: int) -> str:
    return say_duration(ms) if ms else "no time"


def _kept(decided: Effective) -> int:
    return 0 if decided.record is Recording.DROP else decided.ttl_ms or 0
