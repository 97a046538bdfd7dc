"""A room as a client sees it: the snapshot kept current, by the rules of ``(epoch, seq)``."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
from msgspec.structs import replace

from protocol import codec, commands
from protocol.events import (
    EVENTS,
    Event,
    PlayCue,
    PlayStarted,
    PlayStopped,
    RoomEvent,
    RoomMembers,
    SkipTally,
    Snapshot,
    StaffChanged,
    UserErased,
    UserUpdated,
    VoteTally,
    WaitlistDurations,
    YouUpdated,
)
from protocol.notice import Notice
from protocol.reducer import apply
from protocol.results import JoinResult
from protocol.values import Member, Play, User, Value, You


class Resynced(Value, frozen=True, kw_only=True):
    """The gap was too large: everything known of the room is replaced by this snapshot."""

    room: str
    snapshot: Snapshot


def event_of(name: str, params: dict[str, Any]) -> Event | None:
    """
    Return an event; of a newer server's, which this client does not understand, what it can.

    One that is part of a room's stream has its place in the numbering: it comes as a bare
    :class:`RoomEvent`. Of others there is nothing to know: None.
    """
    shape = EVENTS.get(name)
    if shape is not None:
        with suppress(msgspec.ValidationError):  # a new kind of user, perhaps
            return codec.read(params, shape)
    return codec.read(params, RoomEvent) if "seq" in params else None


class RoomView:
    """
    The state of a room, from the join result and the events since.

    ``snapshot`` is what the room durably is, ``members`` who is there, ``you`` the own
    standing, and beside them the latest values: how the vote to skip stands, what plays next,
    how long each of those who wait will play.
    """

    snapshot: Snapshot
    you: You
    notice: Notice

    def __init__(self, ref: str, password: str | None = None) -> None:
        self._ref = ref
        self._password = password
        self.members: dict[str, Member] = {}
        self.population = 0
        self.guests = 0
        self.skip_tally: SkipTally | None = None
        self.cue: PlayCue | None = None
        self.durations_ms: list[int | None] = []
        self.epoch = ""
        self.seq = 0
        self.members_version = 0
        self.has_gap = False
        """True from a gap in ``seq`` or in the member list's versions until the room was joined again."""

    # Reading

    @property
    def id(self) -> str:
        """The room's id."""
        return self.snapshot.room.id

    @property
    def slug(self) -> str:
        """The room's address."""
        return self.snapshot.room.slug

    @property
    def name(self) -> str:
        """The room's name."""
        return self.snapshot.room.name

    @property
    def dj(self) -> User | None:
        """Who plays; None when nobody does, or the fallback playlist."""
        return self.snapshot.booth.dj

    @property
    def play(self) -> Play | None:
        """What plays."""
        return self.snapshot.booth.play

    @property
    def waitlist(self) -> list[User]:
        """Who waits, the next one first."""
        return self.snapshot.waitlist

    def user(self, ref: str) -> User | None:
        """
        Return somebody by id or name, with or without the ``@`` of a mention; None if unknown.

        Known is who is there, waits, plays, is of the staff, or spoke lately.
        """
        wanted = ref.removeprefix("@").casefold()
        snapshot = self.snapshot
        known = [member.user for member in self.members.values()]
        known += [*snapshot.waitlist, *(member.user for member in snapshot.staff)]
        known += [message.user for message in reversed(snapshot.chat)]
        if snapshot.booth.dj is not None:
            known.append(snapshot.booth.dj)
        return next((user for user in known if ref == user.id or user.name.casefold() == wanted), None)

    # Keeping up

    def joined(self, result: JoinResult) -> None:
        """Take a join result with a snapshot."""
        assert result.snapshot is not None, "a first join always has a snapshot"
        self.snapshot = result.snapshot
        self._take_position(result)

    def rejoin_command(self) -> commands.RoomJoin:
        """Return the request that resumes the room where this view is."""
        resume = commands.Resume(epoch=self.epoch, seq=self.seq) if self.epoch else None
        return commands.RoomJoin(room=self._ref, password=self._password, resume=resume)

    def rejoined(self, result: JoinResult) -> list[Event | Resynced]:
        """Take the result of resuming; return what was missed, for the application."""
        news: list[Event | Resynced] = []
        self.has_gap = False
        if result.recovered:
            for _, name, params in result.events or ():
                event = event_of(name, params)
                assert isinstance(event, RoomEvent), "a resume has events of the room's stream alone"
                if self._advance(event) and type(event) is not RoomEvent:
                    news.append(event)
        else:
            assert result.snapshot is not None, "what is not recovered is a snapshot"
            self.snapshot = result.snapshot
            news.append(Resynced(room=self.id, snapshot=result.snapshot))
        self._take_position(result)
        return news

    def _take_position(self, result: JoinResult) -> None:
        self.epoch, self.seq = result.epoch, result.seq
        self.has_gap = False
        self.members = {member.user.id: member for member in result.members.members}
        self.members_version = result.members.version
        self.population, self.guests = result.members.population, result.members.guests
        self.you, self.notice = result.you, result.notice
        self.skip_tally, self.cue, self.durations_ms = result.skip, result.cue, result.durations_ms
        if result.votes is not None:
            self.snapshot = apply(self.snapshot, result.votes)

    def forget_position(self) -> None:
        """Join without resume next time: the epoch is over."""
        self.epoch = ""

    def take(self, event: Event) -> bool:
        """
        Apply an event; return whether it is news. Repeats are not, nor what follows a gap.

        A member list that follows a gap is news, but not applied: the next join brings the whole.
        """
        match event:
            case RoomEvent():
                return self._advance(event)
            case RoomMembers():
                return self._count(event)
            case VoteTally():
                self.snapshot = apply(self.snapshot, event)
            case SkipTally():
                self.skip_tally = event
            case PlayCue():
                self.cue = None if event.media is None else event
            case WaitlistDurations():
                self.durations_ms = event.durations_ms
            case YouUpdated():
                self._stand(event)
            case _:
                pass
        return True

    def _advance(self, event: RoomEvent) -> bool:
        if self.has_gap or event.seq <= self.seq:
            return False
        if event.seq != self.seq + 1:
            self.has_gap = True
            return False
        self.seq = event.seq
        self.snapshot = apply(self.snapshot, event)
        match event:
            case PlayStarted() | PlayStopped():
                self.skip_tally = self.cue = None
            case StaffChanged(user=user, role=role) if user.id in self.members:
                self.members[user.id] = Member(user=user, role=role)
            case UserUpdated(user=user) if user.id in self.members:
                self.members[user.id] = replace(self.members[user.id], user=user)
            case UserErased(user_id=user_id):
                self._forget(user_id)
            case _:
                pass
        return True

    def _forget(self, user_id: str) -> None:
        """Keep nothing of somebody who was erased."""
        self.members.pop(user_id, None)
        if self.cue is not None and self.cue.dj is not None and self.cue.dj.id == user_id:
            self.cue = None

    def _stand(self, event: YouUpdated) -> None:
        self.you = replace(
            self.you,
            role=event.role,
            muted_until_ms=event.muted_until_ms,
            waitlist_position=event.waitlist_position,
        )

    def _count(self, event: RoomMembers) -> bool:
        if event.version <= self.members_version:
            return False
        if event.version != self.members_version + 1 and not event.complete:
            self.has_gap = True
        if self.has_gap:
            return True
        self.members_version = event.version
        if event.complete:
            self.members.clear()
        for member in event.joined:
            self.members[member.user.id] = member
        for user_id in event.left:
            self.members.pop(user_id, None)
        self.population, self.guests = event.population, event.guests
        return True
