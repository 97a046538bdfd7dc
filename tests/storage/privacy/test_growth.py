"""Growth: every way in which a policy can keep more is found, and none in which it keeps less."""

from __future__ import annotations

import tomllib

import pytest

from storage.privacy.growth import growth
from storage.privacy.policy import Policy
from storage.privacy.policyfile import load_policy, policy_of

LOBBY = "[category.votes]\nttl = '40d'\n[room.lobby.votes]\nttl = '60d'\n"
USER = "[category.votes]\nttl = '40d'\n[role.user.votes]\nttl = '60d'\n"


def policy(text: str) -> Policy:
    """Return the policy of an operator's file."""
    return policy_of(tomllib.loads("schema = 1\n" + text))


GROWTHS = {
    "a category's time": (
        "",
        "[category.votes]\nttl = '60d'",
        "votes is kept for 60 days instead of 30 days (DEFAULT)",
    ),
    "a purpose": (
        "",
        "[category.votes]\npurposes = ['service', 'improvement', 'support']",
        "votes is used for support too",
    ),
    "an unused account": (
        "",
        "[defaults]\ninactive_account = '800d'",
        "an unused account is kept for 800 days instead of 730 days (everywhere)",
    ),
    "a room's own time": (
        "",
        "[room.lobby.votes]\nttl = '60d'",
        "votes is kept for 60 days instead of 30 days (DEFAULT, in lobby)",
    ),
    "a room that loses its limit": (
        "[room.lobby.votes]\nceiling = '1d'",
        "",
        "votes is kept for 30 days instead of 1 day (DEFAULT, in lobby)",
    ),
    "a role's time": (
        "",
        "[role.guest.votes]\nttl = '60d'",
        "votes is kept for 60 days instead of 30 days (DEFAULT, of a guest)",
    ),
    "a role that loses its limit": (
        "[role.guest.votes]\nttl = '1d'",
        "",
        "votes is kept for 30 days instead of 1 day (DEFAULT, of a guest)",
    ),
    "a role that undercut a room": (
        f"{LOBBY}[role.guest.votes]\nttl = '40d'",
        LOBBY,
        "votes is kept for 60 days instead of 40 days (DEFAULT, in lobby, of a guest)",
    ),
    "two roles of one person": (
        f"{USER}[role.bouncer.votes]\nttl = '40d'",
        USER,
        "votes is kept for 60 days instead of 40 days (DEFAULT, of a bouncer, of a user)",
    ),
    "a media source": (
        "[provider.youtube.media]\nceiling = '10d'",
        "",
        "media is kept for 28 days instead of 10 days (DEFAULT, from youtube)",
    ),
    "what a host may choose": (
        "[room_limits.chat]\nmax = '10d'",
        "[room_limits.chat]\nmax = '20d'",
        "chat is kept for 20 days instead of 10 days (DEFAULT, in any room)",
    ),
    "a host's longest time where the law allows more": (
        "[room_limits.chat]\nmax = '40d'",
        "",
        "chat is kept for 90 days instead of 40 days (US, in any room, whose host chose the longest)",
    ),
    "the law of a place": (
        "[jurisdiction.EU.chat]\nceiling = '10d'",
        "",
        "chat is kept for 30 days instead of 10 days (EU)",
    ),
    "a place that loses its profile": (
        "[jurisdiction.CH]\nvotes = {ttl = '1d'}\nchat = {ceiling = '30d'}",
        "",
        "votes is kept for 30 days instead of 1 day (DEFAULT)",
    ),
    "a country that leaves a union's profile": (
        "[jurisdiction.EU.votes]\nttl = '1d'",
        "[jurisdiction.EU.votes]\nttl = '1d'\n[jurisdiction.AT.chat]\nceiling = '30d'",
        "votes is kept for 30 days instead of 1 day (AT)",
    ),
    "an address as it is": (
        "",
        "[category.connections]\nraw = '10d'",
        "an address is kept as it is for 10 days instead of 7 days (everywhere)",
    ),
    "at least": (
        "",
        "[category.votes]\nfloor = '10d'",
        "votes is kept for at least 10 days instead of no time (DEFAULT)",
    ),
    "a name instead of a pseudonym": (
        "[category.votes]\nrecord = 'pseudonymise'",
        "",
        "votes is written as it is instead of under a pseudonym (DEFAULT)",
    ),
    "what was not recorded": (
        "[category.votes]\nrecord = 'drop'",
        "",
        "votes is kept for 30 days instead of no time (DEFAULT)",
    ),
    "what has no time of its own": (
        "[category.account]\nrecord = 'pseudonymise'",
        "",
        "account is written as it is instead of under a pseudonym (DEFAULT)",
    ),
    "silence": (
        "",
        "[jurisdiction.EU]\nmarketing = 'opt_out'",
        "silence about marketing is taken for a yes instead of a no (EU)",
    ),
    "a promise": (
        "",
        "[promise]\nrow_deleted_after_expiry = '30m'",
        "what has expired is deleted within 30 minutes instead of 15 minutes (everywhere)",
    ),
    "the bytes": (
        "",
        "[promise]\nbytes_gone_after_expiry = '2h'",
        "what is deleted is in no file within 2 hours instead of 1 hour (everywhere)",
    ),
    "waiting": (
        "",
        "[defaults]\nshorten_cooloff = '100h'",
        "a shorter time waits for older records for 100 hours instead of 3 days (everywhere)",
    ),
}


@pytest.mark.parametrize(("before", "after", "told"), GROWTHS.values(), ids=GROWTHS)
def test_growth_is_found(before: str, after: str, told: str) -> None:
    """It is told once, in words with the place; the way back is less, and no growth."""
    old, new = policy(before), policy(after)

    assert [str(one) for one in growth(old, new)] == [told]
    assert growth(new, old) == []
    assert growth(old, old) == growth(new, new) == []


def test_less_is_the_growth_turned() -> None:
    """What the old policy did more of is said as what the new one does less of."""
    shipped, shorter = load_policy(None), policy("[category.votes]\nttl = '10d'\npurposes = ['service']")

    assert growth(shipped, shorter) == []
    assert [one.turned() for one in growth(shorter, shipped)] == [
        "votes is used for improvement no more",
        "votes is kept for 10 days instead of 30 days (DEFAULT)",
    ]


def test_the_greatest_is_told() -> None:
    """Of several places, the one where most is added; the rest of the policy does not hide it."""
    [told] = growth(policy(""), policy("[category.votes]\nttl = '31d'\n[room.lobby.votes]\nttl = '90d'"))

    assert str(told) == "votes is kept for 90 days instead of 30 days (DEFAULT, in lobby)"
