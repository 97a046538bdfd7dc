"""
Presence: who is in the room.

A member is one user, however many connections carry them. Presence is told in batches
and as latest values (:mod:`roomserver.room.member_lists`).
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from protocol import limits
from protocol.commands import RoomLeave
from protocol.errors import ErrorCode, Rejected
from protocol.events import UserUpdated, WaitlistChanged
from protocol.results import Empty
from protocol.roles import Role
from protocol.values import User
from roomserver.room.booth import Ending, advance, wake
from roomserver.room.effects import Came, Effect, Opined, Outcome
from roomserver.room.inputs import Disconnected, Enter, ProfileChanged
from roomserver.room.member_lists import name_from_now, presence_changed, stands_out
from roomserver.room.registry import handles
from roomserver.room.state import Member as StateMember
from roomserver.room.state import Reservation, RoomState


@handles(Enter)
def enter(state: RoomState, actor: User, command: Enter, now: int) -> Outcome:
    """Take in a connection. A member who comes back within the grace has lost nothing."""
    member = state.members.get(actor.id)
    if member is None:
        _check_bans(state, actor, command.address_key, now)
        yielding = _check_door(state, actor, password_ok=command.password_ok)
        effects = [] if yielding is None else depart(state, yielding, now, change="drop")
        member = StateMember(user=actor, connections=0)
        state.let_in(member)
        # Clients still hold whoever left within this batch.
        is_held = state.batches.left.pop(actor.id, False)
        member.named = is_held or not state.is_big or stands_out(state, actor)
        state.batches.joined[actor.id] = None
        presence_changed(state, now)
        effects.append(Came(actor.id, entered=True, at_ms=now))
    else:
        effects = []
    member.connections += 1
    member.away_since = None
    state.away.pop(actor.id, None)
    if state.turn is not None:
        state.turn.listeners.add(actor.id)
    effects += wake(state, now)
    return Outcome(Empty(), effects)


def _check_bans(state: RoomState, user: User, address_key: bytes | None, now: int) -> None:
    ban = state.sanction("ban", user.id, now)
    until_ms = None if ban is None else ban.until_ms
    if ban is None:
        # A guest is a new user at every visit; the address is what they come back with.
        if user.kind != "guest" or address_key is None:
            return
        bans = state.banned_addresses.values()
        until_ms = max((until for key, until in bans if key == address_key), default=0)
        if until_ms <= now:
            return
    facts: dict[str, object] = {}
    if until_ms is not None:
        facts |= {"until_ms": until_ms, "retry_after_ms": until_ms - now}
    # Whoever else comes from a banned address is not told what somebody there has done.
    if ban is not None and ban.reason is not None:
        facts["reason"] = ban.reason
    raise Rejected(ErrorCode.BANNED, "expected somebody who is not banned here", **facts)


def _check_door(state: RoomState, user: User, *, password_ok: bool) -> StateMember | None:
    """Refuse who may not enter; return whose place in a full room they take, None where there is room."""
    if state.role_of(user) >= Role.RESIDENT:
        # Staff hold the keys, and must get in to mend a room that is full.
        return None
    if state.settings.password and not password_ok:
        raise Rejected(ErrorCode.WRONG_PASSWORD, "expected the room's password")
    if len(state.members) < state.settings.capacity:
        return None
    # A guest's grace keeps nothing but presence. Guests who come and go would fill a room
    # without being there, hence the one who has been away longest makes way.
    for user_id in state.away:
        if state.members[user_id].user.kind == "guest":
            return state.members[user_id]
    message = f"expected fewer than {state.settings.capacity} members, the room is full"
    raise Rejected(ErrorCode.ROOM_FULL, message, limit=state.settings.capacity)


@handles(RoomLeave)
def leave(state: RoomState, actor: User, _command: RoomLeave, now: int) -> Outcome:
    """Take out a connection; with the last one everything ends at once, without grace."""
    member = state.members.get(actor.id)
    if member is None:
        raise Rejected(ErrorCode.NOT_IN_ROOM, f"expected a member of {state.info.slug}")
    if member.connections > 1:
        member.connections -= 1
        return Outcome(Empty(), [])
    effects = depart(state, member, now, change="leave")
    if state.reservations.pop(actor.id, None) is not None:
        effects.append(Opined())
    return Outcome(Empty(), effects)


@handles(Disconnected)
def disconnected(state: RoomState, _actor: User, command: Disconnected, now: int) -> Outcome:
    """Note a lost connection; with the last one the grace begins."""
    member = state.members.get(command.user_id)
    if member is not None and member.connections:
        member.connections -= 1
        if not member.connections:
            member.away_since = now
            state.away[command.user_id] = now
    return Outcome(Empty(), [])


def expire_grace(state: RoomState, now: int) -> list[Effect]:
    """Let those go whose grace is over."""
    effects: list[Effect] = []
    over = [user_id for user_id, since in state.away.items() if since + state.tuning.grace_ms <= now]
    # The DJ last: the turn must not pass to somebody whose own grace is over as well.
    for user_id in sorted(over, key=state.is_dj):
        _reserve(state, user_id, now)
        effects += depart(state, state.members[user_id], now, change="drop")
    return effects


def _reserve(state: RoomState, user_id: str, now: int) -> None:
    """Keep the place of somebody whose grace is over; a DJ's is the one cycling would give."""
    user, until_ms = state.members[user_id].user, now + limits.RESERVED_MS
    position = state.position_of(user_id)
    if state.turn is not None and state.is_dj(user_id):
        kept = Reservation(user, len(state.waitlist), until_ms, state.turn.playlist_id)
    elif position is not None:
        place = state.waitlist[position]
        kept = Reservation(user, position, until_ms, place.playlist_id, place.media)
    else:
        return
    state.reservations[user_id] = kept


def expire_reservations(state: RoomState, now: int) -> list[Effect]:
    """Forget whose place was kept for long enough, and what they would have played."""
    over = [user_id for user_id, kept in state.reservations.items() if kept.until_ms <= now]
    for user_id in over:
        del state.reservations[user_id]
    return [Opined()] if over else []


def depart(
    state: RoomState,
    member: StateMember,
    now: int,
    *,
    change: Literal["leave", "drop", "remove"],
    ending: Ending | None = None,
) -> list[Effect]:
    """
    Take a member out of room, waitlist and booth at once; a leaving DJ causes exactly one advance.

    ``ending`` is how their play ends: who puts them out and why; by default it is the member who goes.
    """
    user = member.user
    put_out_by = None if ending is None else ending.by
    state.let_out(user.id)
    state.away.pop(user.id, None)
    state.active_at_ms.pop(user.id, None)
    state.warned.pop(user.id, None)
    state.batches.joined.pop(user.id, None)
    state.batches.left[user.id] = member.named
    presence_changed(state, now)
    effects: list[Effect] = [Came(user.id, entered=False, at_ms=now)]
    position = state.position_of(user.id)
    if position is not None:
        del state.waitlist[position]
        state.decks.pop(user.id, None)
        waitlist = state.waiting_users()
        actor = put_out_by or user
        effects.append(
            state.tell(
                WaitlistChanged, now, actor, waitlist=waitlist, change=change, user=user, by=put_out_by
            )
        )
    if state.is_dj(user.id):
        effects += advance(state, now, ending or Ending("left", user))
    return effects


@handles(ProfileChanged)
def profile_changed(state: RoomState, actor: User, command: ProfileChanged, now: int) -> Outcome:
    """Give a user the new public fields everywhere the room names them."""
    user = command.user
    if not _is_known(state, user.id):
        return Outcome(Empty(), [])
    told = state.tell(UserUpdated, now, actor, user=user)
    _rename(state, user)
    name_from_now(state, user, now)
    return Outcome(Empty(), [told])


def _is_known(state: RoomState, user_id: str) -> bool:
    return (
        user_id in state.members
        or user_id in state.staff
        or state.is_dj(user_id)
        or any(message.user.id == user_id for message in state.chat)
    )


def _rename(state: RoomState, user: User) -> None:
    if (member := state.members.get(user.id)) is not None:
        state.rename(member, user)
    if user.id in state.staff:
        state.staff[user.id] = (user, state.staff[user.id][1])
    if state.turn is not None and state.is_dj(user.id):
        state.turn.play = replace(state.turn.play, dj=user)
    state.waitlist[:] = [w._replace(user=user) if w.user.id == user.id else w for w in state.waitlist]
    state.chat[:] = [replace(m, user=user) if m.user.id == user.id else m for m in state.chat]
    if (reserved := state.reservations.get(user.id)) is not None:
        state.reservations[user.id] = reserved._replace(user=user)
    for key, sanction in state.sanctions.items():
        if user.id in {sanction.user.id, sanction.by.id}:
            who = user if sanction.user.id == user.id else sanction.user
            by = user if sanction.by.id == user.id else sanction.by
            state.sanctions[key] = replace(sanction, user=who, by=by)
