"""
Proofs of age on their way in, and to whoever decides.

A frozen account asks for a link and sends a file there, once. Links are in memory: after a
restart one asks again. What a link may still receive bounds what uploads can hold of memory.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import structlog

from protocol.errors import ErrorCode, Rejected
from protocol.limits import MINUTE_MS, PROOF_BYTES
from protocol.results import ProofResult
from roomserver.gateway.http import Answer, respond, text_page
from storage.errors import StorageError
from storage.privacy.audit import Actor, Audit, AuditAction, Entry
from storage.privacy.proofs import ProofFiles, StoredProof, kind_of
from storage.privacy.standing import Standings

log = structlog.get_logger("proof")

PATH = "/privacy/proof/"
LINK_MS = 10 * MINUTE_MS
"""How long a link waits for its file."""
LINKS_MAX = 32
"""Links that are good at a time, of all accounts: so many files may be on their way at once."""
TYPES = ["image/jpeg", "image/png", "application/pdf"]


class ProofStores(NamedTuple):
    """What is read and written."""

    files: ProofFiles
    standings: Standings
    audit: Audit


class _Link(NamedTuple):
    account_id: str
    until_ms: int


class Proofs:
    """Gives links to frozen accounts, takes a file on each, and forgets in time what was sent."""

    def __init__(self, stores: ProofStores, now_ms: Callable[[], int], rev: Callable[[], int]) -> None:
        self._stores = stores
        self._now_ms = now_ms
        self._rev = rev
        self._links: dict[str, _Link] = {}
        """The one link of an account that is good, by its word."""
        self._receiving: dict[str, _Link] = {}

    async def offer(self, account_id: str) -> ProofResult:
        """
        Return where an account sends its proof; the link before is good no more.

        Raises:
            Rejected: ``conflict``: it is not frozen, or a proof waits already; ``overloaded``.

        """
        if (await self._stores.standings.of(account_id)).state != "frozen":
            raise Rejected(ErrorCode.CONFLICT, "expected an account that is frozen")
        if self._stores.files.of(account_id) is not None:
            raise Rejected(ErrorCode.CONFLICT, "expected no proof yet, got one that waits for the operator")
        now = self._now_ms()
        self._links = {
            word: link
            for word, link in self._links.items()
            if link.until_ms > now and link.account_id != account_id
        }
        if len(self._links) + len(self._receiving) >= LINKS_MAX:
            message = f"expected fewer than {LINKS_MAX} proofs on their way"
            raise Rejected(ErrorCode.OVERLOADED, message, retry_after_ms=MINUTE_MS)
        word = secrets.token_urlsafe(24)
        self._links[word] = _Link(account_id, now + LINK_MS)
        return ProofResult(
            url=PATH + word, expires_at_ms=now + LINK_MS, max_bytes=PROOF_BYTES, types=list(TYPES)
        )

    def limit(self, word: str) -> int:
        """Return how much may be sent to a link, which is used up by that; 0 for one that is not good."""
        link = self._links.pop(word, None)
        now = self._now_ms()
        # What broke off on the way is not waited for longer than a link is.
        self._receiving = {
            known: receiving for known, receiving in self._receiving.items() if receiving.until_ms > now
        }
        if link is None or link.until_ms <= now:
            return 0
        self._receiving[word] = link._replace(until_ms=now + LINK_MS)
        return PROOF_BYTES

    async def page(self, method: str, word: str, body: bytes | None) -> Answer:
        """Take a file; ``body`` None: it is longer than what may be sent."""
        if method != "POST":
            answer = text_page("expected POST\n", HTTPStatus.METHOD_NOT_ALLOWED)
            return respond(*answer, {"Allow": "POST"})
        link = self._receiving.pop(word, None)
        if link is None:
            return _refused(
                HTTPStatus.NOT_FOUND, "expected a link of privacy.prove, good once for ten minutes"
            )
        if body is None:
            message = f"expected a file of at most {PROOF_BYTES} bytes"
            return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
        if kind_of(body) is None:
            return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected a JPEG, a PNG or a PDF")
        return await self._store(link.account_id, body)

    async def _store(self, account_id: str, content: bytes) -> Answer:
        if (await self._stores.standings.of(account_id)).state != "frozen":
            return _refused(HTTPStatus.CONFLICT, "expected an account that is frozen")
        if self._stores.files.of(account_id) is not None:
            return _refused(HTTPStatus.CONFLICT, "expected no proof yet, got one that waits for the operator")
        try:
            await asyncio.to_thread(self._stores.files.add, account_id, content, self._now_ms())
        except (OSError, StorageError) as error:
            log.warning("proof not stored", cause=type(error).__name__)
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "the server could not store this now")
        if (await self._stores.standings.of(account_id)).state != "frozen":
            self.drop(account_id)  # decided, or erased, while it was written
            return _refused(HTTPStatus.CONFLICT, "expected an account that is frozen")
        await self._note("proof.received", "user", account_id)
        return respond(HTTPStatus.CREATED, *text_page("received\n")[1:])

    def at_ms(self, account_id: str) -> int | None:
        """Return when an account's proof came, if one waits."""
        proof = self._stores.files.of(account_id)
        return None if proof is None else proof.at_ms

    def of(self, account_id: str) -> StoredProof | None:
        """Return the proof of an account that waits."""
        return self._stores.files.of(account_id)

    async def shown(self, account_id: str) -> None:
        """Put on record that the operator looks at a proof."""
        await self._note("proof.shown", "operator", account_id)

    def drop(self, account_id: str) -> None:
        """Remove an account's proof: it was decided."""
        self._stores.files.scrub(account_id, None)

    async def tidy(self) -> int:
        """Remove what is of no frozen account, as a crash leaves it; return how many proofs."""
        frozen = {account.id for account, _ in await self._stores.standings.frozen()}
        return await asyncio.to_thread(self._stores.files.keep_only, frozen)

    async def _note(self, action: AuditAction, actor: Actor, account_id: str) -> None:
        by = account_id if actor == "user" else None
        entry = Entry(action, actor, self._now_ms(), self._rev(), 1, by, account_id)
        await self._stores.audit.write(entry)


def _refused(status: HTTPStatus, message: str) -> Answer:
    return respond(*text_page(message + "\n", status))
