"""Effects as rows: none is forgotten, and what a room is comes back from what was written."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec.structs import replace

from protocol.commands import ChatSend, RoomCommand
from protocol.methods import METHODS
from roomserver import persist
from roomserver.room import effects as fx
from roomserver.room.registry import HANDLERS
from roomserver.room.state import Reservation, Waiting
from storage.privacy.hooks import Decision, Hook, HookChain, RecordContext
from storage.privacy.policy import Recording
from storage.privacy.policyfile import load_policy
from storage.privacy.recorder import InForce, Recorder, shipped_recorder
from storage.privacy.subjects import Subjects
from storage.records import ReservedRecord, WaitingRecord, Writes
from tests.support.moves import WRAPPED
from tests.support.people import BY_ROLE, deck, person, song
from tests.support.rooms import new_bench
from tests.support.server import House

UMA, RITA = person("Uma"), person("Rita")
TOLD_ONLY = {fx.Latest, fx.Direct, fx.Expelled, fx.Opined}
"""Effects of which no row is made: the last one has the room's standing written."""


def test_every_effect() -> None:
    """Every effect of the union has a writer, or is known to be told only."""
    assert set(get_args(fx.Effect)) == set(persist._WRITERS)
    assert {effect for effect, writer in persist._WRITERS.items() if writer is None} == TOLD_ONLY


def test_told_only() -> None:
    """What is only told writes nothing."""
    writes, bench = Writes(), new_bench(UMA)
    for effect in (bench.state.tell_you(UMA, bench.now), fx.Expelled("uma"), fx.Opined()):
        persist.Scribe(shipped_recorder()).write(writes, bench.state, effect)

    assert not writes


class Brief(Hook):
    """Has one word dropped, and keeps everything else for a second."""

    categories = frozenset({"chat"})

    def before_record(self, context: RecordContext) -> Decision:
        """Drop or shorten."""
        return Decision(Recording.DROP) if context.body["text"] == "secret" else Decision(ttl_ms=1000)


@pytest.mark.parametrize(
    ("text", "ttl_ms", "shown_ms"), [("hi", -1, 1000), ("secret", -1, 120_000), ("hi", 0, 0)]
)
def test_shown_no_longer_than_recorded(text: str, ttl_ms: int, shown_ms: int) -> None:
    """In memory a message is shown for as long as its row is there, and as the room chose."""
    by = Recorder(InForce(load_policy(None), 1), HookChain([Brief()], timer=lambda: 0), Subjects())
    bench, writes = new_bench(UMA), Writes()
    bench.state.settings = replace(bench.state.settings, chat_ttl_ms=ttl_ms)
    bench.enter(UMA)
    outcome = bench.do(UMA, ChatSend(room=bench.state.info.id, text=text))
    (told,) = [effect for effect in outcome.effects if isinstance(effect, fx.Told)]
    assert persist.Scribe(by).write(writes, bench.state, told) == told.event.at_ms + shown_ms


def test_standing() -> None:
    """What a room keeps between commands is all there."""
    bench = new_bench(UMA, RITA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, media=song("once"))
    state = bench.state
    state.reservations["zoe"] = Reservation(person("Zoe"), 3, 77, "list", song("kept"))
    assert state.turn is not None
    state.turn.skip_votes.update({"rita", "bob"})
    state.turn.reports["rita"] = "error"
    state.turn.nth, state.turn.playlist_id = 2, "p9"
    state.locked_at_ms, state.cycle_off_at_ms = 5, 6
    resting = persist.resting(state)

    assert resting.waitlist == (WaitingRecord(user_id="rita", media=song("once")),)
    standing = resting.standing
    kept = ReservedRecord(user_id="zoe", position=3, until_ms=77, playlist_id="list", media=song("kept"))
    assert standing.reservations == [kept]
    assert (standing.nth, standing.playlist_id) == (2, "p9")
    assert (standing.skip_votes, standing.reports) == (["bob", "rita"], {"rita": "error"})
    assert (standing.locked_at_ms, standing.cycle_off_at_ms) == (5, 6)


def test_waiting_with_a_playlist() -> None:
    """A place keeps the playlist that it plays from."""
    bench = new_bench(*BY_ROLE.values())
    bench.state.waitlist.append(Waiting(UMA, "p1"))

    assert persist.resting(bench.state).waitlist == (WaitingRecord(user_id="uma", playlist_id="p1"),)


PENDING: set[str] = set()
"""Methods on the wire that nothing serves yet; strict, so that whoever serves one strikes it off."""


async def test_every_method_is_served(house: House) -> None:
    """Every method of the table is served: by a handler of the server or of the room."""
    served = {*house.server.dispatcher._handlers, *HANDLERS}
    unserved = {
        name
        for name, method in METHODS.items()
        if method.params not in served and WRAPPED.get(method.params) not in served
    }

    # The clock is answered by the connection, ahead of everything.
    assert unserved == {"clock.sync", *PENDING}
    of_the_core = {
        command for command in HANDLERS if isinstance(command, type) and issubclass(command, RoomCommand)
    }
    assert of_the_core <= {method.params for method in METHODS.values()}
