"""Many seeds, in more than one process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from tests.simulation.template import make_template, workshop
from tests.simulation.witness import Violation
from tests.simulation.world import World, simulate

PROCESSES = 2
"""The machines this runs on have two cores."""


class Outcome(NamedTuple):
    """What became of a seed: its digest and counts, or what was broken and how it came to that."""

    seed: str
    digest: str
    counts: dict[str, int]
    broken: str
    story: list[str]


def run(seeds: Iterable[str]) -> list[Outcome]:
    """Run some seeds in this process."""
    outcomes = []
    with workshop() as shop:
        template = make_template(shop / "template")
        for seed in seeds:
            world = World(seed, shop / seed, template)
            try:
                report = simulate(world, template)
            except Violation as violation:
                counts = dict(world.witness.counts)
                outcomes.append(Outcome(seed, world.witness.digest, counts, str(violation), world.story))
            else:
                outcomes.append(Outcome(seed, report.digest, report.counts, "", report.story))
    return outcomes


def run_all(seeds: list[str], processes: int = PROCESSES) -> list[Outcome]:
    """Run seeds in as many processes as there are cores here, and return them in order."""
    # Spawned, so that nothing of this process is in them: a seed must not depend on it.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(run, [seeds[number::processes] for number in range(processes)]))
    place = {seed: number for number, seed in enumerate(seeds)}
    return sorted((one for part in parts for one in part), key=lambda one: place[one.seed])


def totals(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Add up what happened."""
    counts: Counter[str] = Counter()
    for one in outcomes:
        counts += Counter(one.counts)
    return counts


def seeds_of(text: str) -> list[str]:
    """Return the seeds in ``17``, ``3,5`` or ``0-199``."""
    seeds: list[str] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        seeds += map(str, range(int(first), int(last) + 1)) if dash else [part]
    return seeds
