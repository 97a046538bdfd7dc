"""The door: who may make an account, and what is noted when somebody does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from protocol.commands import SessionRegister
from protocol.errors import ErrorCode, Rejected
from protocol.privacy import AgeBand
from roomserver.privacy.age import screen
from storage.accounts import give_up_name, insert_account
from storage.database import Database
from storage.errors import NameTakenError
from storage.privacy.recorder import Recorder
from storage.privacy.standing import Standing, Standings
from storage.privacy.tombstones import Tombstones
from storage.records import StoredAccount


class GuestBefore(NamedTuple):
    """A guest who makes an account, and the name under which what they said stays."""

    id: str
    instead: str


class Door:
    """Screens who comes, and lets in."""

    def __init__(
        self,
        database: Database,
        standings: Standings,
        tombstones: Tombstones,
        recorder: Recorder,
        now_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._standings = standings
        self._tombstones = tombstones
        self._recorder = recorder
        self._now_ms = now_ms
        self.is_banned: Callable[[str, int], bool] = lambda _account_id, _now_ms: False
        """Says whether an account is banned from the server; refuses its bots."""

    @property
    def policy_rev(self) -> int:
        """The revision that somebody accepts who registers now."""
        return self._recorder.in_force.rev

    async def check_name(self, name: str) -> None:
        """
        Check that a name is not resting: somebody erased had it a short while ago.

        Raises:
            NameTakenError: as for a name that is in use, so that nobody can tell.

        """
        if await self._tombstones.has_name(name, self._now_ms()):
            raise NameTakenError(name)

    async def screen(self, command: SessionRegister) -> AgeBand:
        """
        Evaluate a birth date, and forget it.

        Raises:
            Rejected: ``registration_refused``, which never says why.

        """
        now = self._now_ms()
        today = dt.datetime.fromtimestamp(now / 1000, dt.UTC).date()
        jurisdiction = self._recorder.in_force.policy.jurisdiction(command.country)
        band = screen(command.birth, today, jurisdiction.min_age)
        if command.email is not None and await self._tombstones.has_email(command.email, now):
            raise Rejected(ErrorCode.REGISTRATION_REFUSED)
        return band

    async def let_in(self, account: StoredAccount, band: AgeBand, guest: GuestBefore | None = None) -> None:
        """
        Make an account with what was found and agreed to, all or nothing.

        ``guest`` is who the new user was until now: they give up the name if it is that one.

        Raises:
            NameTakenError: another one has the name, or one that looks the same.

        """
        async with self._database.transaction() as tx:
            if guest is not None:
                await give_up_name(tx, guest.id, account.name, guest.instead)
            await insert_account(tx, account)
            await self._standings.screened(tx, account.id, band, account.created_at_ms)
            rev = account.policy_rev or self.policy_rev
            await self._standings.log_acceptance(tx, account.id, rev, account.created_at_ms)

    async def check_owner(self, account_id: str) -> None:
        """
        Let a bot of an account sign in.

        Raises:
            Rejected: ``account_frozen``: what its owner may not do now, it may not do either.

        """
        if (await self._standings.of(account_id)).state != "active":
            raise Rejected(ErrorCode.ACCOUNT_FROZEN, "expected a bot whose owner's account is active")

    async def standing(self, account_id: str) -> Standing:
        """
        Return where somebody who logs in stands.

        Raises:
            Rejected: ``invalid_credentials`` while the account is being erased: it is as good as gone;
                ``banned``: it is a bot of somebody who is.

        """
        is_banned = self.is_banned(account_id, self._now_ms())
        standing = await self._standings.of(account_id)
        if standing.state == "erasing":
            raise Rejected(ErrorCode.INVALID_CREDENTIALS, "expected an account that exists")
        # Who is banned comes in all the same: what is theirs stays theirs.
        return standing._replace(state="banned") if is_banned and standing.state == "active" else standing
