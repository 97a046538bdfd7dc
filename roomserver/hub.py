"""
The hub: the live rooms of this process, and the one timer that drives them.

Everything a room does goes through :meth:`Hub.run` or the timer, and from there into the
beat; nothing else touches a room's core.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any, Literal, NamedTuple, Protocol

import structlog

from protocol import codec
from protocol.errors import ErrorCode, Rejected
from protocol.events import Resync, RoomClosed
from protocol.limits import Limits
from protocol.values import SYSTEM, User, Value
from roomserver.batch import Ask
from roomserver.beat import Beat
from roomserver.deadlines import Deadlines
from roomserver.live import LiveRoom, build
from roomserver.metrics.observer import Observer, Unobserved
from roomserver.room import effects as fx
from roomserver.room.inputs import Deck, DeckRead, ProfileChanged
from roomserver.room.state import Tuning
from storage.errors import StorageUnavailableError
from storage.records import OpenedRoom

log = structlog.get_logger("hub")

REBUILD_RETRY_SECONDS = 1.0
IDLE_MS = 300_000
"""How long an empty room stays open (OpenTogetherTube's five minutes)."""


class RoomStore(Protocol):
    """Rooms at rest."""

    async def open(self, ref: str, now_ms: int) -> OpenedRoom | None:
        """Read a room by id or slug."""
        ...

    async def set_epoch(self, room_id: str, epoch: str) -> None:
        """Begin a new numbering."""
        ...

    async def renumber(self, account_id: str, epoch: str, but: Collection[str]) -> int:
        """Begin a new numbering of rooms that name an account."""
        ...


class DeckStore(Protocol):
    """The tops of playlists."""

    async def deck(self, account_id: str, playlist_id: str | None) -> Deck | None:
        """Read the top of a playlist, the active one by default."""
        ...


class Shelf(NamedTuple):
    """Where the hub reads rooms and decks."""

    rooms: RoomStore
    decks: DeckStore


class Settings(NamedTuple):
    """What the hub gives every room it opens."""

    tuning: Tuning
    bounds: Limits
    new_id: Callable[[], str]


class Hub:
    """Opens rooms, feeds them, wakes them when they are due, and mends them after a failed commit."""

    def __init__(
        self,
        shelf: Shelf,
        settings: Settings,
        now_ms: Callable[[], int],
        advance_lateness: Observer | None = None,
    ) -> None:
        self._shelf = shelf
        self._settings = settings
        self._now_ms = now_ms
        self._advance_lateness = advance_lateness or Unobserved()
        self._since_ms = now_ms()
        self._rooms: dict[str, LiveRoom] = {}
        self._slugs: dict[str, str] = {}
        self._opening: dict[str, asyncio.Task[LiveRoom | None]] = {}
        self._deadlines = Deadlines()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._mending: set[LiveRoom] = set()
        self.erasing: set[str] = set()
        """Accounts whose erasure is under way: nothing more may happen in their name."""
        self.on_wake: Callable[[], None] = lambda: None
        """Called before rooms that are due are looked at: perhaps the process did not run for a while."""
        self.beat: Beat

    # Rooms

    def __iter__(self) -> Iterator[LiveRoom]:
        return iter(self._rooms.values())

    def check(self) -> str | None:
        """Say what is wrong with the rooms, for ``/readyz``."""
        broken = sum(live.is_broken for live in self._rooms.values())
        return f"{broken} rooms are being rebuilt" if broken else None

    def members_of(self, user_ids: set[str]) -> set[str]:
        """Return which of some users are members of an open room, connected or in their grace."""
        return set().union(*(live.room.state.members.keys() & user_ids for live in self._rooms.values()))

    def live(self, ref: str) -> LiveRoom | None:
        """Return a room that is open, by id, or else by slug: one may look like the id of another room."""
        return self._rooms.get(ref) or self._rooms.get(self._slugs.get(ref, ""))

    async def open(self, ref: str) -> LiveRoom:
        """
        Return a room, opening it if need be. Concurrent callers share one opening.

        Raises:
            Rejected: ``not_found``; ``storage_unavailable`` while the room is being mended,
                for its state is not what the disk has.

        """
        live = self.live(ref)
        if live is not None:
            if live.is_broken:
                raise Rejected(ErrorCode.STORAGE_UNAVAILABLE)
            live.touched_ms = self._now_ms()
            return live
        task = self._opening.get(ref)
        if task is None:
            task = self._opening[ref] = asyncio.create_task(self._open(ref))
            task.add_done_callback(lambda _: self._opening.pop(ref, None))
        # Shielded: one caller who leaves must not take the room from the others.
        opened = await asyncio.shield(task)
        if opened is None:
            raise Rejected(ErrorCode.NOT_FOUND, f"expected a room, got {ref!r}", field="room")
        return opened

    async def _open(self, ref: str) -> LiveRoom | None:
        stored = await self._shelf.rooms.open(ref, self._now_ms())
        if stored is None:
            return None
        fresh = build(
            stored, self._settings.new_id, self._settings.tuning, self._settings.bounds, self._now_ms()
        )
        await self._read_decks(fresh)
        # The same room may have been opened by its other name meanwhile.
        live = self._rooms.setdefault(fresh.id, fresh)
        live.touched_ms = self._now_ms()
        self._slugs[fresh.room.state.info.slug] = fresh.id
        if live is fresh:
            self._arm(live)
        return live

    async def _read_decks(self, live: LiveRoom) -> None:
        state = live.room.state
        concerned = {place.user.id: place.playlist_id for place in state.waitlist}
        if state.dj is not None and state.turn is not None:
            concerned.setdefault(state.dj.id, state.turn.playlist_id)
        for user_id, playlist_id in concerned.items():
            deck = await self._shelf.decks.deck(user_id, playlist_id)
            if deck is not None:
                state.decks[user_id] = deck

    # Commands

    def apply(self, live: LiveRoom, actor: User, command: Any) -> Value:
        """
        Feed a room and put what follows into the beat; return what it answers.

        Raises:
            Rejected: the room refused, and nothing has changed.

        """
        if live.is_broken:
            raise Rejected(ErrorCode.STORAGE_UNAVAILABLE)
        if actor.id in self.erasing:
            # A request may have waited for storage while its account's erasure began.
            raise Rejected(ErrorCode.ACCOUNT_FROZEN, "expected an account that is not being erased")
        with self._trusting(live):
            outcome = live.room.handle(actor, command, self._now_ms())
            self.beat.take(live, outcome.effects)
            self._arm(live)
        return outcome.result

    @contextlib.contextmanager
    def _trusting(self, live: LiveRoom) -> Iterator[None]:
        """Rebuild a room whose rules fail half-way, which is a bug: it holds what nobody asked for."""
        try:
            yield
        except Rejected:
            raise  # and nothing has changed
        except Exception:
            self.beat.give_up(live)
            raise

    def run(self, live: LiveRoom, actor: User, command: Any, ask: Ask) -> None:
        """Feed a room; its answer or refusal comes with the beat."""
        try:
            result = self.apply(live, actor, command)
        except Rejected as rejected:
            self.beat.refuse(ask, rejected)
        else:
            self.beat.answer(ask, result)

    def profile_changed(self, user: User) -> None:
        """Tell every room what others see of a user now."""
        for live in self._rooms.values():
            with contextlib.suppress(Rejected):  # a room that is being mended reads it from storage
                self.apply(live, user, ProfileChanged(user))
        self._spawn(self._renumber_soon(user.id))

    async def renumber(self, account_id: str) -> None:
        """Have clients of rooms at rest that name an account take them anew: no event tells what changed."""
        await self._shelf.rooms.renumber(account_id, self._settings.new_id(), list(self._rooms))

    async def _renumber_soon(self, account_id: str) -> None:
        with contextlib.suppress(StorageUnavailableError):  # who comes back sees the old profile for a while
            await self.renumber(account_id)

    def refresh_deck(self, live: LiveRoom, user_id: str) -> None:
        """Read what a user would play next again, soon."""
        self._spawn(self._refresh_deck(live, user_id))

    def refresh_decks(self, user_id: str) -> None:
        """Read a user's decks again wherever they wait or play: a playlist changed."""
        for live in self._rooms.values():
            state = live.room.state
            if state.position_of(user_id) is not None or state.is_dj(user_id):
                self.refresh_deck(live, user_id)

    async def _refresh_deck(self, live: LiveRoom, user_id: str) -> None:
        while not live.is_broken:
            await self.beat.barrier()
            state = live.room.state
            before = state.decks.get(user_id)
            position = state.position_of(user_id)
            if position is None and not state.is_dj(user_id):
                return
            place = state.turn if position is None else state.waitlist[position]
            playlist_id = None if place is None else place.playlist_id
            try:
                deck = await self._shelf.decks.deck(user_id, playlist_id)
            except StorageUnavailableError:
                return  # the beat notices too, and rebuilds the room
            # A turn that began while we read has moved the deck on: what we read is old.
            unchanged = live.room.state is state and state.decks.get(user_id) is before
            if unchanged and not live.is_broken:
                self.apply(live, SYSTEM, DeckRead(user_id, deck))
                return

    def unload_idle(self) -> int:
        """
        Forget rooms that nobody is in, nothing is due in and nobody asked for in a while; return how many.

        What they are is on disk: they open again when somebody asks. The while is long
        against any request, so that none holds a room that was forgotten under it.
        """
        idle_since = self._now_ms() - IDLE_MS
        idle = [
            live
            for live in self._rooms.values()
            if live.touched_ms < idle_since
            and not live.is_broken
            and not live.room.state.members
            and live.room.deadline() is None
        ]
        for live in idle:
            del self._rooms[live.id]
            self._slugs.pop(live.room.state.info.slug, None)
        return len(idle)

    async def remove(
        self, live: LiveRoom, erase: Awaitable[None], archived_until_ms: int | None = None
    ) -> None:
        """
        Close a room: nothing more happens in it, its rows go, its members are told.

        With ``archived_until_ms`` it is archived until then instead of gone.

        Raises:
            StorageUnavailableError: the room is mended and goes on.

        """
        live.is_broken = True
        await self.beat.barrier()
        try:
            await erase
        except StorageUnavailableError:
            self.mend([live])
            raise
        self._rooms.pop(live.id, None)
        self._slugs.pop(live.room.state.info.slug, None)
        reason: Literal["deleted", "archived"] = "deleted" if archived_until_ms is None else "archived"
        closed = RoomClosed(room=live.id, reason=reason, until_ms=archived_until_ms)
        for subscriber in live.unsubscribe_everyone():
            subscriber.forget(live)
            subscriber.send(codec.encode_event(closed.wire, closed))

    # The timer

    def _arm(self, live: LiveRoom) -> None:
        if self._deadlines.arm(live):
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        nearest = self._deadlines.next_ms()
        if nearest is not None:
            delay = max(0, nearest - self._now_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay, self.wake)

    @property
    def next_deadline_ms(self) -> int | None:
        """When a room wants to be looked at next; None when none does."""
        return self._deadlines.next_ms()

    def wake(self) -> None:
        """Look at the rooms that are due; by itself at their deadlines, and when a clock was moved."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self.on_wake()
        now = self._now_ms()
        for deadline, live in self._deadlines.due(now):
            try:
                self._tick(live, deadline, now)
            except Exception:
                # One room's bug is no reason for all others to stand still.
                log.exception("tick failed", room=live.id)
        self._set_timer()

    def _tick(self, live: LiveRoom, deadline: int, now: int) -> None:
        with self._trusting(live):
            effects = live.room.tick(now)
            if deadline >= self._since_ms and any(isinstance(effect, fx.PlayBegan) for effect in effects):
                # What became due while no server ran is late for another reason.
                self._advance_lateness.observe((now - deadline) / 1000)
            self.beat.take(live, effects)
            self._arm(live)

    # Failed commits

    def mend(self, rooms: Collection[LiveRoom]) -> None:
        """Rebuild rooms whose state is not what the disk has, each once at a time."""
        for live in rooms:
            if live not in self._mending:
                self._mending.add(live)
                self._spawn(self._mend(live))

    async def _mend(self, live: LiveRoom) -> None:
        log.warning("room broken", room=live.id)
        await self.beat.barrier()  # a commit in flight is part of what the disk has
        epoch = self._settings.new_id()
        while True:
            try:
                await self._shelf.rooms.set_epoch(live.id, epoch)
                opened = await self._shelf.rooms.open(live.id, self._now_ms())
                assert opened is not None, "a room does not vanish from storage while it is open"
                live.rebuild(opened, self._settings.tuning, self._now_ms())
                await self._read_decks(live)
                break
            except StorageUnavailableError:
                await asyncio.sleep(REBUILD_RETRY_SECONDS)
        # From here on without waiting: nobody may join before the others are told to.
        self._mending.discard(live)
        subscribers = live.unsubscribe_everyone()
        live.armed_at = None
        live.is_broken = False
        resync = Resync(room=live.id, epoch=epoch)
        for subscriber in subscribers:
            subscriber.resync(live, resync)
        self._arm(live)
        log.info("room rebuilt", room=live.id, told=len(subscribers))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Stop the timer and what is under way."""
        if self._timer is not None:
            self._timer.cancel()
        for task in (*self._tasks, *self._opening.values()):
            task.cancel()
