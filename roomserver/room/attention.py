"""
Attention: who waits without a sign of life, and switches somebody forgot.

Guard times and AFK removal need no command: they have deadlines, and happen at the tick.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import limits
from protocol.events import WaitlistChanged, WaitlistSettings
from roomserver.room.effects import Effect
from roomserver.room.state import RoomState


def note_activity(state: RoomState, user_id: str, now: int) -> None:
    """Note that a member did something."""
    if user_id in state.members:
        state.active_at_ms[user_id] = now
        state.warned.pop(user_id, None)


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


def attention_deadline(state: RoomState) -> int | None:
    """Return when somebody must be warned or removed, or a switch goes back."""
    instants = [at for at, _ in _afk_deadlines(state)]
    rules, settings = state.settings.rules, state.settings
    if settings.locked and rules.lock_max_ms:
        instants.append(state.locked_at_ms + rules.lock_max_ms)
    if not settings.cycle and rules.cycle_off_max_ms:
        instants.append(state.cycle_off_at_ms + rules.cycle_off_max_ms)
    return min(instants, default=None)


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
