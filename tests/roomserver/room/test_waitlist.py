"""Who plays next, and who may change that."""

from __future__ import annotations

import pytest

from protocol import commands
from protocol.errors import ErrorCode
from protocol.events import PlayStarted, RoomEvent, WaitlistChanged, WaitlistSettings, YouUpdated
from protocol.results import WaitingResult
from protocol.roles import Role
from protocol.values import Media, User
from roomserver.room.effects import TextsChanged
from roomserver.room.inputs import Deck, QueueOther, QueueUp
from tests.support.people import BY_ROLE, PEERS, deck, person, song
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
    only,
)

UMA, RITA, BOB, MIA, GUS, HUGO = (
    BY_ROLE[role] for role in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER, Role.GUEST, Role.HOST)
)
ULF = PEERS[Role.USER]


def joining(first: Deck | None) -> QueueUp:
    """Return the input of a user who queues up."""
    return QueueUp(commands.WaitlistJoin(room=ROOM), first)


def adding(target: User, first: Deck | None) -> QueueOther:
    """Return the input of staff who queue up somebody."""
    return QueueOther(commands.WaitlistAdd(room=ROOM, user=target.id), first)


def moving(target: User, position: int) -> commands.WaitlistMove:
    """Return a command to move somebody."""
    return commands.WaitlistMove(room=ROOM, user=target.id, position=position)


@pytest.fixture(name="queued")
def _queued(bench: Bench) -> Bench:
    """A room in which Hugo plays, and Uma, Rita and Bob wait."""
    for user in (HUGO, UMA, RITA, BOB):
        bench.queue(user, deck(user.id))
    bench.said.clear()
    return bench


class TestJoin:
    """Queueing up oneself."""

    def test_free_booth(self, bench: Bench) -> None:
        """In an empty booth the turn begins at once: no place, and no event of the waitlist."""
        outcome = bench.queue(UMA, deck("a"))

        assert WaitingResult(position=None) == outcome.result
        assert only(bench.said, PlayStarted).play.dj == UMA
        assert bench.waiting == []

    def test_at_the_end(self, queued: Bench) -> None:
        """Later ones go to the end and learn their index."""
        outcome = queued.queue(MIA, deck("m"))

        assert WaitingResult(position=3) == outcome.result
        changed = only(queued.said, WaitlistChanged)
        assert (changed.change, changed.user, changed.by) == ("join", MIA, None)
        assert changed.waitlist == [UMA, RITA, BOB, MIA]
        assert queued.room.you(MIA, queued.now).waitlist_position == 3

    @pytest.mark.parametrize("user", [UMA, HUGO])
    def test_twice(self, queued: Bench, user: User) -> None:
        """Nobody waits twice, nor while playing."""
        assert_rejected(queued, user, joining(deck("x")), ErrorCode.ALREADY_WAITING)

    @pytest.mark.parametrize("first", [None, deck()])
    def test_no_media(self, bench: Bench, first: Deck | None) -> None:
        """Without a playlist that has items there is nothing to play, even in a free booth."""
        refused = assert_rejected(bench, UMA, joining(first), ErrorCode.NO_MEDIA)

        assert ("no active playlist" if first is None else "an empty playlist") in refused.message

    @pytest.mark.parametrize("media", [None, song("once")])
    def test_unknown_playlist(self, bench: Bench, media: Media | None) -> None:
        """A playlist that is named and not there is refused, whatever else there is to play."""
        order = QueueUp(commands.WaitlistJoin(room=ROOM, playlist_id="bogus", media=media), None)

        assert_rejected(bench, UMA, order, ErrorCode.NOT_FOUND, field="playlist_id")

    def test_full(self) -> None:
        """A full waitlist lets nobody join and says its cap."""
        bench = bench_with({"waitlist_cap": 1}, *BY_ROLE.values())
        bench.queue(HUGO, deck("h"))
        bench.queue(RITA, deck("r"))

        assert_rejected(bench, UMA, joining(deck("u")), ErrorCode.WAITLIST_FULL, limit=1)
        assert_rejected(bench, BOB, adding(UMA, deck("u")), ErrorCode.WAITLIST_FULL, limit=1)

    def test_after_leaving(self, queued: Bench) -> None:
        """A place once given up is gone: who joins again goes to the end."""
        queued.do(UMA, commands.WaitlistLeave(room=ROOM))
        queued.queue(UMA, deck("u"))

        assert queued.waiting == ["rita", "bob", "uma"]


class TestLocked:
    """The locked waitlist, cell by cell."""

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("busy", [False, True])
    def test_join(self, role: Role, busy: bool) -> None:
        """Residents and up join while it is locked, whether or not somebody plays."""
        user = PEERS[role]
        staff = {peer.id: (peer, its) for its, peer in PEERS.items() if Role.RESIDENT <= its < Role.ADMIN}
        bench = bench_with({"locked": True}, *BY_ROLE.values(), user)
        bench.state.staff.update(staff)
        if busy:
            bench.queue(HUGO, deck("h"))
        match role:
            case Role.GUEST:
                assert_rejected(bench, user, joining(deck("a")), ErrorCode.FORBIDDEN, needs="user")
            case Role.USER:
                assert_rejected(bench, user, joining(deck("a")), ErrorCode.WAITLIST_LOCKED)
            case _:
                bench.queue(user, deck("a"))
                assert bench.state.is_dj(user.id) or [user.id] == bench.waiting

    @pytest.mark.parametrize("role", Role)
    def test_add(self, role: Role) -> None:
        """Managers and up add others while it is locked; bouncers only while it is not."""
        bench = bench_with({"locked": True}, *BY_ROLE.values(), ULF)
        actor = BY_ROLE[role]
        if role < Role.BOUNCER:
            assert_rejected(bench, actor, adding(ULF, deck("a")), ErrorCode.FORBIDDEN, needs="bouncer")
        elif role < Role.MANAGER:
            assert_rejected(bench, actor, adding(ULF, deck("a")), ErrorCode.WAITLIST_LOCKED)
        else:
            bench.queue_other(actor, ULF, deck("a"))
            assert bench.state.dj == ULF

    def test_leave(self, queued: Bench) -> None:
        """Leaving is always possible."""
        queued.do(MIA, commands.WaitlistLock(room=ROOM, on=True))
        queued.do(UMA, commands.WaitlistLeave(room=ROOM))

        assert queued.waiting == ["rita", "bob"]

    def test_keeps_places(self, queued: Bench) -> None:
        """Locking keeps everybody's place and the current play."""
        queued.do(MIA, commands.WaitlistLock(room=ROOM, on=True))

        changed = only(queued.said, WaitlistSettings)
        assert (changed.locked, changed.cycle, changed.by) == (True, False, MIA)
        assert queued.waiting == ["uma", "rita", "bob"]
        assert not advances(queued.said)

    def test_locks_and_clears(self, queued: Bench) -> None:
        """Locking empties the waitlist only with ``clear``; the current DJ stays."""
        queued.do(MIA, commands.WaitlistLock(room=ROOM, on=True, clear=True))

        assert (queued.state.dj, queued.waiting) == (HUGO, [])
        assert only(queued.said, WaitlistChanged).change == "clear"
        assert queued.state.settings.locked

    def test_cycling_dj(self, queued: Bench) -> None:
        """A cycling DJ of a locked waitlist keeps coming round."""
        queued.do(MIA, commands.WaitlistLock(room=ROOM, on=True))
        queued.do(MIA, commands.WaitlistCycle(room=ROOM, on=True))
        queued.skip(HUGO)

        assert queued.waiting == ["rita", "bob", "hugo"]


class TestSwitches:
    """Lock and cycle."""

    @pytest.mark.parametrize("command", [commands.WaitlistLock, commands.WaitlistCycle])
    def test_same_again(
        self, bench: Bench, command: type[commands.WaitlistLock | commands.WaitlistCycle]
    ) -> None:
        """Switching to what is on already is not told."""
        assert_unchanged(bench, MIA, command(room=ROOM, on=False))

    def test_stored(self, bench: Bench) -> None:
        """A switch is a setting, and is stored as one."""
        bench.do(MIA, commands.WaitlistCycle(room=ROOM, on=True))

        [stored] = effects_of(bench.said, TextsChanged)
        assert (stored.settings.cycle, stored.settings.locked) == (True, False)


class TestAdd:
    """Queueing up others."""

    def test_at_the_end(self, queued: Bench) -> None:
        """Without an index the place is at the end."""
        outcome = queued.queue_other(BOB, MIA, deck("m"))

        assert WaitingResult(position=3) == outcome.result
        changed = only(queued.said, WaitlistChanged)
        assert (changed.change, changed.user, changed.by) == ("add", MIA, BOB)

    def test_free_booth(self, bench: Bench) -> None:
        """In an empty booth the turn begins at once, and who added them is told first."""
        outcome = bench.queue_other(BOB, MIA, deck("m"))

        assert WaitingResult(position=None) == outcome.result
        changed, started = events(outcome.effects, RoomEvent)
        assert isinstance(changed, WaitlistChanged)
        assert (changed.change, changed.user, changed.by) == ("add", MIA, BOB)
        assert changed.waitlist == [MIA]
        assert isinstance(started, PlayStarted)
        assert (started.play.dj, started.waitlist) == (MIA, [])

    @pytest.mark.parametrize(("position", "expected"), [(0, 0), (2, 2), (3, 3), (99, 3)])
    def test_at_an_index(self, queued: Bench, position: int, expected: int) -> None:
        """An index past the end means the end."""
        outcome = queued.queue_other(BOB, MIA, deck("m"), position)

        assert WaitingResult(position=expected) == outcome.result
        assert queued.waiting[expected] == "mia"

    def test_strangers(self, bench: Bench) -> None:
        """Only members can be added."""
        command = adding(person("Zoe"), deck("z"))

        assert_rejected(bench, BOB, command, ErrorCode.NOT_FOUND, field="user")

    def test_guests(self, bench: Bench) -> None:
        """Guests never play."""
        assert_rejected(bench, BOB, adding(GUS, deck("g")), ErrorCode.FORBIDDEN, needs="user")

    @pytest.mark.parametrize("first", [None, deck()])
    def test_no_media(self, bench: Bench, first: Deck | None) -> None:
        """Somebody without media cannot be added."""
        assert_rejected(bench, BOB, adding(UMA, first), ErrorCode.NO_MEDIA)

    @pytest.mark.parametrize("user", [UMA, HUGO])
    def test_twice(self, queued: Bench, user: User) -> None:
        """Nobody is added who waits or plays."""
        assert_rejected(queued, BOB, adding(user, deck("x")), ErrorCode.ALREADY_WAITING)


class TestLeave:
    """Giving up the own place."""

    def test_place(self, queued: Bench) -> None:
        """The place is gone, and everybody is told."""
        queued.do(RITA, commands.WaitlistLeave(room=ROOM))

        changed = only(queued.said, WaitlistChanged)
        assert (changed.change, changed.user, changed.waitlist) == ("leave", RITA, [UMA, BOB])
        assert "rita" not in queued.state.decks

    @pytest.mark.parametrize("user", [MIA, HUGO])
    def test_no_place(self, queued: Bench, user: User) -> None:
        """Who does not wait, the DJ included, has no place to give up."""
        assert_rejected(queued, user, commands.WaitlistLeave(room=ROOM), ErrorCode.NOT_WAITING)


class TestRemove:
    """Taking others out."""

    def test_place(self, queued: Bench) -> None:
        """The place is gone; everybody is told, and the user is told why."""
        queued.do(MIA, commands.WaitlistRemove(room=ROOM, user="uma"))

        changed = only(queued.said, WaitlistChanged)
        assert (changed.change, changed.user, changed.by) == ("remove", UMA, MIA)
        assert [YouUpdated(room=ROOM, role="user", reason="removed")] == directs_to(queued.said, UMA)

    @pytest.mark.parametrize("user_id", ["mia", "hugo", "nobody"])
    def test_no_place(self, queued: Bench, user_id: str) -> None:
        """Only who waits can be removed."""
        command = commands.WaitlistRemove(room=ROOM, user=user_id)

        assert_rejected(queued, MIA, command, ErrorCode.NOT_WAITING, field="user")


class TestMove:
    """Changing the order."""

    @pytest.mark.parametrize(
        ("position", "order"),
        [
            (0, ["bob", "uma", "rita"]),
            (1, ["uma", "bob", "rita"]),
        ],
    )
    def test_forward(self, queued: Bench, position: int, order: list[str]) -> None:
        """A user moves to the index, the others make way."""
        outcome = queued.do(MIA, moving(BOB, position))

        assert WaitingResult(position=position) == outcome.result
        assert order == queued.waiting
        changed = only(queued.said, WaitlistChanged)
        assert (changed.change, changed.user, changed.by) == ("move", BOB, MIA)

    @pytest.mark.parametrize("position", [2, 3, 5000])
    def test_back(self, queued: Bench, position: int) -> None:
        """An index past the end means the end."""
        outcome = queued.do(MIA, moving(UMA, position))

        assert WaitingResult(position=2) == outcome.result
        assert queued.waiting == ["rita", "bob", "uma"]

    @pytest.mark.parametrize(("user", "position"), [(UMA, 0), (BOB, 2), (BOB, 77)])
    def test_same_place(self, queued: Bench, user: User, position: int) -> None:
        """A move to the same place is not told."""
        assert_unchanged(queued, MIA, moving(user, position))

    @pytest.mark.parametrize("user", [MIA, HUGO])
    def test_no_place(self, queued: Bench, user: User) -> None:
        """Only who waits can be moved."""
        assert_rejected(queued, MIA, moving(user, 0), ErrorCode.NOT_WAITING, field="user")


class TestClear:
    """Emptying it."""

    def test_places(self, queued: Bench) -> None:
        """Everybody loses the place and is told why; the current DJ stays."""
        queued.do(MIA, commands.WaitlistClear(room=ROOM))

        changed = only(queued.said, WaitlistChanged)
        assert (changed.change, changed.user, changed.by, changed.waitlist) == ("clear", None, MIA, [])
        for user in (UMA, RITA, BOB):
            [told] = directs_to(queued.said, user)
            assert isinstance(told, YouUpdated)
            assert told.reason == "cleared"
        assert (queued.state.dj, list(queued.state.decks)) == (HUGO, ["hugo"])

    def test_nobody_waits(self, bench: Bench) -> None:
        """An empty waitlist is cleared in silence."""
        assert_unchanged(bench, MIA, commands.WaitlistClear(room=ROOM))


def test_media_once_in_line(queued: Bench) -> None:
    """A place with one media keeps it until its turn."""
    queued.queue(MIA, media=song("once"))
    for _ in range(4):
        queued.skip(HUGO)

    assert (queued.state.dj, queued.play.media.title) == (MIA, "once")
