"""Commands ``privacy.*``: what the operator answers for, and proves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from protocol.errors import ErrorCode, Rejected
from protocol.limits import EMAIL_CHARS
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.admin.users import account_of
from roomserver.privacy.erasure import late_stages
from roomserver.privacy.letters import Words
from roomserver.privacy.pages import request_url
from roomserver.privacy.rights import Rights
from roomserver.retention import Retention
from roomserver.sweep_loop import SweepLoop
from storage.accounts import Accounts
from storage.privacy.growth import growth
from storage.privacy.keeping import HookFailedError
from storage.privacy.overdue import overdue
from storage.privacy.plan import plan
from storage.privacy.policyfile import PolicyError, load_policy
from storage.privacy.probing import WORD_BYTES_MIN, files_with_from_outside
from storage.privacy.processing import record_of_processing
from storage.privacy.requests import StoredRequest


class PrivacyNotice(AdminCommand, frozen=True, kw_only=True, tag="privacy.notice"):
    """Show the recording notice in force."""


class PrivacyPlan(AdminCommand, frozen=True, kw_only=True, tag="privacy.plan"):
    """Show what a policy file would do, before it does it; ``file`` None is the shipped policy."""

    file: str | None = None


class PrivacyStatus(AdminCommand, frozen=True, kw_only=True, tag="privacy.status"):
    """Show which promises are kept: deletions, erasures, requests, the ledger."""


class PrivacySweep(AdminCommand, frozen=True, kw_only=True, tag="privacy.sweep"):
    """Delete what has expired now."""


class PrivacyErase(AdminCommand, frozen=True, kw_only=True, tag="privacy.erase"):
    """Erase an account that its owner asked to erase; ``user`` is a name or an id."""

    user: str
    wait: bool = True


class PrivacyExport(AdminCommand, frozen=True, kw_only=True, tag="privacy.export"):
    """Make the copy that somebody asked for; answers where its archive is."""

    user: str


class PrivacyVerify(AdminCommand, frozen=True, kw_only=True, tag="privacy.verify"):
    """Look for a word in memory, hooks and every file; ``also`` are more folders, as that of the logs."""

    canary: Annotated[str, Meta(min_length=WORD_BYTES_MIN)]
    also: tuple[str, ...] = ()


class PrivacyRopa(AdminCommand, frozen=True, kw_only=True, tag="privacy.ropa"):
    """Show the record of processing (GDPR Article 30)."""


class PrivacyAudit(AdminCommand, frozen=True, kw_only=True, tag="privacy.audit"):
    """Check the chain of the audit, against an earlier ``head`` too, and show its last rows."""

    head: str | None = None
    tail: Annotated[int, Meta(ge=0, le=10_000)] = 0


class PrivacyFrozen(AdminCommand, frozen=True, kw_only=True, tag="privacy.frozen"):
    """List the accounts that are frozen until their age is proven."""


class PrivacyFreeze(AdminCommand, frozen=True, kw_only=True, tag="privacy.freeze"):
    """Freeze an account whose owner seems too young."""

    user: str


class PrivacyDecide(AdminCommand, frozen=True, kw_only=True, tag="privacy.decide"):
    """Decide about a frozen account: let it go on, or erase it."""

    user: str
    is_old_enough: bool


class PrivacySuppress(AdminCommand, frozen=True, kw_only=True, tag="privacy.suppress"):
    """Send an address no more mail but about its own account."""

    address: Annotated[str, Meta(max_length=EMAIL_CHARS)]


class PrivacyAdvertise(AdminCommand, frozen=True, kw_only=True, tag="privacy.advertise"):
    """Send advertising mail to everybody who consented and did not unsubscribe."""

    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(min_length=1, max_length=20_000)]


class Operated(NamedTuple):
    """What the commands work on."""

    rights: Rights
    accounts: Accounts
    retention: Retention
    sweeps: SweepLoop


class PrivacyAdministration:
    """Carries the commands out."""

    def __init__(self, operated: Operated) -> None:
        self._rights = operated.rights
        self._accounts = operated.accounts
        self._retention = operated.retention
        self._sweeps = operated.sweeps

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {
            PrivacyNotice: self.notice,
            PrivacyPlan: self.plan,
            PrivacyStatus: self.status,
            PrivacySweep: self.sweep,
            PrivacyErase: self.erase,
            PrivacyExport: self.export,
            PrivacyVerify: self.verify,
            PrivacyRopa: self.ropa,
            PrivacyAudit: self.audit,
            PrivacyFrozen: self.frozen,
            PrivacyFreeze: self.freeze,
            PrivacyDecide: self.decide,
            PrivacySuppress: self.suppress,
            PrivacyAdvertise: self.advertise,
        }

    async def notice(self, _command: PrivacyNotice) -> Mapping[str, object]:
        """Show the notice."""
        plain: dict[str, Any] = msgspec.to_builtins(self._retention.notices.general())
        return plain

    async def plan(self, command: PrivacyPlan) -> Mapping[str, object]:
        """Count what a policy would reach; ``more`` is what people would have to accept."""
        try:
            policy = await asyncio.to_thread(
                load_policy, None if command.file is None else Path(command.file)
            )
        except PolicyError as error:
            raise Rejected(ErrorCode.BAD_PARAMS, "; ".join(error.problems), field="file") from error
        found = await plan(self._rights.vault.database, policy, self._rights.now_ms())
        before = self._rights.in_force().policy
        return {
            "changes": found.changes,
            "more": [str(one) for one in growth(before, policy)],
            "less": [one.turned() for one in growth(policy, before)],
            "effects": [effect._asdict() for effect in found.effects],
            "due_at_ms": found.due_at_ms,
            "pauses": list(found.pauses),
            "notice": found.after.text,
        }

    async def status(self, _command: PrivacyStatus) -> Mapping[str, object]:
        """Show what is late; ``broken`` names the promises that are."""
        rights, now = self._rights, self._rights.now_ms()
        promise = rights.in_force().policy.promise
        found = await overdue(rights.vault.database, now)
        overdue_ms = {category: max(0, ms - promise.row_ms) for category, ms in found.items()}
        erasures = await rights.requests.open("erase")
        waiting = [_waiting(one, now, is_held=rights.erasures.is_held(one.id)) for one in erasures]
        late = {category: late_ms for category, late_ms in overdue_ms.items() if late_ms}
        broken = [f"{category} is kept {late_ms} ms too long" for category, late_ms in late.items()]
        broken += [f"erasure {one['request_id']} is late: {one['late']}" for one in waiting if one["late"]]
        return {
            "broken": broken,
            "policy_rev": rights.rev(),
            "needed_rev": rights.choices.needed_rev(),
            "overdue_ms": overdue_ms,
            "erasures": waiting,
            "exports": len(await rights.requests.open("export")),
            "frozen": len(await rights.standings.frozen()),
            "inactive": await rights.inactivity.counting_down(),
            "archived_rooms": await rights.unowned.count(),
            "letters": len(rights.post),
            "ledger": rights.vault.ledger.head,
        }

    async def sweep(self, _command: PrivacySweep) -> Mapping[str, object]:
        """Delete what has expired."""
        swept = await self._sweeps.once()
        if swept is None:
            raise Rejected(ErrorCode.STORAGE_UNAVAILABLE)
        return {"deleted": swept.rows, "paused": sorted(swept.paused), "bytes_gone": swept.bytes_gone}

    async def erase(self, command: PrivacyErase) -> Mapping[str, object]:
        """Erase an account, and wait for it unless that is not wanted."""
        account = await account_of(self._accounts, command.user)
        if account.kind == "bot":
            raise Rejected(ErrorCode.FORBIDDEN, "expected a person: a bot goes with its owner, or is revoked")
        request_id = await self._rights.erase_by_operator(account.id)
        return await self._receipt(request_id, wait=command.wait)

    async def _receipt(self, request_id: str, *, wait: bool = True) -> Mapping[str, object]:
        if wait:
            await self._rights.carry_out()
        found = await self._rights.requests.get(request_id)
        assert found is not None, "a request outlives what it asked for"
        return {
            "request_id": request_id,
            "url": request_url(request_id),
            "stage": found.stage,
            "receipts": found.receipts,
            "ms": found.steps[-1].at_ms - found.requested_at_ms,
        }

    async def export(self, command: PrivacyExport) -> Mapping[str, object]:
        """Make a copy."""
        account = await account_of(self._accounts, command.user)
        request_id = await self._rights.exports.take_on(account.id, "operator")
        receipt = await self._receipt(request_id)
        return {**receipt, "link": self._rights.exports.url(request_id)}

    async def verify(self, command: PrivacyVerify) -> Mapping[str, object]:
        """Look for a word everywhere."""
        files = await self._files_with(command)
        probe = command.canary.encode()
        memory = self._rights.holders.contains(probe)
        try:
            hooks = self._rights.keeping.contains(probe)
        except HookFailedError as error:
            raise Rejected(ErrorCode.CONFLICT, f"expected every hook to look: {error}") from error
        found = bool(files or memory or hooks)
        return {"found": found, "files": files, "memory": memory, "hooks": hooks}

    async def _files_with(self, command: PrivacyVerify) -> list[str]:
        also = [Path(each) for each in command.also]
        for path in also:
            if not path.is_absolute() or not await asyncio.to_thread(path.exists):
                message = f"expected a folder or a file by its whole path, got {str(path)!r}"
                raise Rejected(ErrorCode.BAD_PARAMS, message, field="also")
        try:
            return await files_with_from_outside(command.canary, [self._rights.vault.folder, *also])
        except OSError as error:
            message = f"expected files that the server may read, else nothing is proven: {error}"
            raise Rejected(ErrorCode.CONFLICT, message, field="also") from error

    async def ropa(self, _command: PrivacyRopa) -> Mapping[str, object]:
        """Show the record of processing."""
        return record_of_processing(self._rights.in_force().policy, self._rights.rev())

    async def audit(self, command: PrivacyAudit) -> Mapping[str, object]:
        """Check the audit."""
        try:
            verdict = await self._rights.audit.verify(head=command.head)
        except ValueError as error:
            message = f"expected a head as an earlier check printed it, got {command.head!r}"
            raise Rejected(ErrorCode.BAD_PARAMS, message, field="head") from error
        rows = await self._rights.audit.tail(command.tail)
        told = ("id", "at_ms", "actor", "action", "category", "count", "policy_rev")
        return {
            **verdict._asdict(),
            "intact": verdict.is_intact,
            "tail": [{name: row[name] for name in told} for row in rows],
        }

    async def frozen(self, _command: PrivacyFrozen) -> Mapping[str, object]:
        """List frozen accounts."""
        rows = await self._rights.standings.frozen()
        return {
            "frozen": [
                {"id": account.id, "name": account.name, "erased_at_ms": standing.erase_at_ms}
                for account, standing in rows
            ]
        }

    async def freeze(self, command: PrivacyFreeze) -> Mapping[str, object]:
        """Freeze an account."""
        account = await account_of(self._accounts, command.user)
        changed = await self._rights.ages.freeze(account.id, "operator")
        return {"id": account.id, "name": account.name, "changed": changed}

    async def decide(self, command: PrivacyDecide) -> Mapping[str, object]:
        """Decide about a frozen account."""
        account = await account_of(self._accounts, command.user)
        request_id = await self._rights.ages.decide(account.id, is_old_enough=command.is_old_enough)
        if request_id is None:
            return {"id": account.id, "state": "active"}
        return {"id": account.id, "state": "erased", **await self._receipt(request_id)}

    async def suppress(self, command: PrivacySuppress) -> Mapping[str, object]:
        """Suppress an address; the answer does not repeat it."""
        return {"keyed": (await self._rights.suppress(command.address)).hex()}

    async def advertise(self, command: PrivacyAdvertise) -> Mapping[str, object]:
        """Send advertising; refused where no mail is configured."""
        if not self._rights.post.is_open:
            raise Rejected(ErrorCode.CONFLICT, "expected a mail server under [mail], got none")
        return await self._rights.advertise(Words(command.subject, command.text))


def _waiting(request: StoredRequest, now: int, *, is_held: bool) -> dict[str, object]:
    late = "" if is_held else ", ".join(late_stages(request, now))
    age_ms = now - request.requested_at_ms
    return {"request_id": request.id, "stage": request.stage, "age_ms": age_ms, "held": is_held, "late": late}
