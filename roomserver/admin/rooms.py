"""Commands ``room.*`` and ``ban.*``: rooms, as the operator makes, mends and ends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from msgspec import Meta
from msgspec.structs import asdict

from protocol import commands
from protocol.errors import ErrorCode, Rejected
from protocol.limits import REASON_CHARS, ROOM_NAME_CHARS, SANCTION_MAX_MS
from protocol.text import clean
from protocol.values import SYSTEM, StaffRoleName
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.admin.users import account_of
from roomserver.api.rooms import fresh_record
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.live import LiveRoom
from roomserver.names import slug_of
from roomserver.people import People
from roomserver.privacy.unowned import UnownedRooms
from roomserver.room.inputs import Appoint, Moderate, Transfer
from storage.accounts import Accounts
from storage.rooms import Rooms
from storage.roster import Roster

_ROWS_MAX = 100_000
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]


class RoomList(AdminCommand, frozen=True, kw_only=True, tag="room.list"):
    """List rooms, newest first, private and archived ones too."""

    changes = False

    query: str = ""
    """A part of name or slug."""
    limit: Annotated[int, Meta(ge=1, le=_ROWS_MAX)] = 100


class RoomShow(AdminCommand, frozen=True, kw_only=True, tag="room.show"):
    """Show one room; ``room`` is a slug or an id, here and in all commands."""

    changes = False

    room: str


class RoomCreate(AdminCommand, frozen=True, kw_only=True, tag="room.create"):
    """Make a room; without a host the operator alone is above its staff."""

    name: Annotated[str, Meta(min_length=1, max_length=ROOM_NAME_CHARS)]
    slug: Slug | None = None
    host: str | None = None


class RoomDelete(AdminCommand, frozen=True, kw_only=True, tag="room.delete"):
    """Delete a room for good, with its log; its members are told."""

    room: str
    confirm: str
    """Its slug."""


class RoomStaff(AdminCommand, frozen=True, kw_only=True, tag="room.staff"):
    """Give somebody a role in a room; ``user`` takes it away, ``host`` makes the old host a cohost."""

    room: str
    user: str
    role: str


class RoomTakeOver(AdminCommand, frozen=True, kw_only=True, tag="room.take_over"):
    """Make somebody the host of an archived room, which opens it again."""

    room: str
    user: str


class BanList(AdminCommand, frozen=True, kw_only=True, tag="ban.list"):
    """List who is banned from a room."""

    changes = False

    room: str


class BanAdd(AdminCommand, frozen=True, kw_only=True, tag="ban.add"):
    """Ban somebody from a room, for a while or for good (None)."""

    room: str
    user: str
    duration_ms: Annotated[int, Meta(ge=1000, le=SANCTION_MAX_MS)] | None = None
    reason: Annotated[str, Meta(max_length=REASON_CHARS)] | None = None


class BanLift(AdminCommand, frozen=True, kw_only=True, tag="ban.lift"):
    """Let a banned user in again."""

    room: str
    user: str


class RoomShelf(NamedTuple):
    """What the commands read and write beside the hub."""

    rooms: Rooms
    accounts: Accounts
    roster: Roster
    unowned: UnownedRooms


class RoomAdministration:
    """Carries the commands out as the system, which needs no membership and outranks everybody."""

    def __init__(self, shelf: RoomShelf, hub: Hub, people: People, clock: ServerClock) -> None:
        self._rooms, self._accounts, self._roster, self._unowned = shelf
        self._hub = hub
        self._people = people
        self._now_ms = clock.now_ms

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {
            RoomList: self.list,
            RoomShow: self.show,
            RoomCreate: self.create,
            RoomDelete: self.delete,
            RoomStaff: self.staff,
            RoomTakeOver: self.take_over,
            BanList: self.bans,
            BanAdd: self.ban,
            BanLift: self.lift,
        }

    async def list(self, command: RoomList) -> Mapping[str, object]:
        """List rooms."""
        rows = []
        for entry in await self._roster.rooms(command.query, command.limit):
            live = self._hub.live(entry.id)
            population = 0 if live is None else len(live.room.state.members)
            rows.append({**entry._asdict(), "population": population})
        return {"rooms": rows}

    async def show(self, command: RoomShow) -> Mapping[str, object]:
        """Show one room."""
        live = await self._hub.open(command.room)
        state = live.room.state
        summary = live.summary()
        playing = None if summary.play is None else summary.play.media.title
        return {
            **_facts(live),
            "population": summary.population,
            "guests": summary.guests,
            "playing": playing,
            "waiting": len(state.waitlist),
            "bans": len([one for one in state.sanctions.values() if one.kind == "ban"]),
            "staff": {user.name: role.wire for user, role in state.staff.values()},
            "settings": asdict(state.settings),
        }

    async def create(self, command: RoomCreate) -> Mapping[str, object]:
        """Make a room."""
        name = clean(command.name)
        slug = command.slug or slug_of(name)
        if not slug:
            raise Rejected(ErrorCode.BAD_PARAMS, f"expected a slug for a room named {name!r}", field="slug")
        host = None if command.host is None else await account_of(self._accounts, command.host)
        if host is not None and host.kind not in {"user", "admin"}:
            raise Rejected(ErrorCode.BAD_PARAMS, f"expected a user as host, got a {host.kind}", field="host")
        record = fresh_record(name, slug, self._now_ms())
        await self._rooms.create(record, None if host is None else host.id)
        return _facts(await self._hub.open(record.id))

    async def delete(self, command: RoomDelete) -> Mapping[str, object]:
        """Delete a room."""
        archived = await self._unowned.find(command.room)
        if archived is not None:
            _confirm(archived.slug, command.confirm)
            await self._unowned.delete(archived, "operator")
            return {"id": archived.id, "slug": archived.slug}
        live = await self._hub.open(command.room)
        _confirm(live.room.state.info.slug, command.confirm)
        facts = _facts(live)
        await self._hub.remove(live, self._rooms.delete(live.id))
        return facts

    async def staff(self, command: RoomStaff) -> Mapping[str, object]:
        """Give a role."""
        live = await self._hub.open(command.room)
        user = (await account_of(self._accounts, command.user)).to_user()
        if command.role == "host":
            order: Any = Transfer(commands.RoomTransfer(room=live.id, user=user.id), user)
        elif command.role in _ROLES:
            role: Any = command.role
            order = Appoint(commands.StaffSet(room=live.id, user=user.id, role=role), user)
        else:
            message = f"expected one of {', '.join((*_ROLES, 'host'))}, got {command.role!r}"
            raise Rejected(ErrorCode.BAD_PARAMS, message, field="role")
        await self._order(live, order)
        return {**_facts(live), "user": user.name, "role": command.role}

    async def take_over(self, command: RoomTakeOver) -> Mapping[str, object]:
        """Give an archived room a host."""
        user = (await account_of(self._accounts, command.user)).to_user()
        if user.kind not in {"user", "admin"}:
            raise Rejected(ErrorCode.BAD_PARAMS, f"expected a user as host, got a {user.kind}", field="user")
        live = await self._unowned.give(command.room, user.id)
        return {**_facts(live), "user": user.name}

    async def bans(self, command: BanList) -> Mapping[str, object]:
        """List bans."""
        live = await self._hub.open(command.room)
        now = self._now_ms()
        rows = [
            {
                "user": one.user.name,
                "id": one.user.id,
                "by": one.by.name,
                "at_ms": one.at_ms,
                "until_ms": one.until_ms,
                "reason": one.reason,
            }
            for one in live.room.state.sanctions.values()
            if one.kind == "ban" and (one.until_ms is None or one.until_ms > now)
        ]
        return {"bans": rows}

    async def ban(self, command: BanAdd) -> Mapping[str, object]:
        """Ban somebody."""
        live = await self._hub.open(command.room)
        user = (await account_of(self._accounts, command.user)).to_user()
        callers = self._people.callers_of(user.id)
        order = commands.ModBan(
            room=live.id, user=user.id, duration_ms=command.duration_ms, reason=command.reason
        )
        address_key = callers[0].address_key if callers else None
        await self._order(live, Moderate(order, user, address_key))
        until_ms = None if command.duration_ms is None else self._now_ms() + command.duration_ms
        return {**_facts(live), "user": user.name, "until_ms": until_ms}

    async def lift(self, command: BanLift) -> Mapping[str, object]:
        """Lift a ban."""
        live = await self._hub.open(command.room)
        user = (await account_of(self._accounts, command.user)).to_user()
        order = commands.ModUnban(room=live.id, user=user.id)
        await self._order(live, Moderate(order, user, None))
        return {**_facts(live), "user": user.name}

    async def _order(self, live: LiveRoom, order: object) -> None:
        """Have a room do something, and wait until it is on disk."""
        self._hub.apply(live, SYSTEM, order)
        await self._hub.beat.barrier()
        if live.is_broken:
            raise Rejected(ErrorCode.STORAGE_UNAVAILABLE)


_ROLES: tuple[StaffRoleName, ...] = ("user", "resident", "bouncer", "manager", "cohost")


def _confirm(slug: str, said: str) -> None:
    if said != slug:
        message = f"expected the room's slug {slug!r} to confirm, got {said!r}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="confirm")


def _facts(live: LiveRoom) -> dict[str, object]:
    info = live.room.state.info
    return {"id": info.id, "slug": info.slug, "name": info.name, "created_at_ms": info.created_at_ms}
