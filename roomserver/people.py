"""People: who is online, with their connections and their rate limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING

from protocol.buckets import Buckets
from protocol.limits import RATES, Rate, bot_rates
from protocol.values import User

if TYPE_CHECKING:
    from roomserver.api.caller import Caller

FORGET_MS = 60_000
"""How long buckets outlive the last connection: reconnecting does not refill them."""
LOOK_MS = 1000
"""How often it is looked whose time that is: whom a room keeps is asked of all rooms, for all at once."""


class Person:
    """A user with all connections that carry them."""

    __slots__ = ("buckets", "callers", "user")

    def __init__(self, user: User, rates: Mapping[str, Rate]) -> None:
        self.user = user
        self.buckets = Buckets(rates)
        self.set_rates(rates)
        self.callers: set[Caller] = set()

    def set_rates(self, rates: Mapping[str, Rate]) -> None:
        """Limit the user by other rates, which bots have more of."""
        self.buckets.rates = bot_rates(rates) if self.user.kind == "bot" else rates


class People:
    """Everyone online, by user id."""

    def __init__(self, rates: Mapping[str, Rate] = RATES) -> None:
        self._rates = rates
        self._by_id: dict[str, Person] = {}
        self.on_came: Callable[[Caller, User], None] = lambda *_: None
        """Told of every connection that begins to carry a user."""
        self.on_forgotten: Callable[[str], None] = lambda _: None
        """Told of every user who has been gone for a while, by id: what is known of them may go too."""
        self.kept: Callable[[set[str]], Collection[str]] = lambda _: ()
        """Returns in whose name of some who are gone something may still happen."""
        self._gone: dict[str, int] = {}
        """Who left, oldest first."""
        self._looked_ms = -LOOK_MS
        self._expected: Counter[str] = Counter()
        """Who is on the way in, by id: what was read of them for that must not be forgotten meanwhile."""

    def set_rates(self, rates: Mapping[str, Rate]) -> None:
        """Limit everybody by other rates from now on."""
        self._rates = rates
        for person in self._by_id.values():
            person.set_rates(rates)

    def __len__(self) -> int:
        return len(self._by_id) - len(self._gone)

    @contextmanager
    def expecting(self, user_id: str) -> Iterator[None]:
        """Forget nobody who is about to come, however long they have been gone."""
        self._expected[user_id] += 1
        try:
            yield
        finally:
            self._expected[user_id] -= 1
            if not self._expected[user_id]:
                del self._expected[user_id]

    def came(self, caller: Caller, user: User) -> Person:
        """Note a connection of a user."""
        person = self._by_id.get(user.id)
        if person is None:
            person = self._by_id[user.id] = Person(user, self._rates)
        self._gone.pop(user.id, None)
        person.user = user
        person.callers.add(caller)
        caller.person = person
        # Last: whoever is told may fail, and this connection must be taken out all the same when it goes.
        self.on_came(caller, user)
        return person

    def left(self, caller: Caller, now_ms: int) -> None:
        """Note that a connection is gone, and forget who has been gone for a while."""
        person = caller.person
        if person is None:
            return
        person.callers.discard(caller)
        if not person.callers and self._by_id.get(person.user.id) is person:
            self._gone[person.user.id] = now_ms
        if now_ms >= self._looked_ms + LOOK_MS:
            self._looked_ms = now_ms
            self._forget_gone(now_ms)

    def _forget_gone(self, now_ms: int) -> None:
        over = {one for one, at_ms in takewhile(lambda one: one[1] + FORGET_MS <= now_ms, self._gone.items())}
        kept = {*self.kept(over), *self._expected} & over if over else set()
        for user_id in kept:
            # They are asked about again in a while, and stand in nobody's way until then.
            del self._gone[user_id]
            self._gone[user_id] = now_ms
        for user_id in over - kept:
            self.forget(user_id)
            self.on_forgotten(user_id)

    def callers_of(self, user_id: str) -> list[Caller]:
        """Return a user's connections."""
        person = self._by_id.get(user_id)
        return [] if person is None else list(person.callers)

    def renamed(self, user: User) -> None:
        """Give a user the new public fields."""
        person = self._by_id.get(user.id)
        if person is not None:
            person.user = user
            for caller in person.callers:
                caller.user = user

    def forget(self, user_id: str) -> bool:
        """Forget a user whose connections are gone for good; say whether there was anything to forget."""
        self._gone.pop(user_id, None)
        return self._by_id.pop(user_id, None) is not None

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_id.values())
