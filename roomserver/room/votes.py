"""Votes and grabs: what the room thinks of a play."""

from __future__ import annotations

from protocol.commands import VoteCast
from protocol.errors import ErrorCode, Rejected
from protocol.events import VoteTally
from protocol.results import Empty, GrabResult
from protocol.roles import Action
from protocol.values import User, You
from roomserver.room.booth import require_current
from roomserver.room.effects import Effect, Grabbed, Latest, Outcome, Voted
from roomserver.room.inputs import Grab
from roomserver.room.machine import Trigger
from roomserver.room.registry import handles
from roomserver.room.state import RoomState, Turn


def _require_other_dj(state: RoomState, user: User) -> None:
    if state.is_dj(user.id):
        raise Rejected(ErrorCode.OWN_PLAY, "expected somebody else's play, got the own one")


def _voted(state: RoomState, turn: Turn, user: User, now: int) -> Voted:
    value = turn.votes.get(user.id, 0)
    state.batches.votes[user.id] = value
    if state.batches.tally_due_ms is None:
        state.batches.tally_due_ms = now + state.tuning.tally_ms
    return Voted(turn.play.id, user.id, value, user.id in turn.grabs, now)


@handles(VoteCast)
def cast(state: RoomState, actor: User, command: VoteCast, now: int) -> Outcome:
    """Record a vote; a second vote replaces the first, and 0 takes it back."""
    state.require(actor, Action.VOTE)
    turn = require_current(state, command.play_id, Trigger.VOTE)
    _require_other_dj(state, actor)
    if turn.votes.get(actor.id, 0) == command.value:
        return Outcome(Empty(), [])
    if command.value:
        turn.votes[actor.id] = command.value
    else:
        del turn.votes[actor.id]
    return Outcome(Empty(), [_voted(state, turn, actor, now)])


@handles(Grab)
def grab(state: RoomState, actor: User, command: Grab, now: int) -> Outcome:
    """Copy the current media to a playlist of the caller; counts once per user and play."""
    state.require(actor, Action.GRAB)
    turn = require_current(state, command.command.play_id, Trigger.GRAB)
    _require_other_dj(state, actor)
    if command.problem is not None:
        raise command.problem
    effects: list[Effect] = []
    if command.added:
        effects.append(Grabbed(command.playlist_id, command.item_id, turn.play.media))
    if actor.id not in turn.grabs:
        turn.grabs.add(actor.id)
        effects.append(_voted(state, turn, actor, now))
    return Outcome(GrabResult(playlist_id=command.playlist_id, added=command.added), effects)


def tally(state: RoomState) -> VoteTally | None:
    """Return the current score with everyone's vote, as the join result tells it."""
    if state.turn is None:
        return None
    score = state.turn.score()
    return VoteTally(
        room=state.info.id,
        play_id=state.turn.play.id,
        woots=score.woots,
        mehs=score.mehs,
        grabs=score.grabs,
        changed=list(state.turn.votes.items()),
    )


def tell_tally(state: RoomState, now: int) -> list[Effect]:
    """Tell the votes that changed since the last time, when that is due."""
    batches = state.batches
    if batches.tally_due_ms is None or now < batches.tally_due_ms:
        return []
    assert state.turn is not None, "the end of a play clears its pending tally"
    batches.tally_due_ms = None
    score = state.turn.score()
    event = VoteTally(
        room=state.info.id,
        play_id=state.turn.play.id,
        woots=score.woots,
        mehs=score.mehs,
        grabs=score.grabs,
        changed=list(batches.votes.items()),
    )
    batches.votes.clear()
    return [Latest(event)]


def you(state: RoomState, user: User, now: int) -> You:
    """Return a user's own standing."""
    turn = state.turn
    return You(
        role=state.role_of(user).wire,
        muted_until_ms=state.muted_until_ms(user.id, now),
        waitlist_position=state.position_of(user.id),
        vote=None if turn is None else turn.votes.get(user.id),
        grabbed=turn is not None and user.id in turn.grabs,
    )
