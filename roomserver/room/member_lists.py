"""
Member lists: whom a room names, in join results and in batches.

A big room names only staff, DJs and waiting users, and whoever it has named before when they
go; a room that is no longer big names everybody who is here, once. Whoever applies all that is
told holds the right list.
"""

from __future__ import annotations

from collections.abc import Iterable

from protocol import limits
from protocol.events import RoomMembers
from protocol.roles import Role
from protocol.values import Member, Members, User
from roomserver.room.effects import Effect, Latest
from roomserver.room.state import RoomState


def name_from_now(state: RoomState, user: User, now: int) -> None:
    """Name a member whom even a big room names from now on: they wait, or have got a role."""
    member = state.members.get(user.id)
    if member is not None and state.is_big and stands_out(state, user):
        member.named = True
        state.batches.joined[user.id] = None
        presence_changed(state, now)


def presence_changed(state: RoomState, now: int) -> None:
    """Have it told soon that somebody came or went."""
    due_ms = now + presence_interval_ms(state)
    if state.batches.presence_due_ms is None or due_ms < state.batches.presence_due_ms:
        state.batches.presence_due_ms = due_ms


def presence_interval_ms(state: RoomState) -> int:
    """
    Return how long joins and leaves are gathered before everybody is told.

    In a big room in proportion to its size: told at an even pace, n joins would cost n²
    deliveries; so a room tells its presence to so many members a second and no more.
    """
    sizes = max(1, len(state.members) // state.tuning.big_room)
    return min(state.tuning.presence_ms * sizes, max(limits.PRESENCE_MAX_MS, state.tuning.presence_ms))


def tell_presence(state: RoomState, now: int) -> list[Effect]:
    """Tell who came and went since the last time, when that is due."""
    batches = state.batches
    if batches.presence_due_ms is None or now < batches.presence_due_ms:
        return []
    batches.presence_due_ms = None
    batches.version += 1
    is_complete = _name_everybody(state, now)
    population, guests = population_of(state)
    event = RoomMembers(
        room=state.info.id,
        version=batches.version,
        joined=[_as_told(state, user_id) for user_id in batches.joined if state.members[user_id].named],
        left=[user_id for user_id, was_named in batches.left.items() if was_named],
        population=population,
        guests=guests,
        complete=is_complete,
    )
    batches.joined.clear()
    batches.left.clear()
    return [Latest(event)]


def _name_everybody(state: RoomState, now: int) -> bool:
    """
    Let a room that is no longer big name everybody who is here; say whether it does.

    Those who entered while it was big know hardly anybody, and nobody knows them. A room that
    goes over the size and back again and again would tell its whole list each time, hence the pause.
    """
    batches = state.batches
    if not state.is_big or len(state.members) > state.tuning.big_room:
        return False
    if now < batches.list_due_ms:
        batches.presence_due_ms = batches.list_due_ms
        return False
    state.is_big = False
    batches.list_due_ms = now + limits.MEMBER_LIST_MS
    for member in state.members.values():
        member.named = True
    batches.joined = dict.fromkeys(state.members)
    return True


def _as_told(state: RoomState, user_id: str) -> Member:
    user = state.members[user_id].user
    return Member(user=user, role=state.role_of(user).wire)


def stands_out(state: RoomState, user: User) -> bool:
    """Say whether even a big room names a user: staff, DJ, or waiting."""
    return (
        state.role_of(user) >= Role.RESIDENT or state.is_dj(user.id) or state.position_of(user.id) is not None
    )


def population_of(state: RoomState) -> tuple[int, int]:
    """Count the members, and the guests among them."""
    return len(state.members), state.guests


def _whom_to_name(state: RoomState) -> Iterable[str]:
    """Return the members who may be named one by one; in a big room without a look at everybody."""
    if not state.is_big:
        return state.members
    playing = [] if state.dj is None else [state.dj]
    waiting = (user.id for user in (*playing, *state.waiting_users()))
    named = dict.fromkeys((*state.staff, *waiting, *state.admins))
    return [user_id for user_id in named if user_id in state.members]


def members(state: RoomState) -> Members:
    """Return who is here, as the join result tells it."""
    population, guests = population_of(state)
    named = [_as_told(state, user_id) for user_id in _whom_to_name(state)]
    return Members(version=state.batches.version, population=population, guests=guests, members=named)
