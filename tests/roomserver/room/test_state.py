"""Roles and permissions, every cell through real commands."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.roles import PERMISSIONS, Action, Role, may, may_grant, outranks
from protocol.values import Rules, Sanction, SanctionKind, User
from roomserver.room.inputs import (
    Appoint,
    Delete,
    Enter,
    Grab,
    Moderate,
    QueueOther,
    QueueUp,
    Transfer,
    Update,
)
from tests.support.people import BY_ROLE, PEERS, deck, person, song
from tests.support.rooms import ROOM, SETTINGS, Bench, assert_rejected, new_bench

ULF = person("Ulf")
VIC = person("Vic")
WENDY = person("Wendy")
DORA = person("Dora", "bot")
PLAY = "id-1"
"""The id of the room's first play."""


class Case(NamedTuple):
    """How an action is tried: the room it needs, and the command."""

    command: Callable[[User], Any]
    settings: dict[str, Any]
    prepare: Callable[[Bench, User], None] = lambda _bench, _actor: None


def _dora_plays(bench: Bench, _actor: User) -> None:
    bench.queue(DORA, deck("d"))
    bench.queue(WENDY, deck("w"))


def _actor_plays(bench: Bench, actor: User) -> None:
    # A guest never gets there; the refusal is about the role all the same.
    bench.queue(DORA if actor.kind == "guest" else actor, deck("own"))


def _actor_said(bench: Bench, actor: User) -> None:
    bench.do(actor, commands.ChatSend(room=ROOM, text="hi"))


def ordering(order: type[Any], target: User, **fields: Any) -> Moderate:
    """Return an order about somebody."""
    return Moderate(order(room=ROOM, user=target.id, **fields), target)


def lifting(order: type[Any], target: User) -> Case:
    """Return the case of lifting what somebody has."""

    def prepare(bench: Bench, _actor: User) -> None:
        # A ban puts its target out, hence Vic, whom no other case needs.
        imposing = {
            commands.ModUnmute: commands.ModMute,
            commands.ModUnban: commands.ModBan,
            commands.ModWaitlistUnban: commands.ModWaitlistBan,
        }[order]
        bench.do(BY_ROLE[Role.ADMIN], ordering(imposing, target, duration_ms=1000))

    return Case(lambda _: ordering(order, target), {}, prepare)


LOCKED = {"locked": True}
CASES: dict[Action, Case] = {
    Action.CHAT: Case(lambda _: commands.ChatSend(room=ROOM, text="hi"), {}),
    Action.CHAT_AS_GUEST: Case(lambda _: commands.ChatSend(room=ROOM, text="hi"), {"guests_chat": True}),
    Action.DELETE_OWN_MESSAGE: Case(
        lambda actor: Delete(commands.ChatDelete(room=ROOM, id="m"), actor, 1), {"guests_chat": True}
    ),
    Action.DELETE_MESSAGES: Case(lambda _: Delete(commands.ChatDelete(room=ROOM, id="m"), DORA, 1), {}),
    Action.DELETE_ALL_MESSAGES: Case(lambda _: Delete(commands.ChatDelete(room=ROOM, all=True), None, 1), {}),
    Action.VOTE: Case(lambda _: commands.VoteCast(room=ROOM, play_id=PLAY, value=1), {}, _dora_plays),
    Action.GRAB: Case(
        lambda _: Grab(commands.VoteGrab(room=ROOM, play_id=PLAY), "mine", "item", added=True),
        {},
        _dora_plays,
    ),
    Action.WAIT: Case(lambda _: QueueUp(commands.WaitlistJoin(room=ROOM), deck("a")), {}),
    Action.PLAY: Case(lambda _: commands.BoothLeave(room=ROOM, after_play=False), {}, _actor_plays),
    Action.SKIP_OTHERS: Case(lambda _: commands.BoothSkip(room=ROOM, play_id=PLAY), {}, _dora_plays),
    Action.ADD_TO_WAITLIST: Case(
        lambda _: QueueOther(commands.WaitlistAdd(room=ROOM, user=ULF.id), deck("u")), {}
    ),
    Action.REMOVE_FROM_WAITLIST: Case(
        lambda _: commands.WaitlistRemove(room=ROOM, user=WENDY.id), {}, _dora_plays
    ),
    Action.MOVE_IN_WAITLIST: Case(
        lambda _: commands.WaitlistMove(room=ROOM, user=WENDY.id, position=0), {}, _dora_plays
    ),
    Action.LOCK: Case(lambda _: commands.WaitlistLock(room=ROOM, on=True), {}),
    Action.CYCLE: Case(lambda _: commands.WaitlistCycle(room=ROOM, on=True), {}),
    Action.CLEAR: Case(lambda _: commands.WaitlistClear(room=ROOM), {}, _dora_plays),
    Action.EDIT_ROOM: Case(lambda _: Update(commands.RoomUpdate(room=ROOM, name="Hall"), None), {}),
    Action.SET_STAFF: Case(
        lambda _: Appoint(commands.StaffSet(room=ROOM, user=ULF.id, role="resident"), ULF), {}
    ),
    Action.VOTE_SKIP: Case(
        lambda _: commands.BoothVoteSkip(room=ROOM, play_id=PLAY, on=True),
        {"rules": Rules(vote_skip_percent=100)},
        _dora_plays,
    ),
    Action.REPORT_MEDIA: Case(
        lambda _: commands.MediaReport(room=ROOM, play_id=PLAY, problem="error"), {}, _dora_plays
    ),
    Action.BLOCK_MEDIA: Case(lambda _: commands.MediaBlock(room=ROOM, media=song("x"), on=True), {}),
    Action.MUTE: Case(lambda _: ordering(commands.ModMute, ULF, duration_ms=1000), {}),
    Action.KICK: Case(lambda _: ordering(commands.ModKick, ULF), {}),
    Action.BAN_SHORT: Case(lambda _: ordering(commands.ModBan, ULF, duration_ms=limits.SHORT_BAN_MS), {}),
    Action.BAN: Case(lambda _: ordering(commands.ModBan, ULF, duration_ms=None), {}),
    Action.BAN_FROM_WAITLIST: Case(lambda _: ordering(commands.ModWaitlistBan, ULF, duration_ms=None), {}),
    Action.READ_MOD_LOG: Case(lambda _: commands.ModList(room=ROOM, kind="ban"), {}),
    Action.OWN_ROOM: Case(lambda _: Transfer(commands.RoomTransfer(room=ROOM, user=ULF.id), ULF), {}),
}
"""How the core asks for each action. Those it asks for otherwise are in ``ELSEWHERE``."""

MORE_CASES: list[tuple[Action, Case]] = [
    (Action.BAN, Case(lambda _: ordering(commands.ModBan, ULF, duration_ms=limits.SHORT_BAN_MS + 1), {})),
    (Action.BAN, lifting(commands.ModUnban, VIC)),
    (Action.MUTE, lifting(commands.ModUnmute, VIC)),
    (Action.MUTE, Case(lambda _: ordering(commands.ModMute, ULF, duration_ms=1, shadow=True), {})),
    (Action.BAN_FROM_WAITLIST, lifting(commands.ModWaitlistUnban, VIC)),
    (Action.READ_MOD_LOG, Case(lambda _: commands.MediaBlocked(room=ROOM), {})),
]
"""Further ways in which the core asks for an action."""

ELSEWHERE = {
    Action.WATCH: "everyone who enters watches; test_watch",
    Action.WAIT_WHILE_LOCKED: "refused as waitlist_locked; test_waitlist.TestLocked",
    Action.ADD_WHILE_LOCKED: "refused as waitlist_locked; test_waitlist.TestLocked",
    Action.IGNORE_SLOW_MODE: "refused as slow_mode; test_chat.TestSlowMode",
    Action.MENTION_EVERYONE: "plain text below; test_chat.TestMentions",
}


def bench_for(settings: dict[str, Any]) -> Bench:
    """Return a room with a user of every role and three bystanders."""
    given = {**{name: getattr(SETTINGS, name) for name in SETTINGS.__struct_fields__}, **settings}
    return new_bench(*BY_ROLE.values(), ULF, VIC, WENDY, DORA, settings=type(SETTINGS)(**given))


def test_every_action_is_tried() -> None:
    """No action of the matrix is left out."""
    assert set(Action) == set(CASES) | set(ELSEWHERE)
    assert set(Action) == set(PERMISSIONS)


EVERY_CASE = [*CASES.items(), *MORE_CASES]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("action", "case"), EVERY_CASE, ids=[f"{action}" for action, _ in EVERY_CASE])
def test_permission(role: Role, action: Action, case: Case) -> None:
    """From its lowest role up an action is accepted; below, it is forbidden and says what it needs."""
    actor = BY_ROLE[role]
    bench = bench_for(case.settings)
    case.prepare(bench, actor)
    command = case.command(actor)
    if may(role, action):
        bench.do(actor, command)
    else:
        needs = PERMISSIONS[action].role.wire
        refused = assert_rejected(bench, actor, command, ErrorCode.FORBIDDEN, needs=needs)
        assert f"expected at least {needs}" in refused.message
        assert f"got {role.wire}" in refused.message


@pytest.mark.parametrize("action", CASES)
def test_strangers(action: Action) -> None:
    """Nobody does anything in a room they are not in, whatever their role elsewhere."""
    case = CASES[action]
    bench = bench_for(case.settings)
    case.prepare(bench, BY_ROLE[Role.USER])
    stranger = PEERS[Role.ADMIN]

    assert_rejected(bench, stranger, case.command(stranger), ErrorCode.NOT_IN_ROOM)


@pytest.mark.parametrize("role", Role)
def test_watch(role: Role) -> None:
    """Everybody may enter an open room."""
    bench = bench_for({})
    bench.do(PEERS[role], Enter(PEERS[role], password_ok=False))

    assert PEERS[role].id in bench.state.members


# The rank rule

STAFF_PEERS = {peer.id: (peer, role) for role, peer in PEERS.items() if Role.RESIDENT <= role < Role.ADMIN}
PAIRS = list(itertools.product([role for role in Role if role >= Role.BOUNCER], Role))
PLAYING_PAIRS = [(role, target) for role, target in PAIRS if target >= Role.USER]


def bench_of_equals() -> Bench:
    """Return a room with two users of every role."""
    bench = new_bench(*BY_ROLE.values(), *PEERS.values(), DORA)
    bench.state.staff.update(STAFF_PEERS)
    return bench


def assert_ranked(bench: Bench, role: Role, target: Role, command: Any) -> None:
    """The command is accepted against lower roles only."""
    if outranks(role, target):
        bench.do(BY_ROLE[role], command)
    else:
        refused = assert_rejected(bench, BY_ROLE[role], command, ErrorCode.HIGHER_ROLE)
        assert f"expected a role below {role.wire}, got {target.wire}" in refused.message


@pytest.mark.parametrize(("role", "target"), PLAYING_PAIRS)
def test_rank_of_removing(role: Role, target: Role) -> None:
    """Staff remove lower roles only from the waitlist."""
    bench = bench_of_equals()
    bench.queue(DORA, deck("d"))
    bench.queue(PEERS[target], deck("x"))

    assert_ranked(bench, role, target, commands.WaitlistRemove(room=ROOM, user=PEERS[target].id))


@pytest.mark.parametrize(("role", "target"), PLAYING_PAIRS)
def test_rank_of_skipping(role: Role, target: Role) -> None:
    """Staff skip lower roles only."""
    bench = bench_of_equals()
    bench.queue(PEERS[target], deck("x"))

    assert_ranked(bench, role, target, commands.BoothSkip(room=ROOM, play_id=bench.play.id))


@pytest.mark.parametrize(("role", "target"), PAIRS)
def test_rank_of_deleting(role: Role, target: Role) -> None:
    """Staff delete the words of lower roles only, one message or all of a user's."""
    one = commands.ChatDelete(room=ROOM, id="m")
    every = commands.ChatDelete(room=ROOM, user=PEERS[target].id)
    for command in (one, every):
        assert_ranked(bench_of_equals(), role, target, Delete(command, PEERS[target], 1))


IMPOSED: list[tuple[type[Any], dict[str, Any], Role]] = [
    (commands.ModMute, {"duration_ms": 1000}, Role.BOUNCER),
    (commands.ModKick, {}, Role.BOUNCER),
    (commands.ModBan, {"duration_ms": 1000}, Role.BOUNCER),
    (commands.ModBan, {"duration_ms": None}, Role.MANAGER),
    (commands.ModWaitlistBan, {"duration_ms": None}, Role.BOUNCER),
]


@pytest.mark.parametrize(("role", "target"), PAIRS)
@pytest.mark.parametrize(("order", "fields", "needs"), IMPOSED)
def test_rank_of_moderating(
    role: Role, target: Role, order: type[Any], fields: dict[str, Any], needs: Role
) -> None:
    """Staff mute, kick and ban lower roles only, and who may not at all is told that first."""
    bench = bench_of_equals()
    command = ordering(order, PEERS[target], **fields)
    if role < needs:
        assert_rejected(bench, BY_ROLE[role], command, ErrorCode.FORBIDDEN, needs=needs.wire)
    else:
        assert_ranked(bench, role, target, command)


@pytest.mark.parametrize(("role", "target"), PAIRS)
@pytest.mark.parametrize(
    ("kind", "order", "needs"),
    [
        ("mute", commands.ModUnmute, Role.BOUNCER),
        ("ban", commands.ModUnban, Role.MANAGER),
        ("waitlist_ban", commands.ModWaitlistUnban, Role.BOUNCER),
    ],
)
def test_rank_of_lifting(role: Role, target: Role, kind: SanctionKind, order: type[Any], needs: Role) -> None:
    """Staff lift what lower roles have."""
    bench, user = bench_of_equals(), PEERS[target]
    one = Sanction(user=user, kind=kind, until_ms=None, by=BY_ROLE[Role.ADMIN], at_ms=bench.now)
    bench.state.sanctions[kind, user.id] = one
    command = ordering(order, user)
    if role < needs:
        assert_rejected(bench, BY_ROLE[role], command, ErrorCode.FORBIDDEN, needs=needs.wire)
    else:
        assert_ranked(bench, role, target, command)


GRANTED = [Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER, Role.COHOST]


@pytest.mark.parametrize(("target", "granted"), list(itertools.product(PEERS, GRANTED)))
@pytest.mark.parametrize("role", [role for role in Role if role >= Role.MANAGER])
def test_rank_of_appointing(role: Role, target: Role, granted: Role) -> None:
    """Staff act on lower roles and grant lower roles; a host makes cohosts, an admin anything."""
    bench, user = bench_of_equals(), PEERS[target]
    command = Appoint(commands.StaffSet(room=ROOM, user=user.id, role=granted.wire), user)  # type: ignore[arg-type] # GRANTED holds what can be granted
    if target is Role.HOST and outranks(role, target):
        # Also not by an administrator: a room is not left without a host.
        refused = assert_rejected(bench, BY_ROLE[role], command, ErrorCode.HIGHER_ROLE)
        assert "room.transfer" in refused.message
    elif user.kind in {"guest", "admin"}:
        assert_rejected(bench, BY_ROLE[role], command, ErrorCode.BAD_PARAMS, field="user")
    elif outranks(role, target) and may_grant(role, granted):
        bench.do(BY_ROLE[role], command)
        assert granted == bench.state.role_of(user)
    else:
        assert_rejected(bench, BY_ROLE[role], command, ErrorCode.HIGHER_ROLE)


def test_oneself() -> None:
    """Nobody promotes or demotes oneself."""
    mia = BY_ROLE[Role.MANAGER]
    command = Appoint(commands.StaffSet(room=ROOM, user=mia.id, role="user"), mia)

    assert_rejected(bench_of_equals(), mia, command, ErrorCode.HIGHER_ROLE)


def test_own_message_of_anybody() -> None:
    """The own message can be deleted although nobody outranks oneself."""
    bench = bench_for({"guests_chat": True})
    for actor in BY_ROLE.values():
        _actor_said(bench, actor)
        message = bench.state.chat[-1]
        bench.do(actor, Delete(commands.ChatDelete(room=ROOM, id=message.id), actor, 1))

    assert bench.state.chat == []
