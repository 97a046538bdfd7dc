"""What the room thinks of a play."""

from __future__ import annotations

from typing import Literal

import pytest

from protocol import commands
from protocol.errors import ErrorCode, Rejected
from protocol.events import VoteTally
from protocol.results import GrabResult
from protocol.roles import Role
from protocol.values import Votes
from roomserver.room.effects import Grabbed, Voted
from roomserver.room.inputs import Grab
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, deck, song
from tests.support.rooms import (
    ROOM,
    Bench,
    advances,
    assert_rejected,
    assert_unchanged,
    effects_of,
    events,
    new_bench,
    only,
)

UMA, RITA, BOB, MIA = (BY_ROLE[r] for r in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER))


@pytest.fixture(name="playing")
def _playing() -> Bench:
    """A room in which Uma plays and Rita waits."""
    bench = new_bench(UMA, RITA, BOB, MIA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.said.clear()
    return bench


def voting(bench: Bench, value: Literal[1, 0, -1]) -> commands.VoteCast:
    """Return a vote on the current play."""
    return commands.VoteCast(room=ROOM, play_id=bench.play.id, value=value)


def grabbing(bench: Bench, *, added: bool = True) -> Grab:
    """Return a grab of the current media."""
    return Grab(commands.VoteGrab(room=ROOM, play_id=bench.play.id), "mine", "item-1", added)


def score(bench: Bench) -> tuple[int, int, int]:
    """Return woots, mehs and grabs as a joiner sees them."""
    votes = bench.room.snapshot(bench.now).votes
    return votes.woots, votes.mehs, votes.grabs


class TestCast:
    """Woots and mehs."""

    def test_counts(self, playing: Bench) -> None:
        """Votes count by value, one per user."""
        playing.do(RITA, voting(playing, 1))
        playing.do(BOB, voting(playing, -1))
        playing.do(MIA, voting(playing, 1))

        assert score(playing) == (2, 1, 0)
        assert Voted(playing.play.id, "rita", 1, False, playing.now) == effects_of(playing.said, Voted)[0]
        assert (playing.room.you(RITA, playing.now).vote, playing.room.you(BOB, playing.now).vote) == (1, -1)

    def test_change(self, playing: Bench) -> None:
        """A second vote replaces the first."""
        playing.do(RITA, voting(playing, 1))
        playing.do(RITA, voting(playing, -1))

        assert score(playing) == (0, 1, 0)

    def test_take_back(self, playing: Bench) -> None:
        """0 takes a vote back."""
        playing.do(RITA, voting(playing, 1))
        playing.do(RITA, voting(playing, 0))

        assert score(playing) == (0, 0, 0)
        assert None is playing.room.you(RITA, playing.now).vote

    @pytest.mark.parametrize("value", [1, -1])
    def test_same_again(self, playing: Bench, value: Literal[1, -1]) -> None:
        """The same vote again changes nothing and is not told."""
        playing.do(RITA, voting(playing, value))

        assert_unchanged(playing, RITA, voting(playing, value))

    def test_nothing_to_take_back(self, playing: Bench) -> None:
        """Taking back what was never given changes nothing."""
        assert_unchanged(playing, RITA, voting(playing, 0))

    def test_own(self, playing: Bench) -> None:
        """A DJ does not vote on the own play."""
        assert_rejected(playing, UMA, voting(playing, 1), ErrorCode.OWN_PLAY)

    def test_stale(self, playing: Bench) -> None:
        """A vote on a play that is over is refused, and names the current one."""
        command = voting(playing, 1)
        playing.skip(BOB)

        assert_rejected(playing, MIA, command, ErrorCode.STALE_PLAY, play_id=playing.play.id)

    def test_nobody_plays(self, bench: Bench) -> None:
        """With nobody playing every vote is stale."""
        command = commands.VoteCast(room=ROOM, play_id="id-1", value=1)
        refused = assert_rejected(bench, RITA, command, ErrorCode.STALE_PLAY)

        assert refused.facts == {"play_id": None}

    def test_fallback(self) -> None:
        """The fallback playlist can be voted on by everybody."""
        bench = new_bench(UMA, fallback=(song("fill"),))
        bench.do(UMA, voting(bench, 1))

        assert score(bench) == (1, 0, 0)

    def test_leavers(self, playing: Bench) -> None:
        """A leaver's vote stays."""
        playing.do(BOB, voting(playing, 1))
        playing.leave(BOB)
        playing.skip(MIA)

        previous = advances(playing.said)[-1].previous
        assert previous is not None
        assert (previous.woots, previous.listeners) == (1, 4)


class TestGrab:
    """Copying the current media."""

    def test_counts_once(self, playing: Bench) -> None:
        """A grab counts once per user and play, however many playlists it goes to."""
        first = playing.do(RITA, grabbing(playing))
        playing.do(RITA, grabbing(playing))

        assert GrabResult(playlist_id="mine", added=True) == first.result
        assert score(playing) == (0, 0, 1)
        assert len(effects_of(playing.said, Grabbed)) == 2
        assert len(effects_of(playing.said, Voted)) == 1
        assert playing.room.you(RITA, playing.now).grabbed

    def test_there_already(self, playing: Bench) -> None:
        """Media that is in the playlist already counts, and is not copied again."""
        outcome = playing.do(RITA, grabbing(playing, added=False))

        assert GrabResult(playlist_id="mine", added=False) == outcome.result
        assert score(playing) == (0, 0, 1)
        assert not effects_of(playing.said, Grabbed)

    def test_keeps_the_vote(self, playing: Bench) -> None:
        """A grab leaves the vote as it is."""
        playing.do(RITA, voting(playing, -1))
        playing.do(RITA, grabbing(playing))

        assert score(playing) == (0, 1, 1)
        assert effects_of(playing.said, Voted)[-1][2:4] == (-1, True)

    def test_own(self, playing: Bench) -> None:
        """A DJ does not grab the own play."""
        assert_rejected(playing, UMA, grabbing(playing), ErrorCode.OWN_PLAY)

    def test_problem(self, playing: Bench) -> None:
        """A playlist that cannot take it matters last."""
        full = Rejected(ErrorCode.TOO_MANY, "full", limit=1)
        order = grabbing(playing, added=False)._replace(problem=full)

        assert_rejected(playing, RITA, order, ErrorCode.TOO_MANY, limit=1)
        assert_rejected(playing, UMA, order, ErrorCode.OWN_PLAY)

    def test_stale(self, playing: Bench) -> None:
        """Only the current media can be grabbed."""
        command = grabbing(playing)
        playing.skip(BOB)

        assert_rejected(playing, MIA, command, ErrorCode.STALE_PLAY, play_id=playing.play.id)


class TestTally:
    """Telling the score."""

    def test_batches(self, playing: Bench) -> None:
        """Votes of one batch are told in one tally, with each one's latest value."""
        playing.do(RITA, voting(playing, 1))
        playing.do(BOB, voting(playing, 1))
        playing.do(BOB, voting(playing, -1))
        playing.do(MIA, grabbing(playing))
        assert not events(playing.said, VoteTally)
        tally = only(playing.wait(DEFAULT_TUNING.tally_ms), VoteTally)

        assert (tally.woots, tally.mehs, tally.grabs) == (1, 1, 1)
        assert tally.changed == [("rita", 1), ("bob", -1), ("mia", 0)]

    def test_rate(self, playing: Bench) -> None:
        """However fast people vote, there is at most one tally per batch length."""
        for step in range(100):
            playing.do(RITA, voting(playing, 1 if step % 2 else -1))
            playing.wait(10)

        assert 9 <= len(events(playing.said, VoteTally)) <= 10

    def test_only_news(self, playing: Bench) -> None:
        """A tally names only those whose vote changed since the last."""
        playing.do(RITA, voting(playing, 1))
        playing.wait(DEFAULT_TUNING.tally_ms)
        playing.do(BOB, voting(playing, 1))
        tally = only(playing.wait(DEFAULT_TUNING.tally_ms), VoteTally)

        assert (tally.woots, tally.changed) == (2, [("bob", 1)])

    def test_end_of_a_play(self, playing: Bench) -> None:
        """A pending tally dies with its play, whose score comes with the advance."""
        playing.do(BOB, voting(playing, 1))
        playing.skip(BOB)
        assert not events(playing.wait(DEFAULT_TUNING.tally_ms), VoteTally)

        previous = advances(playing.said)[-1].previous
        assert previous is not None
        assert previous.woots == 1
        assert Votes(play_id=playing.play.id, woots=0, mehs=0, grabs=0) == playing.state.votes()

    def test_joiners(self, playing: Bench) -> None:
        """A joiner gets everybody's vote."""
        assert None is new_bench().room.tally()
        playing.do(RITA, voting(playing, 1))
        playing.do(BOB, voting(playing, -1))
        tally = playing.room.tally()

        assert tally is not None
        assert tally.changed == [("rita", 1), ("bob", -1)]
