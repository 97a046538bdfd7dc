"""The waitlist: who plays next, and who may change that."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from protocol.commands import (
    WaitlistClear,
    WaitlistCycle,
    WaitlistLeave,
    WaitlistLock,
    WaitlistMove,
    WaitlistRemove,
)
from protocol.errors import ErrorCode, Rejected
from protocol.events import WaitlistChanged, WaitlistSettings
from protocol.results import Empty, WaitingResult
from protocol.roles import Action, Role, may
from protocol.values import Media, User
from roomserver.room.booth import Ending, advance
from roomserver.room.effects import Effect, Opined, Outcome, Told
from roomserver.room.inputs import Deck, QueueOther, QueueUp, Return
from roomserver.room.member_lists import name_from_now
from roomserver.room.registry import handles
from roomserver.room.rules import media_refusal, require_age
from roomserver.room.state import RoomState, Waiting

_Change = Literal["join", "leave", "add", "remove", "move", "clear", "drop"]


def _changed(
    state: RoomState, now: int, change: _Change, user: User | None = None, by: User | None = None
) -> Told:
    actor = by if by is not None else user
    waitlist = state.waiting_users()
    return state.tell(WaitlistChanged, now, actor, waitlist=waitlist, change=change, user=user, by=by)


def _require_place(state: RoomState, user: User, deck: Deck | None, once: Media | None, now: int) -> None:
    ban = state.sanction("waitlist_ban", user.id, now)
    if ban is not None:
        wait = {} if ban.until_ms is None else {"retry_after_ms": ban.until_ms - now}
        raise Rejected(ErrorCode.WAITLIST_BANNED, "expected a user without a waitlist ban", **wait)
    require_age(state, user, "dj_age_ms", now)
    if state.position_of(user.id) is not None or state.is_dj(user.id):
        raise Rejected(ErrorCode.ALREADY_WAITING, "expected somebody who neither waits nor plays")
    if len(state.waitlist) >= state.settings.waitlist_cap:
        cap = state.settings.waitlist_cap
        raise Rejected(ErrorCode.WAITLIST_FULL, f"expected fewer than {cap} waiting", limit=cap)
    media = once or (deck.items[0].media if deck is not None and deck.items else None)
    if media is None:
        got = "no active playlist" if deck is None else "an empty playlist"
        raise Rejected(ErrorCode.NO_MEDIA, f"expected media or a playlist with items, got {got}")
    refused = media_refusal(state, media, now)
    if refused is not None:
        raise refused


def _enqueue(state: RoomState, now: int, place: Waiting, position: int | None, by: User | None) -> Outcome:
    state.reservations.pop(place.user.id, None)
    state.active_at_ms[place.user.id] = now
    state.warned.pop(place.user.id, None)
    if position is None:
        state.waitlist.append(place)
    else:
        state.waitlist.insert(position, place)
    name_from_now(state, place.user, now)
    if state.dj is None:
        # The booth is free, or only the fallback plays: the turn begins at once. Who had it begin is told.
        added = [] if by is None else [_changed(state, now, "add", place.user, by)]
        effects = [*added, *advance(state, now, Ending("replaced", by))]
    else:
        effects = [_changed(state, now, "join" if by is None else "add", place.user, by)]
    return Outcome(WaitingResult(position=state.position_of(place.user.id)), effects)


@handles(QueueUp)
def join(state: RoomState, actor: User, command: QueueUp, now: int) -> Outcome:
    """Queue up at the end; in an empty booth the turn begins at once."""
    role = state.require(actor, Action.WAIT)
    if state.settings.locked and not may(role, Action.WAIT_WHILE_LOCKED):
        raise Rejected(ErrorCode.WAITLIST_LOCKED, "expected at least resident while the waitlist is locked")
    media = command.command.media
    if command.deck is None and command.command.playlist_id is not None:
        raise Rejected(ErrorCode.NOT_FOUND, "expected a playlist of yours", field="playlist_id")
    _require_place(state, actor, command.deck, media, now)
    if command.deck is not None:
        state.decks[actor.id] = command.deck
    place = Waiting(actor, command.command.playlist_id, media)
    return _enqueue(state, now, place, position=None, by=None)


@handles(QueueOther)
def add(state: RoomState, actor: User, command: QueueOther, now: int) -> Outcome:
    """Queue up a member, at an index or at the end."""
    role = state.require(actor, Action.ADD_TO_WAITLIST)
    if state.settings.locked and not may(role, Action.ADD_WHILE_LOCKED):
        raise Rejected(ErrorCode.WAITLIST_LOCKED, "expected at least manager while the waitlist is locked")
    target = state.members.get(command.command.user)
    if target is None:
        raise Rejected(ErrorCode.NOT_FOUND, "expected a member of the room", field="user")
    if not may(state.role_of(target.user), Action.WAIT):
        raise Rejected(ErrorCode.FORBIDDEN, "expected a user, got a guest", needs=Role.USER.wire)
    _require_place(state, target.user, command.deck, None, now)
    assert command.deck is not None, "a place without media needs a deck"
    state.decks[target.user.id] = command.deck
    return _enqueue(state, now, Waiting(target.user), command.command.position, by=actor)


@handles(Return)
def come_back(state: RoomState, actor: User, command: Return, now: int) -> Outcome:
    """Give a reserved place back, moved up by the turns since; neither lock nor cap stand against it."""
    reserved = state.reservations.get(actor.id)
    waits = state.position_of(actor.id) is not None or state.is_dj(actor.id)
    if reserved is None or reserved.until_ms <= now or waits or actor.id not in state.members:
        return Outcome(Empty(), [])
    if reserved.media is None and (command.deck is None or not command.deck.items):
        del state.reservations[actor.id]
        return Outcome(Empty(), [Opined(), state.tell_you(actor, now, reason=ErrorCode.NO_MEDIA.value)])
    if command.deck is not None:
        state.decks[actor.id] = command.deck
    place = Waiting(actor, reserved.playlist_id, reserved.media)
    return _enqueue(state, now, place, reserved.position, by=None)._replace(result=Empty())


def _require_waiting(state: RoomState, user_id: str) -> int:
    position = state.position_of(user_id)
    if position is None:
        raise Rejected(ErrorCode.NOT_WAITING, "expected a user in the waitlist", field="user")
    return position


@handles(WaitlistLeave)
def leave(state: RoomState, actor: User, _command: WaitlistLeave, now: int) -> Outcome:
    """Give up the own place."""
    state.require(actor, Action.WAIT)
    del state.waitlist[_require_waiting(state, actor.id)]
    state.decks.pop(actor.id, None)
    return Outcome(Empty(), [_changed(state, now, "leave", actor)])


@handles(WaitlistRemove)
def remove(state: RoomState, actor: User, command: WaitlistRemove, now: int) -> Outcome:
    """Take somebody of a lower role out of the waitlist."""
    state.require(actor, Action.REMOVE_FROM_WAITLIST)
    position = _require_waiting(state, command.user)
    target = state.waitlist[position].user
    state.require_outranks(actor, target)
    del state.waitlist[position]
    state.decks.pop(target.id, None)
    effects: list[Effect] = [
        _changed(state, now, "remove", target, actor),
        state.tell_you(target, now, reason="removed"),
    ]
    return Outcome(Empty(), effects)


@handles(WaitlistMove)
def move(state: RoomState, actor: User, command: WaitlistMove, now: int) -> Outcome:
    """Move somebody to an index; past the end means the end."""
    state.require(actor, Action.MOVE_IN_WAITLIST)
    position = _require_waiting(state, command.user)
    target = min(command.position, len(state.waitlist) - 1)
    if target == position:
        return Outcome(WaitingResult(position=position), [])
    place = state.waitlist.pop(position)
    state.waitlist.insert(target, place)
    return Outcome(WaitingResult(position=target), [_changed(state, now, "move", place.user, actor)])


def _clear(state: RoomState, actor: User, now: int) -> list[Effect]:
    if not state.waitlist:
        return []
    gone = state.waiting_users()
    state.waitlist.clear()
    for user in gone:
        state.decks.pop(user.id, None)
    told = _changed(state, now, "clear", by=actor)
    return [told, *(state.tell_you(user, now, reason="cleared") for user in gone)]


@handles(WaitlistClear)
def clear(state: RoomState, actor: User, _command: WaitlistClear, now: int) -> Outcome:
    """Empty the waitlist; the current DJ stays."""
    state.require(actor, Action.CLEAR)
    return Outcome(Empty(), _clear(state, actor, now))


def _switch(state: RoomState, actor: User, now: int, *, locked: bool, cycle: bool) -> list[Effect]:
    if (locked, cycle) == (state.settings.locked, state.settings.cycle):
        return []
    if locked and not state.settings.locked:
        state.locked_at_ms = now
    if state.settings.cycle and not cycle:
        state.cycle_off_at_ms = now
    state.settings = replace(state.settings, locked=locked, cycle=cycle)
    return [
        state.settings_changed(),
        state.tell(WaitlistSettings, now, actor, locked=locked, cycle=cycle, by=actor),
    ]


@handles(WaitlistLock)
def lock(state: RoomState, actor: User, command: WaitlistLock, now: int) -> Outcome:
    """Lock or unlock; only ``clear: true`` empties the waitlist too."""
    state.require(actor, Action.LOCK)
    if command.clear:
        state.require(actor, Action.CLEAR)
    effects = _switch(state, actor, now, locked=command.on, cycle=state.settings.cycle)
    if command.clear:
        effects += _clear(state, actor, now)
    return Outcome(Empty(), effects)


@handles(WaitlistCycle)
def cycle(state: RoomState, actor: User, command: WaitlistCycle, now: int) -> Outcome:
    """Say whether DJs go back to the waitlist's end."""
    state.require(actor, Action.CYCLE)
    return Outcome(Empty(), _switch(state, actor, now, locked=state.settings.locked, cycle=command.on))
