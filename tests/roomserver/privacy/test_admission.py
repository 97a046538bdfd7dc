"""What each state of an account may do, cell by cell, and what waits for the policy."""

from __future__ import annotations

from contextlib import nullcontext
from typing import get_args

import pytest

from protocol.errors import ErrorCode, Rejected
from protocol.methods import METHODS
from protocol.values import AccountState, UserKind
from roomserver.privacy.admission import MAY, NEEDS_ACCEPTANCE, RIGHTS, Admitted, admit, must_accept

STATES: tuple[AccountState, ...] = get_args(AccountState)
KINDS: tuple[UserKind, ...] = get_args(UserKind)


def refusal(method: str, caller: Admitted, needed_rev: int = 0) -> ErrorCode | None:
    """Return with which word a method is refused; None when it is admitted."""
    try:
        admit(method, caller, needed_rev)
    except Rejected as rejected:
        return rejected.code
    return None


def test_every_state_has_a_row() -> None:
    """The table is whole, and names methods that exist."""
    assert set(MAY) == set(STATES)
    assert {name for methods in MAY.values() for name in methods} <= set(METHODS)
    assert set(METHODS) >= NEEDS_ACCEPTANCE


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("method", METHODS)
def test_every_cell(method: str, state: AccountState) -> None:
    """Active accounts may do all, frozen and banned ones use their rights, those being erased go."""
    allowed = {
        "active": True,
        "frozen": method in RIGHTS,
        "banned": True,  # unless they still are, see below
        "erasing": method in {"session.logout", "clock.sync"},
    }[state]

    expected = None if allowed else ErrorCode.ACCOUNT_FROZEN
    assert refusal(method, Admitted("user", state, 1)) == expected


@pytest.mark.parametrize("state", ["active", "banned"])
@pytest.mark.parametrize("method", METHODS)
def test_bans(method: str, state: AccountState) -> None:
    """What counts is whether somebody is banned now: then they use their rights, and nothing else."""

    def check_ban() -> None:
        raise Rejected(ErrorCode.BANNED)

    assert (method in MAY["banned"]) == (method in RIGHTS)
    refused = nullcontext() if method in RIGHTS else pytest.raises(Rejected, match="banned")
    with refused:
        admit(method, Admitted("user", state, 1), 0, check_ban)


@pytest.mark.parametrize("method", ["privacy.export", "privacy.erase", "privacy.status", "room.leave"])
@pytest.mark.parametrize("kind", KINDS)
def test_rights_wait_for_nothing(method: str, kind: UserKind) -> None:
    """A copy, erasure and leaving work frozen, and without having accepted anything."""
    assert method in RIGHTS
    assert method not in NEEDS_ACCEPTANCE
    assert refusal(method, Admitted(kind, "frozen", None), needed_rev=9) is None


@pytest.mark.parametrize("method", METHODS)
def test_what_waits_for_the_policy(method: str) -> None:
    """Saying something and playing wait for the acceptance; watching and voting do not."""
    late, on_time = Admitted("user", "active", 2), Admitted("user", "active", 3)

    expected = ErrorCode.POLICY_REACCEPT_REQUIRED if method in NEEDS_ACCEPTANCE else None
    assert refusal(method, late, needed_rev=3) == expected
    assert refusal(method, on_time, needed_rev=3) is None


@pytest.mark.parametrize(
    ("kind", "accepted", "expected"),
    [
        *(("user", None, True), ("user", 2, True), ("user", 3, False)),
        *(("admin", None, True), ("guest", None, False), ("bot", None, False)),
    ],
)
def test_who_must_accept(kind: UserKind, accepted: int | None, expected: bool) -> None:
    """Accounts of people; guests and bots agree to nothing."""
    assert must_accept(Admitted(kind, "active", accepted), 3) is expected
    assert not must_accept(Admitted(kind, "active", accepted), 0)
