"""A shelf and a recorder in memory, and connections that only remember: what the beat works between."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

from msgspec.structs import replace

from protocol import codec
from protocol.commands import ChatSend
from protocol.events import Resync
from protocol.limits import Limits
from protocol.values import User
from roomserver.api.rooms import fresh_record
from roomserver.batch import Ask
from roomserver.beat import Beat
from roomserver.hub import Hub, Settings, Shelf
from roomserver.live import LiveRoom
from roomserver.persist import Scribe
from roomserver.room.inputs import Deck, Enter
from roomserver.room.state import Tuning
from storage.errors import StorageUnavailableError
from storage.privacy.recorder import shipped_recorder
from storage.records import OpenedRoom, RoomRecord, Writes

T0 = 1_800_000_000_000
_ids = itertools.count()


def user(name: str) -> User:
    """Return a user whose id is the name."""
    return User(id=name, name=name, kind="user", created_at_ms=0)


class Disk:
    """Rooms at rest and the journal in one: commits when it is let, refuses when it is told."""

    def __init__(self) -> None:
        self.records: dict[str, RoomRecord] = {}
        self.commits: list[Writes] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.in_flight = asyncio.Event()
        self.failure: Exception | None = None
        self.failures_left = 0

    def fail(self, times: int = 1, failure: Exception | None = None) -> None:
        """Refuse the next so many calls."""
        self.failures_left = times
        self.failure = failure or StorageUnavailableError(OSError("disk full"))

    def _check(self) -> None:
        if self.failures_left:
            self.failures_left -= 1
            assert self.failure is not None
            raise self.failure

    async def commit(self, writes: Writes) -> None:
        """Commit a batch, once the gate is open."""
        self.in_flight.set()
        await self.gate.wait()
        self.in_flight.clear()
        self._check()
        self.commits.append(writes)
        for state in writes.states:
            self.records[state.room_id] = replace(self.records[state.room_id], seq=state.seq)

    async def open(self, ref: str, now_ms: int) -> OpenedRoom | None:
        """Open a room by its id."""
        record = self.records.get(ref)
        if record is None:
            return None
        return OpenedRoom(
            room=record,
            staff={},
            play=None,
            votes=[],
            chat=[],
            events=[],
            nonces=[],
            users={},
            ends={},
            fallback=[],
            sanctions=[],
            addresses={},
            blocked=[],
            recent=[],
        )

    async def set_epoch(self, room_id: str, epoch: str) -> None:
        """Begin a new numbering."""
        self._check()
        self.records[room_id] = replace(self.records[room_id], epoch=epoch)

    async def renumber(self, account_id: str, epoch: str, but: Collection[str]) -> int:
        """Begin a new numbering of all rooms but some: whom they name is not known here."""
        self._check()
        resting = [room_id for room_id in self.records if room_id not in but]
        for room_id in resting:
            self.records[room_id] = replace(self.records[room_id], epoch=epoch)
        return len(resting)

    async def deck(self, account_id: str, playlist_id: str | None) -> Deck | None:
        """Nobody has a playlist."""
        return None

    @property
    def said(self) -> list[str]:
        """The payloads of everything that was committed, in order."""
        return [row.payload for writes in self.commits for row in writes.events if row.kind == "chat.message"]


class Ear:
    """A connection that remembers what it was sent: one list of values per write."""

    def __init__(self, name: str) -> None:
        self.user: User | None = user(name)
        self.writes: list[list[codec.Response | codec.Notification]] = []
        self.rooms: dict[str, LiveRoom] = {}
        self.slow = False
        self.hears_chat = True
        self.resyncs: list[Resync] = []

    @property
    def is_slow(self) -> bool:
        """Whether latest-value events should be left out."""
        return self.slow

    def send(self, payload: bytes) -> None:
        """Remember a message."""
        values = codec.decode(payload, max_bytes=2**24, nesting=32)
        self.writes.append([codec.parse_reply(value) for value in values])

    def send_frame(self, frame: bytes) -> None:
        """Remember the message in a frame."""
        length = frame[1]
        self.send(frame[{126: 4, 127: 10}.get(length, 2) :])

    @property
    def takes_shared(self) -> bool:
        """Whether it is in one room only, and not slow."""
        return len(self.rooms) <= 1 and not self.slow

    @property
    def write(self) -> Callable[[bytes], None]:
        """Remember a shared message."""
        return self.send_frame

    def is_in(self, live: LiveRoom) -> bool:
        """Say whether the connection is in a room."""
        return live.id in self.rooms

    def forget(self, live: LiveRoom) -> None:
        """Be in a room no more."""
        self.rooms.pop(live.id, None)

    def resync(self, live: LiveRoom, event: Resync) -> None:
        """Leave a rebuilt room."""
        self.forget(live)
        self.resyncs.append(event)

    @property
    def heard(self) -> list[codec.Response | codec.Notification]:
        """Everything so far, in order."""
        return [value for write in self.writes for value in write]

    def names(self) -> list[str]:
        """Return the names of all notifications so far."""
        return [one.name for one in self.heard if isinstance(one, codec.Notification)]

    def texts(self) -> list[str]:
        """Return everything that was said, as it was heard."""
        return [
            one.params["text"]
            for one in self.heard
            if isinstance(one, codec.Notification) and one.name == "chat.message"
        ]

    def answers(self) -> dict[int, dict[str, Any]]:
        """Return result or error by request id."""
        responses = (one for one in self.heard if isinstance(one, codec.Response))
        return {one.id: one.error or one.result or {} for one in responses}


class House:
    """A hub and a beat over a disk in memory."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.now = T0
        tuning = Tuning(presence_ms=10**9, tally_ms=10**9)
        settings = Settings(tuning, Limits(), lambda: f"id{next(_ids)}")
        self.hub = Hub(Shelf(self.disk, self.disk), settings, lambda: self.now)
        self.beat = Beat(self.disk, Scribe(shipped_recorder()), self.hub.mend, self.hub.refresh_deck)
        self.hub.beat = self.beat

    async def room(self, slug: str = "den") -> LiveRoom:
        """Make a room and open it."""
        record = fresh_record(slug, slug, T0)
        self.disk.records[record.id] = record
        return await self.hub.open(record.id)

    def enter(self, live: LiveRoom, ear: Ear, request_id: int = 1) -> None:
        """Let a connection join, as the method does."""
        assert ear.user is not None
        self.hub.apply(live, ear.user, Enter(ear.user, password_ok=True))
        ear.rooms[live.id] = live
        self.beat.answer(Ask(ear, request_id), {"seq": live.room.state.seq})
        self.beat.join(live, ear)

    def say(self, live: LiveRoom, ear: Ear, text: str, request_id: int | None = None) -> None:
        """Let a connection say something."""
        assert ear.user is not None
        self.hub.run(live, ear.user, ChatSend(room=live.id, text=text), Ask(ear, request_id))

    async def settle(self) -> None:
        """Wait until everything so far is told."""
        await self.beat.barrier()


@asynccontextmanager
async def beating() -> AsyncIterator[House]:
    """Run a beat."""
    house = House()
    task = asyncio.create_task(house.beat.run())
    yield house
    house.disk.gate.set()
    house.hub.stop()
    house.beat.stop()
    async with asyncio.timeout(5):
        await task
