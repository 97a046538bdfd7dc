"""Methods ``privacy.*`` beyond the notice: status, choices, a copy, erasure, reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import Empty, PrivacyResult, ProofResult, RequestResult
from roomserver.api.dispatch import Call, Handler
from roomserver.guard import Guard
from roomserver.passwords import Passwords
from roomserver.privacy.age import Ages
from roomserver.privacy.choices import Choices
from roomserver.privacy.exports import Exports
from roomserver.privacy.pages import request_url
from roomserver.privacy.proofs import Proofs
from storage.accounts import Accounts
from storage.privacy.standing import Purpose
from storage.records import StoredAccount


class PrivacyServices(NamedTuple):
    """What serves the methods. ``erase`` takes on the erasure of an account for its owner."""

    choices: Choices
    exports: Exports
    ages: Ages
    erase: Callable[[str], Awaitable[str]]
    proofs: Proofs


class PrivacyMethods:
    """The rights of people, as methods."""

    def __init__(
        self, services: PrivacyServices, accounts: Accounts, passwords: Passwords, guard: Guard
    ) -> None:
        self._services = services
        self._accounts = accounts
        self._passwords = passwords
        self._guard = guard

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.PrivacyStatus: self.status,
            commands.PrivacyAccept: self.accept,
            commands.PrivacyConsents: self.consents,
            commands.PrivacySelfTtl: self.self_ttl,
            commands.PrivacyExport: self.export,
            commands.PrivacyErase: self.erase,
            commands.PrivacyProve: self.prove,
            commands.PrivacyReportAge: self.report_age,
        }

    async def status(self, call: Call, command: commands.PrivacyStatus) -> PrivacyResult:
        """Say where the account stands."""
        choices = self._services.choices
        request = None
        if command.request_id is not None:
            request = await choices.request(call.user, command.request_id)
        return PrivacyResult(privacy=await choices.overview(call.user), request=request)

    async def accept(self, call: Call, command: commands.PrivacyAccept) -> PrivacyResult:
        """Accept the policy, for every connection of the account."""
        _require(call, "user", "admin")
        await self._services.choices.accept(call.user, command.rev)
        overview = await self._services.choices.overview(call.user)
        call.caller.accepted(overview.accepted_rev)
        return PrivacyResult(privacy=overview)

    async def consents(self, call: Call, command: commands.PrivacyConsents) -> PrivacyResult:
        """Allow or refuse purposes."""
        given: dict[Purpose, bool] = {}
        if command.improvement is not None:
            given["improvement"] = command.improvement
        if command.marketing is not None:
            given["marketing"] = command.marketing
        if given:
            _require(call, "user", "admin")
        await self._services.choices.consent(call.user, given)
        return PrivacyResult(privacy=await self._services.choices.overview(call.user))

    async def self_ttl(self, call: Call, command: commands.PrivacySelfTtl) -> PrivacyResult:
        """Shorten the time of the own chat; guests may too."""
        await self._services.choices.keep_chat(call.user, command.chat_ms)
        return PrivacyResult(privacy=await self._services.choices.overview(call.user))

    async def export(self, call: Call, _command: commands.PrivacyExport) -> RequestResult:
        """Ask for a copy."""
        _require(call, "user", "admin", "guest")
        request_id = await self._services.exports.take_on(call.user.id)
        return RequestResult(request_id=request_id, url=request_url(request_id))

    async def erase(self, call: Call, command: commands.PrivacyErase) -> RequestResult:
        """Erase the account, once its owner has confirmed it."""
        _require(call, "user", "admin", "guest")
        account = await self._accounts.by_id(call.user.id)
        if account is None:
            raise Rejected(ErrorCode.NOT_FOUND, "expected an account that still exists")
        if command.confirm != account.name:
            message = "expected the own name as it is written, to be sure"
            raise Rejected(ErrorCode.BAD_PARAMS, message, field="confirm")
        await self._check_password(call, account, command.password)
        request_id = await self._services.erase(account.id)
        return RequestResult(request_id=request_id, url=request_url(request_id))

    async def _check_password(self, call: Call, account: StoredAccount, password: str | None) -> None:
        if account.password_hash is None:
            return
        # Each try counts against the account until it proved right, as with a login.
        self._guard.admit("passwords", call.caller.connection.client)
        self._guard.begin_login(account.name)
        if not await self._passwords.verify(account.password_hash, password or ""):
            message = "expected the account's password"
            raise Rejected(ErrorCode.INVALID_CREDENTIALS, message, field="password")
        self._guard.take_back(account.name)

    async def prove(self, call: Call, _command: commands.PrivacyProve) -> ProofResult:
        """Say where a proof of age goes."""
        return await self._services.proofs.offer(call.user.id)

    async def report_age(self, call: Call, command: commands.PrivacyReportAge) -> Empty:
        """Take a report; the answer does not say what follows from it."""
        await self._services.ages.report(call.user, command.user)
        return Empty()


def _require(call: Call, *kinds: str) -> None:
    if call.user.kind not in kinds:
        message = f"expected {' or '.join(kinds)}, got a {call.user.kind}"
        raise Rejected(ErrorCode.FORBIDDEN, message, needs=kinds[0])
