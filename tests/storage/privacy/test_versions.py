"""Versions of the policy: which change is material, and when it holds."""

from __future__ import annotations

from pathlib import Path

from protocol.limits import DAY_MS
from storage.database import Database
from storage.privacy.policyfile import load_policy
from storage.privacy.revisions import adopt
from storage.privacy.versions import (
    ANNOUNCED_MS,
    Versions,
    coming,
    demands,
    held_at,
    in_force,
    needed_rev,
)
from tests.storage.builders import NOW


def policy(folder: Path, text: str = "") -> Path:
    """Write an operator's policy file."""
    path = folder / "policy.toml"
    path.write_text("schema = 1\n" + text, encoding="utf-8")
    return path


LONGER = '[category.votes]\nttl = "60d"\n'
SHORTER = '[category.votes]\nttl = "10d"\n'


async def test_a_material_change_is_announced(db: Database, tmp_path: Path) -> None:
    """It holds thirty days after it was published, and must be accepted from then on."""
    versions = Versions(db)
    await adopt(db, load_policy(None), NOW)
    assert [(one.rev, one.material) for one in await versions.publish()] == [(1, False)]
    await adopt(db, load_policy(policy(tmp_path, LONGER)), NOW + 1)
    [second] = await versions.publish()
    everything = await versions.all()
    day = NOW + 1 + ANNOUNCED_MS

    assert (second.material, second.effective_at_ms) == (True, day)
    assert second.hash
    for now, held, announced, needed in ((day - 1, 1, second, 0), (day, 2, None, 2)):
        holding = in_force(everything, now)
        assert holding is not None
        assert holding.rev == held
        assert coming(everything, now) == announced
        assert needed_rev(demands(everything), now) == needed
    assert await versions.publish() == []


async def test_a_minor_change_holds_at_once(db: Database, tmp_path: Path) -> None:
    """Keeping less needs no announcement and no acceptance."""
    versions = Versions(db)
    for text in ("", SHORTER):
        await adopt(db, load_policy(policy(tmp_path, text)), NOW)
    await versions.publish()
    everything = await versions.all()
    holding = in_force(everything, NOW)

    assert holding is not None
    assert (holding.rev, holding.material) == (2, False)
    assert needed_rev(demands(everything), NOW + 90 * DAY_MS) == 0
    found = await versions.policy(2)
    assert found is not None
    assert found.policy == load_policy(policy(tmp_path, SHORTER))
    assert await versions.policy(3) is None


async def test_what_another_replaced_never_holds(db: Database, tmp_path: Path) -> None:
    """
    An announced policy that is taken back before its day never comes, and needs no acceptance; one that
    keeps less than it, but more than what is in force, waits thirty days of its own.
    """
    versions = Versions(db)
    between = '[category.votes]\nttl = "50d"\n'
    for days, text in enumerate(("", LONGER, between, "")):
        await adopt(db, load_policy(policy(tmp_path, text)), NOW + days * DAY_MS)
    assert await versions.foreseen() == await versions.publish()
    everything = await versions.all()

    assert [one.material for one in everything] == [False, True, True, False]
    late = NOW + 3 * ANNOUNCED_MS
    holding = in_force(everything, late)
    assert holding is not None
    assert (holding.rev, needed_rev(demands(everything), late)) == (4, 0)
    held = [in_force(everything[:3], NOW + days * DAY_MS) for days in (2, 30, 31, 32)]
    assert [one and one.rev for one in held] == [1, 1, 1, 3]


async def test_a_clock_that_was_ahead(db: Database, tmp_path: Path) -> None:
    """
    By a clock that runs ahead an announced policy seems to hold already: another one is measured against
    what records by the time that is trusted. One that keeps less holds however its day was stamped.
    """
    versions, between = Versions(db), '[category.votes]\nttl = "50d"\n'
    for text, at_ms in (("", NOW), (LONGER, NOW + 1), (between, NOW + 2 * ANNOUNCED_MS)):
        await adopt(db, load_policy(policy(tmp_path, text)), at_ms)
        await versions.publish(NOW + 2)
    assert [one.material for one in await versions.all()] == [False, True, True]
    await adopt(db, load_policy(policy(tmp_path, SHORTER)), NOW + 2 * ANNOUNCED_MS)
    await versions.publish(NOW + 3)
    everything = await versions.all()
    holding = in_force(everything, NOW + 3)
    assert holding is not None
    assert (holding.rev, coming(everything, NOW + 3)) == (4, None)


async def test_held_at(db: Database, tmp_path: Path) -> None:
    """The policy that records at an instant is the one whose day has come, published or not."""
    for text in ("", LONGER):
        await adopt(db, load_policy(policy(tmp_path, text)), NOW)
    first, then = await held_at(db, NOW), await held_at(db, NOW + ANNOUNCED_MS)

    assert (first.in_force.rev, first.before, first.watched_since_ms) == (1, None, None)
    assert (then.in_force.rev, then.watched_since_ms) == (2, NOW + ANNOUNCED_MS)
    assert then.before == load_policy(None)
    assert (await held_at(db, NOW - DAY_MS)).in_force.rev == 1  # a clock that was set back
