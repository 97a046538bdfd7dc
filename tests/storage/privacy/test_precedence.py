"""Precedence: the formula holds for any policy, and stricter always wins."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.limits import DAY_MS, HOUR_MS
from storage.privacy.policy import Policy, Recording
from storage.privacy.policyfile import PolicyError, policy_of
from storage.privacy.precedence import Circumstances, effective, time_to_live
from storage.privacy.registry import CATEGORIES

POLICIES = 10_000


class Dice:
    """Random policies and circumstances, the same ones in every run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def maybe(self, make: Callable[[], Any], of: float = 0.5) -> Any:
        """Make something, or nothing."""
        return make() if self._random.random() < of else None

    def hours(self, at_most: int = 24 * 90) -> str:
        """Return a time as a policy has it."""
        return f"{self._random.randrange(at_most + 1)}h"

    def ms(self) -> int:
        """Return a time in milliseconds."""
        return self._random.randrange(24 * 90 + 1) * HOUR_MS

    def rule(self, *, floor: bool) -> dict[str, Any]:
        """Return what one level says of chat."""
        said = {
            "ttl": self.maybe(self.hours),
            "ceiling": self.maybe(self.hours, 0.3),
            "record": self.maybe(lambda: self._random.choice(["allow", "pseudonymise", "drop"]), 0.3),
            "floor": self.maybe(lambda: self.hours(48), 0.2) if floor else None,
        }
        return {"chat": {key: value for key, value in said.items() if value is not None}}

    def levels(self, *names: str, floor: bool = False) -> dict[str, Any]:
        """Return rules for some of these names."""
        return {name: self.rule(floor=floor) for name in names if self._random.random() < 0.5}

    def document(self) -> dict[str, Any]:
        """Return a policy."""
        limits = self.maybe(lambda: {"chat": {"min": "0s", "max": self.hours()}})
        return {
            "category": self.rule(floor=True),
            "room": self.levels("lobby"),
            "role": self.levels("guest", "bot", "bouncer"),
            "jurisdiction": self.levels("US", "EU", "XX", floor=True),
            "provider": self.levels("youtube"),
            "room_limits": limits or {},
        }

    def where(self) -> Circumstances:
        """Return circumstances of a record."""
        pick = self._random.choice
        return Circumstances(
            jurisdiction=pick(["DEFAULT", "US", "EU", "DE"]),
            room=pick(["lobby", "den", None]),
            room_ms=self.maybe(self.ms),
            roles=frozenset(self._random.sample(["guest", "bot", "bouncer"], self._random.randrange(4))),
            provider=pick([None, "youtube"]),
            self_ms=self.maybe(self.ms),
        )


def ceilings_of(policy: Policy, where: Circumstances) -> list[int]:
    """Return every ceiling that holds for chat somewhere."""
    levels = [
        policy.categories,
        policy.jurisdictions[where.jurisdiction].rules,
        policy.rooms.get(where.room or "", {}),
        policy.providers.get(where.provider or "", {}),
        *(policy.roles.get(role, {}) for role in where.roles),
    ]
    found = [rules["chat"].ceiling_ms for rules in levels if "chat" in rules]
    if where.room is not None and "chat" in policy.room_limits:
        found.append(policy.room_limits["chat"].max_ms)
    return [ms for ms in (*found, CATEGORIES["chat"].ceiling_ms) if ms is not None]


def assert_laws(policy: Policy, where: Circumstances, shorter_ms: int) -> None:
    """The laws hold for one policy and one record."""
    got = effective(policy, "chat", where)
    assert got.ttl_ms is not None
    assert got.floor_ms <= got.ttl_ms <= min(ceilings_of(policy, where))
    if where.self_ms is None or shorter_ms <= where.self_ms:
        _assert_no_longer(policy, where, where._replace(self_ms=shorter_ms))
    if where.room_ms is not None and shorter_ms <= where.room_ms:
        _assert_no_longer(policy, where, where._replace(room_ms=shorter_ms))
    if where.provider is None:
        _assert_no_longer(policy, where, where._replace(provider="youtube"))
    if where.room_ms is not None:
        # With a wish of the room's own, one more role can only be the stricter of the two.
        _assert_no_longer(policy, where, where._replace(roles=where.roles | {"guest", "bot"}))


def _assert_no_longer(policy: Policy, where: Circumstances, changed: Circumstances) -> None:
    """What may only make stricter does: no longer time, no weaker way of recording."""
    before, after = effective(policy, "chat", where), effective(policy, "chat", changed)
    assert before.ttl_ms is not None
    assert after.ttl_ms is not None
    assert after.ttl_ms <= before.ttl_ms
    assert after.record >= before.record


def test_laws_of_ten_thousand_policies() -> None:
    """
    For 10 000 random policies: never above a ceiling, never below the floor, and whatever may only
    shorten never lengthens; policies that contradict themselves never come into force.
    """
    dice, refused = Dice(1), 0
    for _ in range(POLICIES):
        document, where, shorter_ms = dice.document(), dice.where(), dice.ms()
        try:
            policy = policy_of(document)
        except PolicyError:
            refused += 1
            continue
        assert_laws(policy, where, shorter_ms)
    print(f"{POLICIES} policies, {refused} refused")

    assert 0 < refused < POLICIES / 2


TIMES = st.lists(st.integers(0, 1000), max_size=4)


@given(TIMES, TIMES, TIMES, st.integers(0, 1000), TIMES)
def test_formula(
    floors: list[int], ceilings: list[int], levels: list[int], own: int, less: list[int]
) -> None:
    """The function is the written formula, term by term."""
    got = time_to_live(floors=floors, ceilings=ceilings, levels=levels, category_ms=own, shorteners=less)
    wish = min([*(levels or [own]), *less])

    assert got == min([max([wish, *floors]), *ceilings])


@pytest.mark.parametrize(
    ("where", "ttl_ms"),
    [
        (Circumstances("US"), 30 * DAY_MS),
        (Circumstances("US", room="den", room_ms=60 * DAY_MS), 60 * DAY_MS),
        (Circumstances("EU", room="den", room_ms=60 * DAY_MS), 30 * DAY_MS),
        (Circumstances("US", room="den", room_ms=DAY_MS), DAY_MS),
        (Circumstances("US", room="den", room_ms=60 * DAY_MS, self_ms=HOUR_MS), HOUR_MS),
        (Circumstances("US", room="den", room_ms=0), 0),
    ],
)
def test_who_wins(where: Circumstances, ttl_ms: int) -> None:
    """A room may keep chat longer than the default, the law may not be passed, and the author may shorten."""
    assert effective(policy_of({}), "chat", where).ttl_ms == ttl_ms


def test_the_stricter_of_room_and_role() -> None:
    """A guest's short time holds in a room that keeps chat long, and a room's in a long role."""
    policy = policy_of(
        {"role": {"guest": {"chat": {"ttl": "24h"}}}, "room": {"den": {"chat": {"ttl": "1h"}}}}
    )
    guest = frozenset({"guest"})

    assert (
        effective(policy, "chat", Circumstances("US", room="hall", room_ms=60 * DAY_MS, roles=guest)).ttl_ms
        == DAY_MS
    )
    assert effective(policy, "chat", Circumstances("US", room="den", roles=guest)).ttl_ms == HOUR_MS


def test_a_room_chooses_chat_only() -> None:
    """A host's choice is about chat; plays and votes keep the server's time."""
    where = Circumstances("US", room="den", room_ms=0)

    assert effective(policy_of({}), "video", where).ttl_ms == 90 * DAY_MS
    assert effective(policy_of({}), "votes", where).ttl_ms == 30 * DAY_MS


def test_nothing_is_recorded_at_zero() -> None:
    """A time of zero is not to record at all."""
    assert effective(policy_of({}), "chat", Circumstances("US", self_ms=0)).record is Recording.DROP


def test_account_data_has_no_time() -> None:
    """What lives as long as the account has none, whatever else is chosen."""
    assert effective(policy_of({}), "account", Circumstances("EU", self_ms=0)).ttl_ms is None
