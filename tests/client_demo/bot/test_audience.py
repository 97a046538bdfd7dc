"""Who came and who left, as a bot is told."""

from __future__ import annotations

from client_demo.bot.audience import Audience
from client_demo.bot.happenings import Happening, MemberJoined, MemberLeft
from client_demo.sdk import Room
from client_demo.sdk.rooms import RoomView
from protocol.events import RoomMembers
from protocol.values import Member
from tests.support.people import person

ANN, BOB, TIM = (Member(user=person(name), role="user") for name in ("Ann", "Bob", "Tim"))


class Place(RoomView):
    """A room as far as its members go."""

    id = "lobby"


def told(event: RoomMembers) -> list[Happening]:
    """Return what a bot hears that knows Ann and Bob."""
    room, audience = Place("lobby"), Audience()
    room.members = {member.user.id: member for member in (ANN, BOB)}
    as_room: Room = room  # type: ignore[assignment] # an audience asks for id and members alone
    audience.begin(as_room)
    room.take(event)
    return list(audience.changes(as_room, event))


def members(joined: list[Member], left: list[str], *, complete: bool = False) -> RoomMembers:
    """Return the event."""
    return RoomMembers(
        room="lobby", version=2, joined=joined, left=left, population=2, guests=0, complete=complete
    )


def test_coming_and_going() -> None:
    """One event for each who came or left."""
    assert told(members([TIM], ["ann"])) == [
        MemberJoined(room="lobby", member=TIM),
        MemberLeft(room="lobby", member=ANN),
    ]


def test_a_list() -> None:
    """Those whom the list of a room that is no longer big names have not just come: nobody greets them."""
    assert told(members([BOB, TIM], [], complete=True)) == [MemberLeft(room="lobby", member=ANN)]
