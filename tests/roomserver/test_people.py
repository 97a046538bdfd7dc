"""People online."""

from __future__ import annotations

from typing import cast

import pytest

from protocol.limits import BOT_RATES, RATES
from protocol.values import User
from roomserver.api.caller import Caller
from roomserver.people import FORGET_MS, LOOK_MS, People, Person

ANN = User(id="ann", name="ann", kind="user", created_at_ms=0)
BOB = User(id="bob", name="bob", kind="user", created_at_ms=0)


class Tab:
    """A connection, as far as people are concerned."""

    def __init__(self) -> None:
        self.user: User | None = None
        self.person: Person | None = None


def come(people: People, user: User) -> Caller:
    """Let a connection of a user come."""
    tab = cast("Caller", Tab())
    tab.user = user
    people.came(tab, user)
    return tab


def test_one_person_with_two_connections() -> None:
    """Connections of a user share the person and its buckets; the last one to go ends it."""
    people = People()
    first, second = come(people, ANN), come(people, ANN)
    come(people, BOB)
    assert first.person is second.person
    assert set(people.callers_of("ann")) == {first, second}
    assert len(people) == 2
    people.left(first, 0)
    assert people.callers_of("ann") == [second]
    assert len(people) == 2
    people.left(second, 0)
    assert people.callers_of("ann") == []
    assert len(people) == 1


def test_reconnecting_refills_nothing() -> None:
    """The buckets outlive the last connection for a minute, and no longer."""
    people = People()
    first = come(people, ANN)
    people.left(first, 1000)
    again = come(people, ANN)
    assert again.person is first.person
    people.left(again, 2000)
    other = come(people, BOB)
    people.left(other, 2000 + FORGET_MS - 1)
    assert come(people, ANN).person is again.person
    stale = come(people, BOB)
    people.left(stale, 10 * FORGET_MS)
    people.left(come(people, ANN), 12 * FORGET_MS)
    assert [person.user.id for person in people] == ["ann"]


def test_who_is_forgotten_is_told() -> None:
    """Whoever keeps something of those who left hears when they are forgotten, once, and not before."""
    people, forgotten = People(), list[str]()
    people.on_forgotten = forgotten.append
    first = come(people, ANN)
    people.left(first, 0)
    people.left(come(people, BOB), FORGET_MS - 1)
    assert forgotten == []
    people.left(come(people, BOB), FORGET_MS + LOOK_MS - 2)  # it was looked a moment ago
    assert forgotten == []
    people.left(come(people, BOB), FORGET_MS + LOOK_MS - 1)
    people.left(come(people, BOB), FORGET_MS + 2 * LOOK_MS)
    assert forgotten == ["ann"]


def test_nobody_is_forgotten_on_the_way_in() -> None:
    """Who is about to come, or in whose name something may still happen, is forgotten only after that."""
    people, forgotten, kept = People(), list[str](), {"bob"}
    people.on_forgotten, people.kept = forgotten.append, lambda gone: kept & gone
    for user in (ANN, BOB):
        people.left(come(people, user), 0)
    stranger = User(id="cid", name="cid", kind="guest", created_at_ms=0)
    with people.expecting("ann"), people.expecting("ann"):
        people.left(come(people, stranger), 2 * FORGET_MS)
    assert forgotten == []
    people.left(come(people, stranger), 3 * FORGET_MS)
    assert forgotten == ["ann"]
    kept.clear()
    people.left(come(people, stranger), 4 * FORGET_MS)
    assert forgotten == ["ann", "bob"]


def test_who_is_told_of_a_coming_may_fail() -> None:
    """A connection that cannot be noted elsewhere is one of the person's, and goes like any other."""
    people, tab = People(), cast("Caller", Tab())

    def full(_caller: Caller, _user: User) -> None:
        raise OSError

    people.on_came = full
    with pytest.raises(OSError):  # noqa: PT011 - the one from above
        people.came(tab, ANN)
    assert people.callers_of("ann") == [tab]
    people.left(tab, 0)
    assert people.callers_of("ann") == []
    assert len(people) == 0


def test_renamed() -> None:
    """A new name reaches every connection; one of nobody is ignored."""
    people = People()
    tabs = [come(people, ANN), come(people, ANN)]
    renamed = User(id="ann", name="anna", kind="user", created_at_ms=0)
    people.renamed(renamed)
    people.renamed(BOB)
    assert [tab.user for tab in tabs] == [renamed, renamed]


def test_stranger() -> None:
    """A connection that never had a session leaves no trace."""
    people = People()
    people.left(cast("Caller", Tab()), 5)
    assert len(people) == 0
    assert people.callers_of("ann") == []


def test_bots_have_their_own_rates() -> None:
    """A bot's buckets are those that are announced to bots."""
    people = People()
    person, bot = (
        come(people, ANN).person,
        come(people, User(id="r", name="r", kind="bot", created_at_ms=0)).person,
    )
    assert person is not None
    assert bot is not None
    assert (person.buckets.rates, bot.buckets.rates) == (RATES, BOT_RATES)
