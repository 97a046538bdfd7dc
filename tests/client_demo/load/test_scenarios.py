"""Every scenario against the real server, small and short."""

from __future__ import annotations

from typing import Any

import pytest

from client_demo.load.crowd import Job
from client_demo.load.foreman import make_rooms
from client_demo.load.link import now_us
from client_demo.load.scenarios import SCENARIOS
from client_demo.load.worker import Worker
from protocol.commands import RoomGet
from tests.support.server import House

MEMBERS = 12
FAST: dict[str, dict[str, Any]] = {
    "idle": {"stages": ["0-0.2s:0"]},
    "hot-room": {"stages": ["0-0.3s:20"]},
    "many-rooms": {"stages": ["0-0.3s:40"], "rooms": 3},
    "chat-flood": {"stages": ["0-0.2s:5"], "burst": 10},
    "slow-reader": {"stages": ["0-0.3s:20"], "stalled": 3},
    "join-storm": {"stages": ["0-0.2s:60"]},
    "arrival-storm": {"stages": ["0-0.3s:40"]},
    "reconnect-storm": {"stages": ["0-0.3s:40"]},
    "vote-burst": {"stages": ["0-0.2s:50"]},
    "advance-storm": {"stages": ["0-0.3s:4"], "rooms": 2},
}
"""Each scenario, small and short."""


async def worked(house: House, scenario: str) -> Worker:
    """Carry a scenario out in this process, and wait until everybody has got everything."""
    fields = dict(FAST[scenario])
    rooms = await make_rooms(house.url, fields.pop("rooms", 1), [])
    job = Job(url=house.url, scenario=scenario, rooms=rooms, members=MEMBERS, worker=0, workers=1, **fields)
    worker = Worker(job)
    await worker.gather()
    worker.begin()
    await worker.act(now_us())
    for _ in range(
        2
    ):  # the first round's answers stand behind all messages, the second's behind their echoes
        for member, link in worker.crowd.links.items():
            if member >= job.stalled:
                await link.ask(RoomGet(room=rooms[0]))
    return worker


def test_every_scenario_is_run() -> None:
    """A new scenario needs a short version here."""
    assert set(FAST) == set(SCENARIOS)


@pytest.mark.parametrize("scenario", FAST)
async def test_scenarios(house: House, scenario: str) -> None:
    """A scenario does all it planned, and everybody gets everything once."""
    worker = await worked(house, scenario)
    counts, rooms = worker.figures.counts, worker.crowd.rooms()
    assert counts["sent"] >= counts["planned"]
    assert counts["answered"] + counts["refused"] + counts["cut_off"] == counts["sent"]
    assert worker.figures.errors.keys() <= {"rate_limited", "stale_play"}
    assert rooms.received == rooms.expected
    assert (rooms.gaps, rooms.duplicates, rooms.disordered) == (0, 0, 0)
    assert counts["not_recovered"] == counts["lost"] == 0
    await worker.crowd.leave()


async def test_stalled_members_are_not_waited_for(house: House) -> None:
    """Who stops reading is out of the count, and the others miss nothing."""
    worker = await worked(house, "slow-reader")
    readers = MEMBERS - FAST["slow-reader"]["stalled"]
    assert sum(worker.crowd.rooms().members.values()) == readers
    assert worker.figures.counts["deliveries"] == worker.figures.counts["answered"] * readers
    await worker.crowd.leave()


async def test_votes_are_batched(house: House) -> None:
    """Ten votes at once are told to each member in a tally or two, not in ten."""
    worker = await worked(house, "vote-burst")
    figures = worker.figures
    assert figures.counts["answered"] == figures.counts["planned"] == 10
    assert 0 < figures.told["vote.tally"] <= 4 * MEMBERS
    await worker.crowd.leave()
