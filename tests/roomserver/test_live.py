"""The live room's subscribers; what it answers to a join is tested through the server."""

from __future__ import annotations

from protocol.limits import Limits
from roomserver.live import LiveRoom
from roomserver.ring import Ring
from roomserver.room.room import Room
from tests.roomserver.fakes import Ear
from tests.support.rooms import new_state


def room() -> LiveRoom:
    """Return a room with nobody in it."""
    bounds = Limits()
    return LiveRoom(Room(new_state()), Ring(bounds), bounds)


def test_hearing() -> None:
    """Everyone subscribed hears, but those who may not know what is said; who leaves hears no more."""
    live, ears = room(), [Ear(name) for name in "abc"]
    ears[1].hears_chat = False
    for ear in ears:
        live.subscribe(ear)
    assert live.hearing == [ears[0], ears[2]]
    live.unsubscribe(ears[0])
    assert live.hearing == [ears[2]]
    live.unsubscribe_all("c")
    assert live.hearing == []


def test_a_list_in_use_stays() -> None:
    """Who walks the list may lose somebody on the way: the list that is walked does not change."""
    live, ears = room(), [Ear("a"), Ear("b")]
    for ear in ears:
        live.subscribe(ear)
    walked = live.hearing
    live.unsubscribe(ears[0])
    assert walked == ears


def test_everyone_out() -> None:
    """A closed room has no subscribers left, of whatever kind."""
    live, ears = room(), [Ear("a"), Ear("b")]
    ears[1].hears_chat = False
    for ear in ears:
        live.subscribe(ear)
    assert set(live.unsubscribe_everyone()) == set(ears)
    assert (live.hearing, live.subscribers, live.deaf) == ([], {}, set())
