"""What a room plays and whom it lets, at both points: queueing up and the turn."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import PlaylistCycled, PlayStarted, YouUpdated
from protocol.limits import HOUR_MS, MINUTE_MS
from protocol.results import BlockedResult, Empty
from protocol.roles import Role
from protocol.values import SYSTEM, BlockedMedia, Media, Rules, User
from roomserver.room.effects import Blocked, ItemCycled, Noted
from roomserver.room.inputs import DeckRead, QueueOther, QueueUp, TitlesOver, Update
from roomserver.room.rules import has_link, has_titles
from roomserver.room.state import Reservation
from tests.support.people import BY_ROLE, SONG_MS, deck, person, song
from tests.support.rooms import (
    EPOCH_MS,
    ROOM,
    Bench,
    advances,
    assert_rejected,
    assert_unchanged,
    bench_with,
    directs_to,
    effects_of,
    events,
)

UMA, RITA, BOB, MIA, CORA, GUS = (
    BY_ROLE[r] for r in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER, Role.COHOST, Role.GUEST)
)


def room_with(**rules: Any) -> Bench:
    """Return a room with these rules, in which Rita plays ``current`` and Uma waits with ``a``, ``b``."""
    bench = bench_with({}, UMA, RITA, BOB, MIA, CORA, GUS)
    bench.queue(RITA, deck("current"))
    bench.queue(UMA, deck("a", "b", playlist_id="p1"))
    bench.queue(BOB, deck("c"))
    change(bench, **rules)
    bench.said.clear()
    return bench


def change(bench: Bench, **rules: Any) -> None:
    """Let the cohost change the rules."""
    command = commands.RoomUpdate(room=ROOM, rules=commands.RulesUpdate(**rules))
    bench.do(CORA, Update(command, None))


def joining(media: Media) -> QueueUp:
    """Return the input of somebody who queues up with one media."""
    return QueueUp(commands.WaitlistJoin(room=ROOM, media=media), None)


def blocking(media: Media, *, on: bool = True) -> commands.MediaBlock:
    """Return a change of the block-list."""
    return commands.MediaBlock(room=ROOM, media=media, on=on)


def titles(bench: Bench) -> list[str]:
    """Return what was played, in order."""
    return [event.play.media.title for event in events(bench.said, PlayStarted)]


def told_why(bench: Bench, user: User) -> list[str | None]:
    """Return the reasons a user was given."""
    return [event.reason for event in directs_to(bench.said, user) if isinstance(event, YouUpdated)]


class TestAtTheTurn:
    """The turn of somebody whose media is refused, whichever rule refuses it."""

    @pytest.fixture(name="refused", params=["too_long", "blocked_media", "recently_played"])
    def _refused(self, request: pytest.FixtureRequest) -> tuple[Bench, str]:
        """A room in which Uma's ``a`` was fine when she queued up, and is not any more."""
        bench = room_with()
        match request.param:
            case "too_long":
                bench.do(UMA, DeckRead("uma", deck("a", "b", duration_ms=2 * SONG_MS, playlist_id="p1")))
                change(bench, max_duration_ms=SONG_MS)
            case "blocked_media":
                bench.do(MIA, blocking(song("a")))
            case _:
                bench.do(UMA, DeckRead("uma", deck("current", "b", playlist_id="p1")))
                change(bench, repeat_plays=1)
                bench.wait(10_000)
        bench.said.clear()
        return bench, str(request.param)

    def test_passed_over(self, refused: tuple[Bench, str]) -> None:
        """The next one plays with exactly one advance; who was passed over is told why, without a place."""
        bench, reason = refused
        bench.skip(RITA)

        [started] = advances(bench.said)
        assert isinstance(started, PlayStarted)
        assert (started.play.dj, started.waitlist) == (BOB, [])
        [told] = [event for event in directs_to(bench.said, UMA) if isinstance(event, YouUpdated)]
        assert (told.reason, told.waitlist_position) == (reason, None)
        assert "uma" not in bench.state.decks

    def test_item_makes_way(self, refused: tuple[Bench, str]) -> None:
        """The refused item goes to the playlist's end, that the next turn has another."""
        bench, reason = refused
        bench.skip(RITA)

        top = "item-current" if reason == "recently_played" else "item-a"
        assert ItemCycled("uma", "p1", top) in effects_of(bench.said, ItemCycled)
        assert PlaylistCycled(playlist_id="p1") in directs_to(bench.said, UMA)

    def test_nobody_else(self, refused: tuple[Bench, str]) -> None:
        """When nobody has what the room plays, the play runs to its end, and the booth empties."""
        bench, _ = refused
        bench.do(BOB, commands.WaitlistLeave(room=ROOM))
        end = bench.play.ends_at_ms
        bench.wait_until(end - 1)
        assert not advances(bench.said)
        bench.wait_until(end)

        assert len(advances(bench.said)) == 1
        assert (bench.state.turn, bench.waiting) == (None, [])

    def test_media_once(self) -> None:
        """Media for once has no playlist whose end it could go to."""
        bench = room_with()
        bench.queue(MIA, media=song("once"))
        bench.do(MIA, blocking(song("once")))
        for _ in range(3):
            bench.skip(CORA)

        assert told_why(bench, MIA) == ["blocked_media"]
        assert not [cycled for cycled in effects_of(bench.said, ItemCycled) if cycled.user_id == "mia"]

    def test_fallback_is_exempt(self) -> None:
        """What the room itself plays keeps it going, whatever the rules."""
        bench = bench_with({"rules": Rules(max_duration_ms=1000, repeat_plays=9)}, UMA, fallback=(song("f"),))
        bench.wait(2 * SONG_MS)

        assert len(events(bench.said, PlayStarted)) >= 1


class TestLength:
    """The longest media."""

    def test_at_join(self) -> None:
        """Longer media is refused with the limit, for oneself and for others."""
        bench = room_with(max_duration_ms=SONG_MS)
        long = deck("x", duration_ms=SONG_MS + 1)
        adding = QueueOther(commands.WaitlistAdd(room=ROOM, user="mia"), long)

        own = QueueUp(commands.WaitlistJoin(room=ROOM), long)
        assert_rejected(bench, MIA, own, ErrorCode.TOO_LONG, limit=SONG_MS)
        assert_rejected(bench, BOB, adding, ErrorCode.TOO_LONG, limit=SONG_MS)
        bench.queue(MIA, deck("x", duration_ms=SONG_MS))

    def test_trim(self) -> None:
        """Only what plays of it counts."""
        bench = room_with(max_duration_ms=60_000)
        bench.queue(MIA, media=song("x", HOUR_MS, start_ms=1000, end_ms=61_000))
        late = joining(song("y", HOUR_MS, start_ms=HOUR_MS - 60_001))

        assert_rejected(bench, CORA, late, ErrorCode.TOO_LONG, limit=60_000)

    def test_current_play(self) -> None:
        """A rule that begins does not cut what plays."""
        bench = room_with(max_duration_ms=1000)

        assert not advances(bench.wait(SONG_MS - 10_000))
        assert bench.state.dj == RITA

    def test_off(self) -> None:
        """Zero means no limit."""
        bench = room_with(max_duration_ms=1000)
        change(bench, max_duration_ms=0)
        bench.queue(MIA, media=song("x", limits.MEDIA_DURATION_MAX_MS))


class TestRepetition:
    """What was played recently."""

    def test_by_plays(self) -> None:
        """Among the last so many plays it is refused, the current one included; after them it is not."""
        bench = room_with(repeat_plays=2)
        again = joining(song("current"))
        assert_rejected(bench, MIA, again, ErrorCode.RECENTLY_PLAYED)
        bench.wait(10_000)
        bench.skip(RITA)
        refused = assert_rejected(bench, MIA, again, ErrorCode.RECENTLY_PLAYED)
        assert "2 plays ago" in refused.message
        assert "retry_after_ms" not in refused.facts
        bench.wait(10_000)
        bench.skip(UMA)
        bench.do(MIA, again)

    def test_by_time(self) -> None:
        """Within the time it is refused with what is left of it, to the millisecond."""
        bench = room_with(repeat_ms=HOUR_MS)
        begun = bench.play.started_at_ms
        bench.wait(10 * MINUTE_MS)
        again, left = joining(song("current")), begun + HOUR_MS - bench.now
        assert_rejected(bench, MIA, again, ErrorCode.RECENTLY_PLAYED, retry_after_ms=left)
        bench.wait(left - 1)
        assert_rejected(bench, MIA, again, ErrorCode.RECENTLY_PLAYED, retry_after_ms=1)
        bench.wait(1)
        bench.do(MIA, again)

    @pytest.mark.parametrize("rule", [{"repeat_plays": 5}, {"repeat_ms": HOUR_MS}])
    def test_never_heard(self, rule: dict[str, int]) -> None:
        """A play that was cut in its lead-in was heard by nobody, and is no repetition."""
        bench = room_with(**rule)
        assert bench.now < bench.play.started_at_ms
        bench.skip(RITA)

        bench.do(MIA, joining(song("current")))
        assert_rejected(bench, RITA, joining(song("a")), ErrorCode.RECENTLY_PLAYED)

    def test_same_source(self) -> None:
        """It is the source that repeats, whatever title or trim it is given."""
        bench = room_with(repeat_plays=1)
        renamed = song("current", start_ms=5000)

        assert_rejected(bench, MIA, joining(renamed), ErrorCode.RECENTLY_PLAYED)

    def test_off(self) -> None:
        """Without the rule everything repeats, what was only announced too."""
        bench = room_with()
        bench.queue(MIA, media=song("current"))

    def test_fallback_does_not_count(self) -> None:
        """What the room itself played may be played by a DJ."""
        bench = bench_with({"rules": Rules(repeat_plays=5)}, UMA, fallback=(song("f"),))
        bench.queue(UMA, media=song("f"))

        assert bench.state.dj == UMA


class TestBlockList:
    """Media that a room refuses."""

    def test_at_join(self) -> None:
        """Blocked media is refused, until it is taken off."""
        bench = room_with()
        outcome = bench.do(MIA, blocking(song("bad")))
        entry = BlockedMedia(
            source="direct", source_id="/media/bad.ogg", title="bad", by=MIA, at_ms=bench.now
        )
        noted = Noted("media.blocked", MIA, bench.now, detail="direct /media/bad.ogg")
        assert outcome == (Empty(), [Blocked("direct", "/media/bad.ogg", entry), noted])
        assert_rejected(bench, CORA, joining(song("bad")), ErrorCode.BLOCKED_MEDIA)
        lifted = bench.do(MIA, blocking(song("bad"), on=False))

        noted = Noted("media.unblocked", MIA, bench.now, detail="direct /media/bad.ogg")
        assert lifted.effects == [Blocked("direct", "/media/bad.ogg", None), noted]
        bench.queue(CORA, media=song("bad"))

    def test_clean(self) -> None:
        """What stands on the list is media as anybody could queue it, under a clean title."""
        bench = room_with()
        bench.do(MIA, blocking(replace(song("bad"), title="\u202ebad")))
        assert [one.title for one in bench.state.blocked.values()] == ["bad"]
        nowhere = replace(song("x"), source_id="javascript:alert(1)")
        assert_rejected(bench, MIA, blocking(nowhere), ErrorCode.BAD_PARAMS, field="media.source_id")

    def test_titles_end(self) -> None:
        """What was blocked by an instant is called by its id from then on, and is refused as before."""
        bench = room_with()
        bench.do(MIA, blocking(song("bad")))
        until_ms = bench.now
        bench.wait(1)
        bench.do(MIA, blocking(song("worse")))
        assert has_titles(bench.state, until_ms)
        assert bench.do(SYSTEM, TitlesOver(until_ms)).effects == []

        assert [one.title for one in bench.state.blocked.values()] == ["direct /media/bad.ogg", "worse"]
        assert not has_titles(bench.state, until_ms)
        assert_rejected(bench, CORA, joining(song("bad")), ErrorCode.BLOCKED_MEDIA)

    def test_same_again(self) -> None:
        """Blocking twice, or unblocking what is not blocked, changes nothing."""
        bench = room_with()
        bench.do(MIA, blocking(song("bad")))
        assert_unchanged(bench, MIA, blocking(song("bad", 5000)))
        assert_unchanged(bench, MIA, blocking(song("good"), on=False))

    def test_current_play(self) -> None:
        """What plays goes on."""
        bench = room_with()
        bench.do(MIA, blocking(song("current")))

        assert not advances(bench.wait(MINUTE_MS))

    def test_full(self) -> None:
        """The list has an end."""
        bench = room_with()
        for number in range(limits.BLOCKED_MEDIA_MAX):
            bench.do(MIA, blocking(song(f"s{number}")))

        most = limits.BLOCKED_MEDIA_MAX
        assert_rejected(bench, MIA, blocking(song("more")), ErrorCode.TOO_MANY, limit=most)

    def test_pages(self) -> None:
        """The list is paged, the newest first."""
        bench = room_with()
        for title in "xyz":
            bench.do(MIA, blocking(song(title)))
        first = bench.do(BOB, commands.MediaBlocked(room=ROOM, limit=2)).result
        assert isinstance(first, BlockedResult)
        rest = bench.do(BOB, commands.MediaBlocked(room=ROOM, limit=2, cursor=first.next_cursor)).result
        assert isinstance(rest, BlockedResult)

        assert [entry.title for entry in [*first.blocked, *rest.blocked]] == ["z", "y", "x"]
        assert rest.next_cursor is None


class TestPlaysPerTurn:
    """Several plays in one turn."""

    def test_encore_then_pass_on(self) -> None:
        """A DJ plays so many items, then the turn passes on."""
        bench = room_with(plays_per_turn=2)
        bench.do(RITA, DeckRead("rita", deck("current-2", "current-3")))
        bench.wait_until(bench.play.ends_at_ms)
        assert (bench.state.dj, bench.waiting) == (RITA, ["uma", "bob"])
        bench.wait_until(bench.play.ends_at_ms)

        assert (bench.state.dj, titles(bench)) == (UMA, ["current-2", "a"])

    def test_alone(self) -> None:
        """Alone without cycling, a DJ plays so many items and no more."""
        bench = bench_with({"rules": Rules(plays_per_turn=3)}, UMA)
        bench.queue(UMA, deck("a", "b"))
        bench.wait(10 * SONG_MS)

        assert titles(bench) == ["a", "b", "a"]

    def test_reserved_places(self) -> None:
        """An encore is no new turn: reserved places stay where they are."""
        bench = room_with(plays_per_turn=3)
        bench.state.reservations["mia"] = Reservation(MIA, 5, bench.now + limits.RESERVED_MS)
        bench.wait_until(bench.play.ends_at_ms)
        assert bench.state.reservations["mia"].position == 5
        bench.skip(BOB)
        assert bench.state.reservations["mia"].position == 4

    def test_alone_with_cycle(self) -> None:
        """Alone with cycling, each round is a new turn: the DJ continues."""
        bench = bench_with({"cycle": True, "rules": Rules(plays_per_turn=2)}, UMA)
        bench.queue(UMA, deck("a"))
        bench.wait(6 * SONG_MS)

        assert len(titles(bench)) >= 6

    def test_cycle(self) -> None:
        """With cycling the count begins anew in every turn."""
        bench = bench_with({"cycle": True, "rules": Rules(plays_per_turn=2)}, UMA, RITA)
        bench.queue(UMA, deck("a"))
        bench.queue(RITA, deck("b"))
        bench.wait(7 * SONG_MS)

        assert titles(bench)[:6] == ["a", "a", "b", "b", "a", "a"]

    def test_leave_after_play(self) -> None:
        """Who leaves after the play has no encore."""
        bench = room_with(plays_per_turn=3)
        bench.do(RITA, commands.BoothLeave(room=ROOM, after_play=True))
        bench.wait_until(bench.play.ends_at_ms)

        assert bench.state.dj == UMA

    def test_skip(self) -> None:
        """A skip ends the turn, not only the play."""
        bench = room_with(plays_per_turn=3)
        bench.skip(BOB)

        assert bench.state.dj == UMA

    def test_refused_encore(self) -> None:
        """When the room does not play the next item, the turn passes on with one advance."""
        bench = room_with(plays_per_turn=2, repeat_plays=1)
        bench.wait_until(bench.play.ends_at_ms)

        assert (bench.state.dj, len(advances(bench.said))) == (UMA, 1)
        assert told_why(bench, RITA) == ["recently_played"]

    def test_media_once(self) -> None:
        """Media for once is played once."""
        bench = bench_with({"rules": Rules(plays_per_turn=3)}, UMA)
        bench.queue(UMA, media=song("once"))
        bench.wait(5 * SONG_MS)

        assert titles(bench) == ["once"]

    def test_changes(self) -> None:
        """Fewer plays per turn hold from the current play on."""
        bench = room_with(plays_per_turn=3)
        bench.wait_until(bench.play.ends_at_ms)
        assert bench.state.dj == RITA
        change(bench, plays_per_turn=1)
        bench.wait_until(bench.play.ends_at_ms)

        assert bench.state.dj == UMA


class TestAges:
    """New accounts."""

    NEWT = person("Newt", created_at_ms=EPOCH_MS)

    def room(self, **rules: int) -> Bench:
        """Return a room with the rule and people of every age."""
        settings = {"guests_chat": True, "rules": Rules(**rules)}
        return bench_with(settings, UMA, RITA, GUS, BOB, self.NEWT)

    @pytest.mark.parametrize(
        ("rule", "command"),
        [
            ("chat_age_ms", commands.ChatSend(room=ROOM, text="hi")),
            ("link_age_ms", commands.ChatSend(room=ROOM, text="see https://example.com")),
            ("dj_age_ms", QueueUp(commands.WaitlistJoin(room=ROOM), deck("a"))),
        ],
    )
    def test_too_young(self, rule: str, command: Any) -> None:
        """A new account waits, and learns for which rule and how long; an old one and residents do not."""
        bench = self.room(**{rule: HOUR_MS})
        left = EPOCH_MS + HOUR_MS - bench.now
        assert_rejected(bench, self.NEWT, command, ErrorCode.FORBIDDEN, rule=rule, retry_after_ms=left)
        bench.wait(left - 1)
        assert_rejected(bench, self.NEWT, command, ErrorCode.FORBIDDEN, retry_after_ms=1)
        bench.wait(1)
        bench.do(self.NEWT, command)
        bench.do(UMA, command)

    @pytest.mark.parametrize("rule", ["chat_age_ms", "link_age_ms"])
    def test_guests(self, rule: str) -> None:
        """A guest has no age: an account is needed."""
        bench = self.room(**{rule: 1})
        command = commands.ChatSend(room=ROOM, text="www.example.com")

        refused = assert_rejected(bench, GUS, command, ErrorCode.FORBIDDEN, needs="user", rule=rule)
        assert "retry_after_ms" not in refused.facts

    @pytest.mark.parametrize("rule", ["chat_age_ms", "link_age_ms", "dj_age_ms"])
    def test_residents(self, rule: str) -> None:
        """Whom staff have given a role need not be old."""
        young = person("Rita", created_at_ms=EPOCH_MS)
        bench = bench_with({"rules": Rules(**{rule: limits.ACCOUNT_AGE_MAX_MS})}, young)
        bench.do(young, commands.ChatSend(room=ROOM, text="http://example.com"))
        bench.queue(young, deck("a"))

    def test_added_by_staff(self) -> None:
        """Nor can staff queue up somebody whose account is too young."""
        bench = self.room(dj_age_ms=HOUR_MS)
        adding = QueueOther(commands.WaitlistAdd(room=ROOM, user="newt"), deck("a"))

        assert_rejected(bench, BOB, adding, ErrorCode.FORBIDDEN)

    def test_plain_words(self) -> None:
        """Without a link new accounts talk."""
        bench = self.room(link_age_ms=HOUR_MS)
        bench.do(self.NEWT, commands.ChatSend(room=ROOM, text="www is short for web"))
        bench.do(GUS, commands.ChatSend(room=ROOM, text="hi"))

    def test_keeps_places(self) -> None:
        """A rule that begins takes nobody's place."""
        bench = bench_with({}, UMA, CORA, self.NEWT)
        bench.queue(UMA, deck("a"))
        bench.queue(self.NEWT, deck("b"))
        change(bench, dj_age_ms=limits.ACCOUNT_AGE_MAX_MS)
        bench.skip(UMA)

        assert bench.state.dj == self.NEWT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example", True),
        ("HTTP://A", True),
        ("see www.example.com!", True),
        ("www", False),
        ("awww. so nice", False),
        ("http", False),
        ("1.5", False),
    ],
)
def test_links(text: str, expected: bool) -> None:
    """A link begins with a scheme of the web, or ``www.``."""
    assert has_link(text) is expected


def test_cap() -> None:
    """A lower cap takes nobody's place, and refuses the next; a higher one lets them in."""
    bench = room_with()
    bench.do(CORA, Update(commands.RoomUpdate(room=ROOM, waitlist_cap=1), None))
    assert bench.waiting == ["uma", "bob"]
    assert_rejected(bench, MIA, joining(song("x")), ErrorCode.WAITLIST_FULL, limit=1)
    bench.do(CORA, Update(commands.RoomUpdate(room=ROOM, waitlist_cap=3), None))
    bench.queue(MIA, media=song("x"))

    assert bench.waiting == ["uma", "bob", "mia"]
