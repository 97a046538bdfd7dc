"""Settings and staff: what a room says of itself, and who runs it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict, replace

from protocol import limits
from protocol.commands import RulesUpdate
from protocol.errors import ErrorCode, Rejected
from protocol.events import RoomUpdated, StaffChanged
from protocol.results import Empty, StaffResult
from protocol.roles import Action, Role, may_grant
from protocol.text import checked_text
from protocol.values import Member, Rules, User
from roomserver.room.booth import wake
from roomserver.room.effects import Appointed, Effect, Outcome
from roomserver.room.inputs import Appoint, Transfer, Update
from roomserver.room.member_lists import name_from_now
from roomserver.room.registry import handles
from roomserver.room.state import RoomState

_TEXTS = {
    "name": limits.ROOM_NAME_CHARS,
    "description": limits.ROOM_DESCRIPTION_CHARS,
    "welcome": limits.ROOM_WELCOME_CHARS,
}
_RULES = ("private", "capacity", "waitlist_cap", "slow_mode_ms", "guests_chat", "chat_ttl_ms")


@handles(Update)
def update(state: RoomState, actor: User, command: Update, now: int) -> Outcome:
    """Change the room's texts and rules; only what differs is told."""
    state.require(actor, Action.EDIT_ROOM)
    order = command.command
    texts: dict[str, Any] = {
        field: text
        for field in _TEXTS
        if (given := getattr(order, field)) is not None
        and (text := checked_text(given, _TEXTS[field], field)) != getattr(state.info, field)
    }
    if texts.get("name") == "":
        raise Rejected(ErrorCode.BAD_PARAMS, "expected a name, got only white space", field="name")
    rules = _wanted_rules(state, command)
    if "chat_ttl_ms" in rules:
        _check_chat_ttl(state, rules["chat_ttl_ms"], command, now)
    if not texts and not rules:
        return Outcome(Empty(), [])
    if "rules" in rules and rules["rules"].afk_ms != state.settings.rules.afk_ms:
        state.warned.clear()
    state.info = replace(state.info, **texts)
    state.settings = replace(state.settings, **rules)
    if "chat_ttl_ms" in rules:
        state.chat_ttl_set_at_ms = now
    if order.password is not None:
        state.password_hash = command.password_hash
    if order.fallback is not None:
        state.fallback_playlist, state.fallback = order.fallback or None, command.fallback
        state.fallback_next = 0
    told = state.tell(RoomUpdated, now, actor, by=actor, **texts, **rules)
    return Outcome(Empty(), [state.settings_changed(), told, *wake(state, now)])


def _wanted_rules(state: RoomState, command: Update) -> dict[str, Any]:
    """Return the settings that the order changes, with their new values."""
    order = command.command
    rules: dict[str, Any] = {
        field: value
        for field in _RULES
        if (value := getattr(order, field)) is not None and value != getattr(state.settings, field)
    }
    if (rules_now := _changed_rules(state, order.rules)) is not None:
        rules["rules"] = rules_now
    if order.password is not None and (order.password or state.settings.password):
        rules["password"] = bool(order.password)
    if order.fallback is not None and (order.fallback or state.settings.fallback):
        rules["fallback"] = bool(order.fallback)
    return rules


def _check_chat_ttl(state: RoomState, wanted_ms: int, command: Update, now: int) -> None:
    """Hold a choice against what the operator allows, and against the last one."""
    at_least, at_most = command.chat_ttl_range_ms
    if wanted_ms >= 0 and not at_least <= wanted_ms <= at_most:
        message = f"expected -1 or {at_least} to {at_most} ms, got {wanted_ms}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="chat_ttl_ms", min=at_least, max=at_most)
    wait = state.chat_ttl_set_at_ms + limits.CHAT_TTL_PAUSE_MS - now
    if wait > 0:
        message = f"expected {limits.CHAT_TTL_PAUSE_MS} ms between choices, {wait} ms to go"
        raise Rejected(ErrorCode.RATE_LIMITED, message, retry_after_ms=wait)


def _changed_rules(state: RoomState, wanted: RulesUpdate | None) -> Rules | None:
    """Return the rules after a change, None when nothing differs."""
    if wanted is None:
        return None
    given = {field: value for field, value in asdict(wanted).items() if value is not None}
    if 0 < given.get("afk_ms", 0) < limits.AFK_MIN_MS:
        # The warning comes a minute ahead: below two, each sign of life would bring the next.
        message = f"expected 0 or at least {limits.AFK_MIN_MS} ms, got {given['afk_ms']}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="rules.afk_ms")
    changed = replace(state.settings.rules, **given)
    return None if changed == state.settings.rules else changed


@handles(Transfer)
def transfer(state: RoomState, actor: User, command: Transfer, now: int) -> Outcome:
    """Make another account the host; whoever was becomes a cohost."""
    state.require(actor, Action.OWN_ROOM)
    heir = command.user
    if heir.kind != "user":
        message = f"expected a user's account, got a {heir.kind}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="user")
    if state.sanction("ban", heir.id, now) is not None:
        raise Rejected(
            ErrorCode.BANNED, "expected a host who may enter, got somebody who is banned", field="user"
        )
    result = StaffResult(member=Member(user=heir, role="host"))
    hosts = [user for user, role in state.staff.values() if role is Role.HOST]
    if any(user.id == heir.id for user in hosts):
        return Outcome(result, [])
    effects: list[Effect] = []
    for user, role in [*((host, Role.COHOST) for host in hosts), (heir, Role.HOST)]:
        state.staff.pop(user.id, None)
        state.staff[user.id] = (user, role)
        effects += (
            Appointed(user.id, role),
            state.tell(StaffChanged, now, actor, user=user, role=role.wire, by=actor),
            state.tell_you(user, now),
        )
        name_from_now(state, user, now)
    return Outcome(result, effects)


@handles(Appoint)
def appoint(state: RoomState, actor: User, command: Appoint, now: int) -> Outcome:
    """Grant a role below the own to somebody below the own role; ``user`` takes it away."""
    mine = state.require(actor, Action.SET_STAFF)
    target = command.user
    role = Role.from_wire(command.command.role)
    if target.kind in {"guest", "admin"}:
        message = f"expected an account, got a {target.kind}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="user")
    state.require_outranks(actor, target)
    if state.role_of(target) is Role.HOST:
        # Also not by an administrator: a room must not be left without one.
        raise Rejected(ErrorCode.HIGHER_ROLE, "expected room.transfer for a host", field="user")
    if not may_grant(mine, role):
        message = f"expected a role below {mine.wire}, got {role.wire}"
        raise Rejected(ErrorCode.HIGHER_ROLE, message, field="role")
    result = StaffResult(member=Member(user=target, role=role.wire))
    if state.role_of(target) == role:
        return Outcome(result, [])
    if role is Role.USER:
        state.staff.pop(target.id)
    else:
        # A changed role goes to the end, as the reducer of the clients does it.
        state.staff.pop(target.id, None)
        state.staff[target.id] = (target, role)
    told = state.tell(StaffChanged, now, actor, user=target, role=role.wire, by=actor)
    name_from_now(state, target, now)
    appointed = Appointed(target.id, None if role is Role.USER else role)
    return Outcome(result, [appointed, told, state.tell_you(target, now)])
