"""The door: how many connections an address may have, and how often it may knock. Pure but for counting."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from protocol.limits import Rate
from roomserver.gateway.addresses import Addresses, ClientAddress
from roomserver.throttle import Throttle, at_rate

HARD_FACTOR = 2
"""
Up to its limit an address gets in; up to this many times the limit it is told why not; beyond,
connections are dropped without a word, which costs a flood's victim least. Through a proxy they are
answered 429 instead: one that is dropped it would try again.
"""

Knock = Literal["handshakes", "requests"]


class DoorRules(NamedTuple):
    """What the door enforces: connections of one network and of all, and the rates of a network."""

    connections: int
    connections_total: int
    handshakes: Rate
    requests: Rate


class Door:
    """Counts connections by network. ``refused`` counts refusals by reason."""

    def __init__(self, rules: DoorRules) -> None:
        self._open: Counter[str] = Counter()
        self._total = 0
        self.refused: Counter[str] = Counter()
        self._throttles: dict[Knock, Throttle] = {}
        self.set_rules(rules)

    def set_rules(self, rules: DoorRules) -> None:
        """Go by other rules from now on; who is in stays in, and what kept its rate keeps its count."""
        self.rules = rules
        rates: dict[Knock, Rate] = {"handshakes": rules.handshakes, "requests": rules.requests}
        self._throttles = {what: at_rate(self._throttles.get(what), rate) for what, rate in rates.items()}

    def came(self, client: ClientAddress) -> bool:
        """Count a connection; say whether it may stay at all. Every one that came leaves."""
        self._total += 1
        if not self._enters(client):
            return False
        if self._total > self.rules.connections_total:
            self.refused["full"] += 1
            return False
        return True

    def _enters(self, client: ClientAddress) -> bool:
        if client.is_exempt:
            return True
        self._open[client.network] += 1
        if self._open[client.network] > self.rules.connections * HARD_FACTOR:
            self.refused["connections"] += 1
            return False
        return True

    def turned_out(self, before: ClientAddress, client: ClientAddress) -> bool:
        """Count a connection for who it turned out to be; say whether it may stay at all."""
        self._leaves(before)
        return self._enters(client)

    def left(self, client: ClientAddress) -> None:
        """Count a connection no more."""
        self._total -= 1
        self._leaves(client)

    def _leaves(self, client: ClientAddress) -> None:
        if not client.is_exempt:
            self._open[client.network] -= 1
            if not self._open[client.network]:
                del self._open[client.network]

    def has_room(self, client: ClientAddress) -> bool:
        """Say whether a network is within its limit, the connection in question included."""
        if client.is_exempt or self._open[client.network] <= self.rules.connections:
            return True
        self.refused["connections"] += 1
        return False

    def knock(self, what: Knock, client: ClientAddress, now_ms: int) -> int:
        """Count a request or handshake; return 0, or how long its network must wait (ms)."""
        if client.is_exempt:
            return 0
        wait = self._throttles[what].take(client.network, now_ms)
        if wait:
            self.refused[what] += 1
        return wait


class Entrance:
    """What a gateway asks of those who come: where from, how many, how often, and from which pages."""

    def __init__(self, door: Door, addresses: Addresses, origins: Iterable[str] = ()) -> None:
        self.door = door
        self.addresses = addresses
        self.origins = frozenset(origins)

    @classmethod
    def unlimited(cls) -> Entrance:
        """Return an entrance that counts nobody, for listeners that are not public."""
        rules = DoorRules(sys.maxsize, sys.maxsize, Rate(burst=1, per_ms=1), Rate(burst=1, per_ms=1))
        return cls(Door(rules), Addresses((), ("0.0.0.0/0", "::/0")))

    def set_rules(self, rules: DoorRules, addresses: Addresses, origins: Iterable[str]) -> None:
        """Go by other rules for those who come from now on."""
        self.door.set_rules(rules)
        self.addresses = addresses
        self.origins = frozenset(origins)

    def came(self, peer: str) -> tuple[ClientAddress, bool]:
        """Count a connection by whom it comes from; say whether it may stay."""
        client = self.addresses.of_peer(peer)
        return client, self.door.came(client)

    def told(
        self, client: ClientAddress, peer: str, forwarded: Sequence[str], now_ms: int
    ) -> tuple[ClientAddress, bool]:
        """
        Count a connection by whom its proxy speaks for, once that is known.

        Return who it is, and whether it may stay at all.
        """
        spoken_for = self.addresses.of_request(peer, forwarded, now_ms)
        if spoken_for is None or spoken_for == client:
            return client, True
        return spoken_for, self.door.turned_out(client, spoken_for)
