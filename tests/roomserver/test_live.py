"""The live room's subscribers; what it answers to a join is tested through the server."""

from __future__ import annotations

from protocol.limits import Limits
from roomserver.live import LiveRoom, Subscriber
from roomserver.ring import Ring
from roomserver.room.room import Room
from tests.roomserver.fakes import Ear
from tests.support.rooms import new_state


def room() -> LiveRoom:
    """Return a room with nobody in it."""
    bounds = Limits()
    return LiveRoom(Room(new_state()), Ring(bounds), bounds)


def everyone(live: LiveRoom) -> list[Subscriber]:
    """Return who may know what is said."""
    return [*live.audience.shared, *live.audience.others]


def test_hearing() -> None:
    """Everyone subscribed hears, but those who may not know what is said; who leaves hears no more."""
    live, ears = room(), [Ear(name) for name in "abc"]
    ears[1].hears_chat = False
    for ear in ears:
        live.subscribe(ear)
    assert everyone(live) == [ears[0], ears[2]]
    live.unsubscribe(ears[0])
    assert everyone(live) == [ears[2]]
    live.unsubscribe_all("c")
    assert everyone(live) == []


def test_a_list_in_use_stays() -> None:
    """Who walks the list may lose somebody on the way: the list that is walked does not change."""
    live, ears = room(), [Ear("a"), Ear("b")]
    for ear in ears:
        live.subscribe(ear)
    walked = live.audience.shared
    live.unsubscribe(ears[0])
    assert list(walked) == ears


def test_a_closer_look() -> None:
    """Who is slow, or in a second room, is not written to as it comes, once the room looks again."""
    live, ears = room(), [Ear("a"), Ear("b"), Ear("c")]
    for ear in ears:
        live.subscribe(ear)
    assert list(live.audience.shared) == ears
    ears[0].slow = True
    ears[1].rooms = {"x": live, "y": live}
    live.reconsider()
    assert (list(live.audience.shared), live.audience.others) == ([ears[2]], ears[:2])


def test_everyone_out() -> None:
    """A closed room has no subscribers left, of whatever kind."""
    live, ears = room(), [Ear("a"), Ear("b")]
    ears[1].hears_chat = False
    for ear in ears:
        live.subscribe(ear)
    assert set(live.unsubscribe_everyone()) == set(ears)
    assert (everyone(live), live.subscribers, live.deaf) == ([], {}, set())
