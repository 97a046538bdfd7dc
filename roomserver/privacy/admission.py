"""
Admission: what an account may do in each of its states, and what waits for the policy.

Two tables, walked cell by cell in the tests: no state takes away the right to a copy, to
erasure, and to leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from protocol.errors import ErrorCode, Rejected
from protocol.methods import METHODS
from protocol.values import AccountState, UserKind

RIGHTS = frozenset(
    {
        "session.guest",
        "session.register",
        "session.login",
        "session.resume",
        "session.logout",
        "account.get",
        "clock.sync",
        "room.list",
        "room.get",
        "room.leave",
        "privacy.notice",
        "privacy.acknowledge",
        "privacy.status",
        "privacy.accept",
        "privacy.consents",
        "privacy.self_ttl",
        "privacy.export",
        "privacy.erase",
        "privacy.prove",
    }
)
"""What works in every state in which somebody can have a session."""

MAY: Mapping[AccountState, frozenset[str]] = {
    "active": frozenset(METHODS),
    "frozen": RIGHTS,
    "banned": RIGHTS,
    # Nobody has a session any more; this is for a request that was under way.
    "erasing": frozenset({"session.logout", "clock.sync"}),
}
"""The methods that each state allows."""

NEEDS_ACCEPTANCE = frozenset({"chat.send", "waitlist.join"})
"""What waits until the policy in force was accepted: saying something, and playing."""


class Admitted(NamedTuple):
    """What decides about a caller: kind, state of the account, the revision accepted last."""

    kind: UserKind
    state: AccountState
    accepted_rev: int | None


def must_accept(caller: Admitted, needed_rev: int) -> bool:
    """Say whether somebody has to accept the policy; guests and bots never do: they agree to nothing."""
    return caller.kind in {"user", "admin"} and (caller.accepted_rev or 0) < needed_rev


def admit(
    method: str, caller: Admitted, needed_rev: int, check_ban: Callable[[], None] = lambda: None
) -> None:
    """
    Check that an account may use a method now; ``check_ban`` refuses whom the server bans by now.

    Raises:
        Rejected: ``account_frozen``, ``banned``, ``policy_reaccept_required`` with the ``rev`` to accept.

    """
    state = caller.state
    if method not in MAY["banned"]:
        check_ban()
        # The ban that was in force at sign-in is over.
        state = "active" if state == "banned" else state
    if method not in MAY[state]:
        message = f"expected an active account for {method}, got one that is {state}"
        raise Rejected(ErrorCode.ACCOUNT_FROZEN, message, state=state)
    if method in NEEDS_ACCEPTANCE and must_accept(caller, needed_rev):
        message = f"expected revision {needed_rev} of the privacy policy to be accepted before {method}"
        raise Rejected(ErrorCode.POLICY_REACCEPT_REQUIRED, message, rev=needed_rev)
