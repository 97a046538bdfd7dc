"""Two hundred worlds of bad luck, and the bugs they would find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.people import Template
from tests.simulation.seeds import run, run_all, seeds_of, totals
from tests.simulation.template import make_template, workshop
from tests.simulation.witness import Violation
from tests.simulation.world import World, simulate

SEEDS = 200
TRIES = 40
"""Seeds in which a planted bug must be found."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Path]:
    """Return a folder on a quick disk."""
    with workshop() as folder:
        yield folder


@pytest.fixture(scope="module")
def template(shop: Path) -> Template:
    """Return the folder from which runs begin."""
    return make_template(shop / "template")


@pytest.mark.slow
def test_every_promise_is_kept() -> None:
    """No seed loses what was acknowledged, tells what is not committed, or leaves anything behind."""
    outcomes = run_all([str(seed) for seed in range(SEEDS)])
    counts = totals(outcomes)
    print(f"{SEEDS} seeds: 0 acknowledged changes lost, 0 duplicated events; {dict(counts)}")
    assert {one.seed: one.broken for one in outcomes if one.broken} == {}
    assert len(outcomes) == SEEDS
    # The luck was bad enough to mean something.
    assert counts["deaths"] > 2 * SEEDS
    assert counts["acknowledged"] > 30 * SEEDS
    assert counts["resumed"] > 5 * SEEDS
    assert counts["failed calls"] > SEEDS
    assert counts["resyncs"] > SEEDS // 2
    assert counts["advances"] > SEEDS


def test_a_seed_is_a_run() -> None:
    """The same seed is the same run to the byte, in any process, behind any other seed."""
    seeds = [str(seed) for seed in range(5)]
    here = {one.seed: one.digest for one in run(reversed(seeds))}
    there = {one.seed: one.digest for one in run_all(seeds)}
    assert here == there
    assert len(set(here.values())) == len(seeds)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_planted_bugs_are_found(mutant: Mutant, template: Template, shop: Path) -> None:
    """A server that breaks a promise is found out within a few seeds."""
    first = MUTANTS[mutant]
    for seed in range(first, first + TRIES):
        try:
            with mutant():
                simulate(World(str(seed), shop / "run", template), template)
        except Violation:
            return
    pytest.fail(f"{mutant.__name__} survived {TRIES} seeds")


def test_seeds_of() -> None:
    """Seeds are named one by one or as a range."""
    assert seeds_of("17") == ["17"]
    assert seeds_of("3,5-7") == ["3", "5", "6", "7"]
