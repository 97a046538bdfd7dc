"""Member lists by events alone: over the big size and back, whoever joins when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_demo.sdk.rooms import RoomView
from protocol import commands, limits
from protocol.events import RoomMembers
from protocol.roles import Role
from protocol.values import User
from roomserver.room.inputs import Appoint
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, deck, person
from tests.support.rooms import ROOM, Bench, events, new_bench

SIZE = 4
TUNING = DEFAULT_TUNING._replace(big_room=SIZE, grace_ms=10**9)
HUGO, RITA = BY_ROLE[Role.HOST], BY_ROLE[Role.RESIDENT]
PEOPLE = [RITA, *(person(f"P{number}") for number in range(8))]

ACTS = ("toggle", "toggle", "toggle", "queue", "appoint", "listen", "settle", "rest")
Act = tuple[str, int]

SETTLED_MS = 5 * TUNING.presence_ms
"""A room of twice the size tells its presence half as often."""


class House:
    """A room with a small big size, and clients who apply everything that it tells."""

    def __init__(self, size: int = SIZE) -> None:
        self.bench: Bench = new_bench(HUGO, tuning=TUNING._replace(big_room=size))
        self.clients: list[RoomView] = []
        self.named = 0
        """How many names each client was told, by coming and by going."""
        self.listen()

    def listen(self) -> None:
        """Let one more client join, with what the join result says of the members."""
        told = self.bench.room.members()
        client = RoomView(ROOM)
        client.members = {member.user.id: member for member in told.members}
        client.members_version = told.version
        client.population, client.guests = told.population, told.guests
        self.clients.append(client)

    def act(self, kind: str, user: User) -> None:
        """Do one thing with somebody."""
        bench, is_here = self.bench, user.id in self.bench.state.members
        waits = bench.state.position_of(user.id) is not None
        match kind:
            case "toggle":
                (bench.leave if is_here else bench.enter)(user)
            case "queue" if is_here and waits:
                bench.do(user, commands.WaitlistLeave(room=ROOM))
            case "queue" if is_here and not bench.state.is_dj(user.id):
                bench.queue(user, deck("a"))
            case "appoint":
                role: Literal["user", "bouncer"] = "user" if user.id in bench.state.staff else "bouncer"
                bench.do(HUGO, Appoint(commands.StaffSet(room=ROOM, user=user.id, role=role), user))
            case "listen":
                self.listen()
            case "settle":
                self.tell(SETTLED_MS)
            case "rest":
                self.tell(limits.MEMBER_LIST_MS)

    def tell(self, duration_ms: int) -> None:
        """Let time pass, and tell the clients what is told meanwhile."""
        self.bench.wait(duration_ms)
        for event in events(self.bench.said, RoomMembers):
            self.named += len(event.joined) + len(event.left)
            for client in self.clients:
                client.take(event)
        self.bench.said.clear()

    def assert_right(self) -> None:
        """Everybody holds whom the rule says, and nobody who is gone."""
        here, told = set(self.bench.state.members), self.bench.room.members()
        outstanding = {member.user.id for member in told.members}
        for client in self.clients:
            held = set(client.members)
            assert held <= here, "somebody who is gone"
            assert outstanding <= held, "somebody is missing"
            assert (client.population, client.guests) == (told.population, told.guests)
            for member in told.members:
                assert client.members[member.user.id].user == member.user


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, len(PEOPLE) - 1)), max_size=60))
def test_lists_are_right(acts: Sequence[Act]) -> None:
    """Whoever applies all events holds whom a big room names, and everybody in another."""
    house = House()
    for kind, index in acts:
        house.act(kind, PEOPLE[index])
        if kind in {"settle", "rest"}:
            house.assert_right()
    house.tell(limits.MEMBER_LIST_MS)
    house.assert_right()
    if len(house.bench.state.members) <= SIZE:
        here = set(house.bench.state.members)
        assert all(set(client.members) == here for client in house.clients)


def test_over_the_size_and_back() -> None:
    """At the announced size everybody is named again, in one list that says that it is one."""
    people = [person(f"N{number}") for number in range(limits.BIG_ROOM_MEMBERS + 9)]
    house = House(limits.BIG_ROOM_MEMBERS)
    house.bench.enter(*people[:198])
    house.tell(SETTLED_MS)
    house.bench.enter(*people[198:])
    house.tell(SETTLED_MS)
    house.listen()
    house.bench.leave(*people[:3])
    house.tell(SETTLED_MS)
    house.assert_right()
    house.bench.leave(*people[-7:])
    house.bench.wait(TUNING.presence_ms)
    [told] = events(house.bench.said, RoomMembers)

    assert (told.complete, len(told.joined), told.population) == (True, 200, 200)
    house.tell(0)
    house.assert_right()
    assert len(house.clients[0].members) == len(house.clients[1].members) == limits.BIG_ROOM_MEMBERS


def test_a_list_waits() -> None:
    """A room that is small again soon after its last list waits with the next, and goes on counting."""
    house = House()
    house.bench.enter(*PEOPLE[:SIZE])
    house.bench.leave(PEOPLE[0])
    house.tell(SETTLED_MS)
    house.bench.enter(PEOPLE[0], PEOPLE[5])
    house.bench.leave(*PEOPLE[:2])
    early = house.bench.wait(TUNING.presence_ms)
    house.bench.enter(PEOPLE[1])
    between = house.bench.wait(TUNING.presence_ms)
    late = house.bench.wait(limits.MEMBER_LIST_MS)

    assert [event.complete for event in events(early, RoomMembers)] == [False]
    assert [event.population for event in events(between, RoomMembers)] == [5]
    assert events(late, RoomMembers) == []
    house.bench.leave(PEOPLE[1])
    assert [event.complete for event in events(house.bench.wait(TUNING.presence_ms), RoomMembers)] == [True]


def test_the_list_comes_by_itself() -> None:
    """Nobody has to come or go for the list that waited."""
    house = House()
    house.bench.enter(*PEOPLE[:SIZE])
    house.bench.leave(PEOPLE[0])
    house.tell(SETTLED_MS)
    house.bench.enter(PEOPLE[0])
    house.bench.leave(PEOPLE[1])
    house.tell(SETTLED_MS)
    house.tell(limits.MEMBER_LIST_MS)

    house.assert_right()
    assert set(house.clients[0].members) == set(house.bench.state.members)
    assert house.bench.room.deadline() is None


@pytest.mark.parametrize("times", [100, 200])
def test_names_told(times: int) -> None:
    """A room that goes over its size and back all the time tells names as it tells joins, and few lists."""
    size = 50
    house = House(size)
    crowd = [person(f"N{number}") for number in range(size)]
    house.bench.enter(*crowd)
    house.tell(SETTLED_MS)
    before, began = house.named, house.bench.now
    for _ in range(times):
        house.act("toggle", crowd[0])
        house.tell(SETTLED_MS)
    lists = 1 + (house.bench.now - began) / limits.MEMBER_LIST_MS

    assert house.named - before <= times + lists * size
    house.tell(limits.MEMBER_LIST_MS)
    house.assert_right()


def test_named_from_now_on() -> None:
    """In a big room who queues up or gets a role is named then, though they came as a count."""
    house = House()
    house.bench.enter(*PEOPLE)
    house.tell(SETTLED_MS)
    for kind, user in (("queue", PEOPLE[-1]), ("queue", PEOPLE[-2]), ("appoint", PEOPLE[-3])):
        assert user.id not in house.clients[0].members
        house.act(kind, user)
        house.tell(SETTLED_MS)
        assert user.id in house.clients[0].members
    assert house.clients[0].members[PEOPLE[-3].id].role == "bouncer"
