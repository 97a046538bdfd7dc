"""
Core time of every input in a big room: 1000 members, 200 waiting, all rules on.

``python -m tests.benchmarks.core`` prints the median and the worst of many runs, in
milliseconds: the handler, the tick behind it, and what the beat makes of the effects
(encoding once, rows for the journal).
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace

from protocol import commands as c
from protocol.codec import encode_event
from protocol.errors import Rejected
from protocol.roles import Role
from protocol.values import Media, RoomInfo, Rules, Settings, User, UserKind
from roomserver import persist
from roomserver.room import effects as fx
from roomserver.room import inputs as i
from roomserver.room.room import Room
from roomserver.room.state import RoomState
from storage.privacy.recorder import shipped_recorder
from storage.records import Writes

MEMBERS = 1000
WAITING = 200
RUNS = 60
ROOM = "r"
SCRIBE = persist.Scribe(shipped_recorder())


class Case(NamedTuple):
    """An input, made afresh for every run from the room and a counter."""

    name: str
    actor: str
    make: Callable[[Room, int], Any]


def user(name: str, kind: UserKind = "user") -> User:
    """Return a user."""
    return User(id=name, name=name, kind=kind, created_at_ms=0)


def media(number: int) -> Media:
    """Return a track of three minutes."""
    source_id = f"video{number:06d}"[:11]
    return Media(source="youtube", source_id=source_id, title=f"Track {number}", duration_ms=180_000)


def deck(number: int) -> i.Deck:
    """Return a playlist's top."""
    items = tuple(i.DeckItem(f"item{number}-{n}", media(number * 10 + n)) for n in range(5))
    return i.Deck(f"list{number}", items, 50)


def big_room() -> Room:
    """Return the room that is measured."""
    counter = itertools.count()
    rules = Rules(
        max_duration_ms=600_000, repeat_plays=20, repeat_ms=3_600_000, afk_ms=3_600_000, vote_skip_percent=90
    )
    state = RoomState(
        info=RoomInfo(id=ROOM, slug="big", name="Big", description="", welcome="", created_at_ms=0),
        settings=Settings(
            private=False,
            password=False,
            capacity=2 * MEMBERS,
            waitlist_cap=WAITING,
            slow_mode_ms=0,
            guests_chat=True,
            locked=False,
            cycle=True,
            rules=rules,
        ),
        password_hash=None,
        epoch="e",
        seq=0,
        new_id=lambda: f"id{next(counter)}",
    )
    state.staff["host"] = (user("host"), Role.HOST)
    room = Room(state)
    room.handle(user("host"), i.Enter(user("host"), password_ok=True), 1)
    for number in range(MEMBERS - 1):
        someone = user(f"u{number}")
        room.handle(someone, i.Enter(someone, password_ok=True), 1)
    for number in range(WAITING):
        someone = user(f"u{number}")
        room.handle(someone, i.QueueUp(c.WaitlistJoin(room=ROOM), deck(number)), 2)
    for number in range(200):
        room.handle(user(f"u{number}"), c.ChatSend(room=ROOM, text=f"message {number}"), 3)
    room.tick(10_000)
    return room


def play_id(room: Room) -> str:
    """Return the current play's id."""
    assert room.state.turn is not None, "the big room plays"
    return room.state.turn.play.id


CASES = (
    Case("chat.send", "u500", lambda _, n: c.ChatSend(room=ROOM, text=f"hello number {n}")),
    Case("chat.send with mentions", "u500", lambda _, n: c.ChatSend(room=ROOM, text=f"@u1 @djs @staff {n}")),
    Case(
        "vote.cast",
        "u600",
        lambda room, n: c.VoteCast(room=ROOM, play_id=play_id(room), value=1 if n % 2 else -1),
    ),
    Case("waitlist.leave", "u199", lambda _, __: c.WaitlistLeave(room=ROOM)),
    Case("waitlist.move", "host", lambda _, n: c.WaitlistMove(room=ROOM, user="u100", position=n % 2)),
    Case("waitlist.lock", "host", lambda _, n: c.WaitlistLock(room=ROOM, on=n % 2 == 0)),
    Case("booth.skip", "host", lambda room, _: c.BoothSkip(room=ROOM, play_id=play_id(room))),
    Case(
        "booth.vote_skip",
        "u700",
        lambda room, n: c.BoothVoteSkip(room=ROOM, play_id=play_id(room), on=n % 2 == 0),
    ),
    Case(
        "media.report",
        "u800",
        lambda room, _: c.MediaReport(room=ROOM, play_id=play_id(room), problem="error"),
    ),
    Case(
        "mod.mute",
        "host",
        lambda _, __: i.Moderate(c.ModMute(room=ROOM, user="u900", duration_ms=60_000), user("u900")),
    ),
    Case("mod.kick", "host", lambda _, __: i.Moderate(c.ModKick(room=ROOM, user="u150"), user("u150"))),
    Case("room.join", "late", lambda _, __: i.Enter(user("late"), password_ok=True)),
    Case("rename", "u1", lambda _, n: i.ProfileChanged(replace(user("u1"), name=f"Uma{n}"))),
    Case("deck read", "u50", lambda _, n: i.DeckRead("u50", deck(1000 + n))),
)


def runs(case: Case) -> Iterator[float]:
    """Yield the milliseconds of each run; the room is rebuilt so that no run eats the next one's ground."""
    room = big_room()
    now = 20_000
    for number in range(RUNS):
        if case.name in {"waitlist.leave", "mod.kick", "room.join"}:
            room = big_room() if number % 20 == 0 else room
        command = case.make(room, number)
        actor = user(case.actor)
        now += 400
        began = time.perf_counter()
        try:
            effects = room.handle(actor, command, now).effects
        except Rejected:
            continue  # its ground is gone, as for a second leave: no run
        effects = [*effects, *room.tick(now)]
        _tell(room, effects)
        room.deadline()
        yield (time.perf_counter() - began) * 1000


def _tell(room: Room, effects: list[fx.Effect]) -> None:
    writes = Writes()
    for effect in effects:
        SCRIBE.write(writes, room.state, effect)
        if isinstance(effect, fx.Told | fx.Latest | fx.Direct):
            encode_event(effect.event.wire, effect.event)
    if effects:
        persist.resting(room.state)


def main() -> None:
    """Print the table."""
    print(f"| input ({MEMBERS} members, {WAITING} waiting) | median ms | worst ms |")
    print("|---|---|---|")
    for case in CASES:
        times = sorted(runs(case))
        print(f"| {case.name} | {statistics.median(times):.2f} | {times[-1]:.2f} |")
    room = big_room()
    began = time.perf_counter()
    room.snapshot(20_000)
    print(f"| snapshot | {(time.perf_counter() - began) * 1000:.2f} | |")


if __name__ == "__main__":
    main()
