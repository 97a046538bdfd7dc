"""Commands of privacy: the notice, the own choices, and the rights to a copy and to erasure."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol import limits
from protocol.commands.base import AnyPassword, Command, RoomRef
from protocol.values import Id

Revision = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class PrivacyNotice(Command, frozen=True, kw_only=True):
    """Read the recording notice, of a room where rooms differ."""

    method = "privacy.notice"
    room: RoomRef | None = None


class PrivacyAcknowledge(Command, frozen=True, kw_only=True):
    """
    Say that a recording notice was read; ``hash`` is the notice's.

    Where ``notice.ack`` is true, chat and votes wait for it. It holds until the notice says
    something else.
    """

    method = "privacy.acknowledge"
    hash: Annotated[str, Meta(max_length=64)]


class PrivacyAccept(Command, frozen=True, kw_only=True):
    """Accept a revision of the privacy policy: the one in force, or the one announced."""

    method = "privacy.accept"
    rev: Revision


class PrivacyConsents(Command, frozen=True, kw_only=True):
    """Allow or refuse a purpose; what is left out stays. Takes effect at once."""

    method = "privacy.consents"
    improvement: bool | None = None
    marketing: bool | None = None


class PrivacySelfTtl(Command, frozen=True, kw_only=True):
    """
    Have the own chat deleted sooner than the policy says, from now on.

    0 is not to record it at all, nil takes the choice back; it never lengthens.
    """

    method = "privacy.self_ttl"
    chat_ms: Annotated[int, Meta(ge=0, le=limits.SELF_TTL_MAX_MS)] | None


class PrivacyExport(Command, frozen=True, kw_only=True):
    """
    Ask for a copy of everything the server holds of the caller, at most once a day.

    Works in every state of the account; ``privacy.export_ready`` says where it is.
    """

    method = "privacy.export"


class PrivacyErase(Command, frozen=True, kw_only=True):
    """
    Erase the caller's account and everything it left, for good; connections close with 4010.

    ``confirm`` is the own name as it is written; accounts with a password give it too.
    Works in every state of the account.
    """

    method = "privacy.erase"
    confirm: Annotated[str, Meta(max_length=limits.NAME_CHARS)]
    password: AnyPassword | None = None


class PrivacyStatus(Command, frozen=True, kw_only=True):
    """Read where the own account stands, its choices and requests; or only one request."""

    method = "privacy.status"
    request_id: Id | None = None


class PrivacyProve(Command, frozen=True, kw_only=True):
    """
    Ask where to send a proof of age, for an account that is frozen.

    The file is the body of one POST to the answer's ``url``. Only the operator sees it; it is
    deleted with the decision, and after fourteen days at the latest.
    """

    method = "privacy.prove"


class PrivacyReportAge(Command, frozen=True, kw_only=True):
    """
    Report that a user is too young to be here.

    The reported account is frozen after two reports, or one of an administrator.
    """

    method = "privacy.report_age"
    user: Id
