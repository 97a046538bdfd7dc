"""
Attention: who waits without a sign of life, and switches somebody forgot.

Guard times and AFK removal need no command: they have deadlines, and happen at the tick.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from protocol import limits
from protocol.events import WaitlistChanged, WaitlistSettings
from protocol.results import Empty
from protocol.values import User
from roomserver.room.effects import Effect, Outcome
from roomserver.room.inputs import StoodStill
from roomserver.room.registry import handles
from roomserver.room.state import RoomState


def note_activity(state: RoomState, user_id: str, now: int) -> None:
    """Note that a member did something."""
    if user_id in state.members:
        state.active_at_ms[user_id] = now
        state.warned.pop(user_id, None)


@handles(StoodStill)
def stood_still(state: RoomState, _actor: User, command: StoodStill, now: int) -> Outcome:
    """Give back the time for which nobody could be heard: graces and signs of life are that much younger."""
    for user_id, since in state.away.items():
        state.away[user_id] = state.members[user_id].away_since = min(now, since + command.for_ms)
    for user_id, at in state.active_at_ms.items():
        state.active_at_ms[user_id] = min(now, at + command.for_ms)
    for user_id, due_at in state.warned.items():
        state.warned[user_id] = due_at + command.for_ms
    return Outcome(Empty(), [])


def _afk_deadlines(state: RoomState) -> list[tuple[int, str]]:
    """Return for each waiting user when the next step is due: the warning, then the removal."""
    afk_ms = state.settings.rules.afk_ms
    if not afk_ms:
        return []
    warn_after = max(0, afk_ms - limits.AFK_WARNING_MS)
    return [
        (state.warned.get(user.id, state.active_at_ms.get(user.id, 0) + warn_after), user.id)
        for user in state.waiting_users()
    ]


class Attention(NamedTuple):
    """When something is due that no command brings, and who puts it off by a sign of life."""

    at_ms: int | None
    user_id: str | None = None


def attention_deadline(state: RoomState) -> Attention:
    """Return when somebody must be warned or removed, or a switch goes back."""
    rules, settings = state.settings.rules, state.settings
    due = [Attention(at, user_id) for at, user_id in _afk_deadlines(state)]
    if settings.locked and rules.lock_max_ms:
        due.append(Attention(state.locked_at_ms + rules.lock_max_ms))
    if not settings.cycle and rules.cycle_off_max_ms:
        due.append(Attention(state.cycle_off_at_ms + rules.cycle_off_max_ms))
    return min(due, key=lambda one: one.at_ms or 0, default=Attention(None))


def remove_afk(state: RoomState, now: int) -> list[Effect]:
    """Warn and remove who waits without a sign of life."""
    effects: list[Effect] = []
    for due_at, user_id in _afk_deadlines(state):
        if due_at > now:
            continue
        position = state.position_of(user_id)
        assert position is not None, "only those who wait have a deadline"
        user = state.waitlist[position].user
        if user_id not in state.warned:
            # The removal counts from the warning, however late that came: nobody goes without one.
            state.warned[user_id] = now + limits.AFK_WARNING_MS
            effects.append(state.tell_you(user, now, reason="afk_warning"))
            continue
        del state.waitlist[position]
        state.decks.pop(user_id, None)
        state.warned.pop(user_id, None)
        waitlist = state.waiting_users()
        effects += (
            state.tell(WaitlistChanged, now, user, waitlist=waitlist, change="drop", user=user),
            state.tell_you(user, now, reason="afk"),
        )
    return effects


def switch_back(state: RoomState, now: int) -> list[Effect]:
    """Unlock, and cycle again, when the guard time is over."""
    settings, rules = state.settings, state.settings.rules
    locked, cycle = settings.locked, settings.cycle
    if locked and rules.lock_max_ms and now >= state.locked_at_ms + rules.lock_max_ms:
        locked = False
    if not cycle and rules.cycle_off_max_ms and now >= state.cycle_off_at_ms + rules.cycle_off_max_ms:
        cycle = True
    if (locked, cycle) == (settings.locked, settings.cycle):
        return []
    state.settings = replace(settings, locked=locked, cycle=cycle)
    told = state.tell(WaitlistSettings, now, locked=locked, cycle=cycle, by=None)
    return [state.settings_changed(), told]
