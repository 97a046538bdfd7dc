"""
Conformance vectors of the SDKs: bytes in, state out.

``python -m tests.vectors.conformance`` writes ``conformance.json`` beside this file. The bytes
are what a server sends on one connection, the states what the room core itself hands out at that
moment: no client's reducer is asked.

Each case is a list of steps. ``send`` is the hex of one WebSocket message: an answer to
``room.join`` (always with request id 1) or events, one or several. Behind it stands what the
client must hold: ``epoch``, ``seq``, whether it has a ``gap`` and so must join again, and the
parts of the room. Where a message must change nothing, the state is that of before.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from protocol import codec, commands
from protocol.commands import Resume
from protocol.limits import DAY_MS, Limits
from protocol.notice import Notice
from protocol.results import JoinResult
from protocol.roles import Role
from protocol.values import SYSTEM, User
from roomserver.live import LiveRoom
from roomserver.ring import Ring
from roomserver.room.effects import Effect, Latest, Told
from roomserver.room.inputs import Appoint, Delete, Erase, Moderate, ProfileChanged, Update
from roomserver.room.state import DEFAULT_TUNING, Tuning
from tests.support.people import BY_ROLE, deck, person
from tests.support.rooms import ROOM, Bench, new_bench

FILE = Path(__file__).with_name("conformance.json")
UMA, RITA, BOB, MIA, HUGO = (
    BY_ROLE[role] for role in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER, Role.HOST)
)
ANN, TOM = person("Ann"), person("Tom")
ME = UMA
JOIN_ID = 1
NOTICE = Notice(rev=1, hash="h", url="/privacy", text="Chat is kept for 30 days.", categories=[])

Step = dict[str, Any]


class Server:
    """A room, and one connection that is told everything."""

    def __init__(self, *users: User, tuning: Tuning = DEFAULT_TUNING) -> None:
        self.bench: Bench = new_bench(*users, tuning=tuning)
        self.live = LiveRoom(self.bench.room, Ring(Limits(), []), Limits())
        self.steps: list[Step] = []
        self._told = 0

    @property
    def state(self) -> Step:
        """What a client holds that has heard everything."""
        bench = self.bench
        members = bench.room.members()
        return {
            "epoch": bench.state.epoch,
            "seq": bench.state.seq,
            "gap": False,
            "snapshot": plain(bench.room.snapshot(bench.now)),
            "members": sorted([member.user.id, member.role] for member in members.members),
            "population": members.population,
            "guests": members.guests,
            "cue": plain(bench.room.cue()),
        }

    def fresh(self) -> list[Effect]:
        """Return what the room said since this was asked last; the ring remembers it."""
        said = self.bench.said[self._told :]
        self._told = len(self.bench.said)
        for effect in said:
            if isinstance(effect, Told):
                self.live.append(effect.event, self.bench.now + DAY_MS)
        return said

    def settle(self) -> list[Effect]:
        """Let batches become due, and return everything said."""
        self.bench.wait(max(DEFAULT_TUNING.tally_ms, DEFAULT_TUNING.presence_ms))
        return self.fresh()

    def step(self, message: bytes, state: Step | None = None) -> None:
        """Send a message; ``state`` is what the client then holds, by default everything."""
        self.steps.append({"send": message.hex(), "state": self.state if state is None else state})

    def join(self, resume: Resume | None = None) -> None:
        """Answer ``room.join``."""
        self.settle()
        result = self.live.join_result(ME, resume, NOTICE, self.bench.now)
        assert set(result) <= set(JoinResult.__struct_fields__)
        self.step(codec.encode_result(JOIN_ID, result))

    def tell(self) -> None:
        """Tell everything since, in one message."""
        self.step(b"".join(_encoded(effect) for effect in self.settle()))


def _encoded(effect: Effect) -> bytes:
    if isinstance(effect, Told | Latest):
        return codec.encode_event(effect.event.wire, effect.event)
    return b""


def plain(value: Any) -> Any:
    """Return a value as JSON has it, without what is absent."""
    plain = msgspec.to_builtins(value)
    return _without_nil(plain)


def _without_nil(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nil(one) for key, one in value.items() if one is not None}
    return [_without_nil(one) for one in value] if isinstance(value, list) else value


def _say(server: Server, user: User, text: str) -> str:
    result = server.bench.do(user, commands.ChatSend(room=ROOM, text=text)).result
    message_id: str = result.id  # type: ignore[attr-defined] # the result is the message's
    return message_id


def an_evening() -> list[Step]:
    """People come, queue up, play, vote, chat and go."""
    server = Server(UMA, RITA, BOB, MIA)
    server.join()
    server.bench.queue(RITA, deck("a", "b"))
    server.bench.queue(BOB, deck("c"))
    server.tell()
    _say(server, UMA, "what a tune")
    play_id = server.bench.play.id
    for user in (UMA, BOB):
        server.bench.do(user, commands.VoteCast(room=ROOM, play_id=play_id, value=1))
    server.tell()
    server.bench.enter(HUGO)
    server.bench.leave(MIA)
    server.tell()
    server.bench.wait_until(server.bench.play.ends_at_ms - DEFAULT_TUNING.cue_ms)
    server.tell()
    server.bench.wait_until(server.bench.play.ends_at_ms)
    server.tell()
    return server.steps


def a_cue_taken_back() -> list[Step]:
    """What was announced changes, and then nothing comes next."""
    server = Server(UMA, RITA, BOB, MIA)
    server.join()
    server.bench.queue(RITA, deck("a"))
    server.bench.queue(BOB, deck("b"))
    server.bench.queue(MIA, deck("c"))
    server.bench.wait_until(server.bench.play.ends_at_ms - DEFAULT_TUNING.cue_ms)
    server.tell()
    server.bench.do(MIA, commands.WaitlistMove(room=ROOM, user=MIA.id, position=0))
    server.tell()
    server.bench.do(MIA, commands.WaitlistClear(room=ROOM))
    server.tell()
    return server.steps


def staff_at_work() -> list[Step]:
    """The room's texts, rules, roles and order change; somebody is put out; names change."""
    server = Server(UMA, RITA, BOB, MIA, HUGO)
    server.join()
    host = server.bench
    host.queue(RITA, deck("a"))
    mute = commands.ModMute(room=ROOM, user=RITA.id, duration_ms=60_000)
    for command in (
        Update(commands.RoomUpdate(room=ROOM, name="The Den", slow_mode_ms=1000), None),
        Appoint(commands.StaffSet(room=ROOM, user=UMA.id, role="bouncer"), UMA),
        commands.WaitlistLock(room=ROOM, on=True),
        Moderate(mute, RITA),
    ):
        host.do(HUGO, command)
    server.tell()
    host.do(RITA, ProfileChanged(replace(RITA, name="Ritva")))
    host.skip(BOB, reason="too loud")
    server.tell()
    host.do(MIA, Moderate(commands.ModKick(room=ROOM, user=RITA.id), RITA))
    server.tell()
    return server.steps


def deletions() -> list[Step]:
    """Texts that are deleted go, one, all of a user, all at once."""
    server = Server(UMA, RITA, BOB, MIA)
    server.join()
    for user, text in ((UMA, "one"), (RITA, "two"), (UMA, "three"), (BOB, "four")):
        _say(server, user, text)
    first = server.bench.state.chat[0]
    server.tell()
    for command, author in (
        (commands.ChatDelete(room=ROOM, id=first.id), UMA),
        (commands.ChatDelete(room=ROOM, user=RITA.id), RITA),
        (commands.ChatDelete(room=ROOM, all=True), None),
    ):
        server.bench.do(MIA, Delete(command, author, messages=1))
        server.tell()
    return server.steps


def an_erasure() -> list[Step]:
    """Of somebody who is erased neither words nor name stay, in what others said neither."""
    server = Server(UMA, RITA, BOB)
    server.join()
    _say(server, RITA, "mine")
    _say(server, BOB, f"hi @{RITA.name}. And @staff!")
    _say(server, BOB, f"hi @{UMA.name}")
    server.tell()
    server.bench.do(SYSTEM, Erase(RITA.id, SYSTEM))
    server.tell()
    return server.steps


def later_versions() -> list[Step]:
    """A server of a later version: unknown events count, unknown fields and kinds are left alone."""
    server = Server(UMA, MIA)
    server.join()
    state, now = server.bench.state, server.bench.now
    state.seq += 1
    unknown = {"room": state.info.id, "seq": state.seq, "at_ms": now, "what": [1, 2, {"x": None}]}
    server.step(codec.encode_event("room.something", unknown))
    server.step(codec.encode_event("something.latest", {"room": state.info.id, "level": 3}))
    server.step(msgspec.msgpack.encode([9, "neither", "request", "nor answer"]))
    server.bench.do(MIA, commands.WaitlistCycle(room=ROOM, on=True))
    [told] = [effect for effect in server.settle() if isinstance(effect, Told)]
    event = {**plain(told.event), "mood": "fine"}
    server.step(codec.encode_event(told.event.wire, event))
    return server.steps


def repeats() -> list[Step]:
    """What was seen before changes nothing, alone or in front of something new."""
    server = Server(UMA, RITA)
    server.join()
    _say(server, RITA, "once")
    [told] = [effect for effect in server.settle() if isinstance(effect, Told)]
    message = _encoded(told)
    server.step(message)
    server.step(message)
    _say(server, RITA, "twice")
    server.step(message + b"".join(_encoded(effect) for effect in server.settle()))
    return server.steps


def a_gap() -> list[Step]:
    """A hole in the numbers is noticed; the answer to the next join fills it, or replaces everything."""
    server = Server(UMA, RITA)
    server.join()
    before = server.state
    _say(server, RITA, "lost on the way")
    server.settle()
    _say(server, RITA, "and told")
    later = b"".join(_encoded(effect) for effect in server.settle())
    server.step(later, {**before, "gap": True})
    server.join(Resume(epoch=before["epoch"], seq=before["seq"]))
    _say(server, RITA, "on it goes")
    server.tell()
    state = server.bench.state
    state.epoch = "epoch-2"
    _say(server, UMA, "a new numbering")
    server.join(Resume(epoch=before["epoch"], seq=before["seq"]))
    return server.steps


def a_list_that_was_left_out() -> list[Step]:
    """A member list that follows none known is a gap, and a repeated one nothing; a join brings the whole."""
    server = Server(UMA, RITA)
    server.join()
    server.bench.enter(BOB)
    first = b"".join(_encoded(effect) for effect in server.settle())
    server.step(first)
    server.bench.leave(BOB)
    server.bench.enter(ANN)
    lists = server.settle()
    server.step(b"".join(_encoded(effect) for effect in lists) + first)
    before = server.state
    server.bench.enter(TOM)
    server.settle()
    server.bench.enter(MIA)
    server.step(b"".join(_encoded(effect) for effect in server.settle()), {**before, "gap": True})
    server.join(Resume(epoch=before["epoch"], seq=before["seq"]))
    server.bench.leave(TOM)
    server.tell()
    return server.steps


def a_big_room() -> list[Step]:
    """A room grows over the big size, where some come and go as counts, and back: a list names everybody."""
    server = Server(UMA, RITA, tuning=DEFAULT_TUNING._replace(big_room=3))
    server.join()
    server.bench.enter(BOB, ANN, TOM)
    several = server.settle()
    server.bench.leave(BOB)
    several += server.settle()
    server.bench.leave(RITA)
    several += server.settle()
    server.step(b"".join(_encoded(effect) for effect in several))
    return server.steps


CASES = (
    an_evening,
    a_cue_taken_back,
    staff_at_work,
    deletions,
    an_erasure,
    later_versions,
    repeats,
    a_gap,
    a_list_that_was_left_out,
    a_big_room,
)


def render() -> str:
    """Return the vectors as JSON, the same for the same code."""
    cases = [{"name": (case.__doc__ or "").strip(), "me": ME.id, "steps": case()} for case in CASES]
    return json.dumps(cases, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    """Write the file."""
    FILE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}: {len(CASES)} cases\n")


if __name__ == "__main__":
    main()
