"""
Exports: a copy of everything of a person, once a day, behind a link that works once.

The link's word is made from the request's id under a key of the server, so that it can be shown
again while it is good, and is stored nowhere.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import structlog

from protocol.errors import ErrorCode, Rejected
from protocol.events import PrivacyExportReady
from protocol.limits import EXPORT_EVERY_MS, EXPORT_TTL_MS
from roomserver.people import People
from roomserver.privacy.archive import archive_path, clean_up, write_archive
from storage.database import Database
from storage.errors import StorageError
from storage.privacy.audit import Actor, Audit, AuditAction, Entry
from storage.privacy.exporting import Exporter
from storage.privacy.keeping import Keeping
from storage.privacy.keys import Keys
from storage.privacy.requests import Basis, Requests, StoredRequest

log = structlog.get_logger("export")

PATH = "/privacy/exports/"


class ExportStores(NamedTuple):
    """What exports read and write: ``data`` is the data folder, ``keeping`` what hooks keep."""

    database: Database
    requests: Requests
    audit: Audit
    keys: Keys
    data: Path
    keeping: Keeping


class Exports:
    """Takes exports on, builds archives one after the other, gives each away once."""

    def __init__(
        self,
        stores: ExportStores,
        people: People,
        new_id: Callable[[], str],
        now_ms: Callable[[], int],
        rev: Callable[[], int],
        tell: Callable[[str, str, int], Awaitable[None]],
    ) -> None:
        self._stores = stores
        self._people = people
        self._new_id = new_id
        self._now_ms = now_ms
        self._rev = rev
        self._tell = tell
        """Writes to an account that its copy is at a path, until an instant."""
        self._queue: asyncio.Queue[str] = asyncio.Queue()

    async def take_on(self, account_id: str, actor: Actor = "user") -> str:
        """
        Put an export on record, to be built soon; return its request.

        Raises:
            Rejected: ``too_many``: there was one within a day.

        """
        now = self._now_ms()
        for earlier in await self._stores.requests.of(account_id):
            wait = earlier.requested_at_ms + EXPORT_EVERY_MS - now
            if earlier.kind == "export" and earlier.stage != "failed" and wait > 0 and actor == "user":
                message = f"expected at most one export in {EXPORT_EVERY_MS} ms, {wait} ms to go"
                raise Rejected(ErrorCode.TOO_MANY, message, limit=1, retry_after_ms=wait)
        request_id = self._new_id()
        async with self._stores.database.transaction() as tx:
            basis: Basis = "self" if actor == "user" else "operator"
            await self._stores.requests.add(tx, request_id, account_id, "export", basis, now)
            entry = Entry("export.requested", actor, now, self._rev(), subject_id=account_id)
            await self._stores.audit.append(tx, entry)
        self._queue.put_nowait(request_id)
        return request_id

    async def resume(self) -> None:
        """Go on with what a stop cut short, and remove what nobody can fetch any more."""
        waiting = await self._stores.requests.open("export")
        ready = await self._stores.requests.fetchable()
        await asyncio.to_thread(clean_up, self._stores.data, set(ready))
        for one in waiting:
            self._queue.put_nowait(one.id)

    async def run(self) -> None:
        """Build what was taken on, until cancelled."""
        while True:
            request_id = await self._queue.get()
            try:
                await self.build(request_id)
            except (StorageError, OSError) as error:
                log.warning("export failed", request=request_id, cause=type(error).__name__)
                await self._fail(request_id)
            self._queue.task_done()

    async def build(self, request_id: str) -> None:
        """
        Build one archive and tell who asked for it.

        Raises:
            OSError: it cannot be written.
            StorageError: the rows cannot be read, or a hook does not say what it keeps.

        """
        stores, now = self._stores, self._now_ms()
        request = await stores.requests.get(request_id)
        if request is None or request.account_id is None:
            return
        async with stores.database.transaction() as tx:
            await stores.requests.advance(tx, request_id, "building", now)
        path = archive_path(stores.data, request_id)
        exporter = Exporter(stores.database, stores.keys, request.account_id, now, stores.keeping)
        about = {"account_id": request.account_id, "made_at_ms": now, "policy_rev": self._rev()}
        entries = await write_archive(path, exporter, about)
        until_ms = self._now_ms() + EXPORT_TTL_MS
        hashed = hashlib.sha256(self.word(request_id).encode()).digest()
        if not await stores.requests.offer(request_id, hashed, until_ms, self._now_ms()):
            path.unlink(missing_ok=True)  # the account was erased meanwhile
            return
        await self._audit("export.ready", request, sum(entry.rows for entry in entries))
        ready = PrivacyExportReady(request_id=request_id, url=self.url(request_id), expires_at_ms=until_ms)
        for caller in self._people.callers_of(request.account_id):
            caller.notify(ready)
        await self._tell(request.account_id, ready.url, until_ms)

    def word(self, request_id: str) -> str:
        """Return the word that opens an archive."""
        mac = self._stores.keys.mac("subject", "export", request_id)
        return f"{request_id}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def url(self, request_id: str) -> str:
        """Return where an archive is fetched, on this server."""
        return PATH + self.word(request_id)

    async def redeem(self, word: str) -> Path | None:
        """Use up the word of an archive and return its file; None for a wrong, used or old one."""
        request_id = word.partition(".")[0]
        if not hmac.compare_digest(self.word(request_id).encode(), word.encode()):
            return None
        request = await self._stores.requests.redeem(hashlib.sha256(word.encode()).digest(), self._now_ms())
        if request is None:
            return None
        await self._audit("export.fetched", request, 1)
        path = archive_path(self._stores.data, request.id)
        return path if path.is_file() else None

    async def drop(self, request_ids: Iterable[str]) -> int:
        """Remove the archives of requests; return how many there were."""
        paths = [archive_path(self._stores.data, ident) for ident in request_ids]
        there = [path for path in paths if path.exists()]
        for path in there:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return len(there)

    async def settle(self) -> None:
        """Build what was taken on, and return: for a command without a server."""
        while not self._queue.empty():
            await self.build(self._queue.get_nowait())
            self._queue.task_done()

    async def settled(self) -> None:
        """Wait until everything taken on is built."""
        await self._queue.join()

    async def _fail(self, request_id: str) -> None:
        try:
            async with self._stores.database.transaction() as tx:
                await self._stores.requests.advance(tx, request_id, "failed", self._now_ms())
                await self._stores.requests.forget_account(tx, request_id)
        except StorageError:
            log.warning("export not noted as failed", request=request_id)

    async def _audit(self, action: AuditAction, request: StoredRequest, count: int) -> None:
        entry = Entry(action, "system", self._now_ms(), self._rev(), count, subject_id=request.account_id)
        await self._stores.audit.write(entry)
