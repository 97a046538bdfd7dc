"""Who waits without a sign of life, and switches somebody forgot."""

from __future__ import annotations

from typing import Any

import pytest

from protocol import commands, limits
from protocol.events import WaitlistChanged, WaitlistSettings, YouUpdated
from protocol.limits import MINUTE_MS
from protocol.roles import Role
from protocol.values import SYSTEM, Rules, User
from roomserver.room.effects import Effect, TextsChanged
from roomserver.room.inputs import DeckRead, Disconnected, StoodStill, Update
from roomserver.room.room import Room
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, SONG_MS, deck
from tests.support.rooms import (
    ROOM,
    Bench,
    advances,
    bench_with,
    directs_to,
    effects_of,
    events,
    only,
)

AFK_MS = 30 * MINUTE_MS
GRACE_MS = DEFAULT_TUNING.grace_ms
UMA, RITA, BOB, MIA, CORA = (
    BY_ROLE[r] for r in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER, Role.COHOST)
)
LONG = limits.MEDIA_DURATION_MAX_MS
"""Longer than anybody waits here."""


def changing(**rules: Any) -> Update:
    """Return a change of the rules."""
    return Update(commands.RoomUpdate(room=ROOM, rules=commands.RulesUpdate(**rules)), None)


def reasons(effects: list[Effect], user: User) -> list[str | None]:
    """Return why a user was told about their standing."""
    return [event.reason for event in directs_to(effects, user) if isinstance(event, YouUpdated)]


@pytest.fixture(name="waiting")
def _waiting() -> Bench:
    """A room with the rule, in which Rita plays without end and Uma waits."""
    bench = bench_with({"rules": Rules(afk_ms=AFK_MS)}, UMA, RITA, BOB, MIA, CORA)
    bench.queue(RITA, deck("a", duration_ms=LONG))
    bench.queue(UMA, deck("b"))
    bench.said.clear()
    return bench


class TestAfk:
    """Places of those who are not there."""

    def test_warned_then_removed(self, waiting: Bench) -> None:
        """A minute before the end there is a warning, then the place is gone; both to the millisecond."""
        assert reasons(waiting.wait(AFK_MS - MINUTE_MS - 1), UMA) == []
        assert reasons(waiting.wait(1), UMA) == ["afk_warning"]
        assert reasons(waiting.wait(MINUTE_MS - 1), UMA) == []
        effects = waiting.wait(1)

        assert reasons(effects, UMA) == ["afk"]
        changed = only(effects, WaitlistChanged)
        assert (changed.change, changed.user, changed.waitlist) == ("drop", UMA, [])
        assert list(waiting.state.decks) == ["rita"]
        assert "uma" in waiting.state.members
        assert not advances(waiting.said)

    def test_warning_tells_the_place(self, waiting: Bench) -> None:
        """The warned one still has the place, and learns which."""
        waiting.wait(AFK_MS - MINUTE_MS)
        [told] = directs_to(waiting.said, UMA)

        assert YouUpdated(room=ROOM, role="user", waitlist_position=0, reason="afk_warning") == told
        assert not events(waiting.said, WaitlistChanged)

    def test_sign_of_life(self, waiting: Bench) -> None:
        """Whatever the warned one does, the time begins anew, with a warning of its own."""
        waiting.wait(AFK_MS - 1)
        waiting.do(UMA, commands.VoteCast(room=ROOM, play_id=waiting.play.id, value=1))
        waiting.said.clear()

        assert reasons(waiting.wait(AFK_MS - MINUTE_MS - 1), UMA) == []
        assert reasons(waiting.wait(MINUTE_MS + 1), UMA) == ["afk_warning", "afk"]

    @pytest.mark.parametrize("command", [DeckRead("uma", deck("c")), Disconnected("uma")])
    def test_no_sign_of_life(self, waiting: Bench, command: object) -> None:
        """What the server notes about somebody is not done by them."""
        waiting.enter(UMA)
        waiting.wait(AFK_MS - MINUTE_MS)
        waiting.do(UMA, command)

        assert reasons(waiting.wait(MINUTE_MS), UMA) == ["afk"]

    def test_refused_command(self, waiting: Bench) -> None:
        """Others' deeds are no sign of life of the one who waits."""
        waiting.wait(AFK_MS - MINUTE_MS)
        waiting.do(MIA, commands.ChatSend(room=ROOM, text="@Uma?"))

        assert reasons(waiting.wait(MINUTE_MS), UMA) == ["afk"]

    def test_late_tick(self, waiting: Bench) -> None:
        """A server that wakes up late warns first all the same, and gives the minute."""
        waiting.now += 3 * AFK_MS
        assert reasons(waiting.room.tick(waiting.now), UMA) == ["afk_warning"]
        assert reasons(waiting.wait(MINUTE_MS - 1), UMA) == []

        assert reasons(waiting.wait(1), UMA) == ["afk"]

    def test_the_dj_stays(self, waiting: Bench) -> None:
        """Who plays need not do anything."""
        waiting.wait(2 * AFK_MS)

        assert waiting.state.dj == RITA

    def test_dj_who_comes_round(self) -> None:
        """A DJ back in the waitlist after a long play is warned before anything else."""
        bench = bench_with({"cycle": True, "rules": Rules(afk_ms=2 * MINUTE_MS)}, UMA, RITA)
        bench.queue(RITA, deck("a", duration_ms=SONG_MS))
        bench.queue(UMA, deck("b", duration_ms=LONG))
        for _ in range(2):
            bench.wait(MINUTE_MS)
            bench.do(UMA, commands.ChatSend(room=ROOM, text="here"))
        bench.said.clear()
        bench.wait_until(bench.play.ends_at_ms)

        assert (bench.state.dj, bench.waiting, reasons(bench.said, RITA)) == (UMA, ["rita"], ["afk_warning"])
        assert reasons(bench.wait(MINUTE_MS), RITA) == ["afk"]

    def test_switched_on(self) -> None:
        """A rule that begins warns who has been silent for long, and gives the minute."""
        bench = bench_with({}, UMA, RITA, CORA)
        bench.queue(RITA, deck("a", duration_ms=LONG))
        bench.queue(UMA, deck("b"))
        bench.wait(2 * AFK_MS)
        bench.do(CORA, changing(afk_ms=AFK_MS))

        assert reasons(bench.wait(MINUTE_MS - 1), UMA) == ["afk_warning"]
        assert reasons(bench.wait(1), UMA) == ["afk"]

    def test_switched_off(self, waiting: Bench) -> None:
        """Without the rule nobody loses a place, warned or not."""
        waiting.wait(AFK_MS - 1)
        waiting.do(CORA, changing(afk_ms=0))
        waiting.wait(AFK_MS)

        assert waiting.waiting == ["uma"]

    def test_switched_off_and_on(self, waiting: Bench) -> None:
        """An old warning does not count under a rule that begins again."""
        waiting.wait(AFK_MS - 1)
        waiting.do(CORA, changing(afk_ms=0))
        waiting.wait(AFK_MS)
        waiting.do(CORA, changing(afk_ms=AFK_MS))
        waiting.said.clear()

        assert reasons(waiting.wait(MINUTE_MS - 1), UMA) == ["afk_warning"]
        assert waiting.waiting == ["uma"]

    def test_shortened(self, waiting: Bench) -> None:
        """A shorter time takes nobody's minute."""
        waiting.wait(AFK_MS - MINUTE_MS)
        waiting.do(CORA, changing(afk_ms=5 * MINUTE_MS))
        waiting.said.clear()

        assert reasons(waiting.wait(MINUTE_MS - 1), UMA) == ["afk_warning"]
        assert reasons(waiting.wait(1), UMA) == ["afk"]

    def test_added_again(self, waiting: Bench) -> None:
        """Who lost a place after the warning and is given a new one is warned anew."""
        waiting.wait(AFK_MS - 1)
        waiting.do(BOB, commands.WaitlistRemove(room=ROOM, user="uma"))
        waiting.queue_other(BOB, UMA, deck("b"))
        waiting.said.clear()

        assert reasons(waiting.wait(AFK_MS - 1), UMA) == ["afk_warning"]
        assert reasons(waiting.wait(1), UMA) == ["afk"]


class TestGuardTimes:
    """Lock and cycle go back by themselves."""

    def test_lock(self) -> None:
        """A locked waitlist unlocks after the time, told and stored, by nobody."""
        bench = bench_with({"rules": Rules(lock_max_ms=MINUTE_MS)}, MIA)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))
        assert not events(bench.wait(MINUTE_MS - 1), WaitlistSettings)
        effects = bench.wait(1)

        told = only(effects, WaitlistSettings)
        assert (told.locked, told.cycle, told.by) == (False, False, None)
        assert [stored.settings.locked for stored in effects_of(effects, TextsChanged)] == [False]
        assert bench.room.deadline() is None

    def test_cycle(self) -> None:
        """Cycling comes back on after the time."""
        bench = bench_with({"cycle": True, "rules": Rules(cycle_off_max_ms=MINUTE_MS)}, MIA)
        bench.do(MIA, commands.WaitlistCycle(room=ROOM, on=False))
        assert not events(bench.wait(MINUTE_MS - 1), WaitlistSettings)

        told = only(bench.wait(1), WaitlistSettings)
        assert (told.locked, told.cycle, told.by) == (False, True, None)

    def test_both_at_once(self) -> None:
        """Both at the same instant are one event."""
        rules = Rules(lock_max_ms=MINUTE_MS, cycle_off_max_ms=MINUTE_MS)
        bench = bench_with({"cycle": True, "rules": rules}, MIA)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))
        bench.do(MIA, commands.WaitlistCycle(room=ROOM, on=False))
        told = only(bench.wait(MINUTE_MS), WaitlistSettings)

        assert (told.locked, told.cycle) == (False, True)

    def test_switched_by_hand(self) -> None:
        """The time counts from the last lock: one in between that ended does not shorten it."""
        bench = bench_with({"rules": Rules(lock_max_ms=MINUTE_MS)}, MIA)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))
        bench.wait(MINUTE_MS - 1)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=False))
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))

        assert not events(bench.wait(MINUTE_MS - 1), WaitlistSettings)
        assert only(bench.wait(1), WaitlistSettings).locked is False

    def test_locked_twice(self) -> None:
        """Locking what is locked already does not make the time longer."""
        bench = bench_with({"rules": Rules(lock_max_ms=MINUTE_MS)}, MIA)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))
        bench.wait(MINUTE_MS - 1)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))

        assert only(bench.wait(1), WaitlistSettings).locked is False

    def test_rule_begins(self) -> None:
        """A rule that begins counts from the lock."""
        bench = bench_with({}, MIA, CORA)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))
        bench.wait(10 * MINUTE_MS)
        bench.do(CORA, changing(lock_max_ms=20 * MINUTE_MS))

        assert not events(bench.wait(10 * MINUTE_MS - 1), WaitlistSettings)
        assert only(bench.wait(1), WaitlistSettings).locked is False

    def test_off(self) -> None:
        """Without the rule a lock stays."""
        bench = bench_with({}, MIA)
        bench.do(MIA, commands.WaitlistLock(room=ROOM, on=True))

        assert not events(bench.wait(limits.DAY_MS), WaitlistSettings)


def test_the_deadline_is_that_of_a_room_seen_anew(waiting: Bench) -> None:
    """What is remembered of the waiting users' deadlines is what looking at all of them would find."""
    waiting.queue(BOB, deck("c", duration_ms=LONG))
    waiting.queue(MIA, deck("d", duration_ms=LONG))
    for user in (BOB, RITA, UMA, RITA, BOB, BOB, MIA, UMA, CORA):
        waiting.wait(1000)
        waiting.do(user, commands.ChatSend(room=ROOM, text="here"))
        assert waiting.room.deadline() == Room(waiting.state).deadline()


class TestStoodStill:
    """A process that did not run takes nothing off anybody's time."""

    def test_grace(self, waiting: Bench) -> None:
        """Who was away before keeps the rest of the grace, and no more than that."""
        waiting.drop(UMA)
        waiting.now += GRACE_MS - 1
        waiting.now += 30_000
        waiting.do(SYSTEM, StoodStill(30_000))
        waiting.wait(0)
        assert UMA.id in waiting.state.members
        assert waiting.room.deadline() == waiting.now + 1
        waiting.wait(1)
        assert UMA.id not in waiting.state.members

    def test_never_ahead(self, waiting: Bench) -> None:
        """Nobody is away since, or heard of at, an instant that is yet to come."""
        waiting.drop(UMA)
        waiting.now += 1000
        waiting.do(SYSTEM, StoodStill(30_000))
        assert waiting.state.away == {UMA.id: waiting.now}
        assert waiting.state.members[UMA.id].away_since == waiting.now
        assert max(waiting.state.active_at_ms.values()) <= waiting.now

    def test_signs_of_life(self, waiting: Bench) -> None:
        """Who waits is warned, and removed, that much later."""
        waiting.now += AFK_MS - limits.AFK_WARNING_MS - 1 + 60_000
        waiting.do(SYSTEM, StoodStill(60_000))
        assert reasons(waiting.wait(0), UMA) == []
        assert reasons(waiting.wait(1), UMA) == ["afk_warning"]
        waiting.now += limits.AFK_WARNING_MS + 60_000
        waiting.do(SYSTEM, StoodStill(60_001))
        assert reasons(waiting.wait(0), UMA) == []
        assert reasons(waiting.wait(1), UMA) == ["afk"]
