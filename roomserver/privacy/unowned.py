"""
Rooms that lost their host: archived for a month, taken over by somebody, or deleted.

Who is erased takes the room's texts along. The room itself is others' as well: its staff, or the
operator for anybody, open it again; until then nobody comes in and no list shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from protocol.errors import ErrorCode, Rejected
from protocol.limits import ROOM_ARCHIVE_MS
from protocol.roles import Role
from protocol.values import User
from roomserver.hub import Hub
from roomserver.identity import new_id
from roomserver.live import LiveRoom
from storage.archived import ArchivedRoom, ArchivedRooms
from storage.database import Database
from storage.privacy.audit import Actor, Audit, AuditAction, Entry
from storage.rooms import Rooms


class UnownedStores(NamedTuple):
    """What is read and written."""

    database: Database
    archived: ArchivedRooms
    rooms: Rooms
    audit: Audit


class UnownedRooms:
    """Archives rooms, opens them again, and deletes those that nobody wants."""

    def __init__(
        self, stores: UnownedStores, hub: Hub, now_ms: Callable[[], int], rev: Callable[[], int]
    ) -> None:
        self._stores = stores
        self._hub = hub
        self._now_ms = now_ms
        self._rev = rev

    async def archive(self, live: LiveRoom, host_id: str) -> None:
        """
        Close the room of a host who is erased.

        Raises:
            StorageUnavailableError: the room goes on; try again.

        """
        until_ms = self._now_ms() + ROOM_ARCHIVE_MS
        await self._hub.remove(live, self._put_away(live.id, host_id, until_ms), until_ms)

    async def _put_away(self, room_id: str, host_id: str, until_ms: int) -> None:
        async with self._stores.database.transaction() as tx:
            await self._stores.archived.archive(tx, room_id, self._now_ms(), until_ms)
            entry = self._entry("room.archived", "system")._replace(subject_id=host_id)
            await self._stores.audit.append(tx, entry)

    async def claim(self, ref: str, user: User) -> LiveRoom:
        """
        Let one of a room's staff, or an administrator, become its host.

        Raises:
            Rejected: ``not_found``: it is not archived; ``forbidden``: they are nobody there.

        """
        found = await self._find(ref)
        role = await self._stores.archived.role_of(found.id, user.id)
        if user.kind != "admin" and (user.kind != "user" or role < Role.RESIDENT):
            message = f"expected one of the room's staff, got a {user.kind} who is none"
            raise Rejected(ErrorCode.FORBIDDEN, message, needs=Role.RESIDENT.wire)
        return await self._reopen(found, user.id, "user")

    async def give(self, ref: str, host_id: str) -> LiveRoom:
        """
        Make anybody the host, for the operator.

        Raises:
            Rejected: ``not_found``: it is not archived.

        """
        return await self._reopen(await self._find(ref), host_id, "operator")

    async def _reopen(self, found: ArchivedRoom, host_id: str, actor: Actor) -> LiveRoom:
        now = self._now_ms()
        async with self._stores.database.transaction() as tx:
            await self._stores.archived.reopen(tx, found.id, host_id, new_id(), now)
            entry = self._entry("room.taken_over", actor)
            by = host_id if actor == "user" else None
            await self._stores.audit.append(tx, entry._replace(actor_id=by, subject_id=host_id))
        return await self._hub.open(found.id)

    async def _find(self, ref: str) -> ArchivedRoom:
        found = await self._stores.archived.find(ref)
        if found is None:
            raise Rejected(ErrorCode.NOT_FOUND, f"expected an archived room, got {ref!r}", field="room")
        return found

    async def find(self, ref: str) -> ArchivedRoom | None:
        """Return an archived room by id or slug."""
        return await self._stores.archived.find(ref)

    async def count(self) -> int:
        """Return how many rooms wait for a host."""
        return await self._stores.archived.count()

    async def delete(self, found: ArchivedRoom, actor: Actor = "system") -> bool:
        """Delete an archived room for good, with its log; False where a hold keeps it back."""
        await self._stores.rooms.delete(found.id)
        if await self._stores.archived.find(found.id) is not None:
            return False
        await self._stores.audit.write(self._entry("room.deleted", actor))
        return True

    async def delete_due(self, over_ms: int) -> int:
        """Delete the rooms that nobody took over in time; return how many."""
        return sum([await self.delete(found) for found in await self._stores.archived.due(over_ms)])

    def _entry(self, action: AuditAction, actor: Actor) -> Entry:
        return Entry(action, actor, self._now_ms(), self._rev())
