"""The door: connections and knocks of a network."""

from __future__ import annotations

from protocol.limits import Rate
from roomserver.gateway.addresses import Addresses, ClientAddress
from roomserver.gateway.door import Door, DoorRules, Entrance

ANN = ClientAddress("192.0.2.1", "192.0.2.1", is_exempt=False)
BOB = ClientAddress("192.0.2.2", "192.0.2.2", is_exempt=False)
HOUSE = ClientAddress("127.0.0.1", "127.0.0.1", is_exempt=True)


def door(connections: int = 2, total: int = 100) -> Door:
    """Return a door with narrow rules."""
    rates = Rate(burst=2, per_ms=1000), Rate(burst=3, per_ms=100)
    return Door(DoorRules(connections, total, *rates))


def test_network() -> None:
    """Up to the limit they are in, up to twice the limit they are told, beyond they are dropped."""
    one = door()
    stays, has_room = [], []
    for _ in range(5):
        stays.append(one.came(ANN))
        has_room.append(one.has_room(ANN))
    assert stays == [True] * 4 + [False]
    assert has_room == [True] * 2 + [False] * 3
    assert one.came(BOB)
    assert one.has_room(BOB)
    for _ in range(5):
        one.left(ANN)
    assert one.came(ANN)
    assert one.has_room(ANN)
    assert one.refused["connections"] == 4


def test_total() -> None:
    """With all places taken nobody comes in, this machine neither: there are no more files."""
    one = door(total=2)
    assert [one.came(client) for client in (ANN, BOB, HOUSE)] == [True, True, False]
    assert one.refused["full"] == 1
    one.left(HOUSE)
    one.left(ANN)
    assert one.came(ANN)


def test_exempt() -> None:
    """Exempt networks are not counted, and knock as often as they like."""
    one = door()
    assert all(one.came(HOUSE) for _ in range(20))
    assert one.has_room(HOUSE)
    assert not any(one.knock("handshakes", HOUSE, 0) for _ in range(20))


def test_knocks() -> None:
    """Handshakes and requests have rates of their own; the wait is told."""
    one = door()
    assert [one.knock("handshakes", ANN, 0) for _ in range(3)] == [0, 0, 1000]
    assert [one.knock("requests", ANN, 0) for _ in range(4)] == [0, 0, 0, 100]
    assert one.knock("handshakes", BOB, 0) == 0
    assert one.refused == {"handshakes": 1, "requests": 1}


def test_counts_outlive_other_rules() -> None:
    """Knocks under a rate that stays are counted on; a rate that changed begins anew."""
    one = door()
    for _ in range(3):
        one.knock("handshakes", ANN, 0)
        one.knock("requests", ANN, 0)
    one.set_rules(one.rules._replace(connections=9, requests=Rate(burst=1, per_ms=5)))
    assert one.knock("handshakes", ANN, 0) == 1000
    assert one.knock("requests", ANN, 0) == 0


def test_memory() -> None:
    """A door remembers nobody who is gone."""
    one = door()
    for nth in range(1000):
        client = ClientAddress(str(nth), str(nth), is_exempt=False)
        one.came(client)
        one.left(client)
    assert not one._open


def test_through_a_proxy() -> None:
    """Who is spoken for counts from then on, the proxy no more; and leaves as who they are."""
    entrance = Entrance(door(), Addresses(["10.0.0.1"], []))
    proxy, stays = entrance.came("10.0.0.1")
    assert (proxy.is_exempt, stays) == (True, True)
    client, stays = entrance.told(proxy, "10.0.0.1", ["192.0.2.1"], 0)
    assert (client, stays) == (ANN, True)
    assert entrance.door._open == {"192.0.2.1": 1}
    assert entrance.told(client, "10.0.0.1", ["192.0.2.1"], 0) == (ANN, True)
    assert entrance.door._open == {"192.0.2.1": 1}
    entrance.door.left(client)
    assert not entrance.door._open


def test_far_too_many_through_a_proxy() -> None:
    """Beyond twice its limit a network that is spoken for may not stay, and each refusal counts once."""
    entrance = Entrance(door(total=6), Addresses(["10.0.0.1"], []))
    verdicts = []
    for _ in range(6):
        proxy, _ = entrance.came("10.0.0.1")
        client, stays = entrance.told(proxy, "10.0.0.1", ["192.0.2.1"], 0)
        verdicts.append((stays, stays and entrance.door.has_room(client)))
    assert verdicts == [(True, True)] * 2 + [(True, False)] * 2 + [(False, False)] * 2
    assert entrance.door.refused == {"connections": 4}


def test_unlimited() -> None:
    """An entrance without limits counts nobody."""
    entrance = Entrance.unlimited()
    for peer in ("192.0.2.1", "2001:db8::1", ""):
        assert all(entrance.came(peer)[1] for _ in range(300))
    assert not entrance.door._open
