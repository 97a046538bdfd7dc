"""The fallback playlist: a room follows it while its owner changes it, and does without when it is gone."""

from __future__ import annotations

from msgspec.structs import replace

from protocol import limits
from protocol.events import RoomUpdated
from protocol.roles import Role
from roomserver.room.effects import TextsChanged
from roomserver.room.inputs import FallbackRead
from roomserver.room.machine import Phase
from tests.support.people import BY_ROLE, song
from tests.support.rooms import Bench, effects_of, new_bench, only

UMA, MIA = BY_ROLE[Role.USER], BY_ROLE[Role.MANAGER]


def bench_of(*titles: str, following: int = 0) -> Bench:
    """Return a room whose fallback playlist holds songs, the next of which is the one of that number."""
    bench = new_bench(UMA, fallback=tuple(song(title) for title in titles), fallback_playlist="list")
    bench.state.fallback_next = following
    return bench


def test_less_of_it() -> None:
    """What was taken out is not played; the rest goes on."""
    bench = bench_of("a", "b", "c", following=2)
    bench.do(MIA, FallbackRead((song("a"), song("c"))))
    assert (bench.state.fallback, bench.state.fallback_next) == ((song("a"), song("c")), 0)
    bench.do(MIA, FallbackRead(()))
    assert (bench.state.fallback, bench.state.fallback_next) == ((), 0)
    assert bench.state.fallback_playlist == "list"


def test_something_again() -> None:
    """A playlist that was empty plays as soon as it has something, where nothing else plays."""
    bench = bench_of()
    bench.do(MIA, FallbackRead((song("a"),)))
    assert bench.state.phase is Phase.FALLBACK
    assert bench.play.media == song("a")


def test_as_many_as_at_the_opening() -> None:
    """No more of it plays than is read when the room is opened again."""
    bench = bench_of("a", following=limits.FALLBACK_MAX - 1)
    bench.do(MIA, FallbackRead(tuple(song(f"s{number}") for number in range(limits.FALLBACK_MAX + 1))))
    assert len(bench.state.fallback) == limits.FALLBACK_MAX


def test_gone() -> None:
    """When the playlist is gone the room has none, says so once, and the current play goes on."""
    bench = bench_of("a")
    bench.state.settings = replace(bench.state.settings, fallback=True)
    bench.enter(UMA)
    playing = bench.play
    bench.said.clear()
    bench.do(MIA, FallbackRead(None))
    assert (bench.state.fallback, bench.state.fallback_playlist) == ((), None)
    assert not bench.state.settings.fallback
    told = only(bench.said, RoomUpdated)
    assert (told.fallback, told.by) == (False, MIA)
    assert [one.fallback_playlist for one in effects_of(bench.said, TextsChanged)] == [None]
    assert bench.play == playing
    bench.said.clear()
    bench.do(MIA, FallbackRead(None))
    assert bench.said == []
