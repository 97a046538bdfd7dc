"""
Accounts that nobody signs in to: warned twice by mail, then erased as if their owner had asked for it.

A letter counts when the mail server has taken it. While it takes none no countdown begins; where
there is no mail server, or somebody gave no address or one that gets no mail, the time runs all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

import structlog

from protocol.limits import HOUR_MS
from roomserver.identity import Login
from roomserver.people import People
from roomserver.privacy.letters import Letters
from roomserver.privacy.mail import Post
from storage.errors import StorageError
from storage.privacy.audit import Audit, Entry
from storage.privacy.inactivity import Ending, InactiveAccounts, day_of
from storage.privacy.pauses import Pauses
from storage.privacy.recorder import InForce

log = structlog.get_logger("inactivity")

EVERY_MS = HOUR_MS
"""How often accounts are looked through."""
ACCOUNTS_MIN = 100
"""Fewer accounts than this are never too many to end at once."""
CATEGORY = "account"


class InactivityStores(NamedTuple):
    """What is read and written, and how people are told."""

    accounts: InactiveAccounts
    pauses: Pauses
    audit: Audit
    letters: Letters
    post: Post


class Inactivity:
    """Notes who signs in; warns and erases who does not."""

    def __init__(
        self,
        stores: InactivityStores,
        people: People,
        in_force: Callable[[], InForce],
        erase: Callable[[str], Awaitable[str]],
    ) -> None:
        self._stores = stores
        self._people = people
        self._in_force = in_force
        self._erase = erase
        self._next_ms = 0

    async def signed_in(self, login: Login, now_ms: int) -> None:
        """Note that somebody came, once a day; what cannot be noted is noted the next time."""
        known = login.standing.active_at_ms == day_of(now_ms) and not login.standing.warnings
        if login.account.kind in {"user", "admin"} and not known:
            with suppress(StorageError):
                await self._stores.accounts.seen(login.account.id, now_ms)

    async def counting_down(self) -> int:
        """Return how many accounts were warned and may still be signed in to."""
        return await self._stores.accounts.counting_down()

    async def look(self, over_ms: int) -> None:
        """
        Warn and erase who is due by an instant that is trusted, at most once an hour.

        Raises:
            StorageError: what is left is made up for the next time.

        """
        if over_ms < self._next_ms:
            return
        accounts, inactive_ms = self._stores.accounts, self._in_force().policy.inactive_ms
        warned = await self._warn(await accounts.idle(inactive_ms, over_ms), 1, over_ms)
        warned += await self._warn(await accounts.ending(over_ms), 2, over_ms)
        if warned:
            entry = Entry("inactive.warned", "system", over_ms, self._in_force().rev, warned)
            await self._stores.audit.write(entry)
            log.info("inactive accounts warned", count=warned)
        await self._end_due(over_ms)
        self._next_ms = over_ms + EVERY_MS

    async def _warn(self, endings: list[Ending], warnings: int, over_ms: int) -> int:
        done = 0
        for ending in endings:
            if self._people.callers_of(ending.account_id):
                await self._stores.accounts.seen(ending.account_id, over_ms)  # here all the time
            elif await self._is_told(ending):
                await self._stores.accounts.warned(ending, warnings)
                done += 1
            else:
                break  # the mail server takes nothing now
        return done

    async def _is_told(self, ending: Ending) -> bool:
        """Say whether a letter is out, or there is none to send."""
        post = self._stores.post
        if not post.awaits(ending.account_id) and not await self._stores.letters.inactive(
            ending.account_id, ending.end_ms
        ):
            return True
        await post.flush()
        return not post.awaits(ending.account_id)

    async def _end_due(self, over_ms: int) -> None:
        due, total = await self._stores.accounts.due_of_all(over_ms)
        if due > ACCOUNTS_MIN and due > total * self._in_force().policy.sweep_fraction:
            # Rather a clock, a restored backup or a mistake than so many people at once.
            if await self._stores.pauses.waits(CATEGORY, over_ms, due, total):
                return
        elif due == 0:
            await self._stores.pauses.settled(CATEGORY)
        for ending in await self._stores.accounts.due(over_ms):
            if self._people.callers_of(ending.account_id):
                await self._stores.accounts.seen(ending.account_id, over_ms)
            else:
                await self._erase(ending.account_id)
