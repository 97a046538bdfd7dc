"""A room as a client sees it: the snapshot kept current, by the rules of ``(epoch, seq)``."""

from __future__ import annotations

from protocol import codec, commands
from protocol.events import ROOM_EVENTS, Event, RoomEvent, RoomMembers, Snapshot, VoteTally
from protocol.reducer import apply
from protocol.results import JoinResult
from protocol.values import Member, Value, You


class Resynced(Value, frozen=True, kw_only=True):
    """The gap was too large: everything known of the room is replaced by this snapshot."""

    room: str
    snapshot: Snapshot


class RoomView:
    """
    The state of a room, from the join result and the events since.

    ``snapshot`` is what the room durably is, ``members`` who is there, ``you`` the own
    standing at the time of joining.
    """

    def __init__(self, ref: str, password: str | None = None) -> None:
        self._ref = ref
        self._password = password
        self.snapshot: Snapshot
        self.members: dict[str, Member] = {}
        self.population = 0
        self.guests = 0
        self.you: You
        self.epoch = ""
        self.seq = 0
        self.has_gap = False
        """True from a gap in ``seq`` until the room was joined again."""

    @property
    def id(self) -> str:
        """The room's id."""
        return self.snapshot.room.id

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
                shape = ROOM_EVENTS.get(name)
                # An event this client does not know still has its place in the numbering.
                event = codec.read(params, shape or RoomEvent)
                if self._advance(event) and shape is not None:
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
        self.population, self.guests = result.members.population, result.members.guests
        self.you = result.you
        if result.votes is not None:
            self.snapshot = apply(self.snapshot, result.votes)

    def forget_position(self) -> None:
        """Join without resume next time: the epoch is over."""
        self.epoch = ""

    def take(self, event: Event) -> bool:
        """Apply an event; return whether it is news. Repeats are not, nor what follows a gap."""
        match event:
            case RoomEvent():
                return self._advance(event)
            case RoomMembers():
                self._count(event)
            case VoteTally():
                self.snapshot = apply(self.snapshot, event)
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
        return True

    def _count(self, event: RoomMembers) -> None:
        for member in event.joined:
            self.members[member.user.id] = member
        for user_id in event.left:
            self.members.pop(user_id, None)
        self.population, self.guests = event.population, event.guests
