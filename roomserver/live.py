"""A live room: the core with its ring, its subscribers and the bytes it hands out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from protocol import codec
from protocol.commands import Resume
from protocol.events import ChatMessage, Resync, RoomEvent
from protocol.limits import CHAT_REPLAY_MESSAGES, CHAT_REPLAY_MS, GUEST_BAN_MS, Limits
from protocol.notice import Notice
from protocol.results import JoinResult
from protocol.values import RoomInfo, RoomSummary, User
from roomserver import persist
from roomserver.ring import Ring, tombstone
from roomserver.room.machine import Phase
from roomserver.room.member_lists import population_of
from roomserver.room.room import Room
from roomserver.room.state import Member, Reservation, RoomState, Tuning, Turn, Waiting
from storage.privacy.unlinking import Leaver
from storage.records import OpenedRoom

SNAPSHOT_MS = 1000
"""How long an encoded snapshot is shared by those who join at the same ``seq``: its chat ages."""


class Subscriber(Protocol):
    """A connection as a room sees it."""

    user: User | None
    rooms: dict[str, LiveRoom]
    """Where the connection is, by room id."""

    @property
    def is_slow(self) -> bool:
        """Whether latest-value events should be left out."""
        ...

    @property
    def hears_chat(self) -> bool:
        """Whether the connection may know what is said."""
        ...

    def send(self, payload: bytes) -> None:
        """Send MessagePack values as one message."""
        ...

    def send_frame(self, frame: bytes) -> None:
        """Send a ready, shared frame."""
        ...

    @property
    def takes_shared(self) -> bool:
        """Whether a room's frame can go to it as it is; when that ends, it says so to its rooms."""
        ...

    @property
    def write(self) -> Callable[[bytes], None]:
        """Writes a ready frame to a connection that takes shared ones."""
        ...

    def is_in(self, live: LiveRoom) -> bool:
        """Say whether the connection is in a room: it may have left before its join was committed."""
        ...

    def forget(self, live: LiveRoom) -> None:
        """Be in the room no more: the join could not be committed."""
        ...

    def resync(self, live: LiveRoom, event: Resync) -> None:
        """Leave the room, which was rebuilt, and tell the client to join again."""
        ...


class Audience(NamedTuple):
    """Who hears a room: those whom its frame is written to as it is, and those who need a closer look."""

    shared: dict[Subscriber, Callable[[bytes], None]]
    others: list[Subscriber]


class LiveRoom:
    """
    One open room of this process.

    ``room`` is the core; ``subscribers`` are told its events from the beat in which they
    joined. While ``is_broken`` the core's state is not what the disk has, and nothing may
    use it.
    """

    def __init__(self, room: Room, ring: Ring, bounds: Limits) -> None:
        self.room = room
        self.ring = ring
        self.is_broken = False
        self.touched_ms = 0
        """When somebody last asked for the room by name."""
        self.armed_at: int | None = None
        """The deadline for which the hub's timer holds this room."""
        self.subscribers: dict[str, set[Subscriber]] = {}
        """User id to the connections that carry them."""
        self.bots: set[str] = set()
        """Ids of the bots that are here."""
        self.deaf: set[Subscriber] = set()
        """Those of them that may not know what is said."""
        self._audience: Audience | None = None
        self._bounds = bounds
        self._snapshot: tuple[tuple[int, int, str | None], int, bytes] | None = None
        """What it was encoded of, until when it may be shown, and the bytes."""
        self._shown_until: dict[str, int] = {}
        """Until when each message in memory may be shown, by id."""

    @property
    def id(self) -> str:
        """The room's id."""
        return self.room.state.info.id

    def append(self, event: RoomEvent, shown_until_ms: int) -> bytes:
        """Keep an event for those who come later, until an instant; return its encoding."""
        if isinstance(event, ChatMessage):
            self._shown_until[event.id] = shown_until_ms
            if len(self._shown_until) > 2 * CHAT_REPLAY_MESSAGES:
                here = {message.id for message in self.room.state.chat} | {event.id}
                self._shown_until = {id_: end for id_, end in self._shown_until.items() if id_ in here}
        return self.ring.append(event, shown_until_ms)

    def note_coming(self, user_id: str, *, entered: bool) -> bool:
        """Note that somebody came or went; say whether it was a bot."""
        if not entered:
            was_here = user_id in self.bots
            self.bots.discard(user_id)
            return was_here
        member = self.room.state.members.get(user_id)
        if member is None or member.user.kind != "bot":
            return False
        self.bots.add(user_id)
        return True

    def mark(self, shown_until_ms: Mapping[str, int]) -> None:
        """Note until when messages may be shown, by id."""
        self._shown_until.update(shown_until_ms)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell a connection everything from now on."""
        assert subscriber.user is not None, "only authenticated connections join rooms"
        self._audience = None
        self.subscribers.setdefault(subscriber.user.id, set()).add(subscriber)
        if not subscriber.hears_chat:
            self.deaf.add(subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Tell a connection nothing more."""
        self._audience = None
        self.deaf.discard(subscriber)
        if subscriber.user is None:
            return
        connections = self.subscribers.get(subscriber.user.id)
        if connections is not None:
            connections.discard(subscriber)
            if not connections:
                del self.subscribers[subscriber.user.id]

    @property
    def audience(self) -> Audience:
        """
        Those who may know what is said.

        Kept between beats, and never changed in place: who tells them may lose some on the way.
        """
        if self._audience is None:
            everyone = [one for group in self.subscribers.values() for one in group if one not in self.deaf]
            shared = {one: one.write for one in everyone if one.takes_shared}
            self._audience = Audience(shared, [one for one in everyone if one not in shared])
        return self._audience

    def reconsider(self) -> None:
        """Look again at who takes shared frames, before the next one."""
        self._audience = None

    def unsubscribe_all(self, user_id: str) -> set[Subscriber]:
        """Tell no connection of a user anything more, and return them."""
        self._audience = None
        gone = self.subscribers.pop(user_id, set())
        self.deaf -= gone
        return gone

    def unsubscribe_everyone(self) -> list[Subscriber]:
        """Tell nobody anything more, and return everyone."""
        gone = [one for group in self.subscribers.values() for one in group]
        self._audience = None
        self.subscribers.clear()
        self.deaf.clear()
        return gone

    def join_result(
        self, user: User, resume: Resume | None, notice: Notice, now: int, *, hears_chat: bool = True
    ) -> dict[str, Any]:
        """Return the join result, ready to encode: missed events, or the state as a whole."""
        state = self.room.state
        missed = None
        if resume is not None and resume.epoch == state.epoch:
            missed = self.ring.since(resume.seq, state.seq, now, hears_chat=hears_chat)
        result: dict[str, Any] = {
            "epoch": state.epoch,
            "seq": state.seq,
            "recovered": missed is not None,
            "you": self.room.you(user, now),
            "members": self.room.members(),
            "votes": self.room.tally(),
            "durations_ms": self.room.durations(),
            **({} if (skip := self.room.skip_tally()) is None else {"skip": skip}),
            **({} if (cue := self.room.cue()) is None else {"cue": cue}),
            "notice": notice,
        }
        assert set(result) <= set(JoinResult.__struct_fields__), "the result keeps to its struct"
        if missed is None:
            encoded = self._encoded_snapshot(now) if hears_chat else self._unheard_snapshot(now)
            result["snapshot"] = msgspec.Raw(encoded)
        else:
            result["events"] = [msgspec.Raw(event) for event in missed]
        return result

    def _encoded_snapshot(self, now: int) -> bytes:
        votes = self.room.state.votes()
        key = (self.room.state.seq, hash((votes.woots, votes.mehs, votes.grabs)), votes.play_id)
        if self._snapshot is None or self._snapshot[0] != key or now >= self._snapshot[1]:
            # A join storm enters one room at one seq: encode once for all of them.
            snapshot = self.room.snapshot(now)
            if over := self._over(now):
                kept = [message for message in snapshot.chat if message.id not in over]
                snapshot = replace(snapshot, chat=kept)
            ends = [self._shown_until.get(message.id, now + SNAPSHOT_MS) for message in snapshot.chat]
            self._snapshot = (key, min([now + SNAPSHOT_MS, *ends]), codec.encode_value(snapshot))
        return self._snapshot[2]

    def _unheard_snapshot(self, now: int) -> bytes:
        """Return the snapshot for those who may not know what is said, by the same rule as the stream."""
        snapshot = self.room.snapshot(now)
        return codec.encode_value(replace(snapshot, chat=[tombstone(one) for one in snapshot.chat]))

    def _over(self, now: int) -> set[str]:
        return {message_id for message_id, until_ms in self._shown_until.items() if until_ms <= now}

    def forgettable(self, now: int) -> frozenset[str]:
        """Return the messages in memory that nobody may be shown any more, by id."""
        over, oldest = self._over(now), now - CHAT_REPLAY_MS
        return frozenset(
            message.id for message in self.room.state.chat if message.id in over or message.at_ms < oldest
        )

    def forget(self, leaver: Leaver) -> int:
        """Take an erased person out of what those who come later are told; return how much that was."""
        self._snapshot = None
        return self.ring.unlink(leaver)

    def holds(self, probe: bytes) -> int:
        """Count what of the room holds these bytes; for verification only."""
        snapshot = self._snapshot is not None and probe in self._snapshot[2]
        core = self.room.state
        decks = [[user_id, *(item.media for item in deck.items)] for user_id, deck in core.decks.items()]
        places = [place.media for place in core.waitlist]
        places += [kept.media for kept in core.reservations.values()]
        state = codec.encode_value([self.room.snapshot(0), self.room.members(), decks, places, core.fallback])
        return self.ring.contains(probe) + snapshot + (probe in state)

    def summary(self) -> RoomSummary:
        """Return the room's row of the directory."""
        state = self.room.state
        population, guests = population_of(state)
        booth = state.booth()
        return RoomSummary(
            id=state.info.id,
            slug=state.info.slug,
            name=state.info.name,
            description=state.info.description,
            private=state.settings.private,
            password=state.settings.password,
            population=population,
            guests=guests,
            dj=booth.dj,
            play=booth.play,
        )

    def rebuild(self, opened: OpenedRoom, tuning: Tuning, now: int) -> None:
        """
        Begin again from what the disk has, after a beat could not be committed.

        The room stays broken until its decks are read too and its subscribers know.
        """
        fresh = build(opened, self.room.state.new_id, tuning, self._bounds, now)
        self.room, self.ring = fresh.room, fresh.ring
        self._shown_until = fresh._shown_until  # noqa: SLF001 - the same class
        self._snapshot = None


def build(
    opened: OpenedRoom, new_id: Callable[[], str], tuning: Tuning, bounds: Limits, now: int
) -> LiveRoom:
    """
    Open a room as it was.

    Who waits or plays counts as away since now: their grace begins anew, because the
    server was the one that left.
    """
    record = opened.room
    info = RoomInfo(
        id=record.id,
        slug=record.slug,
        name=record.texts.name,
        description=record.texts.description,
        welcome=record.texts.welcome,
        created_at_ms=record.created_at_ms,
    )
    state = RoomState(
        info=info,
        settings=record.settings,
        password_hash=record.texts.password_hash,
        epoch=record.epoch,
        seq=record.seq,
        new_id=new_id,
        tuning=tuning,
        staff={id_: (persist.known(opened.users, id_), role) for id_, role in opened.staff.items()},
        waitlist=[
            Waiting(persist.known(opened.users, place.user_id), place.playlist_id, place.media)
            for place in record.waitlist
        ],
        fallback_playlist=record.fallback_playlist,
        fallback=tuple(opened.fallback),
        fallback_next=record.fallback_next,
        chat=list(opened.chat),
        nonces={(user, nonce): (id_, seq, at) for user, nonce, id_, seq, at in opened.nonces},
    )
    _seat(state, opened)
    _restore_rules(state, opened)
    _hold(state, now)
    ring = Ring(bounds, [(event, opened.ends[event.seq]) for event in opened.events])
    live = LiveRoom(Room(state), ring, bounds)
    live.mark({message.id: opened.ends[message.seq] for message in opened.chat})
    return live


def _hold(state: RoomState, now: int) -> None:
    held = [place.user for place in state.waitlist] + ([state.dj] if state.dj else [])
    for user in held:
        state.let_in(Member(user=user, connections=0, away_since=now))
        state.away[user.id] = now
        state.active_at_ms[user.id] = now


def _restore_rules(state: RoomState, opened: OpenedRoom) -> None:
    state.sanctions = {(one.kind, one.user.id): one for one in opened.sanctions}
    for user_id, key in opened.addresses.items():
        ban = state.sanctions["ban", user_id]
        longest = ban.at_ms + GUEST_BAN_MS
        until_ms = longest if ban.until_ms is None else min(ban.until_ms, longest)
        state.banned_addresses[user_id] = (key, until_ms)
    state.blocked = {(one.source, one.source_id): one for one in opened.blocked}
    state.recent.extend(((source, source_id), began_at) for source, source_id, began_at in opened.recent)
    state.reservations = {
        kept.user_id: Reservation(
            persist.known(opened.users, kept.user_id),
            kept.position,
            kept.until_ms,
            kept.playlist_id,
            kept.media,
        )
        for kept in opened.room.standing.reservations
    }
    state.locked_at_ms = opened.room.standing.locked_at_ms
    state.cycle_off_at_ms = opened.room.standing.cycle_off_at_ms
    state.chat_ttl_set_at_ms = opened.room.standing.chat_ttl_set_at_ms


def _seat(state: RoomState, opened: OpenedRoom) -> None:
    if opened.play is None:
        return
    standing = opened.room.standing
    turn = Turn(
        play=opened.play,
        playlist_id=standing.playlist_id,
        leave_after_play=opened.room.leave_after_play,
        nth=standing.nth,
        skip_votes=set(standing.skip_votes),
        reports=dict(standing.reports),
    )
    for vote in opened.votes:
        if vote.value:
            turn.votes[vote.account_id] = vote.value
        if vote.grabbed:
            turn.grabs.add(vote.account_id)
        turn.listeners.add(vote.account_id)
    state.turn = turn
    state.phase = Phase.FALLBACK if opened.play.dj is None else Phase.PLAYING
