"""What plays next, told ahead."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import commands
from protocol.events import PlayCue, PlayStarted
from protocol.roles import Role
from protocol.values import Rules
from roomserver.room.inputs import DeckRead, ProfileChanged
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, deck, song
from tests.support.rooms import ROOM, Bench, bench_with, events, new_bench, only

CUE_MS, LEAD_MS, TALLY_MS = DEFAULT_TUNING.cue_ms, DEFAULT_TUNING.lead_in_ms, DEFAULT_TUNING.tally_ms
UMA, RITA, BOB, MIA = (BY_ROLE[r] for r in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER))
FILLERS = (song("fill-1"), song("fill-2"))


@pytest.fixture(name="playing")
def _playing() -> Bench:
    """A room in which Uma plays ``a``, Rita waits with ``b``, and staff are present."""
    bench = new_bench(UMA, RITA, BOB, MIA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    return bench


@pytest.fixture(name="cued")
def _cued(playing: Bench) -> Bench:
    """The same room, in which ``b`` was announced a moment ago."""
    playing.wait_until(playing.play.ends_at_ms - CUE_MS)
    playing.said.clear()
    return playing


def told(bench: Bench) -> PlayCue:
    """Return the cue that the room tells next, once."""
    return only(bench.wait(TALLY_MS), PlayCue)


def test_ahead(playing: Bench) -> None:
    """What comes next is told twelve seconds before the end, and when it will start."""
    end = playing.play.ends_at_ms
    assert not events(playing.wait_until(end - CUE_MS - 1), PlayCue)
    cue = only(playing.wait(1), PlayCue)

    assert (cue.dj, cue.media, cue.starts_at_ms) == (RITA, song("b"), end)
    assert playing.room.cue() == cue
    assert not events(playing.wait_until(end - LEAD_MS - 1), PlayCue), "told once"


def test_the_play_carries_the_announced_id(cued: Bench) -> None:
    """The play that starts is the one that was announced, id and all."""
    cue = cued.room.cue()
    started = only(cued.wait_until(cued.play.ends_at_ms - LEAD_MS), PlayStarted)

    assert cue is not None
    assert (started.play.id, started.play.dj, started.play.media, started.play.started_at_ms) == (
        cue.play_id,
        cue.dj,
        cue.media,
        cue.starts_at_ms,
    )
    assert cued.room.cue() is None, "what was announced is on"


def test_another_order(cued: Bench) -> None:
    """When the order changes the cue is told again, with the next revision and another id."""
    first = cued.room.cue()
    cued.queue(BOB, deck("c"))
    cued.do(MIA, commands.WaitlistMove(room=ROOM, user="bob", position=0))
    cue = told(cued)

    assert first is not None
    assert (cue.dj, cue.media, cue.rev) == (BOB, song("c"), first.rev + 1)
    assert cue.play_id != first.play_id
    cued.wait_until(cued.play.ends_at_ms - LEAD_MS)
    assert (cued.play.id, cued.state.dj) == (cue.play_id, BOB)


def test_no_change(cued: Bench) -> None:
    """What does not change who is next is no reason to tell the cue again."""
    cued.queue(BOB, deck("c"))
    cued.do(RITA, DeckRead("rita", deck("b", "z")))

    assert not events(cued.wait(TALLY_MS), PlayCue)


def test_deck_changes(cued: Bench) -> None:
    """Another track on top of the next DJ's playlist is told."""
    cued.do(RITA, DeckRead("rita", deck("z", "b")))

    assert told(cued).media == song("z")


def test_renamed(cued: Bench) -> None:
    """The next DJ's new name is told."""
    cued.do(RITA, ProfileChanged(replace(RITA, name="Ritva")))
    cue = told(cued)

    assert cue.dj is not None
    assert cue.dj.name == "Ritva"


def test_withdrawn(cued: Bench) -> None:
    """When the only one next leaves, the cue is taken back, once."""
    first = cued.room.cue()
    cued.do(RITA, commands.WaitlistLeave(room=ROOM))
    cue = told(cued)

    assert first is not None
    assert (cue.play_id, cue.dj, cue.media, cue.starts_at_ms) == (None, None, None, None)
    assert cue.rev == first.rev + 1
    assert cued.room.cue() is None
    assert not events(cued.wait(TALLY_MS), PlayCue)


def test_somebody_after_nobody(cued: Bench) -> None:
    """Who queues up after the withdrawal is announced."""
    cued.do(RITA, commands.WaitlistLeave(room=ROOM))
    cued.wait(TALLY_MS)
    cued.queue(BOB, deck("c"))
    cue = told(cued)

    assert (cue.dj, cue.rev) == (BOB, 3)


def test_who_queues_up_late(playing: Bench) -> None:
    """With nobody next there is no cue; who comes within the last seconds is announced soon."""
    playing.do(RITA, commands.WaitlistLeave(room=ROOM))
    playing.wait_until(playing.play.ends_at_ms - 5000)
    assert not events(playing.said, PlayCue)
    playing.queue(RITA, deck("b"))

    assert told(playing).dj == RITA


def test_refused_media_is_passed_over() -> None:
    """What the room would refuse at the turn is not announced."""
    bench = bench_with({"rules": Rules(max_duration_ms=200_000)}, UMA, RITA, BOB)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.queue(BOB, deck("c"))
    bench.do(RITA, DeckRead("rita", deck("long", duration_ms=300_000)))
    bench.wait_until(bench.play.ends_at_ms - CUE_MS)

    assert only(bench.said, PlayCue).dj == BOB


def test_same_dj_again() -> None:
    """Alone with cycling on, the next track of the same DJ is announced, and plays."""
    bench = bench_with({"cycle": True}, UMA)
    bench.queue(UMA, deck("a", "b"))
    bench.wait_until(bench.play.ends_at_ms - CUE_MS)
    cue = only(bench.said, PlayCue)
    bench.wait_until(bench.play.ends_at_ms - LEAD_MS)

    assert (cue.dj, cue.media, cue.play_id) == (UMA, song("b"), bench.play.id)


def test_encore() -> None:
    """A DJ with another play in this turn is announced before those who wait."""
    bench = bench_with({"rules": Rules(plays_per_turn=2)}, UMA, RITA)
    bench.queue(UMA, deck("a", "b"))
    bench.queue(RITA, deck("c"))
    bench.wait_until(bench.play.ends_at_ms - CUE_MS)

    assert only(bench.said, PlayCue).media == song("b")


def test_leaving_after_the_play() -> None:
    """Who steps down after this play is not announced again."""
    bench = bench_with({"cycle": True}, UMA)
    bench.queue(UMA, deck("a", "b"))
    bench.do(UMA, commands.BoothLeave(room=ROOM, after_play=True))
    bench.wait_until(bench.play.ends_at_ms)

    assert not events(bench.said, PlayCue)


def test_fallback() -> None:
    """The fallback playlist's next track is announced without a DJ."""
    bench = new_bench(UMA, fallback=FILLERS)
    bench.wait_until(bench.play.ends_at_ms - CUE_MS)
    cue = only(bench.said, PlayCue)
    bench.wait_until(bench.play.ends_at_ms - LEAD_MS)

    assert (cue.dj, cue.media) == (None, song("fill-2"))
    assert (bench.play.id, bench.play.media) == (cue.play_id, cue.media)


def test_short_media() -> None:
    """Of media shorter than the twelve seconds the next is announced right after the start is."""
    bench = bench_with({"cycle": True}, UMA)
    bench.queue(UMA, deck("a", "b", duration_ms=8000))
    cue = told(bench)

    assert (cue.media, cue.starts_at_ms) == (song("b", 8000), bench.play.ends_at_ms)


def test_skipped(cued: Bench) -> None:
    """A skip brings on what was announced, earlier, under its id; and ends the cue."""
    cue = cued.room.cue()
    cued.skip(BOB)

    assert cue is not None
    assert (cued.play.id, cued.room.cue()) == (cue.play_id, None)


def test_never_two_plays_of_one_id() -> None:
    """An announced id is used once, even when the same media comes round again at once."""
    bench = bench_with({"cycle": True}, UMA)
    bench.queue(UMA, deck("a"))
    bench.wait(3 * 180_000)
    started = [event.play.id for event in events(bench.said, PlayStarted)]

    assert len(started) > 2
    assert len(started) == len(set(started))
