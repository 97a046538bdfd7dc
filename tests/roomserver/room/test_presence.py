"""Who is in the room: doors, grace, several connections, big rooms."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import (
    PlayStarted,
    PlayStopped,
    RoomMembers,
    UserUpdated,
    WaitlistChanged,
    YouUpdated,
)
from protocol.results import Empty
from protocol.roles import Role
from protocol.values import User
from roomserver.room.effects import Came, ItemCycled, Opined, Outcome
from roomserver.room.inputs import Deck, Disconnected, Enter, Moderate, ProfileChanged, QueueUp, Return
from roomserver.room.member_lists import presence_interval_ms
from roomserver.room.state import DEFAULT_TUNING, Reservation, Waiting
from roomserver.room.state import Member as StateMember
from tests.support.people import BY_ROLE, deck, person, song
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
    new_state,
    only,
)

GRACE_MS = DEFAULT_TUNING.grace_ms
UMA, RITA, BOB, GUS, MIA, HUGO = (
    BY_ROLE[role] for role in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.GUEST, Role.MANAGER, Role.HOST)
)


def crowd(size: int) -> list[User]:
    """Return so many users."""
    return [person(f"P{number}") for number in range(size)]


def test_enter() -> None:
    """The first connection makes a member, told in a batch and noted for the presence log."""
    bench = new_bench()
    bench.enter(UMA)

    assert [Came("uma", entered=True, at_ms=bench.now)] == bench.said
    told = only(bench.wait(DEFAULT_TUNING.presence_ms), RoomMembers)
    assert (
        [member.user.id for member in told.joined],
        told.left,
        told.population,
        told.guests,
    ) == (["uma"], [], 1, 0)


def test_several_connections() -> None:
    """Several connections are one member, who is here until the last is gone."""
    bench = new_bench(UMA)
    bench.enter(UMA)
    bench.drop(UMA)
    bench.wait(2 * GRACE_MS)

    assert list(bench.state.members) == ["uma"]
    assert not bench.said


def test_leave_with_one_of_several() -> None:
    """Leaving in one tab leaves the others in the room."""
    bench = new_bench(UMA)
    bench.enter(UMA)
    bench.leave(UMA)

    assert bench.state.members["uma"].connections == 1
    assert not bench.said


def test_leave_with_the_last() -> None:
    """Leaving with the last connection gives up booth and presence at once, with one advance."""
    bench = new_bench(UMA, RITA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.said.clear()
    bench.leave(UMA)

    assert list(bench.state.members) == ["rita"]
    [started] = advances(bench.said)
    assert isinstance(started, PlayStarted)
    assert started.previous is not None
    assert (started.previous.end, started.previous.by) == ("left", UMA)


def test_leave_while_waiting() -> None:
    """Leaving gives up the place, and everybody is told."""
    bench = new_bench(UMA, RITA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.said.clear()
    bench.leave(RITA)

    changed = only(bench.said, WaitlistChanged)
    assert (changed.change, changed.user, changed.waitlist) == ("leave", RITA, [])


def test_leave_during_the_grace() -> None:
    """Somebody without a connection can still leave for good."""
    bench = new_bench(UMA)
    bench.drop(UMA)
    bench.leave(UMA)

    assert not bench.state.members
    assert not bench.state.away


def test_grace_holds() -> None:
    """A member who comes back within the grace has lost nothing."""
    bench = new_bench(UMA, RITA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.wait(DEFAULT_TUNING.tally_ms)
    bench.said.clear()
    bench.drop(UMA, RITA)
    bench.wait(GRACE_MS - 1)
    bench.enter(UMA, RITA)
    bench.wait(GRACE_MS)

    assert not bench.said
    assert (bench.state.dj, bench.waiting) == (UMA, ["rita"])


def test_grace_over_while_waiting() -> None:
    """After the grace a waiting user is dropped, to the millisecond."""
    bench = new_bench(UMA, RITA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.wait(DEFAULT_TUNING.tally_ms)
    bench.drop(RITA)

    assert not bench.wait(GRACE_MS - 1)
    changed = only(bench.wait(1), WaitlistChanged)
    assert (changed.change, changed.user, changed.waitlist) == ("drop", RITA, [])
    assert list(bench.state.members) == ["uma"]


def test_grace_over_in_the_booth() -> None:
    """After the grace the DJ's turn is passed on, with exactly one advance."""
    bench = new_bench(UMA, RITA)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.drop(UMA)
    said = bench.wait(GRACE_MS)

    [started] = advances(said)
    assert isinstance(started, PlayStarted)
    assert started.play.dj == RITA
    assert started.previous is not None
    assert started.previous.end == "left"


def test_grace_over_for_many() -> None:
    """A turn never passes to somebody whose own grace is over too: nobody's media is wasted."""
    bench = new_bench(UMA, RITA, BOB)
    for user in (UMA, RITA, BOB):
        bench.queue(user, deck(user.id))
    bench.drop(UMA, RITA, BOB)
    said = bench.wait(GRACE_MS)

    [stopped] = advances(said)
    assert isinstance(stopped, PlayStopped)
    assert not effects_of(said, ItemCycled)
    assert not bench.state.decks


def test_graces_in_order() -> None:
    """Each grace counts from the member's own last connection."""
    bench = new_bench(UMA, RITA)
    bench.drop(UMA)
    bench.wait(1000)
    bench.drop(RITA)
    bench.wait(GRACE_MS - 1000)
    assert list(bench.state.members) == ["rita"]

    bench.wait(1000)
    assert not bench.state.members


def test_grace_again() -> None:
    """Coming back and leaving again begins a new grace."""
    bench = new_bench(UMA, RITA)
    bench.drop(UMA)
    bench.wait(GRACE_MS - 1)
    bench.drop(RITA)
    bench.enter(UMA)
    bench.drop(UMA)
    bench.wait(GRACE_MS - 1)

    assert list(bench.state.members) == ["uma", "rita"]


def test_strangers(bench: Bench) -> None:
    """Connections of people who are not here change nothing."""
    zoe = person("Zoe")
    assert_unchanged(bench, zoe, Disconnected("zoe"))

    assert_rejected(bench, zoe, commands.RoomLeave(room=ROOM), ErrorCode.NOT_IN_ROOM)


def test_double_disconnect() -> None:
    """A second report of the last connection's end does not begin the grace again."""
    bench = new_bench(UMA)
    bench.drop(UMA)
    bench.wait(10)

    assert_unchanged(bench, UMA, Disconnected("uma"))


def test_password() -> None:
    """A room with a password lets in who gives it."""
    bench = bench_with({"password": True})
    assert_rejected(bench, UMA, Enter(UMA, password_ok=False), ErrorCode.WRONG_PASSWORD)
    bench.enter(UMA, password_ok=True)

    assert list(bench.state.members) == ["uma"]


def test_password_on_the_way_back() -> None:
    """A member who lost the connection needs no password again, nor does a second tab."""
    bench = bench_with({"password": True})
    bench.enter(UMA, password_ok=True)
    bench.drop(UMA)
    bench.enter(UMA)
    bench.enter(UMA)

    assert bench.state.members["uma"].connections == 2


def test_capacity() -> None:
    """A full room lets nobody in, and says how many it holds."""
    bench = bench_with({"capacity": 1}, UMA)

    assert_rejected(bench, GUS, Enter(GUS, password_ok=True), ErrorCode.ROOM_FULL, limit=1)


def test_capacity_in_the_grace() -> None:
    """Who is in the grace still takes up room, and comes back in."""
    bench = bench_with({"capacity": 1}, UMA)
    bench.drop(UMA)
    assert_rejected(bench, GUS, Enter(GUS, password_ok=True), ErrorCode.ROOM_FULL)
    bench.enter(UMA)
    bench.leave(UMA)
    bench.enter(GUS)

    assert list(bench.state.members) == ["gus"]


def test_guests_make_way() -> None:
    """In a full room the guest who has been away longest makes way; users and who is there never do."""
    gina, guido, gerd = (replace(GUS, id=name, name=name) for name in ("gina", "guido", "gerd"))
    ulf = person("Ulf")
    bench = bench_with({"capacity": 4}, UMA, gina, guido, GUS)
    for user in (UMA, guido, gina):
        bench.drop(user)
        bench.wait(10)
    bench.enter(gerd)
    assert set(bench.state.members) == {"uma", "gina", "gus", "gerd"}
    bench.enter(gina)
    assert_rejected(bench, ulf, Enter(ulf, password_ok=True), ErrorCode.ROOM_FULL)
    bench.drop(gerd)
    bench.enter(ulf)
    assert set(bench.state.members) == {"uma", "gina", "gus", "ulf"}
    told = only(bench.wait(DEFAULT_TUNING.presence_ms), RoomMembers)
    assert {"guido", "gerd"} <= set(told.left)
    assert told.population == 4


def test_nobody_makes_way_for_who_may_not_enter() -> None:
    """A refused entry puts nobody out."""
    bench = bench_with({"capacity": 1, "password": True})
    bench.do(GUS, Enter(GUS, password_ok=True))
    bench.drop(GUS)
    user = replace(GUS, id="gina", name="gina")
    assert_rejected(bench, user, Enter(user, password_ok=False), ErrorCode.WRONG_PASSWORD)
    assert list(bench.state.members) == ["gus"]


@pytest.mark.parametrize("role", Role)
def test_keys(role: Role) -> None:
    """Staff get into a full room without the password; nobody else does."""
    bench = bench_with({"capacity": 1, "password": True}, BOB)
    user = BY_ROLE[role]
    bench.drop(BOB)
    if role >= Role.RESIDENT:
        bench.enter(user)
        assert user.id in bench.state.members
    else:
        assert_rejected(bench, user, Enter(user, password_ok=False), ErrorCode.WRONG_PASSWORD)
        assert_rejected(bench, user, Enter(user, password_ok=True), ErrorCode.ROOM_FULL)


def test_batches() -> None:
    """Who comes and goes within one batch is told once, in one event, with rising versions."""
    bench = new_bench(UMA)
    bench.enter(RITA, BOB)
    bench.leave(BOB)
    bench.leave(UMA)
    first = only(bench.wait(DEFAULT_TUNING.presence_ms), RoomMembers)
    bench.enter(BOB)
    second = only(bench.wait(DEFAULT_TUNING.presence_ms), RoomMembers)

    assert [member.user.id for member in first.joined] == ["rita"]
    assert "uma" in first.left
    assert (1, first.version + 1) == (first.population, second.version)
    assert second.version == bench.room.members().version


def test_leave_and_return_in_a_batch() -> None:
    """Who left and came back is told as here, not as gone."""
    bench = new_bench(UMA)
    bench.leave(UMA)
    bench.enter(UMA)
    told = only(bench.wait(DEFAULT_TUNING.presence_ms), RoomMembers)

    assert ([member.user.id for member in told.joined], told.left) == (["uma"], [])


def test_guests_are_counted() -> None:
    """The population includes guests, who are counted apart."""
    members = new_bench(UMA, GUS, person("Gil", "guest")).room.members()

    assert (members.population, members.guests) == (3, 2)


def test_room_at_the_big_size() -> None:
    """At the announced size everybody is still named."""
    bench = new_bench(*crowd(limits.BIG_ROOM_MEMBERS))

    assert len(bench.room.members().members) == limits.BIG_ROOM_MEMBERS


def test_big_room() -> None:
    """Above the announced size only staff, DJ and waiting users are named; the counts stay exact."""
    people = crowd(limits.BIG_ROOM_MEMBERS)
    bench = new_bench(*people, RITA)
    bench.queue(people[0], deck("a"))
    bench.queue(people[1], deck("b"))
    members = bench.room.members()

    assert {"p0", "p1", "rita"} == {member.user.id for member in members.members}
    assert members.population == limits.BIG_ROOM_MEMBERS + 1


def test_joins_of_a_big_room() -> None:
    """In a big room a user comes and goes as a count, staff come by name, and who was named goes by name."""
    people = crowd(limits.BIG_ROOM_MEMBERS + 1)
    bench = new_bench(*people)
    bench.enter(BOB, UMA)
    bench.leave(people[0], people[-1])
    told = only(bench.wait(DEFAULT_TUNING.presence_ms), RoomMembers)

    assert [member.user.id for member in told.joined] == ["bob"]
    assert told.left == ["p0"]
    assert told.population == limits.BIG_ROOM_MEMBERS + 1


def test_staff_leave_a_big_room() -> None:
    """Those a big room names by coming, it names by going: else clients show them for ever."""
    bench = new_bench(*crowd(limits.BIG_ROOM_MEMBERS + 1), BOB)
    bench.leave(BOB)

    assert only(bench.wait(DEFAULT_TUNING.presence_ms), RoomMembers).left == ["bob"]


class TestReserved:
    """After the grace the place is kept for an hour, for somebody else's turn is not held up."""

    @pytest.fixture(name="queued")
    def _queued(self) -> Bench:
        """A room in which Mia plays, and Uma, Rita and Bob wait."""
        bench = new_bench(MIA, UMA, RITA, BOB, GUS, HUGO)
        for user in (MIA, UMA, RITA, BOB):
            bench.queue(user, deck(user.id, f"{user.id}-2"))
        bench.wait(DEFAULT_TUNING.tally_ms)
        bench.said.clear()
        return bench

    def back(self, bench: Bench, user: User, first: Deck | None = None) -> Outcome:
        """Let somebody come back, with a deck to play from."""
        bench.enter(user)
        return bench.do(user, Return(deck("back") if first is None else first))

    def test_place(self, queued: Bench) -> None:
        """Who comes back before another turn has the very place, and everybody is told."""
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        assert queued.waiting == ["uma", "bob"]
        outcome = self.back(queued, RITA)

        assert queued.waiting == ["uma", "rita", "bob"]
        changed = only(outcome.effects, WaitlistChanged)
        assert (changed.change, changed.user, changed.by) == ("join", RITA, None)
        assert (queued.state.reservations, outcome.result) == ({}, Empty())

    @pytest.mark.parametrize(
        ("turns", "order"),
        [
            (0, ["uma", "rita", "bob", "hugo"]),
            (1, ["rita", "bob", "hugo"]),
            (2, ["bob", "hugo"]),
            (3, ["bob"]),
        ],
    )
    def test_turns_since(self, queued: Bench, turns: int, order: list[str]) -> None:
        """Each turn since moves the place up by one."""
        queued.queue(HUGO, deck("h"))
        queued.drop(BOB)
        queued.wait(GRACE_MS)
        for _ in range(turns):
            queued.skip(HUGO)
        self.back(queued, BOB)

        assert order == queued.waiting

    def test_dj(self, queued: Bench) -> None:
        """A DJ's turn is passed on with one advance; kept is the place that cycling would give."""
        queued.drop(MIA)
        effects = queued.wait(GRACE_MS)
        assert len(advances(effects)) == 1
        assert queued.state.dj == UMA
        self.back(queued, MIA)

        assert queued.waiting == ["rita", "bob", "mia"]

    def test_empty_booth(self) -> None:
        """With nobody playing any more, the turn begins at once."""
        bench = new_bench(UMA, RITA)
        bench.queue(UMA, deck("a"))
        bench.drop(UMA)
        bench.wait(GRACE_MS)
        assert bench.state.dj is None
        self.back(bench, UMA)

        assert (bench.play.dj, bench.play.media.title) == (UMA, "back")

    def test_over(self, queued: Bench) -> None:
        """An hour after the grace the place is gone, to the millisecond."""
        queued.drop(RITA, UMA)
        queued.wait(GRACE_MS)
        queued.now += limits.RESERVED_MS - 1
        self.back(queued, RITA)
        assert "rita" in queued.waiting
        queued.now += 1
        outcome = self.back(queued, UMA)

        assert ("uma" in queued.waiting, outcome.effects) == (False, [])

    def test_lock_and_cap(self, queued: Bench) -> None:
        """Neither a locked nor a full waitlist stands against a place one had."""
        queued.drop(UMA)
        queued.wait(GRACE_MS)
        queued.state.settings = replace(queued.state.settings, locked=True, waitlist_cap=1)
        self.back(queued, UMA)

        assert queued.waiting == ["uma", "rita", "bob"]

    @pytest.mark.parametrize("first", [deck("other"), deck(), None])
    def test_given_media(self, queued: Bench, first: Deck | None) -> None:
        """Who queued up with media has the place back with that, whatever the own playlists hold."""
        queued.leave(RITA)
        queued.enter(RITA)
        queued.queue(RITA, media=song("given"))
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        queued.enter(RITA)
        outcome = queued.do(RITA, Return(first))

        assert not directs_to(outcome.effects, RITA)
        assert queued.waiting == ["uma", "bob", "rita"]
        for _ in range(3):
            queued.skip(HUGO)
        assert (queued.state.dj, queued.play.media) == (RITA, song("given"))

    def test_chosen_playlist(self, queued: Bench) -> None:
        """Whoever chose a playlist has the place back with that one: waiting, and playing."""
        queued.leave(RITA)
        queued.enter(RITA)
        command = commands.WaitlistJoin(room=ROOM, playlist_id="chosen")
        queued.do(RITA, QueueUp(command, deck("a", "b")))
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        assert queued.state.reservations["rita"].playlist_id == "chosen"
        self.back(queued, RITA)
        assert queued.state.waitlist[-1] == Waiting(RITA, "chosen")
        for _ in range(3):
            queued.skip(HUGO)
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        assert queued.state.reservations["rita"].playlist_id == "chosen"

    @pytest.mark.parametrize("first", [deck(), None])
    def test_no_media(self, queued: Bench, first: Deck | None) -> None:
        """Without anything to play the place is lost, and its owner told why."""
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        queued.enter(RITA)
        outcome = queued.do(RITA, Return(first))

        [told] = directs_to(outcome.effects, RITA)
        assert isinstance(told, YouUpdated)
        assert (told.reason, told.waitlist_position) == ("no_media", None)
        assert effects_of(outcome.effects, Opined), "what is not told is stored all the same"
        assert (queued.waiting, queued.state.reservations) == (["uma", "bob"], {})

    def test_joins_again(self, queued: Bench) -> None:
        """Who queues up anew goes to the end, and gives up what was kept."""
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        queued.enter(RITA)
        queued.queue(RITA, deck("new"))

        assert (queued.waiting, queued.state.reservations) == (["uma", "bob", "rita"], {})
        assert not queued.do(RITA, Return(deck("new"))).effects

    @pytest.mark.parametrize("user", [UMA, MIA])
    def test_leaving_ends_it(self, queued: Bench, user: User) -> None:
        """Who leaves for good has no place kept: neither from the place, nor out of the grace."""
        queued.drop(user)
        queued.leave(user)
        queued.wait(GRACE_MS)
        assert queued.state.reservations == {}
        queued.enter(user)

        assert not queued.do(user, Return(deck("a"))).effects

    def test_leaving_after_coming_back(self, queued: Bench) -> None:
        """Who is here again, and leaves before taking the place, gives it up."""
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        queued.enter(RITA)
        queued.said.clear()
        queued.leave(RITA)

        assert queued.state.reservations == {}
        assert effects_of(queued.said, Opined), "what is not told is stored all the same"

    def test_nobody_elses(self, queued: Bench) -> None:
        """Nothing is kept for those who neither waited nor played, and nobody takes another's place."""
        queued.drop(GUS, RITA)
        queued.wait(GRACE_MS)
        assert list(queued.state.reservations) == ["rita"]
        queued.enter(GUS)

        assert not queued.do(GUS, Return(deck("a"))).effects

    def test_several_tabs(self, queued: Bench) -> None:
        """The grace begins with the last connection, and the first one back takes the place."""
        queued.enter(RITA)
        queued.drop(RITA)
        queued.wait(2 * GRACE_MS)
        assert "rita" in queued.waiting
        queued.drop(RITA)
        queued.wait(GRACE_MS)
        assert list(queued.state.reservations) == ["rita"]
        self.back(queued, RITA)
        queued.enter(RITA)

        assert not queued.do(RITA, Return(deck("a"))).effects
        assert queued.waiting.count("rita") == 1

    def test_old_ones_go(self) -> None:
        """What has run out is forgotten to the millisecond, and so is what they would have played."""
        bench = new_bench(MIA, RITA)
        bench.queue(MIA, media=song("long", limits.DAY_MS))
        bench.queue(RITA, media=song("given"))
        bench.drop(RITA)
        bench.wait(GRACE_MS)
        bench.wait(limits.RESERVED_MS - 1)
        assert "rita" in bench.state.reservations

        assert effects_of(bench.wait(1), Opined), "what is not told is stored all the same"
        assert bench.state.reservations == {}


def test_rename() -> None:
    """A new name shows wherever the room names the user, and everybody is told once."""
    bench = new_bench(RITA, UMA, BOB)
    bench.queue(RITA, deck("a"))
    bench.queue(BOB, deck("b"))
    bench.do(RITA, commands.ChatSend(room=ROOM, text="hi"))
    bench.said.clear()
    renamed, waiting = replace(RITA, name="Marguerite"), replace(BOB, name="Robert")
    for user in (renamed, waiting):
        bench.do(user, ProfileChanged(user))

    snapshot = bench.room.snapshot(bench.now)
    assert [renamed, waiting] == [event.user for event in events(bench.said, UserUpdated)]
    assert renamed == snapshot.booth.dj
    assert snapshot.booth.play is not None
    assert renamed == snapshot.booth.play.dj
    assert [waiting] == snapshot.waitlist
    assert [renamed] == [message.user for message in snapshot.chat]
    assert {renamed, waiting} <= {member.user for member in snapshot.staff}
    assert {renamed, waiting, UMA} == {member.user for member in bench.room.members().members}


def test_rename_of_somebody_gone() -> None:
    """Whose words are still in the scroll-back is renamed too."""
    bench = new_bench(UMA)
    bench.do(UMA, commands.ChatSend(room=ROOM, text="hi"))
    bench.leave(UMA)
    bench.said.clear()
    bench.do(UMA, ProfileChanged(replace(UMA, name="Ursula")))

    assert only(bench.said, UserUpdated).user.name == "Ursula"
    assert bench.room.snapshot(bench.now).chat[0].user.name == "Ursula"


def test_rename_of_strangers(bench: Bench) -> None:
    """A room that does not know a user says nothing about them."""
    assert_unchanged(bench, UMA, ProfileChanged(person("Zoe")))


def test_rename_in_lists(bench: Bench) -> None:
    """Mutes and reserved places name people as they are called now, whoever was renamed."""
    bench.do(MIA, Moderate(commands.ModMute(room=ROOM, user=UMA.id, duration_ms=60_000), UMA))
    bench.state.reservations[RITA.id] = Reservation(RITA, 0, bench.now + limits.RESERVED_MS)
    renamed = [replace(user, name=f"{user.name}2") for user in (UMA, MIA, RITA)]
    for user in renamed:
        bench.do(user, ProfileChanged(user))

    [mute] = bench.state.sanctions.values()
    assert [mute.user, mute.by, bench.state.reservations[RITA.id].user] == renamed


@pytest.mark.parametrize(("size", "times"), [(1, 1), (limits.BIG_ROOM_MEMBERS, 1), (1000, 5), (3000, 15)])
def test_a_big_room_tells_its_presence_less_often(size: int, times: int) -> None:
    """The interval grows with the room, so that n joins cost O(n) deliveries and not O(n²)."""
    state = new_state()
    for user in crowd(size):
        state.let_in(StateMember(user=user, connections=1))
    interval_ms = presence_interval_ms(state)
    assert interval_ms == times * DEFAULT_TUNING.presence_ms
    assert size * 1000 / interval_ms <= limits.BIG_ROOM_MEMBERS * 1000 / DEFAULT_TUNING.presence_ms


def test_nobody_waits_long_for_presence() -> None:
    """However big a room, its counts are told within five seconds."""
    state = new_state()
    for user in crowd(5000):
        state.let_in(StateMember(user=user, connections=1))
    assert presence_interval_ms(state) == limits.PRESENCE_MAX_MS


def test_an_administrator_in_a_big_room() -> None:
    """Administrators are named in a big room, also one who became it while there."""
    people = crowd(limits.BIG_ROOM_MEMBERS + 1)
    bench = new_bench(*people, person("Ada", "admin"))
    bench.do(people[0], ProfileChanged(replace(people[0], kind="admin")))
    named = {member.user.id for member in bench.room.members().members}

    assert named == {"ada", people[0].id}


def test_counts_follow_everyone() -> None:
    """Guests are counted in and out, and a member who becomes an administrator is one from then on."""
    bench = new_bench(GUS, UMA)
    assert (bench.state.guests, bench.state.admins) == (1, set())
    bench.do(UMA, ProfileChanged(replace(UMA, kind="admin")))
    assert bench.state.admins == {UMA.id}
    bench.leave(GUS)
    bench.leave(UMA)
    assert (bench.state.guests, bench.state.admins) == (0, set())
