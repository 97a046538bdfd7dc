"""How long the waitlist is, told as a latest value."""

from __future__ import annotations

import pytest

from protocol import commands
from protocol.events import WaitlistDurations
from protocol.roles import Role
from roomserver.room.inputs import DeckRead
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, deck, song
from tests.support.rooms import ROOM, Bench, events, new_bench, only

TALLY_MS = DEFAULT_TUNING.tally_ms
UMA, RITA, BOB, MIA = (BY_ROLE[r] for r in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER))


@pytest.fixture(name="queued")
def _queued() -> Bench:
    """A room in which Bob plays, and Uma (a minute) and Rita (two) wait; told so already."""
    bench = new_bench(UMA, RITA, BOB, MIA)
    bench.queue(BOB, deck("a"))
    bench.queue(UMA, deck("b", duration_ms=60_000))
    bench.queue(RITA, deck("c", duration_ms=120_000))
    bench.wait(TALLY_MS)
    bench.said.clear()
    return bench


def told(bench: Bench) -> list[int | None]:
    """Return the durations that the room tells next, once."""
    return only(bench.wait(TALLY_MS), WaitlistDurations).durations_ms


def test_of_everyone_waiting(queued: Bench) -> None:
    """There is a duration for each place, in the waitlist's order."""
    assert queued.room.durations() == [60_000, 120_000]


def test_batch() -> None:
    """Several changes within a batch are told once, when it is due."""
    bench = new_bench(UMA, RITA, BOB)
    for user in (BOB, UMA, RITA):
        bench.queue(user, deck("a"))

    assert not events(bench.wait(TALLY_MS - 1), WaitlistDurations)
    assert only(bench.wait(1), WaitlistDurations).durations_ms == [180_000, 180_000]


def test_deck_changes(queued: Bench) -> None:
    """When a playlist changes, everybody learns the new durations."""
    queued.do(UMA, DeckRead("uma", deck("z", duration_ms=5000)))
    assert told(queued) == [5000, 120_000]
    queued.do(UMA, DeckRead("uma", None))

    assert told(queued) == [None, 120_000]


def test_same_deck(queued: Bench) -> None:
    """A playlist that changed elsewhere is not told."""
    queued.do(UMA, DeckRead("uma", deck("other", duration_ms=60_000)))

    assert not queued.wait(TALLY_MS)


def test_order_changes(queued: Bench) -> None:
    """Durations follow their places."""
    queued.do(MIA, commands.WaitlistMove(room=ROOM, user="rita", position=0))

    assert told(queued) == [120_000, 60_000]


def test_turn_passes(queued: Bench) -> None:
    """Who plays does not wait any more."""
    queued.skip(BOB)

    assert told(queued) == [120_000]


def test_trim_and_once(queued: Bench) -> None:
    """One media for once counts, and of a trimmed one only what plays."""
    queued.queue(MIA, media=song("t", start_ms=10_000, end_ms=25_000))

    assert told(queued) == [60_000, 120_000, 15_000]


def test_empty(queued: Bench) -> None:
    """An empty waitlist is told as such."""
    queued.do(MIA, commands.WaitlistClear(room=ROOM))

    assert told(queued) == []
