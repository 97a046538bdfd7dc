"""The core's front: laws that hold after every step, and the clock."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from protocol.commands import (
    BoothLeave,
    BoothSkip,
    BoothVoteSkip,
    ChatSend,
    MediaBlock,
    MediaBlocked,
    MediaReport,
    ModBan,
    ModKick,
    ModList,
    ModWaitlistBan,
    VoteCast,
    WaitlistClear,
    WaitlistCycle,
    WaitlistJoin,
    WaitlistLeave,
    WaitlistLock,
    WaitlistMove,
    WaitlistRemove,
)
from protocol.errors import Rejected
from protocol.roles import Role
from protocol.values import Media, Rules, User
from roomserver.room import inputs
from roomserver.room.effects import Effect
from roomserver.room.registry import HANDLERS
from tests.support.law import Ledger, assert_sound
from tests.support.moves import LIFTS, MOVES, ORDERS, declared_errors, rules_of
from tests.support.people import BY_ROLE, deck, person, song
from tests.support.rooms import EPOCH_MS, ROOM, SETTINGS, Bench, frozen, new_state

PEOPLE = [
    *reversed(BY_ROLE.values()),
    person("Ulf"),
    person("Newt", created_at_ms=EPOCH_MS),
    person("Botty", "bot"),
]
QUEUEING = (inputs.QueueUp, inputs.QueueOther)


class RoomMachine(RuleBasedStateMachine):
    """Does anything to a room at any time and checks every law after each step."""

    accepted: ClassVar[Counter[type[Any]]] = Counter()

    bench: Bench
    ledger: Ledger

    @initialize(
        fallback=st.sampled_from([(), (song("fill-1", 4000), song("fill-2"))]),
        switches=st.fixed_dictionaries({"cycle": st.booleans(), "guests_chat": st.booleans()}),
        data=st.data(),
        present=st.sampled_from([0, 3, len(PEOPLE), len(PEOPLE)]),
    )
    def open(
        self, fallback: tuple[Media, ...], switches: dict[str, bool], data: st.DataObject, present: int
    ) -> None:
        """Begin with a room of some size and some rules."""
        rules = Rules(**rules_of(data.draw))
        settings = replace(SETTINGS, rules=rules, **switches)
        self.bench = Bench(new_state(fallback=fallback, settings=settings))
        self.ledger = Ledger(self.bench)
        self.users = {user.id: user for user in PEOPLE}
        for user in PEOPLE[:present]:
            self._feed(user, inputs.Enter(user, password_ok=True))

    @rule(data=st.data(), kind=st.sampled_from(list(MOVES)))
    def feed(self, data: st.DataObject, kind: type[Any]) -> None:
        """Somebody does something."""
        actor = data.draw(st.sampled_from(list(self.users.values())))
        command = MOVES[kind](self.bench.state, actor, list(self.users.values()), data.draw)
        if isinstance(command, inputs.ProfileChanged):
            self.users[actor.id] = command.user
        self._feed(actor, command)

    @rule(user=st.sampled_from(PEOPLE), titles=st.lists(st.sampled_from("abc"), min_size=1, unique=True))
    def play_along(self, user: User, titles: list[str]) -> None:
        """Somebody is here and queues up: most else needs people and plays."""
        if user.id not in self.bench.state.members:
            self._feed(user, inputs.Enter(self.users[user.id], password_ok=True))
        command = inputs.QueueUp(WaitlistJoin(room=ROOM), deck(*titles, duration_ms=60_000))
        self._feed(self.users[user.id], command)

    @rule(data=st.data())
    def step_back(self, data: st.DataObject) -> None:
        """Somebody who waits or plays does something about that."""
        state = self.bench.state
        places = state.waiting_users() + ([] if state.dj is None else [state.dj])
        if places:
            actor = data.draw(st.sampled_from(places))
            kind = data.draw(st.sampled_from([WaitlistLeave, BoothLeave, BoothSkip]))
            self._feed(actor, MOVES[kind](state, actor, places, data.draw))

    @rule(
        data=st.data(),
        kind=st.sampled_from(
            [
                WaitlistMove,
                WaitlistRemove,
                WaitlistCycle,
                WaitlistClear,
                inputs.QueueOther,
                inputs.Appoint,
                inputs.Update,
                inputs.Moderate,
                inputs.Moderate,
                inputs.Transfer,
                MediaBlock,
            ]
        ),
    )
    def moderate(self, data: st.DataObject, kind: type[Any]) -> None:
        """The admin does something about those who wait, or are here."""
        admin = BY_ROLE[Role.ADMIN]
        if admin.id not in self.bench.state.members:
            self._feed(admin, inputs.Enter(self.users[admin.id], password_ok=True))
        here = [member.user for member in self.bench.state.members.values()]
        people = here if kind is inputs.QueueOther else self.bench.state.waiting_users() or here
        self._feed(self.users[admin.id], MOVES[kind](self.bench.state, admin, people, data.draw))

    @rule(
        data=st.data(),
        kind=st.sampled_from(
            [
                ChatSend,
                inputs.Reply,
                inputs.Delete,
                VoteCast,
                inputs.Grab,
                WaitlistLock,
                BoothVoteSkip,
                BoothVoteSkip,
                MediaReport,
                MediaReport,
                inputs.Disconnected,
            ]
        ),
    )
    def take_part(self, data: st.DataObject, kind: type[Any]) -> None:
        """Somebody who is here talks or judges."""
        here = [member.user for member in self.bench.state.members.values()]
        if here:
            actor = data.draw(st.sampled_from(here))
            self._feed(actor, MOVES[kind](self.bench.state, actor, here, data.draw))

    @rule(data=st.data())
    def pardon(self, data: st.DataObject) -> None:
        """The admin looks up who is muted or banned, and lifts one of each kind."""
        admin = BY_ROLE[Role.ADMIN]
        if admin.id in self.bench.state.members and self.bench.state.sanctions:
            for kind in (ModList, MediaBlocked):
                self._feed(admin, MOVES[kind](self.bench.state, admin, PEOPLE, data.draw))
            for what, lift in LIFTS.items():
                concerned = [user_id for kind, user_id in self.bench.state.sanctions if kind == what]
                if concerned:
                    user_id = data.draw(st.sampled_from(concerned))
                    order = lift(room=ROOM, user=user_id)
                    self._feed(admin, inputs.Moderate(order, self.users[user_id]))

    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """Somebody whose place is reserved enters and takes it."""
        reserved = [kept.user.id for kept in self.bench.state.reservations.values()]
        if reserved:
            actor = self.users[data.draw(st.sampled_from(reserved))]
            self._feed(actor, inputs.Enter(actor, password_ok=True))
            self._feed(actor, MOVES[inputs.Return](self.bench.state, actor, [actor], data.draw))

    def _feed(self, actor: User, command: Any) -> None:
        before, waiting = frozen(self.bench.state), len(self.bench.waiting)
        try:
            outcome = self.bench.room.handle(actor, command, self.bench.now)
        except Rejected as refusal:
            assert before == frozen(self.bench.state), "a refusal changed the room"
            self._check_declared(command, refusal)
            return
        self.accepted[type(command)] += 1
        if isinstance(command, inputs.Moderate):
            self.accepted[type(command.command)] += 1
            self._check_order(command)
        self.ledger.take_in(outcome.effects)
        if isinstance(command, QUEUEING):
            cap = self.bench.state.settings.waitlist_cap
            assert len(self.bench.waiting) <= max(waiting, cap), "nobody queues up past the cap"

    def _check_declared(self, command: Any, refusal: Rejected) -> None:
        assert refusal.code in declared_errors(command), "an error that the table does not name"

    def _check_order(self, order: inputs.Moderate) -> None:
        state, user_id = self.bench.state, order.target.id
        places = {*self.bench.waiting, *state.reservations, *([] if state.dj is None else [state.dj.id])}
        if isinstance(order.command, ModKick | ModBan):
            assert user_id not in {*state.members, *places}, "who is put out is out at once"
        if isinstance(order.command, ModWaitlistBan):
            assert user_id not in places, "a waitlist ban works at once"

    @rule(
        duration_ms=st.sampled_from(
            [
                0,
                1,
                99,
                100,
                250,
                1000,
                2000,
                29_999,
                30_000,
                60_000,
                200_000,
                1_000_000,
                3_600_000,
                86_400_000,
            ]
        )
    )
    def pass_time(self, duration_ms: int) -> None:
        """Time passes without a tick, as on a busy server; the next tick comes late."""
        self.bench.now += duration_ms

    @rule(offset_ms=st.sampled_from([-1, 0, 1, 500, 60_000]))
    def tick(self, offset_ms: int) -> None:
        """The timer fires around its deadline; before it, nothing is due."""
        due = self.bench.room.deadline()
        now = self.bench.now if due is None else max(self.bench.now, due + offset_ms)
        self.bench.now = now
        effects = self._ticked(now)
        if due is None or now < due:
            assert not effects

    def _ticked(self, now: int) -> list[Effect]:
        effects = self.bench.room.tick(now)
        self.ledger.take_in(effects)
        following = self.bench.room.deadline()
        assert following is None or following > now, "a deadline that has passed makes the timer spin"
        return effects

    @rule(back_ms=st.integers(1, 100_000))
    def turn_back_the_clock(self, back_ms: int) -> None:
        """The server's clock steps back: time stands still in the room."""
        self.ledger.take_in(self.bench.room.tick(self.bench.now - back_ms))

    @rule()
    def join_late(self) -> None:
        """One more client takes a snapshot."""
        self.ledger.keep_snapshot()

    @invariant()
    def sound(self) -> None:
        """The data contradicts itself nowhere."""
        if hasattr(self, "bench"):
            assert_sound(self.bench)


@pytest.mark.slow
def test_laws() -> None:
    """Whatever anybody does at any time, every law holds, and every input was accepted somewhere."""
    RoomMachine.accepted.clear()
    run_state_machine_as_test(
        RoomMachine,
        settings=settings(
            max_examples=300,
            stateful_step_count=60,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {*HANDLERS, *ORDERS} == set(RoomMachine.accepted)


def test_moves() -> None:
    """The machine knows how to make every input that has a handler."""
    assert set(HANDLERS) == set(MOVES)
