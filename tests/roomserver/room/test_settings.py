"""What a room says of itself, and who runs it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import asdict

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import RoomUpdated, StaffChanged, YouUpdated
from protocol.results import StaffResult
from protocol.roles import Role
from protocol.values import Member, Rules, User
from roomserver.room.effects import Appointed, TextsChanged
from roomserver.room.inputs import Appoint, Moderate, Transfer, Update
from tests.support.people import BY_ROLE, PEERS, person
from tests.support.rooms import (
    ROOM,
    Bench,
    assert_rejected,
    assert_unchanged,
    directs_to,
    effects_of,
    events,
    only,
)

UMA, RITA, MIA, CORA, HUGO, GUS, ADA = (
    BY_ROLE[r]
    for r in (
        Role.USER,
        Role.RESIDENT,
        Role.MANAGER,
        Role.COHOST,
        Role.HOST,
        Role.GUEST,
        Role.ADMIN,
    )
)


def updating(**fields: Any) -> Update:
    """Return a change of texts and rules; a password comes with its hash."""
    command = commands.RoomUpdate(room=ROOM, **fields)
    return Update(command, f"hash of {command.password}" if command.password else None)


def appointing(user: User, role: Any) -> Appoint:
    """Return an appointment."""
    return Appoint(commands.StaffSet(room=ROOM, user=user.id, role=role), user)


def told_fields(event: RoomUpdated) -> dict[str, Any]:
    """Return what an event of the room's texts and rules says."""
    envelope = {"room", "seq", "at_ms", "by"}
    return {
        name: value for name, value in asdict(event).items() if name not in envelope and value is not None
    }


class TestUpdate:
    """Texts and rules."""

    def test_every_field(self, bench: Bench) -> None:
        """Every field of the command reaches the snapshot and the store."""
        fields = {
            "name": "Hall",
            "description": "big",
            "welcome": "hello %u",
            "private": True,
            "capacity": 5,
            "waitlist_cap": 7,
            "slow_mode_ms": 1000,
            "guests_chat": True,
            "chat_ttl_ms": 0,
        }
        # Password and rules have tests of their own; the fallback playlist is not in the snapshot.
        assert {*fields, "room", "password", "rules", "fallback"} == set(
            commands.RoomUpdate.__struct_fields__
        )
        bench.do(CORA, updating(**fields))

        assert fields == told_fields(only(bench.said, RoomUpdated))
        snapshot = bench.room.snapshot(bench.now)
        stored = {**asdict(snapshot.room), **asdict(snapshot.settings)}
        assert fields == {name: stored[name] for name in fields}
        assert [TextsChanged(snapshot.room, snapshot.settings, None, None)] == effects_of(
            bench.said, TextsChanged
        )

    def test_chat_ttl_within_what_the_operator_allows(self, bench: Bench) -> None:
        """A room chooses how long its chat is kept, within limits, or leaves it to the server."""
        order = updating(chat_ttl_ms=100)._replace(chat_ttl_range_ms=(1000, 2000))
        error = assert_rejected(bench, CORA, order, ErrorCode.BAD_PARAMS, field="chat_ttl_ms")
        assert (error.facts["min"], error.facts["max"]) == (1000, 2000)
        bench.do(CORA, updating(chat_ttl_ms=1000)._replace(chat_ttl_range_ms=(1000, 2000)))

        assert told_fields(only(bench.said, RoomUpdated)) == {"chat_ttl_ms": 1000}

    def test_chat_ttl_once_an_hour(self, bench: Bench) -> None:
        """A choice stands for an hour: a hundred changes a second make one."""
        bench.do(CORA, updating(chat_ttl_ms=5000))
        for ttl_ms in (0, 9000, -1):
            assert_rejected(bench, CORA, updating(chat_ttl_ms=ttl_ms), ErrorCode.RATE_LIMITED)
        bench.wait(limits.CHAT_TTL_PAUSE_MS)
        bench.do(CORA, updating(chat_ttl_ms=-1))

        assert bench.state.settings.chat_ttl_ms == -1

    def test_only_differences(self, bench: Bench) -> None:
        """Only what differs is told."""
        bench.do(CORA, updating(name="Lobby", description="new", private=False, capacity=1000))

        assert told_fields(only(bench.said, RoomUpdated)) == {"description": "new"}

    @pytest.mark.parametrize("fields", [{}, {"name": " Lobby "}, {"password": ""}, {"capacity": 1000}])
    def test_no_difference(self, bench: Bench, fields: dict[str, Any]) -> None:
        """Nothing new is not told."""
        assert_unchanged(bench, CORA, updating(**fields))

    def test_empty_name(self, bench: Bench) -> None:
        """A room has a name."""
        assert_rejected(bench, CORA, updating(name=" \u202e"), ErrorCode.BAD_PARAMS, field="name")

    @pytest.mark.parametrize("field", ["name", "description", "welcome"])
    def test_length(self, bench: Bench, field: str) -> None:
        """Lengths count characters after normalisation, which can make a text longer."""
        most = {
            "name": limits.ROOM_NAME_CHARS,
            "description": limits.ROOM_DESCRIPTION_CHARS,
            "welcome": limits.ROOM_WELCOME_CHARS,
        }[field]
        command = updating(**{field: "\u0958" * most})

        assert_rejected(bench, CORA, command, ErrorCode.BAD_PARAMS, field=field)

    def test_texts_can_be_emptied(self, bench: Bench) -> None:
        """Description and welcome can be taken away."""
        bench.do(CORA, updating(description="x", welcome="y"))
        bench.do(CORA, updating(description="", welcome=""))

        assert told_fields(events(bench.said, RoomUpdated)[-1]) == {"description": "", "welcome": ""}

    def test_password(self, bench: Bench) -> None:
        """A password is told as a flag and kept as its hash; an empty one removes it."""
        bench.do(CORA, updating(password="secret"))
        assert told_fields(only(bench.said, RoomUpdated)) == {"password": True}
        assert effects_of(bench.said, TextsChanged)[-1].password_hash == "hash of secret"
        bench.do(CORA, updating(password=""))

        assert told_fields(events(bench.said, RoomUpdated)[-1]) == {"password": False}
        assert (bench.state.password_hash, bench.state.settings.password) == (None, False)

    def test_password_replaced(self, bench: Bench) -> None:
        """A new password replaces the old one, and is stored."""
        bench.do(CORA, updating(password="one"))
        bench.do(CORA, updating(password="two"))

        assert effects_of(bench.said, TextsChanged)[-1].password_hash == "hash of two"

    def test_password_kept(self, bench: Bench) -> None:
        """Changing anything else keeps the password."""
        bench.do(CORA, updating(password="one"))
        bench.do(CORA, updating(name="Hall"))

        assert (bench.state.password_hash, bench.state.settings.password) == ("hash of one", True)

    def test_cap_below_the_waiting(self, bench: Bench) -> None:
        """A lower capacity throws nobody out."""
        bench.do(CORA, updating(capacity=1))

        assert len(BY_ROLE) == len(bench.state.members)


class TestAppoint:
    """Roles."""

    def test_grant(self, bench: Bench) -> None:
        """A granted role is told, stored, and told to its holder."""
        outcome = bench.do(MIA, appointing(UMA, "bouncer"))

        told = only(outcome.effects, StaffChanged)
        assert (told.user, told.role, told.by) == (UMA, "bouncer", MIA)
        assert [Appointed("uma", Role.BOUNCER)] == effects_of(outcome.effects, Appointed)
        assert [YouUpdated(room=ROOM, role="bouncer")] == directs_to(outcome.effects, UMA)
        assert StaffResult(member=Member(user=UMA, role="bouncer")) == outcome.result
        assert bench.room.you(UMA, bench.now).role == "bouncer"

    def test_take_away(self, bench: Bench) -> None:
        """``user`` takes a role away."""
        bench.do(MIA, appointing(RITA, "user"))

        assert [Appointed("rita", None)] == effects_of(bench.said, Appointed)
        assert "rita" not in {member.user.id for member in bench.room.snapshot(bench.now).staff}
        assert bench.room.you(RITA, bench.now).role == "user"

    @pytest.mark.parametrize(("user", "role"), [(RITA, "resident"), (UMA, "user")])
    def test_same_again(self, bench: Bench, user: User, role: str) -> None:
        """A role that somebody has already is not told."""
        assert_unchanged(bench, MIA, appointing(user, role))

    @pytest.mark.parametrize("user", [GUS, ADA])
    def test_not_an_account(self, bench: Bench, user: User) -> None:
        """Guests and admins hold no role of a room."""
        assert_rejected(bench, MIA, appointing(user, "bouncer"), ErrorCode.BAD_PARAMS, field="user")

    def test_absent(self, bench: Bench) -> None:
        """Somebody who is not here can be appointed."""
        ulf = PEERS[Role.USER]
        bench.do(MIA, appointing(ulf, "resident"))

        assert only(bench.said, StaffChanged).user == ulf

    def test_new_powers(self, bench: Bench) -> None:
        """A role works from its next command on, and ends with it."""
        command = commands.WaitlistCycle(room=ROOM, on=True)
        assert_rejected(bench, UMA, command, ErrorCode.FORBIDDEN)
        bench.do(CORA, appointing(UMA, "manager"))
        bench.do(UMA, command)
        bench.do(CORA, appointing(UMA, "user"))

        assert_rejected(bench, UMA, command, ErrorCode.FORBIDDEN)


class TestRules:
    """The rules a room plays by."""

    def test_every_rule(self, bench: Bench) -> None:
        """Every rule of the command reaches the snapshot, the store and everybody, whole."""
        names = commands.RulesUpdate.__struct_fields__
        wanted = {name: number for number, name in enumerate(names, 1)} | {"afk_ms": limits.AFK_MIN_MS}
        assert set(wanted) == set(Rules.__struct_fields__)
        bench.do(CORA, updating(rules=commands.RulesUpdate(**wanted)))

        assert only(bench.said, RoomUpdated).rules == Rules(**wanted)
        assert bench.room.snapshot(bench.now).settings.rules == Rules(**wanted)
        assert [one.settings.rules for one in effects_of(bench.said, TextsChanged)] == [Rules(**wanted)]

    def test_one_rule(self, bench: Bench) -> None:
        """What is not given stays, and zero switches a rule off."""
        bench.do(CORA, updating(rules=commands.RulesUpdate(afk_ms=limits.AFK_MIN_MS, repeat_plays=3)))
        bench.do(CORA, updating(rules=commands.RulesUpdate(afk_ms=0)))

        assert bench.state.settings.rules == Rules(repeat_plays=3)

    def test_afk_takes_its_time(self, bench: Bench) -> None:
        """AFK removal is off or long enough for its warning to be one."""
        short = updating(rules=commands.RulesUpdate(afk_ms=limits.AFK_MIN_MS - 1))
        assert_rejected(bench, CORA, short, ErrorCode.BAD_PARAMS)

    @pytest.mark.parametrize("given", [{}, {"afk_ms": 0}, {"plays_per_turn": 1, "vote_skip_min": 2}])
    def test_no_difference(self, bench: Bench, given: dict[str, int]) -> None:
        """Rules that are so already are not told."""
        assert_unchanged(bench, CORA, updating(rules=commands.RulesUpdate(**given)))


class TestTransfer:
    """A new host."""

    def test_banned(self, bench: Bench) -> None:
        """Nobody becomes host of a room that they may not enter."""
        bench.do(HUGO, Moderate(commands.ModBan(room=ROOM, user=UMA.id, duration_ms=None), UMA))
        assert_rejected(bench, HUGO, self.transfer(UMA), ErrorCode.BANNED, field="user")

    def transfer(self, heir: User) -> Transfer:
        """Return the order."""
        return Transfer(commands.RoomTransfer(room=ROOM, user=heir.id), heir)

    @pytest.mark.parametrize("actor", [HUGO, ADA])
    @pytest.mark.parametrize("heir", [UMA, CORA, PEERS[Role.USER]])
    def test_change(self, bench: Bench, actor: User, heir: User) -> None:
        """The heir is the one host, who was it is a cohost; both are told and stored, here or not."""
        outcome = bench.do(actor, self.transfer(heir))

        hosts = [user for user, role in bench.state.staff.values() if role is Role.HOST]
        assert hosts == [heir]
        assert bench.state.role_of(HUGO) is Role.COHOST
        told = [(one.user, one.role, one.by) for one in events(outcome.effects, StaffChanged)]
        assert told == [(HUGO, "cohost", actor), (heir, "host", actor)]
        stored = effects_of(outcome.effects, Appointed)
        assert stored == [Appointed("hugo", Role.COHOST), Appointed(heir.id, Role.HOST)]
        assert directs_to(outcome.effects, heir) == [YouUpdated(room=ROOM, role="host")]
        assert outcome.result == StaffResult(member=Member(user=heir, role="host"))

    def test_powers(self, bench: Bench) -> None:
        """Who gave the room away cannot take it back."""
        bench.do(HUGO, self.transfer(UMA))
        assert_rejected(bench, HUGO, self.transfer(HUGO), ErrorCode.FORBIDDEN, needs="host")
        bench.do(UMA, self.transfer(HUGO))

        assert bench.state.role_of(HUGO) is Role.HOST

    @pytest.mark.parametrize("actor", [HUGO, ADA])
    def test_to_the_host(self, bench: Bench, actor: User) -> None:
        """The host is it already."""
        assert_unchanged(bench, actor, self.transfer(HUGO))

    @pytest.mark.parametrize("heir", [GUS, ADA, person("Botty", "bot")])
    def test_not_a_user(self, bench: Bench, heir: User) -> None:
        """A host is a user's account."""
        assert_rejected(bench, HUGO, self.transfer(heir), ErrorCode.BAD_PARAMS, field="user")

    @pytest.mark.parametrize("actor", [HUGO, ADA, CORA])
    @pytest.mark.parametrize("role", ["user", "cohost"])
    def test_host_is_not_demoted(self, bench: Bench, actor: User, role: str) -> None:
        """Nobody takes a room its host by other means, not even an administrator."""
        assert_rejected(bench, actor, appointing(HUGO, role), ErrorCode.HIGHER_ROLE)

    def test_room_without_a_host(self, bench: Bench) -> None:
        """An administrator gives a room of the operator its first host."""
        del bench.state.staff["hugo"]
        outcome = bench.do(ADA, self.transfer(UMA))

        assert [one.user for one in events(outcome.effects, StaffChanged)] == [UMA]
