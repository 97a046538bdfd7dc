"""Who plays, when it starts, and what follows."""

from __future__ import annotations

import itertools

import pytest

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import BoothLeaving, PlaylistCycled, PlayStarted, PlayStopped, YouUpdated
from protocol.roles import Role
from protocol.values import Previous
from roomserver.room.booth import ANNOUNCE_MIN_MS
from roomserver.room.effects import ItemCycled, PlayBegan, PlayEnded
from roomserver.room.inputs import DeckRead
from roomserver.room.machine import Phase
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, SONG_MS, deck, song
from tests.support.rooms import (
    ROOM,
    Bench,
    advances,
    assert_rejected,
    assert_unchanged,
    bench_with,
    directs_to,
    effects_of,
    events,
    new_bench,
    only,
)

LEAD_MS = DEFAULT_TUNING.lead_in_ms
SKIP_LEAD_MS = DEFAULT_TUNING.skip_lead_ms
UMA, RITA, BOB, MIA = (BY_ROLE[r] for r in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER))
FILLERS = (song("fill-1"), song("fill-2"))


@pytest.fixture(name="playing")
def _playing() -> Bench:
    """A room in which Uma plays ``a``, Rita waits with ``b``, and staff are present."""
    bench = new_bench(UMA, RITA, BOB, MIA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.wait(DEFAULT_TUNING.tally_ms)
    bench.said.clear()
    return bench


def leaving(*, after_play: bool, on: bool = True) -> commands.BoothLeave:
    """Return a command to step down."""
    return commands.BoothLeave(room=ROOM, after_play=after_play, on=on)


def previous_of(bench: Bench) -> Previous:
    """Return how the play before the latest advance ended."""
    previous = advances(bench.said)[-1].previous
    assert previous is not None
    return previous


class TestStart:
    """A play is announced before it starts."""

    def test_lead_in(self) -> None:
        """The first play starts a lead-in after its announcement, for everybody at once."""
        bench = new_bench(UMA)
        bench.queue(UMA, deck("a"))

        started = only(bench.said, PlayStarted)
        assert bench.now + LEAD_MS == started.play.started_at_ms
        assert (started.previous, started.play.dj, started.play.duration_ms) == (None, UMA, SONG_MS)
        assert [PlayBegan(bench.play)] == effects_of(bench.said, PlayBegan)

    def test_gapless(self, playing: Bench) -> None:
        """The next play is announced a lead-in ahead and starts when the previous one is over."""
        end = playing.play.ends_at_ms
        assert not advances(playing.wait_until(end - LEAD_MS - 1))
        started = only(playing.wait_until(end - LEAD_MS), PlayStarted)

        assert end == started.play.started_at_ms
        assert started.previous is not None
        assert started.previous.end == "finished"

    @pytest.mark.parametrize("lag_ms", [0, 1, 40, 999, 1000])
    def test_lag(self, playing: Bench, lag_ms: int) -> None:
        """A server that wakes up late, but in time to tell everybody, shifts nothing."""
        end = playing.play.ends_at_ms
        playing.now = end - LEAD_MS + lag_ms
        started = only(playing.room.tick(playing.now), PlayStarted)

        assert end == started.play.started_at_ms
        assert started.play.started_at_ms - started.at_ms >= ANNOUNCE_MIN_MS

    @pytest.mark.parametrize("lag_ms", [1001, 1500, 60_000])
    def test_too_late(self, playing: Bench, lag_ms: int) -> None:
        """When it is too late to announce the planned start, the play starts a lead-in from now."""
        playing.now = playing.play.ends_at_ms - LEAD_MS + lag_ms
        started = only(playing.room.tick(playing.now), PlayStarted)

        assert playing.now + LEAD_MS == started.play.started_at_ms

    def test_late_tick(self, playing: Bench) -> None:
        """A server that was away over the end starts the next play a lead-in later, never in the past."""
        playing.now = playing.play.ends_at_ms + 5000
        [ended] = effects_of(effects := playing.room.tick(playing.now), PlayEnded)

        assert playing.now + LEAD_MS == only(effects, PlayStarted).play.started_at_ms
        assert playing.now - 5000 == ended.ended_at_ms

    def test_nobody_next(self) -> None:
        """With nobody next the play runs to its end."""
        bench = new_bench(UMA)
        bench.queue(UMA, deck("a"))
        end = bench.play.ends_at_ms
        bench.said.clear()

        assert not bench.wait_until(end - 1)
        stopped = only(bench.wait_until(end), PlayStopped)
        assert stopped.previous is not None
        assert (stopped.previous.end, stopped.previous.by, stopped.stops_at_ms) == ("finished", None, end)
        assert (bench.state.phase, bench.room.deadline()) == (Phase.EMPTY, None)

    def test_next_in_the_last_moment(self) -> None:
        """Who queues up within the last lead-in begins at once after the announcement."""
        bench = new_bench(UMA, RITA)
        bench.queue(UMA, deck("a"))
        bench.wait_until(bench.play.ends_at_ms - 500)
        bench.queue(RITA, deck("b"))
        bench.wait(0)

        assert bench.state.dj == RITA
        assert bench.now + LEAD_MS == bench.play.started_at_ms

    def test_short_media(self) -> None:
        """Media shorter than the lead-in are played, one after the other, without overlap."""
        bench = bench_with({"cycle": True}, UMA)
        bench.queue(UMA, deck("a", duration_ms=1000))
        bench.wait(60_000)

        started = events(bench.said, PlayStarted)
        assert len(started) > 10
        for earlier, later in itertools.pairwise(started):
            assert earlier.play.ends_at_ms <= later.play.started_at_ms

    def test_trim(self) -> None:
        """A trimmed media plays from its start to its end mark only."""
        bench = new_bench(UMA)
        bench.queue(UMA, media=song(start_ms=10_000, end_ms=25_000))

        assert (bench.play.position_ms, bench.play.duration_ms) == (10_000, 15_000)

    def test_listeners(self) -> None:
        """Listeners are the distinct members who were here during the play."""
        bench = new_bench(UMA, RITA)
        bench.queue(UMA, deck("a"))
        bench.leave(RITA)
        bench.enter(BOB)
        bench.enter(BOB)
        bench.skip(UMA)

        assert previous_of(bench).listeners == 3


class TestFollow:
    """What follows a play."""

    def test_order(self) -> None:
        """First come, first played."""
        bench = new_bench(UMA, RITA, BOB)
        for user in (UMA, RITA, BOB):
            bench.queue(user, deck(user.id))
        bench.wait(3 * SONG_MS)

        assert [event.play.dj for event in events(bench.said, PlayStarted)] == [UMA, RITA, BOB]

    def test_cycle(self) -> None:
        """With cycling on a DJ goes to the waitlist's end, and plays the playlist's next item."""
        bench = bench_with({"cycle": True}, UMA, RITA)
        bench.queue(UMA, deck("a", "b"))
        bench.queue(RITA, deck("c"))
        bench.skip(UMA)
        assert bench.waiting == ["uma"]
        bench.skip(RITA)

        assert [(event.play.media.title, event.play.dj) for event in events(bench.said, PlayStarted)] == [
            ("a", UMA),
            ("c", RITA),
            ("b", UMA),
        ]

    def test_alone_with_cycle(self) -> None:
        """Alone with cycling on, the same DJ continues."""
        bench = bench_with({"cycle": True}, UMA)
        bench.queue(UMA, deck("a", "b"))
        bench.wait(2 * SONG_MS)

        assert [event.play.media.title for event in events(bench.said, PlayStarted)] == ["a", "b", "a"]
        assert not events(bench.said, PlayStopped)

    def test_cycle_off(self, playing: Bench) -> None:
        """With cycling off a DJ keeps no place, and the room forgets the playlist."""
        playing.skip(UMA)

        assert playing.waiting == []
        assert list(playing.state.decks) == ["rita"]

    def test_cycle_past_the_cap(self) -> None:
        """A DJ who cycles is not locked out by a full waitlist."""
        bench = bench_with({"cycle": True, "waitlist_cap": 1}, UMA, RITA)
        bench.queue(UMA, deck("a"))
        bench.queue(RITA, deck("b"))
        bench.skip(UMA)

        assert (bench.state.dj, bench.waiting) == (RITA, ["uma"])

    def test_item_cycled(self) -> None:
        """The played item goes to the playlist's end, and its owner is told."""
        bench = new_bench(UMA)
        bench.queue(UMA, deck("a", "b", playlist_id="p1"))

        assert [ItemCycled("uma", "p1", "item-a")] == effects_of(bench.said, ItemCycled)
        assert [PlaylistCycled(playlist_id="p1")] == directs_to(bench.said, UMA)

    def test_empty_playlist(self, playing: Bench) -> None:
        """An empty playlist at one's turn is passed over; its owner is told why and keeps no place."""
        playing.queue(BOB, deck("c"))
        playing.do(RITA, DeckRead("rita", deck()))
        playing.skip(UMA)

        assert (playing.state.dj, playing.waiting) == (BOB, [])
        [told] = directs_to(playing.said, RITA)
        assert isinstance(told, YouUpdated)
        assert (told.reason, told.waitlist_position) == ("no_media", None)

    def test_only_empty_playlists(self, playing: Bench) -> None:
        """When nobody who waits has media, the play runs to its end and the booth empties."""
        playing.do(RITA, DeckRead("rita", None))
        playing.wait(DEFAULT_TUNING.tally_ms)
        end = playing.play.ends_at_ms

        assert not playing.wait_until(end - 1)
        stopped = only(playing.wait_until(end), PlayStopped)
        assert stopped.waitlist == []
        assert "rita" not in playing.state.decks

    def test_refilled_playlist(self, playing: Bench) -> None:
        """A playlist that is filled before the turn counts."""
        playing.do(RITA, DeckRead("rita", deck()))
        playing.do(RITA, DeckRead("rita", deck("z")))
        playing.skip(UMA)

        assert playing.play.media.title == "z"

    def test_deck_of_bystanders(self, playing: Bench) -> None:
        """A playlist of somebody who neither waits nor plays is of no interest."""
        assert_unchanged(playing, BOB, DeckRead("bob", deck("x")))

    def test_media_once(self) -> None:
        """One media given for once is played once: with nothing else to play, cycling ends."""
        bench = bench_with({"cycle": True}, UMA)
        bench.queue(UMA, media=song("once"))
        assert bench.play.media.title == "once"
        assert not effects_of(bench.said, ItemCycled)
        bench.wait_until(bench.play.ends_at_ms)

        assert len(events(bench.said, PlayStarted)) == 1

    def test_media_once_then_playlist(self) -> None:
        """After the one media a cycling DJ plays from the playlist."""
        bench = bench_with({"cycle": True}, UMA)
        bench.queue(UMA, deck("a"), media=song("once"))
        bench.skip(UMA)

        assert [event.play.media.title for event in events(bench.said, PlayStarted)] == ["once", "a"]


class TestSkip:
    """Ending a play early."""

    def test_own(self, playing: Bench) -> None:
        """A DJ may skip the own play: one advance, a second and a half from now for everybody."""
        old = playing.play
        playing.wait(10_000)
        outcome = playing.skip(UMA)

        [started] = advances(playing.said)
        assert playing.now + SKIP_LEAD_MS == playing.play.started_at_ms
        assert (previous_of(playing).by, [previous_of(playing).end]) == (UMA, ["skipped"])
        assert started.previous is not None
        assert (old.id, playing.play.id) == (started.previous.play_id, outcome.result.play_id)  # type: ignore[attr-defined] # the result is the skip's
        [ended] = effects_of(playing.said, PlayEnded)
        assert (old.id, playing.now, "uma") == (ended.play_id, ended.ended_at_ms, ended.by)

    def test_in_the_lead_in(self, playing: Bench) -> None:
        """A play that is cut before its announced start was over when it was cut."""
        assert playing.now < playing.play.started_at_ms
        playing.skip(UMA)

        [ended] = effects_of(playing.said, PlayEnded)
        assert ended.ended_at_ms == playing.now

    def test_reason(self, playing: Bench) -> None:
        """Who skipped and why is told."""
        playing.skip(BOB, reason="too loud")

        assert (previous_of(playing).by, previous_of(playing).reason) == (BOB, "too loud")

    def test_clean_reason(self, playing: Bench) -> None:
        """Nothing in the reason reorders the words around it, and one that is too long is refused."""
        long = commands.BoothSkip(room=ROOM, play_id=playing.play.id, reason="\ufb2c" * limits.REASON_CHARS)
        assert_rejected(playing, BOB, long, ErrorCode.BAD_PARAMS, field="reason")
        playing.skip(BOB, reason="\u202etoo loud")

        assert previous_of(playing).reason == "too loud"

    def test_twice(self, playing: Bench) -> None:
        """A second skip of the same play is stale, and names the current one."""
        command = commands.BoothSkip(room=ROOM, play_id=playing.play.id)
        playing.do(BOB, command)

        assert_rejected(playing, MIA, command, ErrorCode.STALE_PLAY, play_id=playing.play.id)
        assert len(advances(playing.said)) == 1

    def test_after_the_last(self) -> None:
        """A skip in an empty booth is stale, and says that there is no current play."""
        bench = new_bench(UMA, BOB)
        bench.queue(UMA, deck("a"))
        command = commands.BoothSkip(room=ROOM, play_id=bench.play.id)
        bench.do(BOB, command)
        refused = assert_rejected(bench, BOB, command, ErrorCode.STALE_PLAY)

        assert refused.facts == {"play_id": None}

    def test_nobody_next(self) -> None:
        """With nobody next the sound ends at the announced instant, never after the play's own end."""
        bench = new_bench(UMA)
        bench.queue(UMA, deck("a"))
        bench.wait(5000)
        bench.skip(UMA)
        assert bench.now + SKIP_LEAD_MS == only(bench.said, PlayStopped).stops_at_ms

        bench.said.clear()
        bench.queue(UMA, deck("a"))
        end = bench.play.ends_at_ms
        bench.wait_until(end - 400)
        bench.skip(UMA)
        assert end == only(bench.said, PlayStopped).stops_at_ms

    def test_before_the_start(self, playing: Bench) -> None:
        """A play can be skipped while it is only announced."""
        playing.skip(BOB)
        first = playing.play
        playing.skip(BOB)

        assert len(advances(playing.said)) == 2
        assert first.id == previous_of(playing).play_id
        assert None is playing.state.dj

    @pytest.mark.parametrize(("requeue_at", "expected"), [(1, ["uma", "mia"]), (2, ["mia", "uma"])])
    def test_requeue(self, playing: Bench, requeue_at: int, expected: list[str]) -> None:
        """Staff may skip and give the DJ a place."""
        playing.queue(MIA, deck("m"))
        playing.skip(BOB, requeue_at=requeue_at)

        assert (RITA, expected) == (playing.state.dj, playing.waiting)

    def test_requeue_past_the_end(self, playing: Bench) -> None:
        """An index past the end means the end."""
        playing.queue(MIA, deck("m"))
        playing.skip(BOB, requeue_at=99)

        assert playing.waiting == ["mia", "uma"]

    def test_requeue_past_the_cap(self) -> None:
        """The place that staff give does not depend on the cap."""
        bench = bench_with({"waitlist_cap": 1}, UMA, RITA, BOB)
        bench.queue(UMA, deck("a"))
        bench.queue(RITA, deck("b"))
        bench.skip(BOB, requeue_at=1)

        assert bench.waiting == ["uma"]

    def test_requeue_at_the_front(self, playing: Bench) -> None:
        """At index 0 the DJ plays the next item at once."""
        playing.do(UMA, DeckRead("uma", deck("again")))
        playing.skip(BOB, requeue_at=0)

        assert (playing.state.dj, playing.play.media.title) == (UMA, "again")

    def test_requeue_of_oneself(self, playing: Bench) -> None:
        """A DJ gets no place by skipping oneself, short of the role that moves in the waitlist."""
        command = commands.BoothSkip(room=ROOM, play_id=playing.play.id, requeue_at=0)

        assert_rejected(playing, UMA, command, ErrorCode.FORBIDDEN, needs="manager")

    def test_requeue_without_media(self) -> None:
        """Whose media was for once has nothing to requeue."""
        bench = new_bench(UMA, BOB)
        bench.queue(UMA, media=song("once"))
        bench.skip(BOB, requeue_at=0)

        assert (bench.state.turn, bench.waiting) == (None, [])


class TestLeave:
    """Stepping down."""

    def test_now(self, playing: Bench) -> None:
        """Leaving ends the play with exactly one advance, and keeps no place even when cycling."""
        playing.do(MIA, commands.WaitlistCycle(room=ROOM, on=True))
        playing.do(UMA, leaving(after_play=False))

        assert len(advances(playing.said)) == 1
        assert (playing.state.dj, playing.waiting, previous_of(playing).end) == (RITA, [], "left")

    def test_after_play(self, playing: Bench) -> None:
        """Leaving after the play lets it end and keeps no place when cycling."""
        playing.do(MIA, commands.WaitlistCycle(room=ROOM, on=True))
        playing.do(UMA, leaving(after_play=True))
        told = only(playing.said, BoothLeaving)
        assert (told.after_play, told.user) == (True, UMA)
        assert playing.room.snapshot(playing.now).booth.leave_after_play
        playing.wait_until(playing.play.ends_at_ms)

        assert (playing.state.dj, playing.waiting, previous_of(playing).end) == (RITA, [], "finished")
        assert not playing.room.snapshot(playing.now).booth.leave_after_play

    def test_after_play_alone(self) -> None:
        """Alone with cycling on, leaving after the play ends it at its end, not a lead-in before."""
        bench = bench_with({"cycle": True}, UMA)
        bench.queue(UMA, deck("a"))
        bench.do(UMA, leaving(after_play=True))
        bench.said.clear()

        assert not bench.wait_until(bench.play.ends_at_ms - 1)
        assert only(bench.wait_until(bench.play.ends_at_ms), PlayStopped)

    def test_taken_back(self, playing: Bench) -> None:
        """Leaving after the play can be taken back."""
        playing.do(MIA, commands.WaitlistCycle(room=ROOM, on=True))
        playing.do(UMA, leaving(after_play=True))
        playing.do(UMA, leaving(after_play=True, on=False))
        assert [event.after_play for event in events(playing.said, BoothLeaving)] == [True, False]
        playing.wait_until(playing.play.ends_at_ms)

        assert playing.waiting == ["uma"]

    def test_said_twice(self, playing: Bench) -> None:
        """Saying the same again changes nothing and is not told."""
        assert_unchanged(playing, UMA, leaving(after_play=True, on=False))
        playing.do(UMA, leaving(after_play=True))

        assert_unchanged(playing, UMA, leaving(after_play=True))

    @pytest.mark.parametrize("after_play", [False, True])
    def test_not_the_dj(self, playing: Bench, after_play: bool) -> None:
        """Only the DJ can step down."""
        assert_rejected(playing, RITA, leaving(after_play=after_play), ErrorCode.NOT_WAITING)


class TestFallback:
    """The playlist of the room itself."""

    def test_wakes_for_the_first(self) -> None:
        """It starts for the first one to enter, soon, with nobody as DJ."""
        bench = new_bench(fallback=FILLERS)
        assert None is bench.state.turn
        bench.enter(UMA)

        started = only(bench.said, PlayStarted)
        assert (started.play.dj, started.play.media.title) == (None, "fill-1")
        assert bench.now + DEFAULT_TUNING.wake_ms == started.play.started_at_ms
        assert bench.state.phase == Phase.FALLBACK

    def test_the_second_enters(self) -> None:
        """Whoever enters next hears what is on."""
        bench = new_bench(UMA, fallback=FILLERS)
        bench.enter(RITA)

        assert not advances(bench.said)

    def test_goes_round(self) -> None:
        """It plays its media in turn, without gaps, and begins again."""
        bench = new_bench(UMA, fallback=FILLERS)
        first = bench.play
        started = events(bench.wait(2 * SONG_MS), PlayStarted)

        assert [event.play.media.title for event in started] == ["fill-2", "fill-1"]
        assert first.ends_at_ms == started[0].play.started_at_ms

    def test_yields(self) -> None:
        """A DJ takes over at once, as at a skip."""
        bench = new_bench(UMA, fallback=FILLERS)
        bench.queue(UMA, deck("a"))

        assert (bench.state.dj, previous_of(bench).end) == (UMA, "replaced")
        assert bench.now + SKIP_LEAD_MS == bench.play.started_at_ms

    def test_takes_over(self) -> None:
        """It follows the last DJ without a gap."""
        bench = new_bench(UMA, fallback=FILLERS)
        bench.queue(UMA, deck("a"))
        end = bench.play.ends_at_ms
        bench.said.clear()
        started = only(bench.wait_until(end - LEAD_MS), PlayStarted)

        assert (None, end) == (started.play.dj, started.play.started_at_ms)

    def test_cycling_dj_first(self) -> None:
        """A DJ who cycles alone goes before it."""
        bench = bench_with({"cycle": True}, UMA, fallback=FILLERS)
        bench.queue(UMA, deck("a"))
        bench.wait(SONG_MS)

        assert bench.state.dj == UMA

    def test_stops_when_everyone_is_gone(self) -> None:
        """With nobody here it plays its media to the end and stops."""
        bench = new_bench(UMA, fallback=FILLERS)
        bench.leave(UMA)
        bench.said.clear()
        end = bench.play.ends_at_ms

        assert not advances(bench.wait_until(end - 1))
        assert only(bench.wait_until(end), PlayStopped)
        assert None is bench.room.deadline()

    def test_everyone_is_away(self) -> None:
        """Members without a connection do not keep it going."""
        bench = new_bench(UMA, fallback=(song("short", 5000),))
        bench.drop(UMA)

        assert only(bench.wait(10_000), PlayStopped)
        assert list(bench.state.members) == ["uma"]

    def test_wakes_for_who_comes_back(self) -> None:
        """It starts again for a member who comes back within the grace."""
        bench = new_bench(UMA, fallback=(song("short", 5000),))
        bench.drop(UMA)
        bench.wait(10_000)
        bench.enter(UMA)

        assert None is bench.play.dj

    def test_dj_leaves(self) -> None:
        """A DJ who leaves alone leaves silence, not a playlist for nobody."""
        bench = new_bench(UMA, fallback=FILLERS)
        bench.queue(UMA, deck("a"))
        bench.leave(UMA)

        assert isinstance(advances(bench.said)[-1], PlayStopped)

    def test_skip(self) -> None:
        """Staff may skip it; it goes on with the next media."""
        bench = new_bench(UMA, BOB, fallback=FILLERS)
        bench.skip(BOB)

        assert (bench.play.media.title, previous_of(bench).end) == ("fill-2", "skipped")
        command = commands.BoothSkip(room=ROOM, play_id=bench.play.id)
        assert_rejected(bench, UMA, command, ErrorCode.FORBIDDEN, needs="bouncer")
