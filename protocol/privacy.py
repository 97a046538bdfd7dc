"""Values of privacy: what an account has chosen, what was asked of the server, how far it is."""

from __future__ import annotations

from typing import Literal

from protocol.values import AccountState, Id, Ms, Value

AgeBand = Literal["13-15", "16-17", "18+"]
"""All that is kept of an age; the birth date is evaluated and forgotten."""

ConsentSource = Literal["default", "chosen", "gpc"]
"""Why a consent is what it is: the jurisdiction's default, the user's choice, or ``Sec-GPC: 1``."""

RequestKind = Literal["export", "erase"]

RequestStage = Literal[
    "requested",
    "building",
    "ready",
    "fetched",
    "expired",
    "failed",
    "frozen",
    "memory",
    "rows",
    "search",
    "bytes",
    "complete",
]
"""
How far a request is. An export goes requested, building, ready, then fetched or expired; an
erasure requested, frozen, memory, rows, search, bytes, complete, each named when it is done.
"""


class Consent(Value, frozen=True, kw_only=True):
    """Whether a purpose is allowed, and since when; ``at_ms`` is left out for a default."""

    on: bool
    source: ConsentSource
    at_ms: Ms | None = None


class Consents(Value, frozen=True, kw_only=True):
    """The purposes that need a yes: to improve the service, and to send advertising mail."""

    improvement: Consent
    marketing: Consent


class SelfTtl(Value, frozen=True, kw_only=True):
    """How long the own records are kept where that is shorter than the policy; nil: as the policy says."""

    chat_ms: Ms | None


class PolicyVersion(Value, frozen=True, kw_only=True):
    """A revision of the privacy policy; a ``material`` one must be accepted once it is in force."""

    rev: int
    hash: str
    url: str
    material: bool
    summary: str
    effective_at_ms: Ms


class Step(Value, frozen=True, kw_only=True):
    """A stage of a request and when it was done."""

    stage: RequestStage
    at_ms: Ms


class Receipt(Value, frozen=True, kw_only=True):
    """What one holder of personal data did for an erasure: how many records it removed or unlinked."""

    holder: str
    count: int


class PrivacyRequest(Value, frozen=True, kw_only=True):
    """
    An export or an erasure that was asked for. ``url`` fetches the archive of a ready export,
    once and before ``expires_at_ms``.
    """

    id: Id
    kind: RequestKind
    stage: RequestStage
    requested_at_ms: Ms
    steps: list[Step]
    receipts: list[Receipt] | None = None
    url: str | None = None
    expires_at_ms: Ms | None = None


class Privacy(Value, frozen=True, kw_only=True):
    """
    Where the caller's account stands, and what it has chosen.

    ``erased_at_ms`` is when a frozen account is erased unless the operator decides otherwise;
    ``proof_at_ms`` when a proof of age came that waits for that decision; ``banned_until_ms`` and
    ``ban_reason`` are of a ban from the whole server, which may have neither an end nor a reason;
    ``coming`` is a policy announced for later; ``must_accept`` says that chat and the booth wait
    for ``privacy.accept``; ``has_password`` that ``privacy.erase`` asks for it.
    """

    state: AccountState
    erased_at_ms: Ms | None = None
    proof_at_ms: Ms | None = None
    banned_until_ms: Ms | None = None
    ban_reason: str | None = None
    jurisdiction: str
    age_band: AgeBand | None = None
    policy: PolicyVersion
    coming: PolicyVersion | None = None
    accepted_rev: int | None
    must_accept: bool
    has_password: bool
    consents: Consents
    self_ttl: SelfTtl
    requests: list[PrivacyRequest]
