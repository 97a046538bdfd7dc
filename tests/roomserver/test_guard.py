"""The guard of costly things and of accounts."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode, Rejected
from roomserver.config import DoorConfig
from roomserver.gateway.addresses import ClientAddress
from roomserver.guard import Guard

ANN = ClientAddress("192.0.2.1", "192.0.2.1", is_exempt=False)
BOB = ClientAddress("192.0.2.2", "192.0.2.2", is_exempt=False)
HOUSE = ClientAddress("127.0.0.1", "127.0.0.1", is_exempt=True)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock at the beginning."""
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> Guard:
    """Return a guard with narrow rules."""
    config = DoorConfig(
        guests="2/1000", registrations="1/60000", passwords="3/1000", wrong_passwords="2/5000"
    )
    return Guard(config, clock)


def test_by_network(guard: Guard, clock: Clock) -> None:
    """Each costly thing has its own rate for each network; the refusal says how long to wait."""
    for _ in range(2):
        guard.admit("guests", ANN)
    with pytest.raises(Rejected, match="expected fewer new guests, wait 1 s") as caught:
        guard.admit("guests", ANN)
    assert caught.value.code is ErrorCode.RATE_LIMITED
    assert caught.value.facts == {"retry_after_ms": 1000}
    guard.admit("registrations", ANN)
    guard.admit("guests", BOB)
    clock.now = 1000
    guard.admit("guests", ANN)
    assert guard.refused == {"guests": 1}


def test_exempt(guard: Guard) -> None:
    """Nothing limits those who are exempt, but guesses at an account."""
    for _ in range(50):
        guard.admit("registrations", HOUSE)
    guard.begin_login("ada")
    guard.begin_login("ada")
    with pytest.raises(Rejected):
        guard.begin_login("ada")


def test_by_account(guard: Guard, clock: Clock) -> None:
    """Wrong passwords count for an account from everywhere, in any spelling of its name."""
    guard.begin_login("Ada")
    guard.begin_login("ada")
    with pytest.raises(Rejected, match="expected fewer tries at this account, wait 5 s"):
        guard.begin_login("ADA")
    guard.begin_login("bob")
    clock.now = 5000
    guard.begin_login("ada")


def test_right_passwords_are_free(guard: Guard) -> None:
    """Who knows the password may log in as often as they like."""
    for _ in range(20):
        guard.begin_login("ada")
        guard.take_back("ada")


def test_tries_on_their_way_count(guard: Guard) -> None:
    """Many tries at once are no better than one by one: each counts before its answer is known."""
    refused = 0
    for _ in range(100):
        try:
            guard.begin_login("ada")
        except Rejected:
            refused += 1
    assert refused == 98


def test_other_rules(guard: Guard) -> None:
    """Rules can change while the server runs."""
    for _ in range(2):
        guard.admit("guests", ANN)
    guard.set_rules(DoorConfig(guests="100/1"))
    guard.admit("guests", ANN)


def test_counts_outlive_other_rules(guard: Guard) -> None:
    """What was counted under a rate that stays is counted on: wrong passwords are not free after a reload."""
    for _ in range(2):
        guard.admit("guests", ANN)
        guard.begin_login("ada")
    guard.set_rules(
        DoorConfig(guests="2/1000", registrations="9/9", passwords="3/1000", wrong_passwords="2/5000")
    )
    with pytest.raises(Rejected):
        guard.admit("guests", ANN)
    with pytest.raises(Rejected):
        guard.begin_login("ada")
