"""
What crowds do. A scenario prepares its members, and then does one action of the plan at a time.

An own scenario is a class like these: give it a row in :data:`SCENARIOS`, and ``roomclient
load --scenario`` knows it.
"""

from __future__ import annotations

import itertools
from typing import Any, ClassVar, NamedTuple

from client_demo.load.chunks import Told, stamped
from client_demo.load.crowd import Crowd
from client_demo.load.link import Link
from protocol.commands import (
    BoothSkip,
    ChatSend,
    PlaylistActivate,
    PlaylistCreate,
    PlaylistInsert,
    VoteCast,
    WaitlistJoin,
)
from protocol.values import Media


class Preset(NamedTuple):
    """A scenario's numbers, unless the command line gives others."""

    members: int = 500
    rooms: int = 1
    stages: tuple[str, ...] = ("0-30s:10",)
    burst: int = 1
    stalled: int = 0


class Scenario:
    """
    Base of all scenarios: members are guests who enter their room and listen.

    ``act`` is called once for each action of the plan, at its instant or as soon after it as
    the generator can; ``planned_us`` is the instant itself, from which latencies count.
    """

    about: ClassVar[str]
    preset: ClassVar[Preset] = Preset()

    def __init__(self) -> None:
        self.plays: dict[str, str] = {}
        """Room id to the id of its current play, as far as anybody here was told."""

    async def prepare(self, crowd: Crowd) -> None:
        """Let everyone in before the plan begins."""
        await crowd.gather(lambda member: self.arrive(crowd, member), crowd.job.mine)

    async def arrive(self, crowd: Crowd, member: int) -> Link:
        """Let one member in."""
        link = await crowd.guest()
        await self.enter(crowd, link, crowd.room_of(member))
        return link

    async def enter(self, crowd: Crowd, link: Link, room: str) -> None:
        """Let a link into its room."""
        result = await crowd.enter(link, room)
        play = _play_of(result)
        if play is not None:
            self.plays[room] = play

    def begin(self, crowd: Crowd) -> None:
        """Take note that the plan begins now."""

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Do an action of the plan."""
        raise NotImplementedError

    def heard(self, told: Told) -> None:
        """Take an event that is no chat message."""
        if told.name == "play.started":
            self.plays[told.params["room"]] = told.params["play"]["id"]
        elif told.name == "play.stopped":
            self.plays.pop(told.params["room"], None)


def _play_of(result: dict[str, Any]) -> str | None:
    play = result.get("snapshot", {}).get("booth", {}).get("play")
    return None if play is None else str(play["id"])


class Idle(Scenario):
    """Members are there and do nothing."""

    about = "members are there and do nothing: memory and idle CPU"
    preset = Preset(members=1000, stages=("0-30s:0",))


class HotRoom(Scenario):
    """One full room in which somebody says something now and then."""

    about = "one full room, a message now and then: fan-out"
    preset = Preset(members=1000, stages=("0-30s:10",))

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Let the next member say something."""
        members = crowd.job.mine
        member = members[number % len(members)]
        link = crowd.links.get(member)
        if link is None:
            return
        text = stamped(planned_us, crowd.job.text_bytes)
        link.send(ChatSend(room=crowd.room_of(member), text=text), planned_us)
        crowd.bench.figures.counts["sent"] += 1


class ManyRooms(HotRoom):
    """Many small rooms in which everyone talks."""

    about = "many small rooms, everyone talks: commands and their acknowledgement"
    preset = Preset(members=500, rooms=50, stages=("0-5s:0..1000", "5s-30s:1000"))


class ChatFlood(HotRoom):
    """A full room in which a hundred messages come at the same instant, again and again."""

    about = "bursts of a hundred messages in a full room: joining, rate limits"
    preset = Preset(members=500, stages=("0-20s:1",), burst=100)


class SlowReader(HotRoom):
    """A full room in which some stop reading."""

    about = "some members stop reading: do the others notice?"
    preset = Preset(members=500, stages=("0-30s:20",), stalled=50)

    async def arrive(self, crowd: Crowd, member: int) -> Link:
        """Let one member in; those who will stall have a small buffer, to be noticed soon."""
        link = await crowd.guest(small_buffer=_stalls(crowd, member))
        await self.enter(crowd, link, crowd.room_of(member))
        return link

    def begin(self, crowd: Crowd) -> None:
        """Let the first members stop reading; nobody expects anything of them any more."""
        for member in crowd.job.mine:
            link = crowd.links.get(member)
            if link is not None and _stalls(crowd, member):
                link.stall()
                link.followers.clear()

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Let the next member who reads say something."""
        readers = len(range(crowd.job.stalled, crowd.job.members))
        place = crowd.job.stalled + (number * crowd.job.workers + crowd.job.worker) % readers
        mine = crowd.job.mine
        member = place - (place - mine.start) % mine.step
        if not _stalls(crowd, member):
            super().act(crowd, (member - mine.start) // mine.step, planned_us)


def _stalls(crowd: Crowd, member: int) -> bool:
    return member < crowd.job.stalled


class JoinStorm(Scenario):
    """Everyone is connected, and then all enter one room."""

    about = "connected members all enter one room: joins and presence"
    preset = Preset(members=1000, stages=("0-2s:500",))

    async def arrive(self, crowd: Crowd, member: int) -> Link:
        """Connect; the room comes later."""
        del member  # all are alike
        return await crowd.guest()

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Let the next member enter; each enters once."""
        members = crowd.job.mine
        if number < len(members) and members[number] in crowd.links:
            member = members[number]
            crowd.spawn(self._enter(crowd, crowd.links[member], crowd.room_of(member), planned_us))
            crowd.bench.figures.counts["sent"] += 1

    async def _enter(self, crowd: Crowd, link: Link, room: str, planned_us: int) -> None:
        await crowd.enter(link, room, planned_us)
        crowd.bench.figures.counts["answered"] += 1


class ArrivalStorm(Scenario):
    """Nobody is there, and then everyone connects, signs in and enters."""

    about = "strangers connect, sign in and enter: the whole way"
    preset = Preset(members=1000, stages=("0-5s:200",))

    async def prepare(self, crowd: Crowd) -> None:
        """Let nobody in yet."""

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Let the next member come; each comes once."""
        members = crowd.job.mine
        if number < len(members):
            crowd.spawn(self._come(crowd, members[number], planned_us))
            crowd.bench.figures.counts["sent"] += 1

    async def _come(self, crowd: Crowd, member: int, planned_us: int) -> None:
        link = crowd.links[member] = await crowd.guest(planned_us)
        await crowd.enter(link, crowd.room_of(member), planned_us)
        crowd.bench.figures.counts["answered"] += 1


class ReconnectStorm(HotRoom):
    """Members lose their connection and resume, while the room goes on."""

    about = "members lose the connection and resume, while others talk"
    preset = Preset(members=500, stages=("0-10s:100",))
    _TALK_EVERY = 5

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Let the next member lose the connection; every fifth time somebody says something too."""
        members = crowd.job.mine
        member = members[number % len(members)]
        if member in crowd.links:
            crowd.spawn(self._come_back(crowd, member, planned_us))
            crowd.bench.figures.counts["sent"] += 1
        if number % self._TALK_EVERY == 0:
            super().act(crowd, number + len(members) // 2, planned_us)

    async def _come_back(self, crowd: Crowd, member: int, planned_us: int) -> None:
        await crowd.come_back(member, planned_us)
        crowd.bench.figures.counts["answered"] += 1


def _track(number: int) -> Media:
    return Media(
        source="youtube", source_id=f"load{number % 10_000_000:07d}", title="Load", duration_ms=600_000
    )


class _WithDjs(Scenario):
    """Rooms in which somebody plays: the first members of each are DJs with a playlist."""

    djs: ClassVar[int] = 2

    def __init__(self) -> None:
        super().__init__()
        self._tracks = itertools.count()
        self.booth: dict[str, list[Link]] = {}
        """Room id to its DJs here."""

    def is_dj(self, crowd: Crowd, member: int) -> bool:
        """Say whether a member is a DJ of their room."""
        return member // len(crowd.job.rooms) < self.djs

    async def arrive(self, crowd: Crowd, member: int) -> Link:
        """Let one member in, with a playlist and into the waitlist if they are a DJ."""
        room = crowd.room_of(member)
        link = await (crowd.account() if self.is_dj(crowd, member) else self.listener(crowd))
        await self.enter(crowd, link, room)
        if self.is_dj(crowd, member):
            playlist = (await link.ask(PlaylistCreate(name="Load")))["playlist"]["id"]
            items = [_track(next(self._tracks)) for _ in range(5)]
            await link.ask(PlaylistInsert(playlist_id=playlist, items=items, at="end"))
            await link.ask(PlaylistActivate(playlist_id=playlist))
            self.booth.setdefault(room, []).append(link)
            await link.ask(WaitlistJoin(room=room))
        return link

    async def listener(self, crowd: Crowd) -> Link:
        """Connect somebody who is no DJ."""
        return await crowd.guest()


class AdvanceStorm(_WithDjs):
    """Many rooms whose DJs skip to the next play."""

    about = "many rooms whose plays change: play.started to everyone"
    preset = Preset(members=200, rooms=20, stages=("0-30s:2",))

    def __init__(self) -> None:
        super().__init__()
        self._djs: dict[str, dict[str, Link]] = {}
        self._playing: dict[str, str] = {}

    def heard(self, told: Told) -> None:
        """Note who plays."""
        super().heard(told)
        if told.name == "play.started":
            dj = told.params["play"].get("dj")
            self._playing[told.params["room"]] = "" if dj is None else dj["id"]

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Let the DJ of the next room skip the own play, if the DJ is one of this worker's."""
        rooms = crowd.job.rooms
        room = rooms[(number * crowd.job.workers + crowd.job.worker) % len(rooms)]
        playing = self._playing.get(room)
        for link in self.booth.get(room, ()):
            if link.user_id == playing and room in self.plays:
                command = BoothSkip(room=room, play_id=self.plays[room], reason=stamped(planned_us, 0))
                link.send(command, planned_us)
                crowd.bench.figures.counts["sent"] += 1


class VoteBurst(_WithDjs):
    """Everyone in a room votes within a second."""

    about = "everyone votes within a second: batched tallies (members are accounts)"
    preset = Preset(members=1000, stages=("0-1s:1000",))
    djs = 1

    async def listener(self, crowd: Crowd) -> Link:
        """Connect an account: guests do not vote."""
        return await crowd.account()

    def act(self, crowd: Crowd, number: int, planned_us: int) -> None:
        """Let the next listener vote; in the second round they change their minds."""
        listeners = [member for member in crowd.job.mine if not self.is_dj(crowd, member)]
        round_, place = divmod(number, len(listeners))
        member = listeners[place]
        room = crowd.room_of(member)
        play, link = self.plays.get(room), crowd.links.get(member)
        if play is not None and link is not None:
            link.send(VoteCast(room=room, play_id=play, value=1 if round_ % 2 == 0 else -1), planned_us)
            crowd.bench.figures.counts["sent"] += 1


SCENARIOS: dict[str, type[Scenario]] = {
    "idle": Idle,
    "hot-room": HotRoom,
    "many-rooms": ManyRooms,
    "advance-storm": AdvanceStorm,
    "join-storm": JoinStorm,
    "arrival-storm": ArrivalStorm,
    "reconnect-storm": ReconnectStorm,
    "slow-reader": SlowReader,
    "vote-burst": VoteBurst,
    "chat-flood": ChatFlood,
}
"""Everything ``--scenario`` takes."""
