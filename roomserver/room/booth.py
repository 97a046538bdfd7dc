"""
The booth: who plays, when it starts, and what follows.

:func:`advance` is the only place where a play begins or ends, so that whatever ends one
(its duration, a skip, a leaving DJ, the grace) causes exactly one ``play.started`` or
``play.stopped``.
"""

from __future__ import annotations

from protocol.commands import BoothLeave, BoothSkip
from protocol.errors import ErrorCode, Rejected
from protocol.events import BoothLeaving, PlaylistCycled, PlayStarted, PlayStopped, WaitlistChanged
from protocol.media import span_ms
from protocol.results import Empty, SkipResult
from protocol.roles import Action
from protocol.values import EndReason, Media, Play, Previous, User
from roomserver.room.effects import Direct, Effect, ItemCycled, Outcome, PlayBegan, PlayEnded
from roomserver.room.inputs import Deck, DeckRead
from roomserver.room.machine import Phase, Trigger, after
from roomserver.room.registry import handles
from roomserver.room.rules import key_of, media_refusal, said
from roomserver.room.state import RoomState, Turn, Waiting


class Ending:
    """How a play ends: the reason, who caused it and why they say so."""

    __slots__ = ("by", "end", "note", "requeue_at")

    def __init__(
        self, end: EndReason, by: User | None = None, note: str | None = None, requeue_at: int | None = None
    ) -> None:
        self.end: EndReason = end
        self.by = by
        self.note = note
        self.requeue_at = requeue_at


FINISHED = Ending("finished")

ANNOUNCE_MIN_MS = 1000
"""A play is announced at least this long before it starts, however late the server wakes."""


def advance(state: RoomState, now: int, ending: Ending, lead_ms: int | None = None) -> list[Effect]:
    """
    End the current play, if any, and begin the next one, if any.

    The announcement comes ahead, so that there is no gap and everybody starts together;
    ``lead_ms`` says how long, by default what :func:`_starts_at` finds right.
    """
    effects: list[Effect] = []
    previous, ended = None, state.turn
    starts_at = _starts_at(state, now, ending) if lead_ms is None else now + lead_ms
    stops_at = now if ended is None else min(starts_at, ended.play.ends_at_ms)
    if ended is not None:
        previous = _end_turn(state, now, ending, effects)
    turn = _next_turn(state, now, starts_at, effects)
    state.batches.cue = state.batches.cue_due_ms = None
    if turn is None:
        return [*effects, _stop(state, now, ending, previous, stops_at)]
    goes_on = _goes_on(ended, turn)
    if goes_on:
        assert ended is not None, "a turn goes on from another"
        turn.nth = ended.nth + 1
    state.phase = after(state.phase, Trigger.FILL if turn.play.dj is None else Trigger.TURN)
    state.turn = turn
    if turn.play.dj is not None:
        state.recent.append((key_of(turn.play.media), starts_at))
        if not goes_on:
            _move_up(state)
    effects.append(PlayBegan(turn.play))
    started = state.tell(
        PlayStarted, now, turn.play.dj, play=turn.play, waitlist=state.waiting_users(), previous=previous
    )
    effects.append(started)
    return effects


def _starts_at(state: RoomState, now: int, ending: Ending) -> int:
    """
    Return when the next play starts: when the finished one is over, or a lead-in from now.

    The planned end counts, not the instant at which the server woke up for it, so that a
    busy server shifts nothing; only when it is too late to tell everybody the start moves.
    """
    tuning = state.tuning
    if state.turn is None:
        return now + tuning.lead_in_ms
    if ending.end != "finished":
        return now + tuning.skip_lead_ms
    in_time = now + min(ANNOUNCE_MIN_MS, tuning.lead_in_ms)
    ends_at = state.turn.play.ends_at_ms
    return ends_at if ends_at >= in_time else now + tuning.lead_in_ms


def _stop(state: RoomState, now: int, ending: Ending, previous: Previous | None, stops_at_ms: int) -> Effect:
    waitlist = state.waiting_users()
    if state.phase is Phase.EMPTY:
        # Somebody's turn came in an empty booth and they had nothing the room plays.
        return state.tell(WaitlistChanged, now, waitlist=waitlist, change="drop")
    state.phase = after(state.phase, Trigger.STOP)
    return state.tell(
        PlayStopped, now, ending.by, waitlist=waitlist, previous=previous, stops_at_ms=stops_at_ms
    )


def _goes_on(ended: Turn | None, turn: Turn) -> bool:
    """Say whether a DJ plays on in the same turn, as against coming round again."""
    if ended is None or ended.play.dj is None or turn.play.dj is None:
        return False
    return ended.play.dj.id == turn.play.dj.id and ended.is_going_on


def _move_up(state: RoomState) -> None:
    """Move reserved places up by the turn that began."""
    for user_id, reserved in state.reservations.items():
        state.reservations[user_id] = reserved._replace(position=max(0, reserved.position - 1))


def _end_turn(state: RoomState, now: int, ending: Ending, effects: list[Effect]) -> Previous:
    turn = state.turn
    assert turn is not None, "only a current play can end"
    score = turn.score()
    effects.append(
        PlayEnded(
            play_id=turn.play.id,
            ended_at_ms=_ended_at(turn.play, now, ending),
            end=ending.end,
            by=None if ending.by is None else ending.by.id,
            reason=ending.note,
            woots=score.woots,
            mehs=score.mehs,
            grabs=score.grabs,
            listeners=score.listeners,
        )
    )
    state.turn = None
    began = (key_of(turn.play.media), turn.play.started_at_ms)
    if now <= turn.play.started_at_ms and state.recent and state.recent[-1] == began:
        # Nobody has heard any of it: playing it again is no repetition.
        state.recent.pop()
    state.batches.votes.clear()
    state.batches.tally_due_ms = None
    state.batches.skip = state.batches.skip_due_ms = None
    _requeue(state, turn, ending)
    dj = turn.play.dj
    if dj is not None and state.position_of(dj.id) is None:
        state.decks.pop(dj.id, None)
    return Previous(
        play_id=turn.play.id,
        woots=score.woots,
        mehs=score.mehs,
        grabs=score.grabs,
        listeners=score.listeners,
        end=ending.end,
        by=ending.by,
        reason=ending.note,
    )


def _ended_at(play: Play, now: int, ending: Ending) -> int:
    """Return when a play was over: at its end, or when it was cut, which may be in its lead-in."""
    return play.ends_at_ms if ending.end == "finished" else min(now, play.ends_at_ms)


def _requeue(state: RoomState, turn: Turn, ending: Ending) -> None:
    dj = turn.play.dj
    if dj is None or dj.id not in state.members or ending.end == "left":
        return
    place = Waiting(dj, turn.playlist_id)
    if not _has_media(state, place):
        return
    state.warned.pop(dj.id, None)
    if ending.requeue_at is not None:
        state.waitlist.insert(ending.requeue_at, place)
    elif ending.end == "finished" and _has_encore(state, turn):
        turn.is_going_on = True
        state.waitlist.insert(0, place)
    elif state.settings.cycle and not turn.leave_after_play:
        # Alone with cycling on, the same DJ is the waitlist, and continues.
        state.waitlist.append(place)


def _has_encore(state: RoomState, turn: Turn) -> bool:
    return turn.nth < state.settings.rules.plays_per_turn and not turn.leave_after_play


def media_of(state: RoomState, place: Waiting) -> Media | None:
    """Return what a place would play."""
    if place.media is not None:
        return place.media
    deck = state.decks.get(place.user.id)
    return deck.items[0].media if deck is not None and deck.items else None


def _has_media(state: RoomState, place: Waiting) -> bool:
    return media_of(state, place) is not None


def _next_turn(state: RoomState, now: int, starts_at: int, effects: list[Effect]) -> Turn | None:
    while state.waitlist:
        place = state.waitlist.pop(0)
        media = media_of(state, place)
        refused = None if media is None else media_refusal(state, media, starts_at)
        if media is not None and refused is None:
            return _turn_of(state, place, starts_at, effects)
        # An empty playlist or refused media at one's turn: passed over, told why, keeps no place.
        deck = state.decks.pop(place.user.id, None)
        if refused is not None and place.media is None and deck is not None:
            # The refused item makes way, or it would stand at the top for ever.
            effects += _cycled(place.user.id, deck)
        reason = ErrorCode.NO_MEDIA if refused is None else refused.code
        effects.append(state.tell_you(place.user, now, reason=reason.value))
    if state.fallback and _anybody_here(state):
        media = state.fallback[state.fallback_next % len(state.fallback)]
        state.fallback_next = (state.fallback_next + 1) % len(state.fallback)
        return _turn(state, media, None, starts_at)
    return None


def _turn_of(state: RoomState, place: Waiting, starts_at: int, effects: list[Effect]) -> Turn:
    if place.media is not None:
        return _turn(state, place.media, place.user, starts_at)
    deck = state.decks[place.user.id]
    item = deck.items[0]
    state.decks[place.user.id] = deck.cycled()
    effects += _cycled(place.user.id, deck)
    turn = _turn(state, item.media, place.user, starts_at)
    turn.playlist_id = place.playlist_id
    return turn


def _cycled(user_id: str, deck: Deck) -> tuple[Effect, ...]:
    """Send a deck's top to its playlist's end, and tell its owner."""
    return (
        ItemCycled(user_id, deck.playlist_id, deck.items[0].id),
        Direct(user_id, PlaylistCycled(playlist_id=deck.playlist_id)),
    )


def _turn(state: RoomState, media: Media, dj: User | None, starts_at: int) -> Turn:
    position, duration = span_ms(media)
    cue = state.batches.cue
    is_cued = cue is not None and (cue.dj, cue.media) == (dj, media)
    play = Play(
        id=cue.play_id if cue is not None and cue.play_id is not None and is_cued else state.new_id(),
        dj=dj,
        media=media,
        started_at_ms=starts_at,
        duration_ms=duration,
        position_ms=position,
        velocity=1.0,
    )
    listeners = {user_id for user_id, member in state.members.items() if member.connections}
    return Turn(play=play, listeners=listeners)


def _anybody_here(state: RoomState) -> bool:
    return len(state.members) > len(state.away)


def wake(state: RoomState, now: int) -> list[Effect]:
    """Start the fallback playlist when somebody is here and the booth is empty."""
    if state.turn is None and state.fallback and _anybody_here(state):
        return advance(state, now, FINISHED, lead_ms=state.tuning.wake_ms)
    return []


def next_up(state: RoomState) -> tuple[User | None, Media] | None:
    """Return who and what follows the current play if nothing changes until its end; nobody: the fallback."""
    turn = state.turn
    at_ms = 0 if turn is None else turn.play.ends_at_ms
    for place in _line(state):
        media = media_of(state, place)
        if media is not None and media_refusal(state, media, at_ms) is None:
            return place.user, media
    if state.fallback and _anybody_here(state):
        return None, state.fallback[state.fallback_next % len(state.fallback)]
    return None


def _line(state: RoomState) -> list[Waiting]:
    """Return the waitlist as it will be when the current play has finished."""
    turn = state.turn
    if turn is None or turn.play.dj is None or turn.play.dj.id not in state.members:
        return state.waitlist
    place = Waiting(turn.play.dj, turn.playlist_id)
    if _has_encore(state, turn):
        return [place, *state.waitlist]
    if state.settings.cycle and not turn.leave_after_play:
        return [*state.waitlist, place]
    return state.waitlist


def booth_deadline(state: RoomState) -> int | None:
    """
    Return when the current play makes way.

    With a next one that is a lead-in before the end, so that the start is announced ahead
    and there is no gap; with nobody next the play runs to its end.
    """
    if state.turn is None:
        return None
    play = state.turn.play
    if next_up(state) is not None:
        return max(play.started_at_ms, play.ends_at_ms - state.tuning.lead_in_ms)
    return play.ends_at_ms


def finish(state: RoomState, now: int) -> list[Effect]:
    """Advance when the current play has made way."""
    deadline = booth_deadline(state)
    if deadline is None or now < deadline:
        return []
    return advance(state, now, FINISHED)


def require_current(state: RoomState, play_id: str, trigger: Trigger) -> Turn:
    """
    Return the current turn when ``play_id`` names it.

    Raises:
        Rejected: ``stale_play`` with the current play's id, nil when there is none.

    """
    after(state.phase, trigger, play_id=None)
    turn = state.turn
    assert turn is not None, f"the booth is {state.phase} without a play"
    if turn.play.id != play_id:
        message = f"expected the current play {turn.play.id}, got {play_id}"
        raise Rejected(ErrorCode.STALE_PLAY, message, play_id=turn.play.id)
    return turn


@handles(BoothSkip)
def skip(state: RoomState, actor: User, command: BoothSkip, now: int) -> Outcome:
    """End a play now. Naming the play makes a second skip of it an error, never a skip of the next."""
    own = state.is_dj(actor.id)
    state.require(actor, Action.PLAY if own else Action.SKIP_OTHERS)
    turn = require_current(state, command.play_id, Trigger.SKIP)
    dj = turn.play.dj
    if dj is not None and not own:
        state.require_outranks(actor, dj)
    if command.requeue_at is not None and own:
        # The own place in the waitlist is a gift of staff, else a DJ would never leave the booth.
        state.require(actor, Action.MOVE_IN_WAITLIST)
    effects = advance(state, now, Ending("skipped", actor, said(command.reason), command.requeue_at))
    return Outcome(SkipResult(play_id=None if state.turn is None else state.turn.play.id), effects)


@handles(BoothLeave)
def leave(state: RoomState, actor: User, command: BoothLeave, now: int) -> Outcome:
    """Step down now, which ends the play, or after it."""
    state.require(actor, Action.PLAY)
    if not state.is_dj(actor.id):
        raise Rejected(ErrorCode.NOT_WAITING, "expected the DJ, got somebody who does not play")
    after(state.phase, Trigger.LEAVE)
    turn = state.turn
    assert turn is not None, "a DJ has a play"
    if not command.after_play and not command.on:
        message = "expected on: false only with after_play: true"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="on")
    if not command.after_play:
        return Outcome(Empty(), advance(state, now, Ending("left", actor)))
    if turn.leave_after_play == command.on:
        return Outcome(Empty(), [])
    turn.leave_after_play = command.on
    return Outcome(Empty(), [state.tell(BoothLeaving, now, actor, after_play=command.on, user=actor)])


@handles(DeckRead)
def deck_read(state: RoomState, _actor: User, command: DeckRead, _now: int) -> Outcome:
    """Take in what a user would play next; of no interest for those who neither wait nor play."""
    concerned = state.position_of(command.user_id) is not None or state.is_dj(command.user_id)
    if command.deck is None or not concerned:
        state.decks.pop(command.user_id, None)
    else:
        state.decks[command.user_id] = command.deck
    return Outcome(Empty(), [])
