"""Leaving for good: an account that is erased or frozen goes out of everything that runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from protocol.errors import CloseCode, ErrorCode, Rejected
from protocol.values import SYSTEM
from roomserver.hub import Hub
from roomserver.people import People
from roomserver.privacy.memory import RoomMemory
from roomserver.privacy.unowned import UnownedRooms
from roomserver.room.erasure import heir_of
from roomserver.room.inputs import Erase, FallbackRead, Unblock
from storage.errors import RoomArchivedError
from storage.privacy.eraser import Eraser, RoomTie
from storage.privacy.erasing_copies import Unwritten
from storage.privacy.holders import Holders
from storage.privacy.unlinking import REMOVED_TITLE, Leaver

NO_TIE = RoomTie("", is_host=False, texts=frozenset(), has_fallback=False)


class Reach(NamedTuple):
    """
    What of the running process a person is taken out of.

    ``flush`` waits until what was told before is out of the process, see
    :func:`roomserver.privacy.memory.flush_outgoing`.
    """

    hub: Hub
    people: People
    holders: Holders
    rooms: RoomMemory
    flush: Callable[[], Awaitable[int]]


class Leaving:
    """Closes connections, empties places, passes rooms on, and forgets."""

    def __init__(self, reach: Reach, unowned: UnownedRooms, eraser: Eraser) -> None:
        self._reach = reach
        self._unowned = unowned
        self._eraser = eraser

    def shut_out(self, account_id: str) -> None:
        """Let nothing more happen in an account's name from now on."""
        self._reach.hub.erasing.add(account_id)

    def _disconnect(self, account_id: str) -> None:
        for caller in self._reach.people.callers_of(account_id):
            caller.connection.close(CloseCode.ERASED, "the account was erased")

    def let_go(self, account_id: str) -> None:
        """Forget that an account was being erased: there is none of its id any more."""
        # A login that was under way when the erasure began.
        self._disconnect(account_id)
        self._reach.hub.erasing.discard(account_id)

    async def leave(self, account_id: str) -> None:
        """
        Disconnect an account and its bots with 4010 and take them out of all rooms; return when
        that is committed and told.

        Raises:
            Rejected: a room is being mended; try again.
            StorageUnavailableError: try again.

        """
        for bot_id in await self._eraser.bots_of(account_id):
            self.shut_out(bot_id)
            self._disconnect(bot_id)
            await self._leave(await self._eraser.leaver(bot_id))
        self._disconnect(account_id)
        await self._leave(await self._eraser.leaver(account_id))
        await self._reach.hub.beat.barrier()

    async def _leave(self, leaver: Leaver) -> None:
        hub = self._reach.hub
        await hub.renumber(leaver.id)
        ties = {tie.room_id: tie for tie in await self._eraser.ties(leaver.id)}
        seen = {*await self._eraser.rooms_with(leaver.id), *ties}
        here = {live.id for live in hub if leaver.id in live.room.state.members}
        for room_id in sorted(seen | here):
            tie = ties.get(room_id, NO_TIE)
            live = hub.live(room_id)
            if live is None:
                # A room at rest keeps nobody in memory; one that must change is woken for it.
                if room_id not in ties and not await self._eraser.keeps_place(room_id, leaver.id):
                    continue
                try:
                    live = await hub.open(room_id)
                except RoomArchivedError:
                    continue  # nothing in it is of anybody but its rows
                except Rejected as rejected:
                    if rejected.code is ErrorCode.NOT_FOUND:
                        continue
                    raise
            if tie.is_host and heir_of(live.room.state, leaver.id) is None:
                await self._unowned.archive(live, leaver.id)
                continue
            order = Erase(leaver.id, leaver.stand_in, tie.texts, tie.has_fallback)
            hub.apply(live, SYSTEM, order)

    async def refresh(self, account_ids: Iterable[str]) -> None:
        """Read what others would play next again: what they took from somebody may be gone, or nameless."""
        hub = self._reach.hub
        for account_id in account_ids:
            hub.refresh_decks(account_id)
        for room_id, items in (await self._eraser.fallbacks_of(account_ids)).items():
            live = hub.live(room_id)
            if live is not None and not live.is_broken:  # one that is mended reads it anew
                hub.apply(live, SYSTEM, FallbackRead(items))

    def unblock(self, unwritten: Unwritten) -> None:
        """
        Take what only somebody who leaves wrote off the block-lists of rooms that run.

        Raises:
            Rejected: a room is being mended; try again.

        """
        gone = frozenset(("direct", address) for address in unwritten.addresses)
        order = Unblock(gone, unwritten.titles, REMOVED_TITLE)
        for live in list(self._reach.hub):
            if live.room.state.blocked:
                self._reach.hub.apply(live, SYSTEM, order)

    async def forget(self, account_id: str) -> dict[str, int]:
        """
        Remove an account and its bots from memory; return what each holder removed.

        ``unread`` counts connections that were cut off with what they had not read.
        """
        receipts: dict[str, int] = {}
        for one in [*await self._eraser.bots_of(account_id), account_id]:
            # The rooms first: they know the pseudonym, which the holders' own scrub does not.
            forgotten = self._reach.rooms.forget(await self._eraser.leaver(one))
            found = {**self._reach.holders.scrub(one), self._reach.rooms.name: forgotten}
            receipts = {name: receipts.get(name, 0) + count for name, count in found.items()}
        receipts["unread"] = await self._reach.flush()
        return {name: count for name, count in receipts.items() if count}
