"""Deadlines: the nearest first, each room once, and nothing that grows."""

from __future__ import annotations

from protocol.limits import DAY_MS, Limits
from roomserver.deadlines import SPARE, Deadlines
from roomserver.live import LiveRoom
from roomserver.ring import Ring
from tests.support.rooms import new_bench


def waiting(deadline_ms: int | None) -> LiveRoom:
    """Return a room that wants to be looked at at an instant."""
    live = LiveRoom(new_bench().room, Ring(Limits(), []), Limits())
    live.room.state.batches.tally_due_ms = deadline_ms
    assert live.room.deadline() == deadline_ms
    return live


def move(live: LiveRoom, deadline_ms: int | None) -> None:
    """Let a room want something else."""
    live.room.state.batches.tally_due_ms = deadline_ms


def test_nearest_first() -> None:
    """Rooms come in the order of their deadlines, only those whose time has come, and each once."""
    deadlines = Deadlines()
    rooms = {at: waiting(at) for at in (300, 100, 200)}
    assert [deadlines.arm(live) for live in rooms.values()] == [True, True, False]
    assert not deadlines.arm(waiting(None))
    assert not deadlines.arm(rooms[200])
    assert deadlines.next_ms() == 100
    assert list(deadlines.due(200)) == [(100, rooms[100]), (200, rooms[200])]
    assert list(deadlines.due(200)) == []
    assert (deadlines.next_ms(), rooms[100].armed_at, rooms[300].armed_at) == (300, None, 300)


def test_a_deadline_moves() -> None:
    """What a room wanted before does not count: earlier, later, or nothing at all any more."""
    deadlines = Deadlines()
    earlier, later, never, broken = (waiting(at) for at in (500, 100, 50, 40))
    for live in (earlier, later, never, broken):
        deadlines.arm(live)
    for live, at in ((earlier, 60), (later, 600), (never, None)):
        move(live, at)
        deadlines.arm(live)
    broken.is_broken = True
    assert deadlines.next_ms() == 60
    assert list(deadlines.due(599)) == [(60, earlier)]
    assert list(deadlines.due(600)) == [(600, later)]
    assert deadlines.next_ms() is None


def test_armed_again_while_due() -> None:
    """A room that is armed while it is looked at comes again, if its time has come by then."""
    deadlines = Deadlines()
    live = waiting(100)
    deadlines.arm(live)
    seen = []
    for at, room in deadlines.due(150):
        seen.append(at)
        move(room, at + 30)
        deadlines.arm(room)
    assert seen == [100, 130]
    assert deadlines.next_ms() == 160


def test_nothing_grows() -> None:
    """A play of a day with a tally each second leaves a bounded number of entries behind."""
    deadlines = Deadlines()
    live, other = waiting(DAY_MS), waiting(DAY_MS + 1)
    deadlines.arm(other)
    longest = 0
    for now in range(1000, 10_000_000, 1000):
        move(live, now)
        deadlines.arm(live)
        assert [room for _, room in deadlines.due(now)] == [live]
        move(live, DAY_MS)
        deadlines.arm(live)
        longest = max(longest, len(deadlines))
    assert longest <= SPARE + 2 * 2
    assert list(deadlines.due(DAY_MS + 1)) == [(DAY_MS, live), (DAY_MS + 1, other)]
