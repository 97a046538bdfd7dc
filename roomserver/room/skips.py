"""Skips by the many: votes to skip, and media that their players cannot play."""

from __future__ import annotations

import math

from protocol import limits
from protocol.commands import BoothVoteSkip, MediaReport
from protocol.errors import ErrorCode, Rejected
from protocol.events import SkipTally
from protocol.results import Empty
from protocol.roles import Action
from protocol.values import User
from roomserver.room.booth import Ending, advance, require_current
from roomserver.room.effects import Effect, Latest, Opined, Outcome
from roomserver.room.machine import Trigger
from roomserver.room.registry import handles
from roomserver.room.state import RoomState, Turn


def _players(state: RoomState) -> set[str]:
    """Return who listens with a player: connected members that are no bots."""
    return {
        user_id
        for user_id, member in state.members.items()
        if member.connections and member.user.kind != "bot"
    }


def skip_tally(state: RoomState) -> SkipTally | None:
    """Return how far the vote to skip is; None without a play or without the rule."""
    turn, rules = state.turn, state.settings.rules
    if turn is None or not rules.vote_skip_percent:
        return None
    # Guests cannot vote, and those whose player fails do not listen.
    eligible = {
        user_id
        for user_id in _players(state)
        if state.members[user_id].user.kind != "guest"
        and not state.is_dj(user_id)
        and user_id not in turn.reports
    }
    needed = max(rules.vote_skip_min, math.ceil(len(eligible) * rules.vote_skip_percent / 100))
    # The vote of somebody who does not listen does not count: they do not have to.
    votes = len(turn.skip_votes & eligible)
    return SkipTally(room=state.info.id, play_id=turn.play.id, votes=votes, needed=needed)


@handles(BoothVoteSkip)
def vote_skip(state: RoomState, actor: User, command: BoothVoteSkip, now: int) -> Outcome:
    """Vote to skip the current play, or take the vote back."""
    state.require(actor, Action.VOTE_SKIP)
    if not state.settings.rules.vote_skip_percent:
        raise Rejected(ErrorCode.FORBIDDEN, "expected a room where plays can be skipped by vote")
    turn = require_current(state, command.play_id, Trigger.SKIP)
    if state.is_dj(actor.id):
        raise Rejected(ErrorCode.OWN_PLAY, "expected somebody else's play: use booth.skip")
    if command.on == (actor.id in turn.skip_votes):
        return Outcome(Empty(), [])
    if command.on:
        turn.skip_votes.add(actor.id)
    else:
        turn.skip_votes.discard(actor.id)
    if state.batches.skip_due_ms is None:
        state.batches.skip_due_ms = now + state.tuning.tally_ms
    return Outcome(Empty(), [Opined(), *settle(state, now)])


def settle(state: RoomState, now: int) -> list[Effect]:
    """Skip the play when the many want it, or cannot play it."""
    tally = skip_tally(state)
    if tally is not None and tally.votes >= tally.needed:
        return advance(state, now, Ending("skipped", None, "vote"))
    turn = state.turn
    if turn is not None and _is_unplayable(state, turn):
        players = _players(state)
        problems = [problem for user_id, problem in turn.reports.items() if user_id in players]
        # Of equals the first: a set would not say the same twice.
        return advance(state, now, Ending("unplayable", None, max(problems, key=problems.count)))
    return []


def note_listeners(state: RoomState, now: int) -> None:
    """Have the vote told and settled soon, if who came or went changed where it stands."""
    turn, batches = state.turn, state.batches
    if turn is None or batches.skip_due_ms is not None or not (turn.skip_votes or turn.reports):
        return
    tally = skip_tally(state)
    if tally != batches.skip or _is_unplayable(state, turn):
        batches.skip_due_ms = now + state.tuning.tally_ms


def tell_skip_tally(state: RoomState, now: int) -> list[Effect]:
    """Skip the play or tell how far the vote is, when that is due."""
    if state.batches.skip_due_ms is None or now < state.batches.skip_due_ms:
        return []
    state.batches.skip_due_ms = None
    settled = settle(state, now)
    if settled:
        return settled
    tally = state.batches.skip = skip_tally(state)
    return [] if tally is None else [Latest(tally)]


@handles(MediaReport)
def report(state: RoomState, actor: User, command: MediaReport, now: int) -> Outcome:
    """Note that a player cannot play the media; a second report of one changes nothing."""
    state.require(actor, Action.REPORT_MEDIA)
    turn = require_current(state, command.play_id, Trigger.SKIP)
    if actor.id in turn.reports:
        return Outcome(Empty(), [])
    turn.reports[actor.id] = command.problem
    note_listeners(state, now)
    return Outcome(Empty(), [Opined(), *settle(state, now)])


def _is_unplayable(state: RoomState, turn: Turn) -> bool:
    players = _players(state)
    failing = turn.reports.keys() & players
    return len(players) >= limits.UNPLAYABLE_PLAYERS_MIN and 2 * len(failing) >= len(players)
