"""Bad luck: what a seed has in store for a day."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from tests.simulation.checks import SLACK_MS, away_in, check_graces
from tests.simulation.disk import Trouble

if TYPE_CHECKING:
    from tests.simulation.world import World

GRACE_MS = 5_000
DEATHS = (0, 1, 1, 2, 3)
CUT_ODDS = 0.12
SILENCE_ODDS = 0.3
STEP_ODDS = 0.02
STILL_ODDS = 0.03
STILL_SECONDS = (3.0, 12.0)
"""How long the process stands still: shorter and longer than the grace."""
STEPS_SECONDS = (-86_400, -3600, -5, 5, 3600, 86_400)
"""How far the wall clock steps under a running server, which must not notice."""


async def bad_luck(world: World, dice: random.Random, day_seconds: float) -> None:
    """Let things go wrong until the day is over, and look at the members in between."""
    _trouble_the_disk(world, dice, day_seconds)
    deaths = sorted(dice.uniform(1, day_seconds) for _ in range(dice.choice(DEATHS)))
    while world.loop.now < day_seconds:
        await asyncio.sleep(dice.uniform(0.1, 1.0))
        if deaths and world.loop.now >= deaths[0] and world.server is not None:
            deaths.pop(0)
            world.disk.crash_in = dice.randrange(12)
        _cut_somebody_off(world, dice)
        if world.server is not None and dice.random() < STEP_ODDS:
            world.step_clock(dice.choice(STEPS_SECONDS))
        if world.server is not None and dice.random() < STILL_ODDS:
            await _stand_still(world, dice.uniform(*STILL_SECONDS))
        world.check_members()


async def _stand_still(world: World, seconds: float) -> None:
    """Let the process not run for a while, as SIGSTOP does; nobody may lose a grace by that."""
    server, away = world.server, away_in(world.server)
    stopped_ms = 0 if server is None else server._clock.now_ms()
    world.tell(f"the process stands still for {seconds:.1f} s")
    world.loop.now += seconds
    await asyncio.sleep(0.01)
    if server is not None and world.server is server:
        world.witness.counts["graces stood still"] += len(away)
        check_graces(server, away, stopped_ms - GRACE_MS + SLACK_MS)


def _trouble_the_disk(world: World, dice: random.Random, day_seconds: float) -> None:
    for kind in dice.sample(["slow", "full", "broken"], dice.randrange(3)):
        begins = dice.uniform(1, day_seconds - 4)
        one = Trouble(kind, begins, begins + dice.uniform(0.3, 3))
        world.disk.troubles.append(one)
        world.tell(f"the disk is {one.kind} from {one.begins:.1f} to {one.ends:.1f}")
    world.disk.troubles.sort(key=lambda one: one.begins)


def _cut_somebody_off(world: World, dice: random.Random) -> None:
    alive = [link for link in world.links if link.tab.link is link and not link.is_half_open]
    if not alive or dice.random() >= CUT_ODDS:
        return
    link = dice.choice(alive)
    if dice.random() < SILENCE_ODDS:
        link.is_half_open = True
        world.tell(f"link {link.number} goes silent")
    else:
        world.tell(f"link {link.number} is cut")
        link.cut()
