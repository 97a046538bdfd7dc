"""
Erasures: an account and all it left, stage by stage, also over the death of the process.

::

    ledger ─▶ requested ─▶ frozen ─▶ memory ─▶ rows ─▶ search ─▶ bytes ─▶ complete

The intent is on disk in the ledger before anything is touched. Each stage may be run again and
is noted when it is done; a start goes on with what is not complete. :mod:`roomserver.privacy.replay`
brings a database from before an erasure up to date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import structlog

from protocol.errors import Rejected
from protocol.limits import MINUTE_MS, SECOND_MS
from protocol.privacy import RequestStage
from roomserver.privacy.leaving import Leaving
from roomserver.privacy.receipts import Receipts
from storage.database import Database, Transaction
from storage.errors import StorageError
from storage.privacy.audit import Actor, Audit, AuditAction, Entry
from storage.privacy.eraser import Eraser
from storage.privacy.holds import HeldError
from storage.privacy.keeping import Keeping
from storage.privacy.ledger import Ledger
from storage.privacy.requests import Basis, Requests, StoredRequest
from storage.privacy.standing import Standings
from storage.privacy.wash import wash

log = structlog.get_logger("erasure")

RETRY_SECONDS = 1.0
"""How long to wait when storage is unavailable, or a reader holds up the write-ahead log."""

_FREED_PAGES = 500
"""Free pages given back at a time: others write in between."""
_SHRINKS = 20
_WASHES = 3
_ACTORS: dict[Basis, Actor] = {
    "self": "user",
    "operator": "operator",
    "age": "system",
    "inactive": "system",
    "ledger": "system",
}


PROMISES_MS: Mapping[RequestStage, int] = MappingProxyType(
    {"memory": 5 * SECOND_MS, "rows": 60 * SECOND_MS, "bytes": 15 * MINUTE_MS}
)
"""How long after it was asked for an erasure has reached a stage."""


def late_stages(request: StoredRequest, now_ms: int) -> list[RequestStage]:
    """Return the stages that an erasure should have reached by now."""
    done, age_ms = {step.stage for step in request.steps}, now_ms - request.requested_at_ms
    return [stage for stage, promise in PROMISES_MS.items() if stage not in done and age_ms > promise]


class ErasureStores(NamedTuple):
    """What an erasure reads and writes."""

    database: Database
    requests: Requests
    standings: Standings
    audit: Audit
    eraser: Eraser
    ledger: Ledger
    keeping: Keeping


class Erasures:
    """
    Takes erasures on, and carries them out one after the other while :meth:`run` runs.

    ``rev`` is the policy's revision in force, for the audit; ``drop_archives`` unlinks the
    archives of exports by their request ids.
    """

    def __init__(
        self,
        stores: ErasureStores,
        leaving: Leaving,
        receipts: Receipts,
        drop_archives: Callable[[list[str]], Awaitable[int]],
        now_ms: Callable[[], int],
        rev: Callable[[], int],
    ) -> None:
        self._stores = stores
        self._leaving = leaving
        self._receipts = receipts
        self._drop_archives = drop_archives
        self._now_ms = now_ms
        self._rev = rev
        self._turn = asyncio.Lock()
        """Held while an erasure is taken on: the ledger has one writer."""
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._held: set[str] = set()
        """Requests that wait for a hold to end; each sweep asks again."""
        self._asked: set[str] = set()
        """Those of them that stand in the queue for it: once is enough."""

    # Taking on

    async def take_on(self, request_id: str, account_id: str, basis: Basis) -> str:
        """
        Begin an erasure that nothing stops any more; return its request, an earlier one if there is one.

        Raises:
            OSError: the ledger cannot be written; nothing has begun.
            StorageUnavailableError: the database cannot; nothing has begun.

        """
        async with self._turn:
            for open_one in await self._stores.requests.open("erase"):
                if open_one.account_id == account_id:
                    return open_one.id
            if basis == "ledger":
                # It stands there. The mark stays, too: a replay that is cut short begins anew.
                dropped = await self._note_intent(request_id, account_id, basis, None)
            else:
                dropped = await self._announce(request_id, account_id, basis)
        if basis != "ledger":
            await self._receipts.remember(account_id)
        await self._drop_archives(dropped)
        self._leaving.shut_out(account_id)
        # Without another wait: whoever asked is answered before the connection is closed.
        self._queue.put_nowait(request_id)
        return request_id

    async def _announce(self, request_id: str, account_id: str, basis: Basis) -> list[str]:
        ledger, now = self._stores.ledger, self._now_ms()
        seq = await asyncio.to_thread(ledger.append, "intent", request_id, account_id, now)
        try:
            return await self._note_intent(request_id, account_id, basis, seq)
        except BaseException:
            # Else the next start would erase somebody who was told that nothing happened.
            await asyncio.to_thread(ledger.append, "void", request_id, account_id, now)
            raise

    async def _note_intent(
        self, request_id: str, account_id: str, basis: Basis, seq: int | None
    ) -> list[str]:
        stores, now = self._stores, self._now_ms()
        async with stores.database.transaction() as tx:
            await stores.standings.erasing(tx, account_id)
            dropped = await stores.requests.drop_exports(tx, account_id)
            await stores.requests.add(tx, request_id, account_id, "erase", basis, now)
            ended = await tx.execute("DELETE FROM sessions WHERE account_id = :id", {"id": account_id})
            await stores.requests.receive(tx, request_id, {"sessions": ended})
            if seq is not None:
                await tx.execute("UPDATE ledger_mark SET seq = :seq", {"seq": seq})
            actor = _ACTORS[basis]
            entry = Entry("erase.requested", actor, now, self._rev(), subject_id=account_id)
            await stores.audit.append(tx, entry._replace(actor_id=account_id if actor == "user" else None))
        return dropped

    # Carrying out

    async def resume(self) -> int:
        """Go on with what a stop cut short; return how many erasures that are."""
        open_ones = await self._stores.requests.open("erase")
        for one in open_ones:
            assert one.account_id is not None, "an open request names its account"
            self._leaving.shut_out(one.account_id)
            await self._receipts.remember(one.account_id)
            self._queue.put_nowait(one.id)
        return len(open_ones)

    async def run(self) -> None:
        """Carry out what was taken on, until cancelled."""
        while True:
            request_id = await self._queue.get()
            await self._finish(request_id)
            self._queue.task_done()

    async def ask_again(self, _over_ms: int = 0) -> int:
        """Go on with erasures that a hold kept back, as far as it ended; return how many were asked for."""
        again = self._held - self._asked
        self._asked |= again
        for request_id in again:
            self._queue.put_nowait(request_id)
        return len(again)

    def is_held(self, request_id: str) -> bool:
        """Say whether an erasure waits for the end of a hold: it is hidden, and late for a reason."""
        return request_id in self._held

    async def settled(self) -> None:
        """Wait until everything taken on is complete."""
        await self._queue.join()

    async def settle(self) -> None:
        """Carry out what was taken on, and return: before the doors open, or for a command."""
        while not self._queue.empty():
            await self._finish(self._queue.get_nowait())
            self._queue.task_done()

    async def _finish(self, request_id: str) -> None:
        self._asked.discard(request_id)
        while True:
            try:
                await self._carry_out(request_id)
            except (StorageError, OSError, Rejected) as error:
                log.warning("erasure waits", request=request_id, cause=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _carry_out(self, request_id: str) -> None:
        request = await self._stores.requests.get(request_id)
        if request is None or request.account_id is None:
            return
        # A new process remembers nobody yet, and rooms read them back from what is left: leaving
        # and forgetting are repeated until the rows are gone.
        done = [step.stage for step in request.steps]
        if "rows" not in done:
            await self._leaving.leave(request.account_id)
            await self._reach(request, "frozen")
            receipts = await self._leaving.forget(request.account_id)
            await self._reach(request, "memory", receipts)
            if await self._stores.eraser.is_held(request.account_id):
                await self._hold(request)
                return
            self._held.discard(request.id)
            try:
                await self._rows(request)
            except HeldError:  # since it was asked
                await self._hold(request)
                return
            await self._reach(request, "rows")
        # There is no search index; the stage is kept so that one is not forgotten when it comes.
        await self._reach(request, "search")
        await self._wipe_bytes()
        await self._reach(request, "bytes")
        await self._complete(request)

    async def _hold(self, request: StoredRequest) -> None:
        """Let an erasure wait for the end of a hold, and nobody see anything meanwhile."""
        assert request.account_id is not None, "an open request names its account"
        eraser = self._stores.eraser
        for one in [*await eraser.bots_of(request.account_id), request.account_id]:
            await eraser.hide(one, self._now_ms())
        self._held.add(request.id)

    async def _rows(self, request: StoredRequest) -> None:
        assert request.account_id is not None, "an open request names its account"
        eraser, now = self._stores.eraser, self._now_ms()
        for bot_id in await eraser.bots_of(request.account_id):
            await self._ask_hooks(request.id, bot_id)
            bot, unblock = await eraser.leaver(bot_id), self._leaving.unblock
            await self._leaving.refresh(await eraser.rows(bot, request.id, now, unblock))
        await self._ask_hooks(request.id, request.account_id)
        leaver = await eraser.leaver(request.account_id)
        await self._leaving.refresh(await eraser.rows(leaver, request.id, now, self._leaving.unblock))
        # Whatever was read from the database while it was still there is forgotten again.
        await self._leaving.forget(request.account_id)

    async def _ask_hooks(self, request_id: str, account_id: str) -> None:
        """Have the hooks forget somebody, before there is nothing left by which to ask them again."""
        stores = self._stores
        async for hook, count in stores.keeping.erase(account_id):
            if count:
                async with stores.database.transaction() as tx:
                    await stores.requests.receive(tx, request_id, {f"hook {hook}": count})

    async def _wipe_bytes(self) -> None:
        """Overwrite what the rows left: freed pages, copies in others, and the log that still has them."""
        database = self._stores.database
        for _ in range(_SHRINKS):
            await database.shrink(_FREED_PAGES)
        await self._empty_log()
        # Again, because a sweep may move a page from where it is looked for to where it was looked already.
        for _ in range(_WASHES):
            if not await self._wash():
                return

    async def _wash(self) -> int:
        while True:
            washed = await wash(self._stores.database)
            if washed.is_complete:
                return washed.pages
            await asyncio.sleep(RETRY_SECONDS)

    async def _empty_log(self) -> None:
        while not await self._stores.database.checkpoint():  # noqa: ASYNC110 - a foreign reader tells nobody when it ends
            await asyncio.sleep(RETRY_SECONDS)

    async def _complete(self, request: StoredRequest) -> None:
        stores, now = self._stores, self._now_ms()
        assert request.account_id is not None, "an open request names its account"
        async with self._turn:
            seq = await asyncio.to_thread(stores.ledger.append, "done", request.id, request.account_id, now)
            async with stores.database.transaction() as tx:
                await stores.requests.advance(tx, request.id, "complete", now)
                await stores.requests.forget_account(tx, request.id)
                await tx.execute("UPDATE ledger_mark SET seq = :seq", {"seq": seq})
                await self._audit(tx, "erase.complete", request)
        # The request's own row named the account until now.
        await self._wipe_bytes()
        self._leaving.let_go(request.account_id)
        self._receipts.send(request)
        log.info("erased", request=request.id, ms=now - request.requested_at_ms)

    async def _reach(
        self, request: StoredRequest, stage: RequestStage, receipts: dict[str, int] | None = None
    ) -> None:
        stores = self._stores
        async with stores.database.transaction() as tx:
            await stores.requests.advance(tx, request.id, stage, self._now_ms(), receipts)
            if stage == "rows":
                await self._audit(tx, "erase.rows", request)

    async def _audit(self, tx: Transaction, action: AuditAction, request: StoredRequest) -> None:
        found = await tx.row("SELECT receipts FROM privacy_requests WHERE id = :id", {"id": request.id})
        count = 0 if found is None else sum(Requests.counts(found["receipts"]).values())
        entry = Entry(action, "system", self._now_ms(), self._rev(), count, subject_id=request.account_id)
        await self._stores.audit.append(tx, entry)
