"""
Age: the neutral screen at the door, and what follows when somebody turns out to be too young.

Of a birth date only a band is kept, and of somebody under the minimum nothing at all. An
account that two people, or one administrator, report is frozen; the operator decides on proof
within two weeks, and without a decision the account is erased.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from protocol.commands import Birth, RoomLeave
from protocol.errors import CloseCode, ErrorCode, Rejected
from protocol.limits import AGE_REPORTS_TO_FREEZE, DAY_MS
from protocol.privacy import AgeBand
from protocol.values import User
from roomserver.api.leaving import leave_rooms
from roomserver.hub import Hub
from roomserver.people import People
from roomserver.privacy.letters import Letters
from roomserver.privacy.proofs import Proofs
from storage.accounts import Accounts
from storage.bots import Bots
from storage.database import Database
from storage.privacy.audit import Actor, Audit, Entry
from storage.privacy.reports import AgeReports
from storage.privacy.standing import Standings

REPORTER_AGE_MS = 7 * DAY_MS
"""Accounts younger than this may report, but it takes older ones to freeze: accounts are cheap."""


def age_of(birth: Birth, today: dt.date) -> int:
    """
    Return the age of somebody born then; born on 29 February, one is a year older on 1 March.

    Raises:
        Rejected: ``bad_params`` when there is no such day.

    """
    try:
        born = dt.date(birth.year, birth.month, birth.day)
    except ValueError:
        message = f"expected a date, got {birth.year}-{birth.month}-{birth.day}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="birth") from None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def screen(birth: Birth, today: dt.date, minimum: int) -> AgeBand:
    """
    Return the band somebody is in; the date is not needed any more.

    Raises:
        Rejected: ``registration_refused``, which never says why; ``bad_params`` for no date.

    """
    age = age_of(birth, today)
    # No band below 13 exists, whatever an operator sets as minimum.
    if age < max(minimum, 13):
        raise Rejected(ErrorCode.REGISTRATION_REFUSED)
    return "13-15" if age < 16 else "16-17" if age < 18 else "18+"


class AgeStores(NamedTuple):
    """What the age rules read and write."""

    database: Database
    accounts: Accounts
    bots: Bots
    standings: Standings
    reports: AgeReports
    audit: Audit
    letters: Letters
    proofs: Proofs


class Ages:
    """Reports, freezing, decisions."""

    def __init__(
        self,
        stores: AgeStores,
        hub: Hub,
        people: People,
        erase: Callable[[str], Awaitable[str]],
        now_ms: Callable[[], int],
        rev: Callable[[], int],
    ) -> None:
        self._stores = stores
        self._hub = hub
        self._people = people
        self._erase = erase
        self._now_ms = now_ms
        self._rev = rev

    async def report(self, reporter: User, target_id: str) -> bool:
        """
        Note a report; say whether the account is frozen by it.

        Raises:
            Rejected: ``not_found`` for nobody, ``forbidden`` for guests and bots, ``too_many``.

        """
        if reporter.kind not in {"user", "admin"}:
            raise Rejected(ErrorCode.FORBIDDEN, f"expected a user, got a {reporter.kind}", needs="user")
        target = await self._stores.accounts.by_id(target_id)
        if target is None or target.kind not in {"user", "guest"} or target.id == reporter.id:
            message = f"expected another user or guest, got {target_id!r}"
            raise Rejected(ErrorCode.NOT_FOUND, message, field="user")
        now = self._now_ms()
        counts = now - reporter.created_at_ms >= REPORTER_AGE_MS or reporter.kind == "admin"
        async with self._stores.database.transaction() as tx:
            reports = await self._stores.reports.add(tx, target_id, reporter.id, now, counts=counts)
            entry = Entry("age.reported", "user", now, self._rev(), reports, reporter.id, target_id)
            await self._stores.audit.append(tx, entry)
        if reporter.kind != "admin" and reports < AGE_REPORTS_TO_FREEZE:
            return False
        return await self.freeze(target_id, "system")

    async def freeze(self, account_id: str, actor: Actor) -> bool:
        """Freeze an account, put it and its bots out of every room, close with 4011; say if it was active."""
        now = self._now_ms()
        async with self._stores.database.transaction() as tx:
            erase_at_ms = await self._stores.standings.freeze(tx, account_id, now)
            if erase_at_ms is None:
                return False
            entry = Entry("age.frozen", actor, now, self._rev(), subject_id=account_id)
            await self._stores.audit.append(tx, entry)
        self._put_out(account_id, "the account was frozen")
        for bot in await self._stores.bots.of_owner(account_id, now):
            self._put_out(bot.account.id, "the account of the bot's owner was frozen")
        await self._stores.letters.frozen(account_id, erase_at_ms)
        return True

    def _put_out(self, account_id: str, why: str) -> None:
        for caller in self._people.callers_of(account_id):
            # Out of booth and waitlist at once, not after the grace.
            leave_rooms(self._hub, caller)
            caller.connection.close(CloseCode.FROZEN, why)
        self._end_grace(account_id)

    def _end_grace(self, account_id: str) -> None:
        """Take out an account where it keeps its place though its connections are gone."""
        for live in self._hub:
            member = live.room.state.members.get(account_id)
            if member is not None:
                with contextlib.suppress(Rejected):  # a room that is being mended has nobody in it
                    self._hub.apply(live, member.user, RoomLeave(room=live.id))

    async def decide(self, account_id: str, *, is_old_enough: bool) -> str | None:
        """
        Carry out the operator's decision on a frozen account; return the erasure's request, if one follows.

        Raises:
            Rejected: ``conflict``: the account is not frozen.

        """
        if (await self._stores.standings.of(account_id)).state != "frozen":
            raise Rejected(ErrorCode.CONFLICT, "expected an account that is frozen")
        if not is_old_enough:
            request_id = await self._erase(account_id)
            self._stores.proofs.drop(account_id)
            return request_id
        now = self._now_ms()
        async with self._stores.database.transaction() as tx:
            await self._stores.standings.release(tx, account_id, now)
            entry = Entry("age.proven", "operator", now, self._rev(), subject_id=account_id)
            await self._stores.audit.append(tx, entry)
        self._stores.proofs.drop(account_id)
        for caller in self._people.callers_of(account_id):
            # It logged in while it was frozen: the next login finds it active.
            caller.connection.close(CloseCode.TOKEN_EXPIRED, "the account is active again")
        return None

    async def erase_overdue(self, over_ms: int) -> int:
        """Erase the accounts whose time to prove their age is over by an instant; return how many."""
        overdue = await self._stores.standings.overdue(over_ms)
        for account_id in overdue:
            await self._erase(account_id)
        return len(overdue)
