"""Erasure: a person leaves a room for good, and the room forgets them."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import replace

from protocol.events import RoomUpdated, StaffChanged, UserErased
from protocol.reducer import without_person
from protocol.results import Empty
from protocol.roles import Role
from protocol.values import BlockedMedia, Sanction, User
from roomserver.room.effects import Appointed, Blocked, Effect, Opined, Outcome
from roomserver.room.fallback import end_fallback
from roomserver.room.inputs import Erase, Unblock
from roomserver.room.presence import depart
from roomserver.room.registry import handles
from roomserver.room.state import RoomState

_V = TypeVar("_V")


@handles(Erase)
def erase(state: RoomState, actor: User, command: Erase, now: int) -> Outcome:
    """
    Take a user out of everything and tell the room to forget them.

    Leaving booth and waitlist is told as for anybody who leaves. A host's room goes to the
    first cohost, or else manager. Counted votes stay counted, and a ban of an address stands,
    both under the stand-in.
    """
    user_id, stand_in = command.user_id, command.stand_in
    effects: list[Effect] = []
    member = state.members.get(user_id)
    if member is not None:
        effects += depart(state, member, now, change="leave")
    effects += _pass_on(state, actor, user_id, now)
    effects += _unsay(state, actor, command, now)
    state.reservations.pop(user_id, None)
    state.spoke_at_ms.pop(user_id, None)
    state.chat[:] = without_person(state.chat, user_id)
    for key in [key for key in state.nonces if key[0] == user_id]:
        del state.nonces[key]
    _forget_sanctions(state, user_id, stand_in)
    _forget_opinions(state, user_id, stand_in.id)
    for place, entry in state.blocked.items():
        state.blocked[place] = _unblamed(entry, user_id, stand_in)
    effects += (state.tell(UserErased, now, None, user_id=user_id), Opined())
    return Outcome(Empty(), effects)


@handles(Unblock)
def unblock(state: RoomState, _actor: User, command: Unblock, _now: int) -> Outcome:
    """Take off the block-list what is gone, and the titles that are; what is left is refused as before."""
    effects: list[Effect] = []
    for key, entry in list(state.blocked.items()):
        if key in command.gone:
            del state.blocked[key]
            effects.append(Blocked(*key, None))
        elif (*key, entry.title) in command.untitled:
            state.blocked[key] = bare = replace(entry, title=command.instead)
            effects.append(Blocked(*key, bare))
    return Outcome(Empty(), effects)


def heir_of(state: RoomState, host_id: str) -> User | None:
    """Return who becomes the host when a host is erased; None where nobody does, or it is no host."""
    role = state.staff.get(host_id)
    if role is None or role[1] is not Role.HOST:
        return None
    for wanted in (Role.COHOST, Role.MANAGER):
        for user, held in state.staff.values():
            if held is wanted and user.id != host_id and user.kind != "bot":
                return user
    return None


def _pass_on(state: RoomState, actor: User, user_id: str, now: int) -> list[Effect]:
    """Take the user's role, and make an heir the host."""
    heir = heir_of(state, user_id)
    effects: list[Effect] = []
    if heir is not None:
        del state.staff[heir.id]
        state.staff[heir.id] = (heir, Role.HOST)
        told = state.tell(StaffChanged, now, actor, user=heir, role=Role.HOST.wire, by=actor)
        effects += (Appointed(heir.id, Role.HOST), told, state.tell_you(heir, now))
    if state.staff.pop(user_id, None) is not None:
        effects.append(Appointed(user_id, None))
    return effects


def _unsay(state: RoomState, actor: User, command: Erase, now: int) -> list[Effect]:
    """Take the user's words off the room, which is called by its address again, and their playlist."""
    empty = {"name": state.info.slug, "description": "", "welcome": ""}
    texts = {name: text for name, text in empty.items() if name in command.texts}
    changed: dict[str, Any] = {**texts}
    state.info = replace(state.info, **texts)
    if command.ends_fallback:
        end_fallback(state)
        changed["fallback"] = False
    if not changed:
        return []
    return [state.settings_changed(), state.tell(RoomUpdated, now, actor, by=actor, **changed)]


def _forget_sanctions(state: RoomState, user_id: str, stand_in: User) -> None:
    for (kind, whom), sanction in list(state.sanctions.items()):
        if whom == user_id:
            del state.sanctions[kind, whom]
            if kind == "ban" and user_id in state.banned_addresses:
                # Erasing a guest must not let them in again from the same address.
                state.banned_addresses[stand_in.id] = state.banned_addresses.pop(user_id)
                state.sanctions[kind, stand_in.id] = _blamed_on_nobody(sanction, user_id, stand_in)
        elif sanction.by.id == user_id:
            state.sanctions[kind, whom] = _blamed_on_nobody(sanction, user_id, stand_in)


def _blamed_on_nobody(sanction: Sanction, user_id: str, stand_in: User) -> Sanction:
    """Return a sanction without a person on either side of it, nor the words about them."""
    who = stand_in if sanction.user.id == user_id else sanction.user
    by = stand_in if sanction.by.id == user_id else sanction.by
    return replace(sanction, user=who, by=by, reason=None)


def _unblamed(entry: BlockedMedia, user_id: str, stand_in: User) -> BlockedMedia:
    return replace(entry, by=stand_in) if entry.by.id == user_id else entry


def _forget_opinions(state: RoomState, user_id: str, stand_in: str) -> None:
    """Keep what was counted, under the stand-in."""
    _renamed(state.batches.votes, user_id, stand_in)
    turn = state.turn
    if turn is None:
        return
    _renamed(turn.votes, user_id, stand_in)
    _renamed(turn.reports, user_id, stand_in)
    for voters in (turn.grabs, turn.listeners, turn.skip_votes):
        if user_id in voters:
            voters.discard(user_id)
            voters.add(stand_in)


def _renamed(values: dict[str, _V], before: str, after: str) -> None:
    if before in values:
        values[after] = values.pop(before)
