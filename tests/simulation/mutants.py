"""
Planted bugs: each breaks one promise in the real code, and the simulation must notice.

A simulation that finds nothing proves nothing until it is known what it would find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

from protocol.results import Empty
from roomserver.api.dispatch import Dispatcher
from roomserver.beat import Beat
from roomserver.hub import Hub
from roomserver.live import LiveRoom
from roomserver.ring import Ring
from roomserver.room import booth, chat
from roomserver.room.effects import Outcome
from roomserver.room.inputs import Disconnected, StoodStill
from roomserver.room.registry import HANDLERS
from roomserver.room.state import RoomState
from storage import journal
from storage.privacy import logtables

Mutant = Callable[[], AbstractContextManager[Any]]


def _changed(sql: str, right: str, wrong: str) -> str:
    assert right in sql, f"the bug is planted in {right!r}, which is not there any more"
    return sql.replace(right, wrong)


@contextmanager
def told_before_commit() -> Iterator[None]:
    """The beat tells first, and commits then."""
    beat_once, tell = Beat._beat, Beat._tell
    hasty: set[int] = set()

    async def beat(self: Beat) -> None:
        batch = self._batch
        hasty.add(id(batch))
        tell(self, batch)
        await beat_once(self)

    def tell_again(self: Beat, batch: Any) -> None:
        if id(batch) not in hasty:
            tell(self, batch)

    with mock.patch.object(Beat, "_beat", beat), mock.patch.object(Beat, "_tell", tell_again):
        yield


@contextmanager
def vote_not_stored() -> Iterator[None]:
    """The journal forgets votes."""
    with mock.patch.object(
        logtables, "_PUT_VOTE", "INSERT INTO votes SELECT ?, ?, ?, ?, ?, ?, ? WHERE false"
    ):
        yield


@contextmanager
def seq_not_stored() -> Iterator[None]:
    """The journal does not store how far a room's numbering is."""
    wrong = _changed(journal._SET_STATE, "seq = new.seq,", "seq = max(rooms.seq, new.seq - 1),")
    with mock.patch.object(journal, "_SET_STATE", wrong):
        yield


@contextmanager
def waitlist_not_stored() -> Iterator[None]:
    """The journal stores the waitlist of before."""
    wrong = _changed(journal._SET_STATE, "waitlist = new.waitlist,", "waitlist = rooms.waitlist,")
    with mock.patch.object(journal, "_SET_STATE", wrong):
        yield


@contextmanager
def double_advance() -> Iterator[None]:
    """A skip ends whatever plays, not only the play it names."""
    checked = booth.require_current

    def lax(state: RoomState, play_id: str, trigger: Any) -> Any:
        return checked(state, play_id if state.turn is None else state.turn.play.id, trigger)

    with mock.patch.object(booth, "require_current", lax):
        yield


@contextmanager
def nonce_forgotten() -> Iterator[None]:
    """A repeated message is a new one."""
    with mock.patch.object(chat, "_note_nonce"):
        yield


@contextmanager
def ring_with_a_hole() -> Iterator[None]:
    """A resume leaves out the newest event."""
    since = Ring.since

    def short(self: Ring, seq: int, current_seq: int, now_ms: int) -> list[bytes] | None:
        events = since(self, seq, current_seq, now_ms)
        return events[:-1] if events else events

    with mock.patch.object(Ring, "since", short):
        yield


@contextmanager
def failure_ignored() -> Iterator[None]:
    """A failed commit is answered, but nobody rebuilds the rooms."""

    def make_light_of_it(self: Hub, rooms: Iterable[LiveRoom]) -> None:
        for live in rooms:
            live.is_broken = False

    with mock.patch.object(Hub, "mend", make_light_of_it):
        yield


@contextmanager
def member_left_behind() -> Iterator[None]:
    """A lost connection is not taken out of its rooms."""
    with mock.patch.object(Dispatcher, "gone"):
        yield


@contextmanager
def grace_without_end() -> Iterator[None]:
    """Whose last connection is gone stays for ever."""
    lose = HANDLERS[Disconnected]

    def forget_to_count(state: RoomState, actor: Any, command: Any, now: int) -> Any:
        outcome = lose(state, actor, command, now)
        state.away.clear()
        return outcome

    with mock.patch.dict(HANDLERS, {Disconnected: forget_to_count}):
        yield


@contextmanager
def grace_runs_out_in_a_stop() -> Iterator[None]:
    """A process that stood still takes that time off everybody's grace."""
    with mock.patch.dict(HANDLERS, {StoodStill: lambda *_: Outcome(Empty(), [])}):
        yield


MUTANTS: dict[Mutant, int] = {
    told_before_commit: 0,
    vote_not_stored: 0,
    seq_not_stored: 0,
    waitlist_not_stored: 36,
    double_advance: 0,
    nonce_forgotten: 92,
    ring_with_a_hole: 0,
    failure_ignored: 4,
    member_left_behind: 0,
    grace_without_end: 0,
    grace_runs_out_in_a_stop: 0,
}
"""Each planted bug with the seed to begin at: one of the next few finds it."""
