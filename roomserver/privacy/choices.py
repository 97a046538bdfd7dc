"""Choices: what people decide about their data, and the policy they have accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from protocol.errors import ErrorCode, Rejected
from protocol.privacy import (
    Consent,
    Consents,
    PolicyVersion,
    Privacy,
    PrivacyRequest,
    Receipt,
    SelfTtl,
)
from protocol.values import User
from roomserver.privacy.admission import Admitted, must_accept
from storage.accounts import Accounts
from storage.bans import ServerBan
from storage.privacy.policy import Jurisdiction
from storage.privacy.recorder import Recorder
from storage.privacy.requests import Requests, StoredRequest
from storage.privacy.standing import PURPOSES, Choice, Purpose, Standing, Standings
from storage.privacy.subjects import Subject
from storage.privacy.versions import Version, coming, demands, in_force, needed_rev
from storage.records import StoredAccount

NOTICE_PATH = "/privacy"


class ChoiceStores(NamedTuple):
    """What choices read and write."""

    accounts: Accounts
    standings: Standings
    requests: Requests


class Choices:
    """
    Reads and changes where an account stands.

    ``archive_url`` returns where a ready export is fetched, by its request; ``proof_at_ms`` when an
    account's proof of age came, if one waits. The day of a policy comes by ``trusted_ms``.
    """

    def __init__(
        self,
        stores: ChoiceStores,
        recorder: Recorder,
        archive_url: Callable[[str], str],
        proof_at_ms: Callable[[str], int | None],
        now_ms: Callable[[], int],
        trusted_ms: Callable[[], int],
    ) -> None:
        self._proof_at_ms = proof_at_ms
        self._stores = stores
        self._recorder = recorder
        self._archive_url = archive_url
        self._now_ms = now_ms
        self._trusted_ms = trusted_ms
        self.ban_of: Callable[[str, int], ServerBan | None] = lambda _account_id, _now_ms: None
        """Returns the ban of an account from the whole server that is in force at an instant."""
        self._versions: list[Version] = []
        self._demands: list[tuple[int, int]] = []

    @property
    def versions(self) -> list[Version]:
        """Every version of the policy, oldest first; kept up to date by whoever publishes one."""
        return self._versions

    @versions.setter
    def versions(self, versions: list[Version]) -> None:
        # Asked with every request of everybody: what can be known beforehand is.
        self._versions, self._demands = versions, demands(versions)

    def needed_rev(self) -> int:
        """Return the revision that must have been accepted by now."""
        return needed_rev(self._demands, self._trusted_ms()) if self._demands else 0

    async def overview(self, user: User) -> Privacy:
        """
        Return where an account stands.

        Raises:
            Rejected: ``not_found``: it is gone.

        """
        account, standing = await self._read(user)
        requests = await self._stores.requests.of(account.id)
        admitted = Admitted(account.kind, standing.state, account.policy_rev)
        ban = self.ban_of(account.id, self._now_ms())
        return Privacy(
            state="banned" if ban is not None and standing.state == "active" else standing.state,
            banned_until_ms=None if ban is None else ban.until_ms,
            ban_reason=None if ban is None else ban.reason,
            erased_at_ms=standing.erase_at_ms,
            jurisdiction=self._jurisdiction(account).name,
            proof_at_ms=self._proof_at_ms(account.id) if standing.state == "frozen" else None,
            age_band=standing.age_band,
            policy=self._in_force(),
            coming=self._coming(),
            accepted_rev=account.policy_rev,
            must_accept=must_accept(admitted, self.needed_rev()),
            has_password=account.password_hash is not None,
            consents=self._consents(account, standing),
            self_ttl=SelfTtl(chat_ms=standing.chat_ttl_ms),
            requests=[self.told(one) for one in requests],
        )

    async def request(self, user: User, request_id: str) -> PrivacyRequest:
        """
        Return one of the account's requests.

        Raises:
            Rejected: ``not_found``, also for somebody else's.

        """
        for one in await self._stores.requests.of(user.id, limit=100):
            if one.id == request_id:
                return self.told(one)
        message = f"expected the id of an own request, got {request_id!r}"
        raise Rejected(ErrorCode.NOT_FOUND, message, field="request_id")

    def told(self, request: StoredRequest) -> PrivacyRequest:
        """Return a request as it is told."""
        is_ready = request.stage == "ready" and request.kind == "export"
        return PrivacyRequest(
            id=request.id,
            kind=request.kind,
            stage=request.stage,
            requested_at_ms=request.requested_at_ms,
            steps=request.steps,
            receipts=[Receipt(holder=name, count=count) for name, count in sorted(request.receipts.items())]
            or None,
            url=self._archive_url(request.id) if is_ready else None,
            expires_at_ms=request.archive_until_ms if is_ready else None,
        )

    async def accept(self, user: User, rev: int) -> None:
        """
        Accept a revision of the policy.

        Raises:
            Rejected: ``conflict``: there is no such revision, or a newer one is in force.

        """
        known = {self._in_force().rev, *(one.rev for one in self.versions)}
        if rev not in known or rev < self.needed_rev():
            message = f"expected a revision from {self._in_force().rev} on, got {rev}"
            raise Rejected(ErrorCode.CONFLICT, message, rev=self._in_force().rev, field="rev")
        account, _ = await self._read(user)
        # Accepting an older one late never takes back what was accepted since.
        await self._stores.standings.accept(account.id, max(rev, account.policy_rev or 0), self._now_ms())

    async def consent(self, user: User, purposes: dict[Purpose, bool]) -> None:
        """Allow or refuse purposes, from the next use on."""
        await self._read(user)
        for purpose, on in purposes.items():
            await self._stores.standings.choose(user.id, purpose, Choice(on, "chosen", self._now_ms()))

    async def keep_chat(self, user: User, ttl_ms: int | None) -> None:
        """Keep the own chat this long at most, from now on."""
        account, _ = await self._read(user)
        await self._stores.standings.set_chat_ttl(user.id, ttl_ms)
        self.note(account, ttl_ms)

    def note(self, account: StoredAccount, chat_ttl_ms: int | None) -> None:
        """Tell the recorder whom it records."""
        self._recorder.subjects.note(account.id, Subject(account.kind, account.country, chat_ttl_ms))

    async def signal(self, account: StoredAccount, standing: Standing) -> None:
        """Take ``Sec-GPC: 1`` for a no to every purpose that nobody chose about."""
        for purpose in PURPOSES:
            if getattr(standing, purpose) is None:
                await self._stores.standings.choose(account.id, purpose, Choice(False, "gpc", self._now_ms()))

    async def usable(self, purpose: Purpose) -> list[str]:
        """Return the accounts whose data may be used for a purpose now."""
        policy = self._recorder.in_force.policy
        countries = await self._stores.standings.countries()
        lenient = {one for one in countries if getattr(policy.jurisdiction(one), purpose) == "opt_out"}
        return await self._stores.standings.allowed(purpose, by_default=frozenset(lenient))

    async def _read(self, user: User) -> tuple[StoredAccount, Standing]:
        account = await self._stores.accounts.by_id(user.id)
        if account is None:
            raise Rejected(ErrorCode.NOT_FOUND, "expected an account that still exists")
        return account, await self._stores.standings.of(user.id)

    def _jurisdiction(self, account: StoredAccount) -> Jurisdiction:
        return self._recorder.in_force.policy.jurisdiction(account.country)

    def _consents(self, account: StoredAccount, standing: Standing) -> Consents:
        place = self._jurisdiction(account)
        return Consents(
            improvement=_consent(standing.improvement, place.improvement == "opt_out"),
            marketing=_consent(standing.marketing, place.marketing == "opt_out"),
        )

    def _in_force(self) -> PolicyVersion:
        holding = in_force(self.versions, self._trusted_ms())
        if holding is None:
            # Before the first version is on record there is the policy that records.
            now = self._recorder.in_force
            holding = Version(now.rev, self._recorder.policy_hash, False, "", 0, 0)
        return _told(holding)

    def _coming(self) -> PolicyVersion | None:
        version = coming(self.versions, self._trusted_ms())
        return None if version is None else _told(version)


def _told(version: Version) -> PolicyVersion:
    return PolicyVersion(
        rev=version.rev,
        hash=version.hash,
        url=NOTICE_PATH,
        material=version.material,
        summary=version.summary,
        effective_at_ms=version.effective_at_ms,
    )


def _consent(choice: Choice | None, default: bool) -> Consent:
    if choice is None:
        return Consent(on=default, source="default")
    return Consent(on=choice.on, source=choice.source, at_ms=choice.at_ms)
