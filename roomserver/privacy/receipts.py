"""
Receipts: the letter that says that an erasure is complete.

Where it goes is known in memory alone, from the moment the erasure is taken on until the letter
is out, a day at most: nothing of an address may stay on disk for it. When the process dies after
the account's row is gone there is no letter; the request's page says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import NamedTuple

from protocol.limits import DAY_MS
from roomserver.privacy.letters import Words
from roomserver.privacy.mail import Letter, Post
from roomserver.privacy.pages import request_url
from storage.accounts import Accounts
from storage.errors import StorageError
from storage.privacy.requests import StoredRequest

KEPT_MS = DAY_MS
"""How long an address waits for its erasure, and a letter for a mail server that takes it."""


class _Address(NamedTuple):
    email: str
    until_ms: int


class Receipts:
    """The addresses of who is being erased, as a holder of personal data that outlives their rows."""

    name = "receipts"
    categories = frozenset({"account"})
    max_age_s: int | None = KEPT_MS // 1000

    def __init__(self, accounts: Accounts, post: Post, url: str, now_ms: Callable[[], int]) -> None:
        self._accounts = accounts
        self._post = post
        self._url = url.rstrip("/")
        self._now_ms = now_ms
        self._addresses: dict[str, _Address] = {}

    async def remember(self, account_id: str) -> None:
        """Keep in mind where somebody is told, if it can be read: no letter is worth an erasure."""
        with suppress(StorageError):
            account = await self._accounts.by_id(account_id) if self._post.is_open else None
            if account is not None and account.email is not None:
                self._addresses[account_id] = _Address(account.email, self._now_ms() + KEPT_MS)

    def send(self, request: StoredRequest) -> None:
        """Leave the letter at the post, and forget the address; nothing happens where none is known."""
        assert request.account_id is not None, "an open request names its account"
        address = self._addresses.pop(request.account_id, None)
        if address is not None:
            subject, text = _words(self._url + request_url(request.id))
            until_ms = self._now_ms() + KEPT_MS
            self._post.put(Letter(request.account_id, address.email, subject, text, until_ms=until_ms))

    # As a holder

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:  # noqa: ARG002 - see below
        """Forget nothing: who is erased is still to be told."""
        return 0

    def expire(self, now: int) -> int:
        """Forget the addresses whose erasure has taken too long; return how many."""
        over = [account_id for account_id, address in self._addresses.items() if address.until_ms <= now]
        for account_id in over:
            del self._addresses[account_id]
        return len(over)

    def contains(self, probe: bytes) -> int:
        """Count the addresses that hold these bytes."""
        return sum(probe in address.email.encode() for address in self._addresses.values())


def _words(url: str) -> Words:
    text = (
        "Your account is erased, with everything that was kept of you and may go. What was done, and what\n"
        f"stays without you, is at {url}\n"
        "This server does not know your address any more; you get no other letter."
    )
    return Words("Your account is erased", text)
