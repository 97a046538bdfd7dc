"""
The beat: what all rooms did since the last one is committed in one transaction, then told.

While a commit is in flight the next batch fills, so batching comes by itself: an idle
server answers at once, a busy one joins. Nothing is told before it is committed, and a
failed commit tells nobody anything but that it failed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, Protocol

import structlog

from protocol import codec
from protocol.errors import ErrorCode, Rejected
from roomserver import persist
from roomserver.batch import Answer, Ask, Batch, Join, RoomBatch
from roomserver.gateway.frames import binary_frame, joined_frames
from roomserver.live import LiveRoom, Subscriber
from roomserver.metrics.observer import Observer, Unobserved
from roomserver.room import effects as fx
from storage.errors import StorageUnavailableError
from storage.records import ConnectionRow, Writes

log = structlog.get_logger("beat")

OK = "ok"
"""The outcome of a request that was not refused."""

REST_FACTOR = 2.0
REST_SECONDS_MAX = 0.025
"""
A beat rests for twice the time that its telling took, at most 25 ms. Without the rest a room of
1000 at 200 messages/s writes every message alone: 4.9 µs a delivery instead of 1.6. What the
commit took does not count: another thread did it, and a slow disk is no reason to be slower.
"""


class Committer(Protocol):
    """What commits a batch: the journal."""

    async def commit(self, writes: Writes) -> None:
        """Commit all or nothing."""
        ...


class Watch(NamedTuple):
    """What is told how long the parts of a beat took, in seconds."""

    commit: Observer = Unobserved()
    fan_out: Observer = Unobserved()


class Beat:
    """
    The one committer and teller of this process.

    Rooms put effects and answers in; :meth:`run` takes them out. ``on_failed`` gets the
    rooms whose state the disk does not have; ``on_cycled`` the users whose deck moved on.
    """

    def __init__(
        self,
        committer: Committer,
        scribe: persist.Scribe,
        on_failed: Callable[[Collection[LiveRoom]], None],
        on_cycled: Callable[[LiveRoom, str], None],
        watch: Watch | None = None,
    ) -> None:
        self._committer = committer
        self._scribe = scribe
        self._on_failed = on_failed
        self._on_cycled = on_cycled
        self._watch = watch or Watch()
        self._batch = Batch()
        self.on_noticed: Callable[[LiveRoom, str | None], None] = lambda *_: None
        """Gets whose recording notice is another one: a bot came or went, or a role was given or taken."""
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._telling_seconds = 0.0
        """How long the last beat's telling took."""
        self.beats = 0
        self.failures = 0
        self.refused: Counter[str] = Counter()
        """Refusals by code since the last report; no content."""
        self.deliveries = 0
        self.outcomes: Counter[tuple[str, ...]] = Counter()
        """Requests by method and outcome: ``ok`` or the error code."""

    # Rooms put in

    def take(self, live: LiveRoom, effects: list[fx.Effect]) -> None:
        """Put a room's effects in, in order."""
        if not effects:
            return
        room = self._room_batch(live)
        for effect in effects:
            shown_until_ms = self._scribe.write(self._batch.writes, live.room.state, effect)
            self._note(live, room, effect, shown_until_ms)
            if isinstance(effect, fx.Came) and live.note_coming(effect.user_id, entered=effect.entered):
                self._batch.noticed.append((live, None))
        self._wake.set()

    def _note(self, live: LiveRoom, room: RoomBatch, effect: fx.Effect, shown_until_ms: int | None) -> None:
        """Keep what of an effect is told, or done, once it is committed."""
        match effect:
            case fx.Told(event):
                assert shown_until_ms is not None, "events have a time"
                room.add(event, live.append(event, shown_until_ms))
            case fx.Latest(latest):
                room.add_latest(latest)
            case fx.Direct(user_id, direct):
                room.direct.append((user_id, codec.encode_event(direct.wire, direct)))
            case fx.Expelled(user_id):
                room.expelled.add(user_id)
                for subscriber in live.subscribers.get(user_id, ()):
                    subscriber.forget(live)
                room.turn_away(live, user_id)
            case fx.Opined():
                room.has_opinions = True
            case fx.MessagesErased():
                live.ring.scrub(effect)
            case fx.ItemCycled(user_id):
                self._batch.cycled.append((live, user_id))
            case fx.Appointed(user_id):
                self._batch.noticed.append((live, user_id))
            case _:
                pass  # stored only

    def connected(self, row: ConnectionRow) -> None:
        """Record where somebody connected from, with this beat."""
        self._batch.writes.connections.append(row)
        self._wake.set()

    def answer(self, ask: Ask, result: Any) -> None:
        """Answer a request when everything up to now is committed."""
        self._batch.outcomes[ask.method, OK] += 1
        if ask.request_id is not None:
            self._batch.answers.append(Answer(ask, codec.encode_result(ask.request_id, result)))
        self._wake.set()

    def refuse(self, ask: Ask, rejected: Rejected) -> None:
        """Refuse a request, in order with the answers: a refusal tells of the state too."""
        self.refused[rejected.code] += 1
        self._batch.outcomes[ask.method, rejected.code] += 1
        if ask.request_id is not None:
            self._batch.answers.append(Answer(ask, codec.encode_error(ask.request_id, rejected)))
        self._wake.set()

    def join(self, live: LiveRoom, subscriber: Subscriber) -> None:
        """Subscribe a connection with this beat: its join result stands at the current ``seq``."""
        self._room_batch(live).joins.append(Join(subscriber, live.room.state.seq))
        self._wake.set()

    def give_up(self, live: LiveRoom) -> None:
        """
        Fail everything since the last beat, as a commit that fails would.

        For a room whose rules failed half-way: the next beat would store its state.
        """
        self._room_batch(live)
        self._failed(Batch())

    async def barrier(self) -> None:
        """Wait until everything put in so far is committed and told, or has failed."""
        future = asyncio.get_running_loop().create_future()
        self._batch.barriers.append(future)
        self._wake.set()
        await future

    def _room_batch(self, live: LiveRoom) -> RoomBatch:
        room = self._batch.rooms.get(live)
        if room is None:
            room = self._batch.rooms[live] = RoomBatch()
        return room

    # The beat takes out

    async def run(self) -> None:
        """Beat until :meth:`stop`, and then until everything is told."""
        while not (self._is_stopping and not self._batch):
            await self._wake.wait()
            self._wake.clear()
            if not self._batch:
                continue
            await self._beat()
            if not self._is_stopping:
                await asyncio.sleep(min(REST_FACTOR * self._telling_seconds, REST_SECONDS_MAX))

    def stop(self) -> None:
        """Let :meth:`run` return once everything put in so far is told."""
        self._is_stopping = True
        self._wake.set()

    async def _beat(self) -> None:
        batch, self._batch = self._batch, Batch()
        self.beats += 1
        for live, room in batch.rooms.items():
            if room.events or room.has_opinions:
                batch.writes.states.append(persist.resting(live.room.state))
        try:
            if batch.writes:
                await self._commit(batch.writes)
        except StorageUnavailableError:
            self._failed(batch)
        except Exception:
            # A row that storage refuses is a bug, but no reason for all rooms to stop.
            log.exception("commit failed")
            self._failed(batch)
        else:
            self._tell(batch)
        for future in batch.barriers:
            if not future.done():
                future.set_result(None)

    async def _commit(self, writes: Writes) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        await self._committer.commit(writes)
        self._watch.commit.observe(clock() - began)

    def _failed(self, batch: Batch) -> None:
        # What was handled while the commit was in flight stands on what the disk does not
        # have: it fails with it.
        pending, self._batch = self._batch, Batch()
        self._batch.barriers = pending.barriers
        self.failures += 1
        touched = list({**batch.rooms, **pending.rooms})
        for live, room in (*batch.rooms.items(), *pending.rooms.items()):
            live.is_broken = True
            for subscriber, _ in room.joins:
                subscriber.forget(live)
        refused = Rejected(ErrorCode.STORAGE_UNAVAILABLE)
        for (method, _), count in (*batch.outcomes.items(), *pending.outcomes.items()):
            self.outcomes[method, refused.code] += count
        for ask, _ in (*batch.answers, *pending.answers):
            if ask.request_id is not None:
                ask.subscriber.send(codec.encode_error(ask.request_id, refused))
        self._on_failed(touched)

    def _tell(self, batch: Batch) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        self._tell_all(batch)
        self._telling_seconds = clock() - began
        self._watch.fan_out.observe(self._telling_seconds)

    def _tell_all(self, batch: Batch) -> None:
        own: dict[Subscriber, list[bytes]] = {}
        for ask, payload in batch.answers:
            own.setdefault(ask.subscriber, []).append(payload)
        for live, room in batch.rooms.items():
            self._fan_out(live, room, own)
        for subscriber, payloads in own.items():
            subscriber.send_frame(joined_frames(payloads))
        for live, user_id in batch.cycled:
            self._on_cycled(live, user_id)
        for live, whom in dict.fromkeys(batch.noticed):
            self.on_noticed(live, whom)
        self.outcomes.update(batch.outcomes)

    def _fan_out_unheard(self, live: LiveRoom, room: RoomBatch, own: dict[Subscriber, list[bytes]]) -> None:
        """Tell those who may not know what is said that something was."""
        durable = b"".join([told.payload(hears_chat=False) for told in room.events])
        everything = durable + b"".join(room.latest.values())
        for subscriber in live.deaf:
            self.deliveries += 1
            payload = durable if subscriber.is_slow else everything
            if payload:
                own.setdefault(subscriber, []).append(payload)

    def _fan_out(self, live: LiveRoom, room: RoomBatch, own: dict[Subscriber, list[bytes]]) -> None:
        durable = b"".join([told.encoded for told in room.events])
        everything = durable + b"".join(room.latest.values())
        if everything:
            frame = binary_frame(everything)
            if live.deaf:
                self._fan_out_unheard(live, room, own)
            shared, others = live.audience
            self.deliveries += len(shared) + len(others)
            # One write a connection: where something of its own comes along, the room's rides with it.
            apart = [one for one in own if one in shared]
            for subscriber in (*apart, *others):
                payload = durable if subscriber.is_slow else everything
                if payload:  # a message without a value would break the protocol
                    own.setdefault(subscriber, []).append(payload)
            # Beside the system call, the two lines in this loop are what a delivery costs.
            skipped = {shared[one] for one in apart}
            for write in shared.values():
                if write not in skipped:
                    write(frame)
        for user_id, payload in room.direct:
            for subscriber in live.subscribers.get(user_id, ()):
                own.setdefault(subscriber, []).append(payload)
        _put_out(live, room, self._batch.rooms.get(live), own)
        for join in room.joins:
            _let_in(live, room, join, own)


def _put_out(
    live: LiveRoom, room: RoomBatch, pending: RoomBatch | None, own: dict[Subscriber, list[bytes]]
) -> None:
    """Unsubscribe who was put out; those who were not let in yet are told why they never will."""
    for subscriber, payloads in room.turned_away:
        own.setdefault(subscriber, []).extend(payloads)
    # Whoever came back since then, with this beat or with the next one, is in by that.
    joins = room.joins if pending is None else [*room.joins, *pending.joins]
    back = {join.subscriber for join in joins}
    for user_id in room.expelled:
        for subscriber in live.unsubscribe_all(user_id) - back:
            subscriber.forget(live)


def _let_in(live: LiveRoom, room: RoomBatch, join: Join, own: dict[Subscriber, list[bytes]]) -> None:
    """Subscribe a connection, and tell it what came behind its join result."""
    subscriber = join.subscriber
    if subscriber.user is None or not subscriber.is_in(live):
        return  # it left, or was lost, while the beat was under way
    live.subscribe(subscriber)
    payloads = own.setdefault(subscriber, [])
    hears_chat = subscriber.hears_chat
    payloads += (told.payload(hears_chat=hears_chat) for told in room.events if told.event.seq > join.seq)
    payloads += room.latest.values()
    user_id = subscriber.user.id
    if user_id not in room.expelled:
        payloads += (payload for whom, payload in room.direct if whom == user_id)
