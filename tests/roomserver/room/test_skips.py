"""Skips by the many: votes to skip, and media that their players cannot play."""

from __future__ import annotations

from typing import Any

import pytest

from protocol import commands
from protocol.errors import ErrorCode
from protocol.events import PlayStarted, SkipTally
from protocol.roles import Role
from protocol.values import Previous, Rules, User
from roomserver.room.effects import PlayEnded
from roomserver.room.inputs import Moderate, Update
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, deck, person
from tests.support.rooms import (
    ROOM,
    Bench,
    advances,
    assert_rejected,
    assert_unchanged,
    bench_with,
    effects_of,
    events,
    new_bench,
    only,
)

TALLY_MS = DEFAULT_TUNING.tally_ms
UMA, BOB, CORA, ADA, GUS = (
    BY_ROLE[r] for r in (Role.USER, Role.BOUNCER, Role.COHOST, Role.ADMIN, Role.GUEST)
)
DORA, NEXT = person("Dora"), person("Nina")
A, B, C, D = (person(name) for name in "ABCD")
BOT = person("Botty", "bot")


def room_of(*users: User, rules: Rules | None = None) -> Bench:
    """Return a room in which Dora plays, Nina is next and these listen too."""
    given = Rules(vote_skip_percent=50) if rules is None else rules
    bench = bench_with({"rules": given}, DORA, NEXT, *users)
    bench.queue(DORA, deck("a"))
    bench.queue(NEXT, deck("b"))
    bench.wait(TALLY_MS)
    bench.said.clear()
    return bench


def vote(bench: Bench, *users: User, on: bool = True) -> None:
    """Let users vote on the current play, or take their votes back."""
    for user in users:
        bench.do(user, commands.BoothVoteSkip(room=ROOM, play_id=bench.play.id, on=on))


def report(bench: Bench, *users: User, problem: Any = "unavailable") -> None:
    """Let users' players fail at the current play."""
    for user in users:
        bench.do(user, commands.MediaReport(room=ROOM, play_id=bench.play.id, problem=problem))


def standing(bench: Bench) -> tuple[int, int]:
    """Return votes and what is needed."""
    tally = bench.room.skip_tally()
    assert tally is not None
    return tally.votes, tally.needed


def ending(bench: Bench) -> Previous:
    """Return how the play before the one advance ended."""
    [advance] = advances(bench.said)
    assert advance.previous is not None
    return advance.previous


class TestVoteSkip:
    """Skipping by vote."""

    def test_threshold(self) -> None:
        """With the share of the eligible the play is skipped: once, and by nobody."""
        bench = room_of(A, B, C)
        vote(bench, A)
        assert standing(bench) == (1, 2)
        assert not advances(bench.said)
        vote(bench, B)

        told = ending(bench)
        assert (told.end, told.by, told.reason) == ("skipped", None, "vote")
        assert [(ended.by, ended.reason) for ended in effects_of(bench.said, PlayEnded)] == [(None, "vote")]
        assert only(bench.said, PlayStarted).play.dj == NEXT

    @pytest.mark.parametrize(("percent", "needed"), [(1, 2), (50, 2), (51, 3), (75, 3), (76, 4), (100, 4)])
    def test_share(self, percent: int, needed: int) -> None:
        """The share is rounded up, and never below the minimum."""
        assert standing(room_of(A, B, C, rules=Rules(vote_skip_percent=percent))) == (0, needed)

    def test_minimum(self) -> None:
        """In a small room the minimum counts, even when it is more than there are voters."""
        bench = room_of(rules=Rules(vote_skip_percent=1, vote_skip_min=2))
        vote(bench, NEXT)

        assert standing(bench) == (1, 2)
        assert not advances(bench.said)

    def test_eligible(self) -> None:
        """The DJ, guests, bots, those without a connection and those whose player fails do not count."""
        bench = room_of(A, B, C, D, GUS, BOT, rules=Rules(vote_skip_percent=100, vote_skip_min=1))
        assert standing(bench) == (0, 5)
        bench.drop(A)
        report(bench, B)

        assert standing(bench) == (0, 3)

    def test_bots_do_not_skip(self) -> None:
        """The vote of a bot does not count among the listeners."""
        bench = room_of(A, B, BOT)
        vote(bench, BOT, A)

        assert standing(bench) == (1, 2)
        assert not advances(bench.said)

    def test_leavers(self) -> None:
        """The votes of those who left do not count, nor those of the disconnected."""
        bench = room_of(A, B, C, D, rules=Rules(vote_skip_percent=100))
        vote(bench, A, B)
        bench.leave(A)
        bench.drop(B)

        assert standing(bench) == (0, 3)

    def test_comes_back(self) -> None:
        """Who comes back within the play still wants it skipped."""
        bench = room_of(A, B, C, D, rules=Rules(vote_skip_percent=100))
        vote(bench, A)
        bench.drop(A)
        bench.enter(A)

        assert standing(bench) == (1, 5)

    @pytest.mark.parametrize("way", ["leave", "drop"])
    def test_fewer_listeners(self, way: str) -> None:
        """When so many go that the votes are enough, the play is skipped at the next tally."""
        bench = room_of(A, B, C, D)
        vote(bench, A, B)
        bench.wait(TALLY_MS)
        assert not advances(bench.said)
        if way == "leave":
            bench.leave(C)
        else:
            bench.drop(C)
        bench.wait(TALLY_MS)

        assert ending(bench).reason == "vote"

    def test_own_play(self) -> None:
        """A DJ skips, and does not vote."""
        bench = room_of(A)
        command = commands.BoothVoteSkip(room=ROOM, play_id=bench.play.id, on=True)

        assert_rejected(bench, DORA, command, ErrorCode.OWN_PLAY)

    def test_take_back(self) -> None:
        """A vote can be taken back, and a second one changes nothing."""
        bench = room_of(A, B, C)
        vote(bench, A)
        command = commands.BoothVoteSkip(room=ROOM, play_id=bench.play.id, on=True)
        assert_unchanged(bench, A, command)
        vote(bench, A, on=False)
        vote(bench, B)

        assert standing(bench) == (1, 2)
        assert not advances(bench.said)

    def test_batches(self) -> None:
        """Votes within a batch are told once, as where they stand."""
        bench = room_of(A, B, C, D, rules=Rules(vote_skip_percent=100))
        vote(bench, A, B)
        assert not events(bench.wait(TALLY_MS - 1), SkipTally)
        told = only(bench.wait(1), SkipTally)

        assert (told.play_id, told.votes, told.needed) == (bench.play.id, 2, 5)
        assert told == bench.room.skip_tally()

    def test_told_when_listeners_change(self) -> None:
        """Who comes or goes changes what is needed: the latest value says so."""
        bench = room_of(A, B, C, D, rules=Rules(vote_skip_percent=100))
        vote(bench, A)
        bench.wait(TALLY_MS)
        bench.said.clear()
        bench.drop(D)
        told = only(bench.wait(TALLY_MS), SkipTally)

        assert (told.votes, told.needed) == (1, 4)

    def test_next_play(self) -> None:
        """Votes are about one play: the next begins without any, and an old vote is stale."""
        bench = room_of(A, B, C)
        old = commands.BoothVoteSkip(room=ROOM, play_id=bench.play.id, on=True)
        bench.do(A, old)
        bench.skip(DORA)

        assert standing(bench)[0] == 0
        assert_rejected(bench, B, old, ErrorCode.STALE_PLAY, play_id=bench.play.id)
        assert not events(bench.wait(TALLY_MS), SkipTally)

    def test_off(self) -> None:
        """Without the rule there is no vote, and no tally."""
        bench = room_of(A, rules=Rules())
        command = commands.BoothVoteSkip(room=ROOM, play_id=bench.play.id, on=True)

        assert_rejected(bench, A, command, ErrorCode.FORBIDDEN)
        assert bench.room.skip_tally() is None

    def test_rule_changes(self) -> None:
        """A lower share skips with the votes that are there; without the rule votes mean nothing."""
        bench = room_of(A, B, C, CORA, rules=Rules(vote_skip_percent=100))
        vote(bench, A, B)
        rules = commands.RulesUpdate(vote_skip_percent=40)
        bench.do(CORA, Update(commands.RoomUpdate(room=ROOM, rules=rules), None))
        bench.wait(TALLY_MS)

        assert ending(bench).reason == "vote"

    def test_nobody_plays(self) -> None:
        """In an empty booth there is nothing to skip."""
        bench = bench_with({"rules": Rules(vote_skip_percent=50)}, A)
        command = commands.BoothVoteSkip(room=ROOM, play_id="x", on=True)

        assert_rejected(bench, A, command, ErrorCode.STALE_PLAY, play_id=None)

    def test_fallback(self) -> None:
        """The fallback playlist can be voted away too; it goes on with its next media."""
        bench = bench_with({"rules": Rules(vote_skip_percent=50)}, A, B, fallback=deck_media())
        first = bench.play.id
        bench.said.clear()
        vote(bench, A, B)

        assert (ending(bench).play_id, bench.state.dj) == (first, None)


def deck_media() -> tuple[Any, ...]:
    """Return the media of a fallback playlist."""
    return tuple(item.media for item in deck("f", "g").items)


class TestMediaReport:
    """Media that nobody can play."""

    def test_consensus(self) -> None:
        """When half of the players fail the play is skipped, once, as unplayable and why."""
        bench = room_of(A, B)
        report(bench, A, problem="blocked")
        assert not advances(bench.said)
        report(bench, B, problem="blocked")

        told = ending(bench)
        assert (told.end, told.by, told.reason) == ("unplayable", None, "blocked")
        assert [ended.end for ended in effects_of(bench.said, PlayEnded)] == ["unplayable"]
        assert bench.state.dj == NEXT

    def test_less_than_half(self) -> None:
        """Two of five players are no majority."""
        bench = room_of(A, B, C)
        report(bench, A, B)

        assert not advances(bench.said)

    def test_few_players(self) -> None:
        """Fewer than three players prove nothing, even when all fail."""
        bench = room_of()
        report(bench, DORA, NEXT)

        assert not advances(bench.said)

    def test_everybody_has_a_player(self) -> None:
        """The DJ's and the guests' players count."""
        bench = room_of(GUS)
        report(bench, DORA, GUS)

        assert ending(bench).end == "unplayable"

    def test_bots_have_none(self) -> None:
        """Bots are no players: neither do their reports count, nor they as listeners."""
        bench = room_of(A, B, BOT, person("Bert", "bot"))
        report(bench, A, BOT)
        assert not advances(bench.said)
        report(bench, B)

        assert ending(bench).end == "unplayable"

    def test_second_report(self) -> None:
        """One player is one report, whatever it says the second time."""
        bench = room_of(A, B)
        report(bench, A, problem="error")
        command = commands.MediaReport(room=ROOM, play_id=bench.play.id, problem="blocked")
        assert_unchanged(bench, A, command)
        report(bench, B, problem="error")

        assert ending(bench).reason == "error"

    def test_most_frequent_problem(self) -> None:
        """The reason is what most have; of equals what came first."""
        bench = room_of(A, B, C, D)
        report(bench, A, problem="error")
        report(bench, B, problem="blocked")
        report(bench, C, problem="blocked")
        assert ending(bench).reason == "blocked"

        bench = room_of(A, B)
        report(bench, A, problem="unavailable")
        report(bench, B, problem="blocked")
        assert ending(bench).reason == "unavailable"

    def test_problems_of_those_who_count(self) -> None:
        """What bots and leavers report is not the reason."""
        bench = room_of(A, B, C, BOT, person("Bert", "bot"))
        report(bench, BOT, person("Bert", "bot"), problem="error")
        report(bench, A, B, NEXT, problem="blocked")

        assert ending(bench).reason == "blocked"

    def test_leavers(self) -> None:
        """The reports of those who left do not count."""
        bench = room_of(A, B, C, D)
        report(bench, A, B)
        bench.leave(A)
        report(bench, C)
        assert not advances(bench.said)
        report(bench, D)

        assert ending(bench).end == "unplayable"

    @pytest.mark.parametrize("way", ["leave", "drop"])
    def test_fewer_listeners(self, way: str) -> None:
        """When those who can play it go, the play is skipped at the next tally."""
        bench = room_of(A, B, C, rules=Rules())
        report(bench, A, B)
        bench.wait(TALLY_MS)
        assert not advances(bench.said)
        if way == "leave":
            bench.leave(C)
        else:
            bench.drop(C)
        bench.wait(TALLY_MS)

        assert ending(bench).end == "unplayable"

    def test_stale(self) -> None:
        """A report of an earlier play is stale."""
        bench = room_of(A, B)
        command = commands.MediaReport(room=ROOM, play_id=bench.play.id, problem="error")
        bench.skip(DORA)

        assert_rejected(bench, A, command, ErrorCode.STALE_PLAY, play_id=bench.play.id)


@pytest.mark.parametrize("last", ["vote", "report", "skip", "leave", "kick", "ban", "waitlist_ban", "drop"])
def test_one_advance(last: str) -> None:
    """Whatever comes on top of a vote and of failing players that are one short: one advance."""
    bench = room_of(A, B, C, D, ADA, rules=Rules(vote_skip_percent=75))
    vote(bench, A, B)
    report(bench, C, D)
    orders: dict[str, Any] = {
        "kick": commands.ModKick(room=ROOM, user="dora"),
        "ban": commands.ModBan(room=ROOM, user="dora", duration_ms=None),
        "waitlist_ban": commands.ModWaitlistBan(room=ROOM, user="dora", duration_ms=None),
    }
    match last:
        case "vote":
            vote(bench, NEXT)
        case "report":
            report(bench, NEXT, DORA)
        case "skip":
            bench.skip(ADA)
        case "leave":
            bench.leave(DORA)
        case "drop":
            bench.drop(A, B, NEXT)
        case _:
            bench.do(ADA, Moderate(orders[last], DORA))
    bench.wait(TALLY_MS)

    assert len(advances(bench.said)) == 1


def test_alone() -> None:
    """A skip by vote with nobody next stops the booth."""
    bench = bench_with({"rules": Rules(vote_skip_percent=1, vote_skip_min=1)}, DORA, A)
    bench.queue(DORA, deck("a"))
    bench.said.clear()
    vote(bench, A)

    assert (ending(bench).reason, bench.state.turn) == ("vote", None)


def test_no_play() -> None:
    """Reports in an empty booth are stale."""
    command = commands.MediaReport(room=ROOM, play_id="x", problem="error")

    assert_rejected(new_bench(A), A, command, ErrorCode.STALE_PLAY, play_id=None)


def test_reports_by_staff() -> None:
    """Nobody's report weighs more than another's."""
    bench = room_of(BOB, ADA)
    report(bench, ADA)

    assert not advances(bench.said)
