"""Methods ``room.*`` and ``staff.set``."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from protocol import commands, limits
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import Empty, MembersResult, RoomResult, RoomsResult
from protocol.roles import Action, Role
from protocol.text import checked_text, name_key
from protocol.values import Media, Member, RoomSummary, Settings, User, Value
from roomserver.api.caller import Caller
from roomserver.api.dispatch import Call, Handler
from roomserver.clock import ServerClock
from roomserver.decks import Decks
from roomserver.directory import summaries
from roomserver.guard import Guard
from roomserver.hub import Hub
from roomserver.identity import new_id
from roomserver.live import LiveRoom
from roomserver.names import slug_of
from roomserver.passwords import Passwords
from roomserver.retention import Retention
from roomserver.room.inputs import Appoint, Enter, Return, Transfer, Update
from roomserver.room.paging import next_offset, offset_of
from storage.accounts import Accounts
from storage.errors import RoomExistsError
from storage.privacy.policy import Range
from storage.privacy.precedence import shortened
from storage.records import RoomRecord, RoomTexts
from storage.rooms import Rooms

_SLUG_TRIES = 20
ANY_TIME = Range(0, limits.CHAT_TTL_MAX_MS)
"""What a room may choose for its chat where the policy says nothing."""


class RoomStores(NamedTuple):
    """What the methods of rooms read and write beside the hub."""

    rooms: Rooms
    accounts: Accounts
    decks: Decks


DEFAULT_SETTINGS = Settings(
    private=False,
    password=False,
    capacity=limits.CAPACITY_DEFAULT,
    waitlist_cap=limits.WAITLIST_CAP_DEFAULT,
    slow_mode_ms=0,
    guests_chat=True,
    locked=False,
    cycle=True,
)


def fresh_record(name: str, slug: str, now_ms: int, settings: Settings = DEFAULT_SETTINGS) -> RoomRecord:
    """Return a new room at rest."""
    return RoomRecord(
        id=new_id(),
        slug=slug,
        created_at_ms=now_ms,
        epoch=new_id(),
        seq=0,
        texts=RoomTexts(name=name, description="", welcome="", password_hash=None),
        settings=settings,
        waitlist=[],
        leave_after_play=False,
        fallback_playlist=None,
        fallback_next=0,
    )


class RoomMethods:
    """The directory, entering and leaving, settings and staff."""

    def __init__(
        self,
        hub: Hub,
        stores: RoomStores,
        passwords: Passwords,
        guard: Guard,
        clock: ServerClock,
        retention: Retention,
    ) -> None:
        self._hub = hub
        self._stores = stores
        self._passwords = passwords
        self._guard = guard
        self._clock = clock
        self._retention = retention

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.RoomList: self.list,
            commands.RoomGet: self.get,
            commands.RoomCreate: self.create,
            commands.RoomJoin: self.join,
            commands.RoomLeave: self.leave,
            commands.RoomUpdate: self.update,
            commands.RoomMembers: self.members,
            commands.StaffSet: self.staff,
            commands.RoomTransfer: self.transfer,
            commands.RoomDelete: self.delete,
        }

    async def list(self, call: Call, command: commands.RoomList) -> None:
        """List public rooms by population; the answer waits for what it tells to be committed."""
        offset = offset_of(command.cursor)
        wanted = name_key(command.query or "")
        stored = await self._stores.rooms.directory()
        # A room made private since it was read is not in the directory any more.
        rows = [row for row in summaries(self._hub, stored) if not row.private and _matches(row, wanted)]
        page = rows[offset : offset + command.limit]
        result = RoomsResult(rooms=page, next_cursor=next_offset(offset, page, len(rows)))
        self._answer(call, result)

    async def get(self, call: Call, command: commands.RoomGet) -> None:
        """Read one room's row."""
        live = await self._hub.open(command.room)
        self._answer(call, RoomResult(room=live.summary()))

    def _answer(self, call: Call, result: Value) -> None:
        # With the beat: what a live room says of itself may not be committed yet.
        self._hub.beat.answer(call.ask, result)

    async def create(self, call: Call, command: commands.RoomCreate) -> RoomResult:
        """Make a room; the caller becomes its host."""
        user = call.user
        if user.kind == "guest":
            raise Rejected(ErrorCode.FORBIDDEN, "expected a user, got a guest", needs=Role.USER.wire)
        name = checked_text(command.name, limits.ROOM_NAME_CHARS, "name")
        if not name:
            raise Rejected(ErrorCode.BAD_PARAMS, "expected a name, got only white space", field="name")
        live = await self._hub.open(await self._store(command, name, user))
        return RoomResult(room=live.summary())

    async def _store(self, command: commands.RoomCreate, name: str, host: User) -> str:
        about = checked_text(command.description, limits.ROOM_DESCRIPTION_CHARS, "description")
        at_most = None if host.kind == "admin" else limits.ROOMS_PER_USER
        base = command.slug or slug_of(name) or "room"
        for number in range(1, _SLUG_TRIES + 1):
            slug = base if number == 1 else f"{base[:29]}-{number}"
            record = fresh_record(name, slug, self._clock.now_ms())
            record = _with(record, description=about, private=command.private)
            try:
                await self._stores.rooms.create(record, host.id, at_most)
            except RoomExistsError:
                if command.slug is not None:
                    raise
                continue
            return record.id
        raise RoomExistsError(base)

    async def join(self, call: Call, command: commands.RoomJoin) -> None:
        """Enter a room, or resume it; joining twice on one connection is a resume too."""
        caller, user = call.caller, call.user
        await self._retention.acknowledgements.load(user.id)
        live = await self._hub.open(command.room)
        if live.id not in caller.rooms or user.id not in live.room.state.members:
            at_most = limits.Limits().rooms_per_connection
            if len(caller.rooms) >= at_most:
                raise Rejected(ErrorCode.TOO_MANY, f"expected at most {at_most} rooms", limit=at_most)
            password_ok = await self._password_ok(live, caller, command.password)
            kept = live.room.state.reservations.get(user.id)
            # Read before anything changes: who was refused has not entered, and comes again.
            deck = None if kept is None else await self._stores.decks.deck(user.id, kept.playlist_id)
            if caller.connection.is_closing:
                return
            self._hub.apply(live, user, Enter(user, password_ok, caller.address_key))
            caller.rooms[live.id] = live
            if kept is not None:
                # Who was away for too long gets the place that is kept for them.
                self._hub.apply(live, user, Return(deck))
        notice = self._retention.notices.show(caller, live)
        result = live.join_result(
            user, command.resume, notice, self._clock.now_ms(), hears_chat=caller.hears_chat
        )
        self._hub.beat.answer(call.ask, result)
        self._hub.beat.join(live, caller)

    async def _password_ok(self, live: LiveRoom, caller: Caller, password: str | None) -> bool:
        stored = live.room.state.password_hash
        if stored is None or password is None:
            return stored is None
        self._guard.admit("passwords", caller.connection.client)
        return await self._passwords.verify(stored, password)

    async def leave(self, call: Call, command: commands.RoomLeave) -> None:
        """Leave a room on this connection; with the user's last one, for good."""
        caller = call.caller
        live = await self._hub.open(command.room)
        if caller.rooms.pop(live.id, None) is None:
            raise Rejected(ErrorCode.NOT_IN_ROOM, f"expected a room you are in, got {command.room}")
        live.unsubscribe(caller)
        self._hub.run(live, call.user, command, call.ask)

    async def update(self, call: Call, command: commands.RoomUpdate) -> None:
        """Change texts and rules."""
        live = await self._hub.open(command.room)
        live.room.state.require(call.user, Action.EDIT_ROOM)
        password_hash = None
        if command.password:
            password_hash = await self._passwords.hash(command.password)
        fallback = await self._fallback(call.user, command.fallback)
        allowed = self._retention.recorder.in_force.policy.room_limits.get("chat", ANY_TIME)
        before = live.room.state.settings.chat_ttl_ms
        self._hub.apply(live, call.user, Update(command, password_hash, fallback, allowed))
        if live.room.state.settings.chat_ttl_ms != before:
            await self._told_of_times(live)
        self._answer(call, RoomResult(room=live.summary(), chat_ttls_ms=self._undercut(live, command)))

    def _undercut(self, live: LiveRoom, command: commands.RoomUpdate) -> dict[str, int] | None:
        """Return where the law keeps chat less long than a room has just chosen."""
        if command.chat_ttl_ms is None:
            return None
        policy, slug = self._retention.recorder.in_force.policy, live.room.state.info.slug
        return shortened(policy, "chat", slug, command.chat_ttl_ms) or None

    async def _told_of_times(self, live: LiveRoom) -> None:
        """Tell everyone how long chat is kept now, once it is so; what was said before follows later."""
        await self._hub.beat.barrier()
        await self._retention.room_chose(live.id, self._clock.now_ms())
        self._retention.notices.tell(live)

    async def _fallback(self, user: User, playlist_id: str | None) -> tuple[Media, ...]:
        """Return what a playlist of the user plays when nobody DJs; empty when none is named."""
        if not playlist_id:
            return ()
        items = await self._stores.decks.media(user.id, playlist_id, limits.FALLBACK_MAX)
        if not items:
            raise Rejected(ErrorCode.NO_MEDIA, "expected a playlist with items", field="fallback")
        return items

    async def members(self, call: Call, command: commands.RoomMembers) -> None:
        """Page through everyone in a room."""
        offset = offset_of(command.cursor)
        live = await self._hub.open(command.room)
        state = live.room.state
        state.require(call.user, Action.WATCH)
        everyone = [member.user for member in state.members.values()]
        page = [
            Member(user=user, role=state.role_of(user).wire)
            for user in everyone[offset : offset + command.limit]
        ]
        result = MembersResult(members=page, next_cursor=next_offset(offset, page, len(everyone)))
        self._answer(call, result)

    async def staff(self, call: Call, command: commands.StaffSet) -> None:
        """Grant or take a role."""
        live = await self._hub.open(command.room)
        target = await self._stores.accounts.by_id(command.user)
        if target is None:
            raise Rejected(ErrorCode.NOT_FOUND, "expected an account", field="user")
        self._hub.run(live, call.user, Appoint(command, target.to_user()), call.ask)

    async def transfer(self, call: Call, command: commands.RoomTransfer) -> None:
        """Make another account the host."""
        live = await self._hub.open(command.room)
        target = await self._stores.accounts.by_id(command.user)
        if target is None:
            raise Rejected(ErrorCode.NOT_FOUND, "expected an account", field="user")
        order = Transfer(command, target.to_user())
        self._hub.run(live, call.user, order, call.ask)

    async def delete(self, call: Call, command: commands.RoomDelete) -> Empty:
        """Delete a room for good, with its log."""
        live = await self._hub.open(command.room)
        state = live.room.state
        state.require(call.user, Action.OWN_ROOM)
        if command.confirm != state.info.slug:
            message = f"expected the room's slug {state.info.slug!r}, got {command.confirm[:32]!r}"
            raise Rejected(ErrorCode.BAD_PARAMS, message, field="confirm")
        await self._hub.remove(live, self._stores.rooms.delete(live.id))
        return Empty()


def _with(record: RoomRecord, *, description: str, private: bool) -> RoomRecord:
    return replace(
        record,
        texts=replace(record.texts, description=description),
        settings=replace(record.settings, private=private),
    )


def _matches(row: RoomSummary, wanted: str) -> bool:
    return not wanted or wanted in name_key(row.name) or wanted in row.slug
