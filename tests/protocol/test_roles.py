"""Roles and the permission matrix."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from protocol.roles import PERMISSIONS, Action, Role, may, may_grant, outranks
from protocol.values import RoleName, StaffRoleName

ORDER = ["guest", "user", "resident", "bouncer", "manager", "cohost", "host", "admin"]


def test_order() -> None:
    """The roles stand in the order of the contract, with the same names on the wire."""
    assert [role.wire for role in sorted(Role)] == ORDER == list(get_args(RoleName))


@pytest.mark.parametrize("role", Role)
def test_wire_names(role: Role) -> None:
    """A role and its name are one."""
    assert Role.from_wire(role.wire) is role


def test_every_action() -> None:
    """The matrix has a row for every action."""
    assert set(PERMISSIONS) == set(Action)
    assert len(Action) == len(Action.__members__)


@pytest.mark.parametrize(("role", "action"), list(itertools.product(Role, Action)))
def test_permissions_rise(role: Role, action: Action) -> None:
    """What a role may, every higher role may; an admin may everything."""
    assert may(Role.ADMIN, action)
    assert may(role, action) <= all(may(higher, action) for higher in Role if higher > role)


@pytest.mark.parametrize(
    ("action", "lowest"),
    [
        (Action.CHAT_AS_GUEST, Role.GUEST),
        (Action.CHAT, Role.USER),
        (Action.VOTE, Role.USER),
        (Action.WAIT, Role.USER),
        (Action.WAIT_WHILE_LOCKED, Role.RESIDENT),
        (Action.ADD_TO_WAITLIST, Role.BOUNCER),
        (Action.REMOVE_FROM_WAITLIST, Role.BOUNCER),
        (Action.SKIP_OTHERS, Role.BOUNCER),
        (Action.DELETE_MESSAGES, Role.BOUNCER),
        (Action.MOVE_IN_WAITLIST, Role.MANAGER),
        (Action.LOCK, Role.MANAGER),
        (Action.CYCLE, Role.MANAGER),
        (Action.EDIT_ROOM, Role.COHOST),
    ],
)
def test_contract(action: Action, lowest: Role) -> None:
    """The lowest roles are those of the contract."""
    assert [role for role in Role if may(role, action)] == [role for role in Role if role >= lowest]


@pytest.mark.parametrize(("actor", "target"), list(itertools.product(Role, Role)))
def test_rank(actor: Role, target: Role) -> None:
    """Nobody acts on an equal or higher role."""
    assert outranks(actor, target) == (ORDER.index(actor.wire) > ORDER.index(target.wire))


@pytest.mark.parametrize(("actor", "granted"), list(itertools.product(Role, Role)))
def test_granting(actor: Role, granted: Role) -> None:
    """Nobody grants a role at or above the own, and nobody a second host."""
    if granted >= Role.HOST:
        assert not may_grant(actor, granted)
    else:
        assert may_grant(actor, granted) == (granted < actor)


def test_what_can_be_granted() -> None:
    """The wire offers exactly the roles that somebody may grant to an account."""
    grantable = {role.wire for role in Role if may_grant(Role.ADMIN, role)} - {"guest"}

    assert grantable == set(get_args(StaffRoleName))
