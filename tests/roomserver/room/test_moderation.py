"""Mutes, kicks and bans: what they do, to whom it is told, and how they end."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import (
    ChatEcho,
    ChatMessage,
    MemberBanned,
    MemberKicked,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    MemberWaitlistBanned,
    MemberWaitlistUnbanned,
    PlayStarted,
    PlayStopped,
    RoomClosed,
    WaitlistChanged,
    YouUpdated,
)
from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS
from protocol.results import ChatResult, Empty, SanctionsResult
from protocol.roles import Role
from protocol.values import Sanction, User
from roomserver.room.effects import Came, Expelled, Lifted, Noted, Outcome, Sanctioned, Told
from roomserver.room.inputs import Enter, Moderate, QueueOther, QueueUp, Return
from roomserver.room.state import DEFAULT_TUNING
from tests.support.people import BY_ROLE, deck, person
from tests.support.rooms import (
    ROOM,
    Bench,
    advances,
    assert_rejected,
    directs_to,
    effects_of,
    events,
    only,
)

UMA, RITA, BOB, MIA, CORA, GUS, ADA = (
    BY_ROLE[role]
    for role in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER, Role.COHOST, Role.GUEST, Role.ADMIN)
)
HERE = b"a keyed hash"


def order(kind: type[Any], target: User, address_key: bytes | None = None, **fields: Any) -> Moderate:
    """Return an order about somebody."""
    return Moderate(kind(room=ROOM, user=target.id, **fields), target, address_key)


def mute(bench: Bench, target: User = UMA, duration_ms: int = HOUR_MS, **fields: Any) -> Outcome:
    """Let the bouncer mute somebody."""
    return bench.do(BOB, order(commands.ModMute, target, duration_ms=duration_ms, **fields))


def ban(bench: Bench, target: User = UMA, duration_ms: int | None = None, **fields: Any) -> Outcome:
    """Let the manager ban somebody."""
    return bench.do(MIA, order(commands.ModBan, target, duration_ms=duration_ms, **fields))


def saying(text: str = "hi", **fields: Any) -> commands.ChatSend:
    """Return something to say."""
    return commands.ChatSend(room=ROOM, text=text, **fields)


def listed(bench: Bench, kind: Any) -> list[Sanction]:
    """Return what staff see in a list."""
    result = bench.do(BOB, commands.ModList(room=ROOM, kind=kind)).result
    assert isinstance(result, SanctionsResult)
    return result.sanctions


@pytest.mark.parametrize(("reason", "told"), [("\u202espam", "spam"), ("\u202e \u2066", None)])
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (commands.ModMute, {"duration_ms": HOUR_MS}),
        (commands.ModMute, {"duration_ms": HOUR_MS, "shadow": True}),
        (commands.ModKick, {}),
        (commands.ModBan, {"duration_ms": None}),
        (commands.ModWaitlistBan, {"duration_ms": None}),
    ],
)
def test_reasons(
    bench: Bench, kind: type[Any], fields: dict[str, Any], reason: str, told: str | None
) -> None:
    """Nothing in a reason reorders the words around it; one without a word is none, a long one refused."""
    long = order(kind, UMA, reason="\ufb2c" * limits.REASON_CHARS, **fields)
    assert_rejected(bench, MIA, long, ErrorCode.BAD_PARAMS, field="reason")
    effects = bench.do(MIA, order(kind, UMA, reason=reason, **fields)).effects
    said = [one.sanction.reason for one in effects_of(effects, Sanctioned)]
    said += [one.reason for one in effects_of(effects, Noted)]
    said += [one.event.reason for one in effects_of(effects, Told) if hasattr(one.event, "reason")]
    said += [one.note for one in directs_to(effects, UMA) if isinstance(one, RoomClosed)]
    assert set(said) == {told}


class TestMute:
    """Silence for a while."""

    def test_told(self, bench: Bench) -> None:
        """Everybody is told who, by whom, until when and why; the muted one also where they stand."""
        outcome = mute(bench, reason="spam")
        until = bench.now + HOUR_MS

        told = only(outcome.effects, MemberMuted)
        assert (told.user, told.by, told.until_ms, told.reason) == (UMA, BOB, until, "spam")
        you = YouUpdated(room=ROOM, role="user", muted_until_ms=until, reason="muted")
        assert directs_to(outcome.effects, UMA) == [you]
        assert bench.room.you(UMA, bench.now).muted_until_ms == until
        sanction = Sanction(user=UMA, kind="mute", until_ms=until, by=BOB, at_ms=bench.now, reason="spam")
        assert effects_of(outcome.effects, Sanctioned) == [Sanctioned(sanction, None)]

    def test_silence(self, bench: Bench) -> None:
        """The muted one cannot chat, learns how long, and can once it is over, to the millisecond."""
        mute(bench)
        assert_rejected(bench, UMA, saying(), ErrorCode.MUTED, retry_after_ms=HOUR_MS)
        bench.wait(HOUR_MS - 1)
        assert_rejected(bench, UMA, saying(), ErrorCode.MUTED, retry_after_ms=1)
        bench.wait(1)
        bench.do(UMA, saying())

        assert bench.room.you(UMA, bench.now).muted_until_ms is None
        assert listed(bench, "mute") == []

    def test_nothing_else(self, bench: Bench) -> None:
        """A mute is about chat: the muted one still plays and votes."""
        mute(bench)
        bench.queue(UMA, deck("a"))

        assert bench.state.dj == UMA

    def test_again(self, bench: Bench) -> None:
        """A second mute replaces the first."""
        mute(bench, duration_ms=HOUR_MS)
        mute(bench, duration_ms=MINUTE_MS)
        bench.wait(MINUTE_MS)

        bench.do(UMA, saying())

    def test_lifted(self, bench: Bench) -> None:
        """Unmuting is told, stored, and works at once."""
        mute(bench)
        outcome = bench.do(MIA, order(commands.ModUnmute, UMA))

        assert only(outcome.effects, MemberUnmuted).by == MIA
        assert directs_to(outcome.effects, UMA) == [YouUpdated(room=ROOM, role="user", reason="unmuted")]
        assert effects_of(outcome.effects, Lifted) == [Lifted("mute", "uma")]
        bench.do(UMA, saying())

    def test_across_leaving(self, bench: Bench) -> None:
        """Leaving and coming back ends no mute, and who is not here can be muted."""
        mute(bench)
        bench.leave(UMA)
        bench.enter(UMA)
        assert_rejected(bench, UMA, saying(), ErrorCode.MUTED)
        bench.leave(RITA)
        mute(bench, RITA)
        bench.enter(RITA)

        assert_rejected(bench, RITA, saying(), ErrorCode.MUTED)


class TestShadowMute:
    """A mute that its target does not notice."""

    @pytest.fixture(name="shadowed")
    def _shadowed(self, bench: Bench) -> Bench:
        mute(bench, shadow=True)
        return bench

    def test_not_told(self, shadowed: Bench) -> None:
        """Nobody is told, least of all its target; only staff see it in the list."""
        assert not effects_of(shadowed.said, Told)
        assert directs_to(shadowed.said, UMA) == []
        assert shadowed.room.you(UMA, shadowed.now).muted_until_ms is None
        assert [(one.user, one.shadow) for one in listed(shadowed, "mute")] == [(UMA, True)]

    def test_echo(self, shadowed: Bench) -> None:
        """The speaker alone hears the own words; nothing is told, counted or kept."""
        seq = shadowed.state.seq
        outcome = shadowed.do(UMA, saying("hi @Bob", emote=True))

        [echo] = directs_to(outcome.effects, UMA)
        assert isinstance(echo, ChatEcho)
        message = echo.message
        assert (message.text, message.user, message.emote, message.mentions) == (
            "hi @Bob",
            UMA,
            True,
            ["bob"],
        )
        assert ChatResult(id=message.id, seq=message.seq) == outcome.result
        assert len(outcome.effects) == 1
        assert (shadowed.state.seq, shadowed.state.chat) == (seq, [])

    def test_same_rules(self, shadowed: Bench) -> None:
        """The refusals are those of everybody else, slow mode included."""
        shadowed.state.settings = replace(shadowed.state.settings, slow_mode_ms=1000)
        shadowed.do(UMA, saying())

        assert_rejected(shadowed, UMA, saying(), ErrorCode.SLOW_MODE, retry_after_ms=1000)
        assert_rejected(shadowed, UMA, saying(" "), ErrorCode.BAD_PARAMS, field="text")

    def test_retry(self, shadowed: Bench) -> None:
        """A repeated nonce answers the first result, as it does for everybody."""
        first = shadowed.do(UMA, saying(nonce="n"))
        again = shadowed.do(UMA, saying(nonce="n"))

        assert (again.result, again.effects) == (first.result, [])

    def test_lifted(self, shadowed: Bench) -> None:
        """It ends as silently as it began."""
        outcome = shadowed.do(BOB, order(commands.ModUnmute, UMA))
        assert outcome.effects == [
            Lifted("mute", "uma"),
            Noted("member.unmuted", BOB, shadowed.now, UMA, "shadow"),
        ]
        shadowed.do(UMA, saying())

        assert only(shadowed.said, ChatMessage).user == UMA


@pytest.fixture(name="playing")
def _playing(bench: Bench) -> Bench:
    """A room of everybody in which Uma plays, Rita waits and Gus watches."""
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.wait(DEFAULT_TUNING.tally_ms)
    bench.said.clear()
    return bench


class TestKick:
    """Out, but not for long."""

    def test_dj(self, playing: Bench) -> None:
        """A kicked DJ is out of room and booth at once, with one advance, and told in their own words."""
        outcome = playing.do(BOB, order(commands.ModKick, UMA, reason="rude"))

        told = only(outcome.effects, MemberKicked)
        assert (told.user, told.by, told.reason) == (UMA, BOB, "rude")
        assert directs_to(outcome.effects, UMA) == [RoomClosed(room=ROOM, reason="kicked", note="rude")]
        assert effects_of(outcome.effects, Expelled) == [Expelled("uma")]
        assert effects_of(outcome.effects, Came) == [Came("uma", entered=False, at_ms=playing.now)]
        [started] = advances(outcome.effects)
        assert isinstance(started, PlayStarted)
        assert started.previous is not None
        previous = started.previous
        assert (started.play.dj, previous.end, previous.by, previous.reason) == (RITA, "left", BOB, "rude")
        assert ("uma" in playing.state.members, playing.state.reservations) == (False, {})
        assert outcome.result == Empty()

    def test_waiting(self, playing: Bench) -> None:
        """A kicked user who waited has no place, and none is reserved."""
        outcome = playing.do(BOB, order(commands.ModKick, RITA))

        changed = only(outcome.effects, WaitlistChanged)
        assert (changed.change, changed.user, changed.by, changed.waitlist) == ("remove", RITA, BOB, [])
        assert set(playing.state.decks) == {"uma"}
        assert not playing.state.reservations
        assert not advances(outcome.effects)

    def test_every_tab(self, playing: Bench) -> None:
        """All connections are out at once, those in the grace too."""
        playing.enter(GUS, GUS)
        playing.do(BOB, order(commands.ModKick, GUS))
        playing.drop(RITA)
        playing.do(BOB, order(commands.ModKick, RITA))

        assert not {"gus", "rita"} & playing.state.members.keys()
        assert playing.state.away == {}

    def test_back_again(self, playing: Bench) -> None:
        """A kicked user may come back, as one who has just come."""
        playing.do(BOB, order(commands.ModKick, RITA))
        playing.enter(RITA)

        assert playing.state.members["rita"].connections == 1
        assert playing.waiting == []

    def test_absent(self, playing: Bench) -> None:
        """Who is not here cannot be kicked."""
        playing.leave(RITA)

        assert_rejected(playing, BOB, order(commands.ModKick, RITA), ErrorCode.NOT_FOUND, field="user")


class TestBan:
    """Out, and staying out."""

    def test_told(self, playing: Bench) -> None:
        """A banned DJ is out of everything at once, with one advance; told until when and why."""
        outcome = ban(playing, duration_ms=HOUR_MS, reason="rude")
        until = playing.now + HOUR_MS

        told = only(outcome.effects, MemberBanned)
        assert (told.user, told.by, told.until_ms, told.reason) == (UMA, MIA, until, "rude")
        closed = RoomClosed(room=ROOM, reason="banned", until_ms=until, note="rude")
        assert directs_to(outcome.effects, UMA) == [closed]
        assert effects_of(outcome.effects, Expelled) == [Expelled("uma")]
        [started] = advances(outcome.effects)
        previous = started.previous
        assert previous is not None
        assert (previous.end, previous.by, previous.reason) == ("left", MIA, "rude")
        assert ("uma" in playing.state.members, playing.state.dj) == (False, RITA)
        sanction = Sanction(user=UMA, kind="ban", until_ms=until, by=MIA, at_ms=playing.now, reason="rude")
        assert effects_of(outcome.effects, Sanctioned) == [Sanctioned(sanction, None)]

    def test_at_the_door(self, bench: Bench) -> None:
        """The banned one stays out, learns how long and why, and comes in when it is over, not earlier."""
        ban(bench, duration_ms=HOUR_MS, reason="rude")
        facts = {"until_ms": bench.now + HOUR_MS, "retry_after_ms": HOUR_MS, "reason": "rude"}
        entering = Enter(UMA, password_ok=True)
        assert_rejected(bench, UMA, entering, ErrorCode.BANNED, **facts)
        bench.wait(HOUR_MS - 1)
        assert_rejected(bench, UMA, entering, ErrorCode.BANNED, retry_after_ms=1)
        bench.wait(1)
        bench.do(UMA, entering)

    def test_for_good(self, bench: Bench) -> None:
        """Without an end there is nothing to wait for."""
        ban(bench)
        bench.wait(1000 * DAY_MS)

        refused = assert_rejected(bench, UMA, Enter(UMA, password_ok=True), ErrorCode.BANNED)
        assert refused.facts == {}

    def test_length_of_bouncers(self, bench: Bench) -> None:
        """A bouncer bans for a day, not for a millisecond longer."""
        longer = order(commands.ModBan, UMA, duration_ms=limits.SHORT_BAN_MS + 1)
        assert_rejected(bench, BOB, longer, ErrorCode.FORBIDDEN, needs="manager")
        bench.do(BOB, order(commands.ModBan, UMA, duration_ms=limits.SHORT_BAN_MS))

        assert bench.state.sanction("ban", "uma", bench.now) is not None

    @pytest.mark.parametrize("longer", [None, 2 * DAY_MS])
    def test_bouncers_do_not_shorten(self, bench: Bench, longer: int | None) -> None:
        """A short ban in place of a longer one would be an unban, which is a manager's."""
        ban(bench, duration_ms=longer)
        shorter = order(commands.ModBan, UMA, duration_ms=1)
        assert_rejected(bench, BOB, shorter, ErrorCode.FORBIDDEN, needs="manager")
        bench.do(MIA, shorter)
        bench.wait(1)
        bench.enter(UMA)

    def test_bouncers_prolong(self, bench: Bench) -> None:
        """A later end in place of an earlier one is a ban like any other."""
        ban(bench, duration_ms=MINUTE_MS)
        bench.do(BOB, order(commands.ModBan, UMA, duration_ms=HOUR_MS))
        bench.wait(MINUTE_MS)

        assert_rejected(bench, UMA, Enter(UMA, password_ok=True), ErrorCode.BANNED)

    def test_absent(self, bench: Bench) -> None:
        """Who is not here can be banned, without anything else being told."""
        bench.leave(UMA)
        bench.said.clear()
        ban(bench)

        assert only(bench.said, MemberBanned).user == UMA
        assert not effects_of(bench.said, Came)

    def test_lifted(self, bench: Bench) -> None:
        """Unbanning is told, stored, and lets them in; a second time there is nothing to lift."""
        ban(bench)
        unban = order(commands.ModUnban, UMA)
        outcome = bench.do(MIA, unban)
        assert only(outcome.effects, MemberUnbanned).by == MIA
        assert effects_of(outcome.effects, Lifted) == [Lifted("ban", "uma")]
        bench.enter(UMA)

        assert_rejected(bench, MIA, unban, ErrorCode.NOT_FOUND, field="user")

    @pytest.mark.parametrize("kind", [commands.ModUnban, commands.ModUnmute, commands.ModWaitlistUnban])
    def test_nothing_to_lift(self, bench: Bench, kind: type[Any]) -> None:
        """What has run out is not there any more."""
        mute(bench, duration_ms=1)
        ban(bench, duration_ms=1)
        bench.wait(1)

        assert_rejected(bench, MIA, order(kind, UMA), ErrorCode.NOT_FOUND, field="user")


class TestGuests:
    """A banned guest is somebody else at the next visit: the address keeps them out."""

    GIL = person("Gil", "guest")

    def test_address(self, bench: Bench) -> None:
        """Other guests from there stay out; users from there, and guests from elsewhere, do not."""
        bench.leave(UMA)
        ban(bench, GUS, duration_ms=HOUR_MS, address_key=HERE, reason="rude")

        entering = Enter(self.GIL, password_ok=True, address_key=HERE)
        refused = assert_rejected(bench, self.GIL, entering, ErrorCode.BANNED, retry_after_ms=HOUR_MS)
        assert refused.facts["until_ms"] == bench.now + HOUR_MS
        assert "reason" not in refused.facts, "what one guest did is not told to another"
        bench.do(UMA, Enter(UMA, password_ok=True, address_key=HERE))
        bench.do(self.GIL, Enter(self.GIL, password_ok=True, address_key=b"elsewhere"))

    def test_again_while_away(self, bench: Bench) -> None:
        """A second ban of a guest who is gone covers their address as the first did, as stored as told."""
        entering = Enter(self.GIL, password_ok=True, address_key=HERE)
        ban(bench, GUS, duration_ms=HOUR_MS, address_key=HERE)
        bench.wait(HOUR_MS - 1)
        outcome = ban(bench, GUS)
        assert [one.address_key for one in effects_of(outcome.effects, Sanctioned)] == [HERE]
        assert_rejected(bench, self.GIL, entering, ErrorCode.BANNED, retry_after_ms=7 * DAY_MS)
        outcome = ban(bench, GUS, duration_ms=MINUTE_MS)
        assert_rejected(bench, self.GIL, entering, ErrorCode.BANNED, retry_after_ms=MINUTE_MS)
        bench.wait(MINUTE_MS)
        outcome = ban(bench, GUS)
        assert [one.address_key for one in effects_of(outcome.effects, Sanctioned)] == [None]
        bench.do(self.GIL, entering)

    def test_at_most_seven_days(self, bench: Bench) -> None:
        """A ban for good keeps the guest out, but the address only for a week: addresses change hands."""
        ban(bench, GUS, address_key=HERE)
        entering = Enter(self.GIL, password_ok=True, address_key=HERE)
        bench.wait(7 * DAY_MS - 1)
        assert_rejected(bench, self.GIL, entering, ErrorCode.BANNED, retry_after_ms=1)
        bench.wait(1)
        bench.do(self.GIL, entering)

        assert_rejected(bench, GUS, Enter(GUS, password_ok=True), ErrorCode.BANNED)

    def test_unban(self, bench: Bench) -> None:
        """Unbanning the guest frees the address too, unless another's ban covers it."""
        ban(bench, GUS, address_key=HERE)
        bench.do(self.GIL, Enter(self.GIL, password_ok=True))
        ban(bench, self.GIL, address_key=HERE)
        third = person("Gina", "guest")
        entering = Enter(third, password_ok=True, address_key=HERE)
        bench.do(MIA, order(commands.ModUnban, GUS))
        assert_rejected(bench, third, entering, ErrorCode.BANNED)
        bench.do(MIA, order(commands.ModUnban, self.GIL))

        bench.do(third, entering)

    def test_users_are_banned_by_name(self, bench: Bench) -> None:
        """A user's ban says nothing of the address."""
        outcome = ban(bench, UMA, address_key=HERE)
        bench.do(self.GIL, Enter(self.GIL, password_ok=True, address_key=HERE))

        assert [one.address_key for one in effects_of(outcome.effects, Sanctioned)] == [None]


class TestWaitlistBan:
    """Here, but not in the booth."""

    def test_dj(self, playing: Bench) -> None:
        """A DJ steps down at once, with one advance, and stays in the room without a place."""
        playing.do(MIA, commands.WaitlistCycle(room=ROOM, on=True))
        outcome = playing.do(BOB, order(commands.ModWaitlistBan, UMA, duration_ms=HOUR_MS, reason="loud"))

        told = only(outcome.effects, MemberWaitlistBanned)
        assert (told.user, told.until_ms, told.reason) == (UMA, playing.now + HOUR_MS, "loud")
        [started] = advances(outcome.effects)
        assert started.previous is not None
        assert (started.previous.end, started.previous.by, started.previous.reason) == ("left", BOB, "loud")
        assert (playing.state.dj, playing.waiting) == (RITA, [])
        [you] = [one for one in directs_to(outcome.effects, UMA) if isinstance(one, YouUpdated)]
        assert (you.reason, you.waitlist_position) == ("waitlist_banned", None)
        assert "uma" in playing.state.members

    def test_waiting(self, playing: Bench) -> None:
        """Who waits loses the place."""
        outcome = playing.do(BOB, order(commands.ModWaitlistBan, RITA, duration_ms=None))

        changed = only(outcome.effects, WaitlistChanged)
        assert (changed.change, changed.user, changed.by, changed.waitlist) == ("remove", RITA, BOB, [])
        assert not advances(outcome.effects)

    def test_last_dj(self, bench: Bench) -> None:
        """With nobody next the booth stops, once."""
        bench.queue(UMA, deck("a"))
        bench.said.clear()
        bench.do(BOB, order(commands.ModWaitlistBan, UMA, duration_ms=None))

        assert [type(one) for one in advances(bench.said)] == [PlayStopped]

    @pytest.mark.parametrize("duration_ms", [HOUR_MS, None])
    def test_queueing_up(self, bench: Bench, duration_ms: int | None) -> None:
        """Neither they nor staff can queue them up, and they learn how long."""
        bench.do(BOB, order(commands.ModWaitlistBan, UMA, duration_ms=duration_ms))
        facts = {} if duration_ms is None else {"retry_after_ms": duration_ms}
        joining = QueueUp(commands.WaitlistJoin(room=ROOM), deck("a"))
        adding = QueueOther(commands.WaitlistAdd(room=ROOM, user="uma"), deck("a"))
        for actor, command in ((UMA, joining), (MIA, adding)):
            assert assert_rejected(bench, actor, command, ErrorCode.WAITLIST_BANNED).facts == facts

    def test_over(self, bench: Bench) -> None:
        """When it is over, or lifted, they queue up again."""
        bench.do(BOB, order(commands.ModWaitlistBan, UMA, duration_ms=HOUR_MS))
        bench.wait(HOUR_MS)
        bench.queue(UMA, deck("a"))
        bench.do(BOB, order(commands.ModWaitlistBan, RITA, duration_ms=None))
        outcome = bench.do(BOB, order(commands.ModWaitlistUnban, RITA))

        assert only(outcome.effects, MemberWaitlistUnbanned).user == RITA
        bench.queue(RITA, deck("b"))

    def test_reserved_place(self, playing: Bench) -> None:
        """A reserved place is gone too."""
        playing.drop(RITA)
        playing.wait(DEFAULT_TUNING.grace_ms)
        assert "rita" in playing.state.reservations
        playing.do(BOB, order(commands.ModWaitlistBan, RITA, duration_ms=1))
        playing.wait(1)
        playing.enter(RITA)
        playing.do(RITA, Return(deck("b")))

        assert playing.waiting == []


@pytest.mark.parametrize("kind", [commands.ModBan, commands.ModWaitlistBan])
def test_reservations_end(playing: Bench, kind: type[Any]) -> None:
    """A ban of somebody whose place is reserved ends that."""
    playing.drop(RITA)
    playing.wait(DEFAULT_TUNING.grace_ms)
    playing.do(MIA, order(kind, RITA, duration_ms=None))

    assert playing.state.reservations == {}


def test_list(bench: Bench) -> None:
    """A list shows what is in force, the newest first, one kind at a time."""
    mute(bench, UMA, MINUTE_MS)
    bench.wait(1)
    mute(bench, RITA, HOUR_MS, reason="spam")
    bench.do(MIA, order(commands.ModBan, GUS, duration_ms=None))
    assert [(one.user, one.reason) for one in listed(bench, "mute")] == [(RITA, "spam"), (UMA, None)]
    assert [(one.user, one.until_ms) for one in listed(bench, "ban")] == [(GUS, None)]
    bench.wait(MINUTE_MS)

    assert [one.user for one in listed(bench, "mute")] == [RITA]
    assert listed(bench, "waitlist_ban") == []


@pytest.mark.parametrize("kind", [commands.ModMute, commands.ModBan, commands.ModWaitlistBan])
def test_oneself(bench: Bench, kind: type[Any]) -> None:
    """Nobody moderates oneself."""
    assert_rejected(bench, ADA, order(kind, ADA, duration_ms=1000), ErrorCode.HIGHER_ROLE)


def test_staff_role_outlasts(bench: Bench) -> None:
    """A banned resident is still one after the ban; the role keeps no door open meanwhile."""
    ban(bench, RITA, duration_ms=1)
    assert_rejected(bench, RITA, Enter(RITA, password_ok=True), ErrorCode.BANNED)
    bench.wait(1)
    bench.enter(RITA)

    assert bench.state.role_of(RITA) is Role.RESIDENT
    assert not events(bench.said, MemberUnbanned)
    assert CORA.id in bench.state.members
