"""A room on a bench: commands go in at a manual clock's instant, everything told is kept."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from protocol import commands
from protocol.errors import ErrorCode, Rejected
from protocol.events import Event, PlayStarted, PlayStopped
from protocol.roles import Role
from protocol.values import Media, Play, RoomInfo, Settings, User
from roomserver.room.effects import Direct, Effect, Latest, Outcome, Told
from roomserver.room.inputs import Deck, Disconnected, Enter, QueueOther, QueueUp
from roomserver.room.room import Room
from roomserver.room.state import RoomState
from tests.support.people import STAFF

ROOM = "lobby"
EPOCH_MS = 1_800_000_000_000
"""The instant at which every test begins."""

_E = TypeVar("_E", bound=Event)
_F = TypeVar("_F")

SETTINGS = Settings(
    private=False,
    password=False,
    capacity=1000,
    waitlist_cap=50,
    slow_mode_ms=0,
    guests_chat=False,
    locked=False,
    cycle=False,
)


def new_state(**fields: Any) -> RoomState:
    """Return the state of an empty room whose ids count up."""
    counter = itertools.count(1)
    given: dict[str, Any] = {
        "info": RoomInfo(
            id=ROOM, slug="lobby", name="Lobby", description="", welcome="", created_at_ms=EPOCH_MS
        ),
        "settings": SETTINGS,
        "password_hash": None,
        "epoch": "e1",
        "seq": 0,
        "staff": dict(STAFF),
        # A plain function, because a deep copy of the state must share it.
        "new_id": lambda: f"id-{next(counter)}",
    }
    return RoomState(**{**given, **fields})


class Bench:
    """
    One room, its clock and what it has said.

    ``do`` feeds a command, ``wait`` lets time pass as the shell would: a tick at each
    deadline on the way. ``said`` holds every effect since the start.
    """

    def __init__(self, state: RoomState) -> None:
        self.room = Room(state)
        self.now = EPOCH_MS
        self.said: list[Effect] = []

    @property
    def state(self) -> RoomState:
        """The room's data."""
        return self.room.state

    @property
    def play(self) -> Play:
        """The current play; there must be one."""
        assert self.state.turn is not None, "expected a play, the booth is empty"
        return self.state.turn.play

    @property
    def waiting(self) -> list[str]:
        """The waitlist by user id."""
        return [user.id for user in self.state.waiting_users()]

    def do(self, actor: User, command: Any) -> Outcome:
        """Feed an input at the current instant."""
        outcome = self.room.handle(actor, command, self.now)
        self.said += outcome.effects
        return outcome

    def enter(self, *users: User, password_ok: bool = False) -> None:
        """Let users in, each by one more connection."""
        for user in users:
            self.do(user, Enter(user, password_ok))

    def drop(self, *users: User) -> None:
        """Lose one connection of each user."""
        for user in users:
            self.do(user, Disconnected(user.id))

    def leave(self, *users: User) -> None:
        """Let users leave for good with one connection each."""
        for user in users:
            self.do(user, commands.RoomLeave(room=ROOM))

    def queue(self, user: User, deck: Deck | None = None, media: Media | None = None) -> Outcome:
        """Let a user queue up with a playlist's top or with one media."""
        return self.do(user, QueueUp(commands.WaitlistJoin(room=ROOM, media=media), deck))

    def queue_other(
        self, actor: User, target: User, deck: Deck | None, position: int | None = None
    ) -> Outcome:
        """Let staff queue up somebody."""
        command = commands.WaitlistAdd(room=ROOM, user=target.id, position=position)
        return self.do(actor, QueueOther(command, deck))

    def skip(self, actor: User, **fields: Any) -> Outcome:
        """Skip the current play."""
        return self.do(actor, commands.BoothSkip(room=ROOM, play_id=self.play.id, **fields))

    def wait_until(self, instant_ms: int) -> list[Effect]:
        """Let time pass up to an instant and return what the room said on the way."""
        before = len(self.said)
        while (due := self.room.deadline()) is not None and due <= instant_ms:
            self.now = max(self.now, due)
            self.said += self.room.tick(self.now)
        self.now = max(self.now, instant_ms)
        self.said += self.room.tick(self.now)
        return self.said[before:]

    def wait(self, duration_ms: int) -> list[Effect]:
        """Let time pass and return what the room said on the way."""
        return self.wait_until(self.now + duration_ms)


def new_bench(*users: User, **fields: Any) -> Bench:
    """Return a room with these members, everything told about them already."""
    bench = Bench(new_state(**fields))
    bench.enter(*users)
    bench.wait(bench.state.tuning.presence_ms)
    bench.said.clear()
    return bench


def bench_with(settings: dict[str, Any], *users: User, **fields: Any) -> Bench:
    """Return a room whose settings differ from the default in the given fields."""
    return new_bench(*users, settings=replace(SETTINGS, **settings), **fields)


def events(effects: Iterable[Effect], kind: type[_E]) -> list[_E]:
    """Return the told, latest and direct events of one kind, in order."""
    told = (effect.event for effect in effects if isinstance(effect, Told | Latest | Direct))
    return [event for event in told if isinstance(event, kind)]


def only(effects: Iterable[Effect], kind: type[_E]) -> _E:
    """Return the one event of a kind."""
    found = events(effects, kind)
    assert len(found) == 1, f"expected one {kind.__name__}, got {found}"
    return found[0]


def effects_of(effects: Iterable[Effect], kind: type[_F]) -> list[_F]:
    """Return the effects of one kind, in order."""
    return [effect for effect in effects if isinstance(effect, kind)]


def directs_to(effects: Iterable[Effect], user: User) -> list[Event]:
    """Return what one user alone was told."""
    return [effect.event for effect in effects if isinstance(effect, Direct) and effect.user_id == user.id]


def advances(effects: Iterable[Effect]) -> list[PlayStarted | PlayStopped]:
    """Return every change of the booth's play."""
    told = (effect.event for effect in effects if isinstance(effect, Told))
    return [event for event in told if isinstance(event, PlayStarted | PlayStopped)]


def frozen(state: RoomState) -> tuple[object, ...]:
    """Return a deep copy of everything a room is, the order of its maps included."""
    maps = (state.staff, state.members, state.away, state.nonces, state.spoke_at_ms, state.decks)
    return copy.deepcopy(state), [list(entries) for entries in maps]


def assert_rejected(bench: Bench, actor: User, command: Any, code: ErrorCode, **facts: object) -> Rejected:
    """The command is refused with this code and these facts, and nothing has changed."""
    before = frozen(bench.state)
    with pytest.raises(Rejected) as caught:
        bench.room.handle(actor, command, bench.now)
    refusal = caught.value
    assert code == refusal.code, refusal
    assert facts == {fact: refusal.facts.get(fact) for fact in facts}
    assert before == frozen(bench.state), "a refusal changed the room"
    return refusal


def assert_unchanged(bench: Bench, actor: User, command: Any) -> Outcome:
    """The command is accepted, and neither says nor changes anything; it is a sign of life, no more."""
    before = copy.deepcopy(bench.state)
    outcome = bench.do(actor, command)
    assert not outcome.effects
    before.active_at_ms, before.warned = bench.state.active_at_ms, bench.state.warned
    assert frozen(before) == frozen(bench.state)
    return outcome


def appointed(role: Role, users: Iterable[User]) -> dict[str, tuple[User, Role]]:
    """Return a staff map that gives everyone the same role."""
    return {user.id: (user, role) for user in users}
