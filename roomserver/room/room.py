"""The room core's front: one room, fed with commands and told the time."""

from __future__ import annotations

from typing import Any

from protocol.commands import ChatSend, VoteCast
from protocol.events import PlayCue, SkipTally, Snapshot, VoteTally
from protocol.reducer import recent
from protocol.values import Members, StaffMember, User, You

# The theme modules register their handlers on import.
from roomserver.room import (
    attention,
    booth,
    chat,
    cue,
    erasure,
    eta,
    fallback,
    member_lists,
    moderation,
    presence,
    rules,
    settings,
    skips,
    votes,
    waitlist,
)
from roomserver.room.attention import Attention
from roomserver.room.effects import Effect, Outcome
from roomserver.room.inputs import (
    DeckRead,
    Delete,
    Disconnected,
    Erase,
    FallbackRead,
    Grab,
    ProfileChanged,
    Reply,
    StoodStill,
)
from roomserver.room.registry import HANDLERS
from roomserver.room.state import RoomState

THEMES = (
    attention,
    booth,
    chat,
    cue,
    erasure,
    eta,
    fallback,
    member_lists,
    moderation,
    presence,
    rules,
    settings,
    skips,
    votes,
    waitlist,
)

_NO_ACTIVITY = {Disconnected, DeckRead, Erase, FallbackRead, ProfileChanged, StoodStill}
"""Inputs that no person's hand caused."""

_KEEPS_DURATIONS = {ChatSend, Reply, VoteCast, Grab, Delete}
"""The frequent inputs that touch neither waitlist nor decks."""


class Room:
    """
    State and rules of one room.

    Feed inputs to :meth:`handle`; apply the effects it returns in order, then arm a timer
    for :meth:`deadline` and call :meth:`tick` when it is due. A room never waits, never
    reads a clock, and draws ids only from the factory in its state.

    """

    def __init__(self, state: RoomState) -> None:
        self.state = state
        self._attention: Attention | None = None
        """When somebody must be warned or a switch goes back, as far as that is known."""
        self._now = 0
        """The latest instant seen: time never goes back inside a room."""

    def handle(self, actor: User, command: Any, now: int) -> Outcome:
        """
        Apply a command fully, or reject it having changed nothing.

        ``command`` is a wire command that needs no facts beside it, or one of
        :mod:`roomserver.room.inputs`; ``now`` is the server's clock in milliseconds.

        Raises:
            Rejected: with the code and facts of the wire error.

        """
        self._now = max(self._now, now)
        outcome = HANDLERS[type(command)](self.state, actor, command, self._now)
        if type(command) not in _NO_ACTIVITY:
            attention.note_activity(self.state, actor.id, self._now)
        if type(command) in _KEEPS_DURATIONS:
            if self._attention is not None and actor.id == self._attention.user_id:
                self._attention = None
        else:
            self._attention = None
            eta.note_durations(self.state, self._now)
            cue.note_cue(self.state, self._now)
            skips.note_listeners(self.state, self._now)
        return outcome

    def tick(self, now: int) -> list[Effect]:
        """Do what is due: pass the turn on, let go whose grace is over, tell batches."""
        self._now = now = max(self._now, now)
        self._attention = None
        effects = presence.expire_grace(self.state, now)
        effects += presence.expire_reservations(self.state, now)
        effects += attention.switch_back(self.state, now)
        effects += attention.remove_afk(self.state, now)
        effects += booth.finish(self.state, now)
        effects += skips.tell_skip_tally(self.state, now)
        # Once more: a DJ who came round again may be without a sign of life for long.
        effects += attention.remove_afk(self.state, now)
        skips.note_listeners(self.state, now)
        eta.note_durations(self.state, now)
        effects += eta.tell_durations(self.state, now)
        effects += cue.tell_cue(self.state, now)
        effects += votes.tell_tally(self.state, now)
        effects += member_lists.tell_presence(self.state, now)
        return effects

    def deadline(self) -> int | None:
        """Return the instant at which :meth:`tick` has something to do; None when nothing is pending."""
        state = self.state
        if self._attention is None:
            # Looks at everyone who waits, but a message of somebody else leaves it as it is.
            self._attention = attention.attention_deadline(state)
        instants = [
            booth.booth_deadline(state),
            state.batches.tally_due_ms,
            state.batches.presence_due_ms,
            state.batches.skip_due_ms,
            state.batches.durations_due_ms,
            state.batches.cue_due_ms,
            self._attention.at_ms,
        ]
        if state.away:
            instants.append(next(iter(state.away.values())) + state.tuning.grace_ms)
        if state.reservations:
            instants.append(next(iter(state.reservations.values())).until_ms)
        return min((instant for instant in instants if instant is not None), default=None)

    def snapshot(self, now: int) -> Snapshot:
        """Return what the room durably is at its ``seq``, with the chat of the last minutes."""
        state = self.state
        whole = Snapshot(
            room=state.info,
            settings=state.settings,
            booth=state.booth(),
            waitlist=state.waiting_users(),
            votes=state.votes(),
            chat=list(state.chat),
            staff=[StaffMember(user=user, role=role.wire) for user, role in state.staff.values()],
        )
        return recent(whole, max(self._now, now))

    def members(self) -> Members:
        """Return who is here."""
        return member_lists.members(self.state)

    def tally(self) -> VoteTally | None:
        """Return the current score with everyone's vote."""
        return votes.tally(self.state)

    def durations(self) -> list[int | None]:
        """Return how long the next play of each waiting user takes."""
        return eta.durations(self.state)

    def cue(self) -> PlayCue | None:
        """Return what comes next, as far as it was told."""
        return cue.current(self.state)

    def skip_tally(self) -> SkipTally | None:
        """Return how far the vote to skip is."""
        return skips.skip_tally(self.state)

    def you(self, user: User, now: int) -> You:
        """Return a user's own standing."""
        return votes.you(self.state, user, now)
