"""Moderation: mutes, kicks and bans, rank-safe, timed and reversible."""

from __future__ import annotations

from msgspec.structs import replace

from protocol import commands, limits
from protocol.commands import ModList
from protocol.errors import ErrorCode, Rejected
from protocol.events import (
    MemberBanned,
    MemberKicked,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    MemberWaitlistBanned,
    MemberWaitlistUnbanned,
    RoomClosed,
    RoomEvent,
    WaitlistChanged,
)
from protocol.results import Empty, SanctionsResult
from protocol.roles import Action
from protocol.values import Sanction, SanctionKind, User
from roomserver.room.booth import Ending, advance
from roomserver.room.effects import Direct, Effect, Expelled, Lifted, Noted, Outcome, Sanctioned
from roomserver.room.inputs import Moderate
from roomserver.room.presence import depart
from roomserver.room.registry import handles
from roomserver.room.rules import said
from roomserver.room.state import RoomState

_LIFTED: dict[SanctionKind, type[RoomEvent]] = {
    "mute": MemberUnmuted,
    "ban": MemberUnbanned,
    "waitlist_ban": MemberWaitlistUnbanned,
}


_SHADOW = "shadow"
"""What the log says of a mute that only staff know of, and of its end."""


@handles(Moderate)
def moderate(state: RoomState, actor: User, order: Moderate, now: int) -> Outcome:
    """Carry out a ``mod.*`` command on somebody of a lower role."""
    order = _with_clean_reason(order)
    match order.command:
        case commands.ModMute():
            return _mute(state, actor, order.command, order.target, now)
        case commands.ModKick():
            return _kick(state, actor, order.command, order.target, now)
        case commands.ModBan():
            return _ban(state, actor, order, now)
        case commands.ModWaitlistBan():
            return _ban_from_waitlist(state, actor, order.command, order.target, now)
        case commands.ModUnmute():
            state.require(actor, Action.MUTE)
            return _lift(state, actor, "mute", order.target, now)
        case commands.ModUnban():
            state.require(actor, Action.BAN)
            return _lift(state, actor, "ban", order.target, now)
        case commands.ModWaitlistUnban():
            state.require(actor, Action.BAN_FROM_WAITLIST)
            return _lift(state, actor, "waitlist_ban", order.target, now)


def _with_clean_reason(order: Moderate) -> Moderate:
    given = getattr(order.command, "reason", None)
    return order if given is None else order._replace(command=replace(order.command, reason=said(given)))


def _mute(state: RoomState, actor: User, command: commands.ModMute, target: User, now: int) -> Outcome:
    state.require(actor, Action.MUTE)
    state.require_outranks(actor, target)
    until_ms = now + command.duration_ms
    sanction = Sanction(
        user=target,
        kind="mute",
        until_ms=until_ms,
        by=actor,
        at_ms=now,
        reason=command.reason,
        shadow=command.shadow,
    )
    state.sanctions["mute", target.id] = sanction
    effects: list[Effect] = [Sanctioned(sanction, None)]
    if command.shadow:
        # One that told anybody would be none: it stands in the log that staff read.
        effects.append(
            Noted(MemberMuted.wire, actor, now, target, _SHADOW, until_ms=until_ms, reason=command.reason)
        )
    else:
        told = state.tell(
            MemberMuted, now, actor, user=target, until_ms=until_ms, by=actor, reason=command.reason
        )
        effects += (told, state.tell_you(target, now, reason="muted"))
    return Outcome(Empty(), effects)


def _kick(state: RoomState, actor: User, command: commands.ModKick, target: User, now: int) -> Outcome:
    state.require(actor, Action.KICK)
    state.require_outranks(actor, target)
    if target.id not in state.members:
        raise Rejected(ErrorCode.NOT_FOUND, "expected a member of the room", field="user")
    told = state.tell(MemberKicked, now, actor, user=target, by=actor, reason=command.reason)
    closed = RoomClosed(room=state.info.id, reason="kicked", note=command.reason)
    return Outcome(Empty(), [told, *_put_out(state, target, now, closed, actor)])


def _put_out(state: RoomState, target: User, now: int, closed: RoomClosed, by: User) -> list[Effect]:
    """End a user's presence, booth and waitlist at once, without grace or reservation."""
    effects: list[Effect] = [Direct(target.id, closed), Expelled(target.id)]
    member = state.members.get(target.id)
    if member is not None:
        effects += depart(state, member, now, change="remove", ending=Ending("left", by, closed.note))
    state.reservations.pop(target.id, None)
    return effects


def _ban(state: RoomState, actor: User, order: Moderate, now: int) -> Outcome:
    command, target = order.command, order.target
    assert isinstance(command, commands.ModBan), "only bans come here"
    is_short = command.duration_ms is not None and command.duration_ms <= limits.SHORT_BAN_MS
    until_ms = None if command.duration_ms is None else now + command.duration_ms
    lifts = _ends_later(state.sanction("ban", target.id, now), until_ms)
    # A shorter ban in place of a longer one is an unban.
    state.require(actor, Action.BAN_SHORT if is_short and not lifts else Action.BAN)
    state.require_outranks(actor, target)
    sanction = Sanction(
        user=target, kind="ban", until_ms=until_ms, by=actor, at_ms=now, reason=command.reason
    )
    state.sanctions["ban", target.id] = sanction
    address_key = _address_to_ban(state, order, now)
    if address_key is not None:
        longest = now + limits.GUEST_BAN_MS
        until_there = longest if until_ms is None else min(until_ms, longest)
        state.banned_addresses[target.id] = (address_key, until_there)
    told = state.tell(
        MemberBanned, now, actor, user=target, by=actor, until_ms=until_ms, reason=command.reason
    )
    closed = RoomClosed(room=state.info.id, reason="banned", until_ms=until_ms, note=command.reason)
    effects = [Sanctioned(sanction, address_key), told, *_put_out(state, target, now, closed, actor)]
    return Outcome(Empty(), effects)


def _address_to_ban(state: RoomState, order: Moderate, now: int) -> bytes | None:
    """Return where a guest comes from: of one who is not here, what the ban that this one replaces covers."""
    if order.target.kind != "guest":
        return None
    known, until_ms = state.banned_addresses.get(order.target.id, (None, 0))
    return order.address_key or (known if until_ms > now else None)


def _ends_later(ban: Sanction | None, until_ms: int | None) -> bool:
    if ban is None or until_ms is None:
        return False
    return ban.until_ms is None or ban.until_ms > until_ms


def _ban_from_waitlist(
    state: RoomState, actor: User, command: commands.ModWaitlistBan, target: User, now: int
) -> Outcome:
    state.require(actor, Action.BAN_FROM_WAITLIST)
    state.require_outranks(actor, target)
    until_ms = None if command.duration_ms is None else now + command.duration_ms
    sanction = Sanction(
        user=target, kind="waitlist_ban", until_ms=until_ms, by=actor, at_ms=now, reason=command.reason
    )
    state.sanctions["waitlist_ban", target.id] = sanction
    state.reservations.pop(target.id, None)
    told = state.tell(
        MemberWaitlistBanned, now, actor, user=target, by=actor, until_ms=until_ms, reason=command.reason
    )
    effects: list[Effect] = [Sanctioned(sanction, None), told]
    position = state.position_of(target.id)
    if position is not None:
        del state.waitlist[position]
        state.decks.pop(target.id, None)
        waitlist = state.waiting_users()
        effects.append(
            state.tell(WaitlistChanged, now, actor, waitlist=waitlist, change="remove", user=target, by=actor)
        )
    if state.is_dj(target.id):
        effects += advance(state, now, Ending("left", actor, command.reason))
    effects.append(state.tell_you(target, now, reason="waitlist_banned"))
    return Outcome(Empty(), effects)


def _lift(state: RoomState, actor: User, kind: SanctionKind, target: User, now: int) -> Outcome:
    state.require_outranks(actor, target)
    sanction = state.sanction(kind, target.id, now)
    if sanction is None:
        raise Rejected(ErrorCode.NOT_FOUND, f"expected a user with a {kind}", field="user")
    del state.sanctions[kind, target.id]
    if kind == "ban":
        state.banned_addresses.pop(target.id, None)
    effects: list[Effect] = [Lifted(kind, target.id)]
    if sanction.shadow:
        effects.append(Noted(_LIFTED[kind].wire, actor, now, target, _SHADOW))
    else:
        effects.append(state.tell(_LIFTED[kind], now, actor, user=target, by=actor))
    if kind == "mute" and not sanction.shadow:
        effects.append(state.tell_you(target, now, reason="unmuted"))
    return Outcome(Empty(), effects)


@handles(ModList)
def sanctions(state: RoomState, actor: User, command: ModList, now: int) -> Outcome:
    """List who is muted or banned now, the newest first."""
    state.require(actor, Action.READ_MOD_LOG)
    found = [
        sanction
        for (kind, user_id), sanction in state.sanctions.items()
        if kind == command.kind and state.sanction(kind, user_id, now) is not None
    ]
    found.sort(key=lambda sanction: -sanction.at_ms)
    return Outcome(SanctionsResult(sanctions=found), [])
