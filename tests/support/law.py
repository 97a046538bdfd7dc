"""What holds of a room after every step, whatever was done to it."""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from msgspec.structs import replace

from protocol import codec, limits
from protocol.events import EVENTS, PlayCue, PlayStarted, PlayStopped, Snapshot
from protocol.reducer import apply, recent
from protocol.values import SanctionKind
from roomserver.room.booth import next_up
from roomserver.room.effects import Direct, Effect, Latest, PlayBegan, PlayEnded, Told
from roomserver.room.machine import Phase
from tests.support.rooms import Bench, advances

_V = TypeVar("_V")


class Ledger:
    """A client of a room that checks the laws of its stream on everything the room says."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.seq = bench.state.seq
        self.reduced: list[Snapshot] = []
        self.began: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.cue: PlayCue | None = None
        self.keep_snapshot()

    def keep_snapshot(self) -> None:
        """Start one more client at this point of the stream, with what a join hands out."""
        snapshot = self.bench.room.snapshot(self.bench.now)
        self.reduced.append(_over_the_wire(snapshot, Snapshot))

    def take_in(self, effects: list[Effect]) -> None:
        """Check one outcome and hand its events to every client."""
        assert len(advances(effects)) <= 1, "expected at most one advance"
        for effect in effects:
            if isinstance(effect, PlayBegan):
                self.began[effect.play.id] += 1
            elif isinstance(effect, PlayEnded):
                assert effect.play_id in self.began, "a play ended that never began"
                self.ended[effect.play_id] += 1
            elif isinstance(effect, Told | Latest | Direct):
                self._hear(effect)
        self._check_plays()
        self._check_snapshots()

    def _hear(self, effect: Told | Latest | Direct) -> None:
        event = _over_the_wire(effect.event, EVENTS[effect.event.wire])
        if isinstance(effect, Told):
            self.seq += 1
            assert self.seq == effect.event.seq, "seq rises by exactly 1"
        if isinstance(event, PlayCue):
            self.cue = None if event.media is None else event
        elif isinstance(event, PlayStarted | PlayStopped):
            if isinstance(event, PlayStarted):
                self._check_announced(event)
            self.cue = None
        if not isinstance(effect, Direct):
            self.reduced = [apply(snapshot, event) for snapshot in self.reduced]

    def _check_announced(self, event: PlayStarted) -> None:
        """A cued play keeps what was said of it, unless another comes instead."""
        if self.cue is not None and self.cue.play_id == event.play.id:
            assert (event.play.dj, event.play.media) == (self.cue.dj, self.cue.media)

    def _check_plays(self) -> None:
        assert not [play_id for play_id, times in self.began.items() if times != 1]
        assert not [play_id for play_id, times in self.ended.items() if times != 1]
        open_plays = [play_id for play_id in self.began if play_id not in self.ended]
        turn = self.bench.state.turn
        assert open_plays == ([] if turn is None else [turn.play.id])

    def _check_snapshots(self) -> None:
        now = self.bench.now
        expected = self.bench.room.snapshot(now)
        assert self.cue == self.bench.room.cue(), "who enters is told another cue than who is here"
        pending = self.bench.state.batches.tally_due_ms is not None
        for kept in self.reduced:
            seen = recent(kept, now)
            if pending:
                # A tally is told in batches: until it is, a client is a beat behind.
                seen = replace(seen, votes=expected.votes)
            assert expected == seen, "snapshot@k plus events is not snapshot@n"


def _over_the_wire(value: _V, shape: type[_V]) -> _V:
    """Return what a client reads of a value, which must be all of it."""
    [[_, _, wire]] = codec.decode(codec.encode_event("any", value), max_bytes=2**20, nesting=16)
    read = codec.read(wire, shape)
    assert value == read
    return read


def _in_force(bench: Bench) -> list[tuple[SanctionKind, str]]:
    sanctions = bench.state.sanctions
    return [key for key in sanctions if bench.state.sanction(*key, bench.now) is not None]


def assert_sound(bench: Bench) -> None:
    """The room's data contradicts itself nowhere."""
    state = bench.state
    waiting, dj = bench.waiting, state.dj
    assert len(waiting) == len(set(waiting)), "a user waits twice"
    assert dj is None or dj.id not in waiting, "a user both waits and plays"
    assert dj is not None or not waiting, "somebody waits for a free booth"
    concerned = {*waiting, *([] if dj is None else [dj.id])}
    assert concerned <= set(state.members), "somebody waits or plays and is not here"
    assert set(state.decks) <= concerned, "a deck is kept of somebody who neither waits nor plays"
    assert set(state.active_at_ms) <= set(state.members)
    assert not concerned & set(state.reservations), "a place is reserved for somebody who has one"
    kept_out = {user_id for kind, user_id in _in_force(bench) if kind == "ban"}
    assert not kept_out & {*state.members, *concerned, *state.reservations}, "somebody banned is here"
    unfit = {user_id for kind, user_id in _in_force(bench) if kind == "waitlist_ban"}
    assert not unfit & {*concerned, *state.reservations}, "somebody plays in spite of a waitlist ban"
    away = {user_id for user_id, member in state.members.items() if not member.connections}
    assert away == set(state.away)
    assert {user_id: state.members[user_id].away_since for user_id in away} == state.away
    assert list(state.away.values()) == sorted(state.away.values())
    assert (state.turn is None) == (state.phase is Phase.EMPTY)
    assert (dj is not None) == (state.phase is Phase.PLAYING)
    _assert_cued(bench)
    assert len(state.chat) <= limits.CHAT_REPLAY_MESSAGES
    assert bench.room.members().population == len(state.members)


def _assert_cued(bench: Bench) -> None:
    """What comes next is announced in time, and the announcement holds; or it is about to be told."""
    state, cue = bench.state, bench.room.cue()
    if state.turn is None:
        assert cue is None, "a cue without a play"
    elif state.batches.cue_due_ms is None:
        assert (None if cue is None else (cue.dj, cue.media)) == next_up(state), "the cue is stale"
