"""A person leaves a room for good."""

from __future__ import annotations

from msgspec.structs import replace

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import (
    PlayStarted,
    PlayStopped,
    RoomMembers,
    RoomUpdated,
    StaffChanged,
    UserErased,
    VoteTally,
    WaitlistChanged,
)
from protocol.roles import Role
from roomserver.room.effects import Blocked, Outcome, TextsChanged
from roomserver.room.erasure import heir_of
from roomserver.room.inputs import Enter, Erase, Moderate, Unblock
from roomserver.room.state import Reservation
from tests.support.people import BY_ROLE, deck, person, song
from tests.support.rooms import (
    ROOM,
    Bench,
    advances,
    assert_rejected,
    bench_with,
    effects_of,
    events,
    new_bench,
    only,
)

GUS, UMA, RITA, BOB, MIA, CORA, HUGO = (user for role, user in BY_ROLE.items() if role is not Role.ADMIN)
GONE = person("gone-1")


def erase(bench: Bench, user_id: str) -> Outcome:
    """Erase a user and forget what was said before."""
    bench.said.clear()
    return bench.do(GONE, Erase(user_id, GONE))


def test_a_playing_dj() -> None:
    """The turn passes on exactly once, then the room is told to forget; votes and clock stay."""
    bench = new_bench(UMA, RITA, BOB)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    erase(bench, UMA.id)

    assert len(advances(bench.said)) == 1
    started = only(bench.said, PlayStarted)
    assert started.play.dj == RITA
    assert started.previous is not None
    assert started.previous.end == "left"
    assert only(bench.said, UserErased).user_id == UMA.id
    assert only(bench.said, UserErased).seq == bench.state.seq


def test_a_mention() -> None:
    """Whoever joins afterwards does not read the name in what others said."""
    bench = new_bench(UMA, RITA)
    bench.do(RITA, commands.ChatSend(room=ROOM, text=f"hi @{UMA.name}, hi @staff"))
    (said,) = bench.state.chat
    assert said.mentions == [UMA.id, RITA.id]
    erase(bench, UMA.id)

    (left,) = bench.state.chat
    assert (left.text, left.mentions) == ("hi @deleted, hi @staff", [RITA.id])


def test_the_last_dj() -> None:
    """With nobody next the booth is empty, and cycling does not bring the erased back."""
    bench = bench_with({"cycle": True}, UMA, BOB)
    bench.queue(UMA, deck("a", "b"))
    erase(bench, UMA.id)

    only(bench.said, PlayStopped)
    bench.wait(limits.HOUR_MS)
    assert bench.state.turn is None
    assert bench.waiting == []


def test_who_waits() -> None:
    """A place in the waitlist, or a reserved one, is given up."""
    bench = new_bench(UMA, RITA, BOB)
    bench.queue(UMA, deck("a"))
    bench.queue(RITA, deck("b"))
    bench.state.reservations[BOB.id] = Reservation(BOB, 0, bench.now + limits.RESERVED_MS, media=song())
    erase(bench, RITA.id)
    assert only(bench.said, WaitlistChanged).waitlist == []
    erase(bench, BOB.id)

    assert bench.state.reservations == {}


def test_words_roles_and_presence() -> None:
    """Messages, nonces, role and presence are gone from the room's state."""
    bench = new_bench(UMA, RITA)
    bench.do(RITA, commands.ChatSend(room=ROOM, text="hi", nonce="n"))
    bench.do(UMA, commands.ChatSend(room=ROOM, text="ho"))
    erase(bench, RITA.id)
    bench.wait(bench.state.tuning.presence_ms)

    snapshot = bench.room.snapshot(bench.now)
    assert [message.text for message in snapshot.chat] == ["ho"]
    assert RITA.id not in {member.user.id for member in snapshot.staff}
    assert bench.state.nonces == {}
    assert RITA.id not in bench.state.spoke_at_ms
    assert only(bench.said, RoomMembers).left == [RITA.id]


def test_counted_votes_stay_counted() -> None:
    """The score does not change, and nobody can tell whose vote it was."""
    bench = bench_with({}, UMA, RITA, BOB)
    bench.queue(UMA, deck("a"))
    bench.do(RITA, commands.VoteCast(room=ROOM, play_id=bench.play.id, value=1))
    before = bench.state.votes()
    erase(bench, RITA.id)
    bench.wait(bench.state.tuning.tally_ms)

    assert bench.state.votes() == before
    assert bench.state.turn is not None
    assert RITA.id not in {*bench.state.turn.votes, *bench.state.turn.listeners}
    assert (GONE.id, 1) in only(bench.said, VoteTally).changed


def test_sanctions_of_and_by_them() -> None:
    """Their own mute goes; what they did to others stands, by nobody and without their words."""
    bench = new_bench(UMA, RITA, BOB, MIA)
    mute = commands.ModMute(room=ROOM, user=UMA.id, duration_ms=60_000, reason="loud")
    bench.do(BOB, Moderate(mute, UMA))
    bench.do(MIA, Moderate(commands.ModMute(room=ROOM, user=BOB.id, duration_ms=60_000, reason="x"), BOB))
    erase(bench, BOB.id)

    [kept] = bench.state.sanctions.values()
    assert (kept.user, kept.by, kept.reason) == (UMA, GONE, None)


def test_a_banned_address_stays_out() -> None:
    """A guest who is erased does not come back from the same address before the ban is over."""
    bench = new_bench(MIA)
    bench.do(GUS, Enter(GUS, password_ok=False, address_key=b"here"))
    ban = commands.ModBan(room=ROOM, user=GUS.id, duration_ms=limits.HOUR_MS, reason="spam")
    bench.do(MIA, Moderate(ban, GUS, b"here"))
    erase(bench, GUS.id)

    fresh = person("Gabi", "guest")
    assert_rejected(bench, fresh, Enter(fresh, password_ok=False, address_key=b"here"), ErrorCode.BANNED)
    assert GUS.id not in {whom for _, whom in bench.state.sanctions}
    bench.wait(limits.HOUR_MS)
    bench.do(fresh, Enter(fresh, password_ok=False, address_key=b"here"))


def test_blocked_media_stay_blocked() -> None:
    """The block-list keeps what they put on it, by nobody."""
    bench = new_bench(MIA, UMA)
    bench.queue(UMA, deck("bad"))
    block = commands.MediaBlock(room=ROOM, media=song("bad"), on=True)
    bench.do(MIA, block)
    erase(bench, MIA.id)

    [entry] = bench.state.blocked.values()
    assert entry.by == GONE


def test_a_host_has_an_heir() -> None:
    """The first cohost becomes the host, and everybody is told before the host is forgotten."""
    bench = new_bench(HUGO, MIA, UMA)
    erase(bench, HUGO.id)
    changed = only(bench.said, StaffChanged)

    assert (changed.user, changed.role) == (CORA, "host")
    assert bench.state.role_of(CORA) is Role.HOST
    assert changed.seq < only(bench.said, UserErased).seq
    assert HUGO.id not in bench.state.staff


def test_a_manager_inherits_where_no_cohost_is() -> None:
    """Below managers nobody does: then the room has no host, and the shell deletes it."""
    staff = {
        user.id: (user, role) for user, role in ((HUGO, Role.HOST), (BOB, Role.BOUNCER), (MIA, Role.MANAGER))
    }
    bench = new_bench(HUGO, staff=dict(staff))
    assert heir_of(bench.state, HUGO.id) == MIA
    del bench.state.staff[MIA.id]
    assert heir_of(bench.state, HUGO.id) is None
    assert heir_of(bench.state, BOB.id) is None


def test_their_words_leave_the_room() -> None:
    """Texts that they wrote go, the room is called by its address, and others' texts stay."""
    bench = new_bench(UMA)
    bench.state.info = replace(bench.state.info, name="Uma's den", description="d", welcome="w")
    bench.do(GONE, Erase(RITA.id, GONE, frozenset({"name", "welcome"})))

    info = bench.room.snapshot(bench.now).room
    assert (info.name, info.description, info.welcome) == (info.slug, "d", "")
    assert only(bench.said, RoomUpdated).name == info.slug
    assert effects_of(bench.said, TextsChanged)


def test_words_on_the_block_list() -> None:
    """Entries that are gone and titles that are go from it, and storage is told so; the rest stays."""
    bench = new_bench(MIA)
    for name in ("gone", "bare", "other"):
        bench.do(MIA, commands.MediaBlock(room=ROOM, media=song(name), on=True))
    gone, bare, other = bench.state.blocked
    untitled = frozenset({(*bare, "bare"), (*other, "another title"), (*gone, "gone")})
    outcome = bench.do(GONE, Unblock(frozenset({gone}), untitled, "(removed)"))

    titles = {key: entry.title for key, entry in bench.state.blocked.items()}
    assert titles == {bare: "(removed)", other: "other"}
    assert outcome.effects == [Blocked(*gone, None), Blocked(*bare, bench.state.blocked[bare])]
    assert bench.do(GONE, Unblock(frozenset({gone}), untitled, "(removed)")).effects == []


def test_their_playlist_plays_no_more() -> None:
    """When the fallback playlist was theirs the room has none."""
    bench = new_bench(UMA, fallback=(song("a"),), fallback_playlist="list")
    bench.do(GONE, Erase(RITA.id, GONE, ends_fallback=True))

    assert (bench.state.fallback, bench.state.fallback_playlist) == ((), None)
    assert only(bench.said, RoomUpdated).fallback is False


def test_a_stranger() -> None:
    """Who left no trace in the room's state is still told of: clients may hold older words."""
    bench = new_bench(UMA)
    erase(bench, "long-gone")

    assert [event.user_id for event in events(bench.said, UserErased)] == ["long-gone"]


def test_twice() -> None:
    """A second time does nothing more than tell."""
    bench = new_bench(UMA, RITA)
    erase(bench, RITA.id)
    before = bench.room.snapshot(bench.now)
    erase(bench, RITA.id)

    assert bench.room.snapshot(bench.now) == before
    assert advances(bench.said) == []
