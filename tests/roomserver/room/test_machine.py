"""The booth's table, cell by cell."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from protocol import commands
from protocol.errors import ErrorCode, Rejected
from protocol.roles import Role
from protocol.values import User
from roomserver.room.inputs import Grab
from roomserver.room.machine import MISSES, TRANSITIONS, Phase, Trigger, after
from tests.support.people import BY_ROLE, deck, song
from tests.support.rooms import ROOM, Bench, assert_rejected, new_bench

UMA, BOB = BY_ROLE[Role.USER], BY_ROLE[Role.BOUNCER]
CELLS = list(itertools.product(Phase, Trigger))
COMMANDS = (Trigger.SKIP, Trigger.LEAVE, Trigger.VOTE, Trigger.GRAB)


def bench_in(phase: Phase) -> Bench:
    """Return a room with Uma and Bob whose booth is in a phase; in ``playing`` Uma is the DJ."""
    bench = new_bench(UMA, BOB, fallback=(song("fill"),) if phase is Phase.FALLBACK else ())
    if phase is Phase.PLAYING:
        bench.queue(UMA, deck("a"))
    assert phase == bench.state.phase
    return bench


def command_for(trigger: Trigger, play_id: str) -> tuple[User, Any]:
    """Return who pulls a trigger by which command."""
    match trigger:
        case Trigger.SKIP:
            return BOB, commands.BoothSkip(room=ROOM, play_id=play_id)
        case Trigger.LEAVE:
            return UMA, commands.BoothLeave(room=ROOM, after_play=True)
        case Trigger.VOTE:
            return BOB, commands.VoteCast(room=ROOM, play_id=play_id, value=1)
        case Trigger.GRAB:
            return BOB, Grab(commands.VoteGrab(room=ROOM, play_id=play_id), "mine", "item", added=True)
        case _:
            raise AssertionError(f"{trigger} has no command")


def test_complete() -> None:
    """Every cell is either a transition or a miss, never both, never neither."""
    assert set(CELLS) == set(TRANSITIONS) | set(MISSES)
    assert not set(TRANSITIONS) & set(MISSES)


@pytest.mark.parametrize(("phase", "trigger"), CELLS)
def test_cell(phase: Phase, trigger: Trigger) -> None:
    """A transition leads to its phase; a miss is its error, with both names in the message."""
    if (phase, trigger) in TRANSITIONS:
        assert TRANSITIONS[phase, trigger] == after(phase, trigger)
    else:
        with pytest.raises(Rejected, match=f"{phase}.*{trigger}") as caught:
            after(phase, trigger)
        assert MISSES[phase, trigger] == caught.value.code


@pytest.mark.parametrize(("phase", "trigger"), list(itertools.product(Phase, COMMANDS)))
def test_command(phase: Phase, trigger: Trigger) -> None:
    """A command is accepted in exactly the phases of the table, and refused with its error elsewhere."""
    bench = bench_in(phase)
    actor, command = command_for(trigger, "id-1" if bench.state.turn is None else bench.play.id)
    if (phase, trigger) in MISSES:
        assert_rejected(bench, actor, command, MISSES[phase, trigger])
    else:
        bench.do(actor, command)


@pytest.mark.parametrize("phase", Phase)
def test_turn(phase: Phase) -> None:
    """From every phase a DJ's turn leads to playing."""
    bench = bench_in(phase)
    bench.queue(BOB, deck("b"))
    if phase is Phase.PLAYING:
        bench.skip(UMA)

    assert (bench.state.phase, bench.state.dj) == (Phase.PLAYING, BOB)


@pytest.mark.parametrize("phase", Phase)
def test_fill(phase: Phase) -> None:
    """From every phase the fallback playlist leads to fallback."""
    bench = bench_in(phase)
    bench.state.fallback = (song("fill"),)
    if phase is Phase.EMPTY:
        bench.enter(UMA)
    else:
        bench.skip(BOB)

    assert bench.state.phase == Phase.FALLBACK


@pytest.mark.parametrize("phase", [Phase.FALLBACK, Phase.PLAYING])
def test_stop(phase: Phase) -> None:
    """With nobody next the booth empties."""
    bench = bench_in(phase)
    bench.state.fallback = ()
    bench.skip(BOB)

    assert (bench.state.phase, bench.state.turn) == (Phase.EMPTY, None)


def test_misses_are_words_of_the_wire() -> None:
    """Every miss is an error that clients know."""
    assert set(MISSES.values()) <= set(ErrorCode)
