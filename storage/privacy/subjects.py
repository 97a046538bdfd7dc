"""Subjects: what the recorder must know of people to keep their records as long as they were promised."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import NamedTuple

from protocol.values import UserKind
from storage.database import Database

KNOWN_MAX = 50_000
"""People remembered; for the others the policy's profile of the unknown holds, strict or not."""


class Subject(NamedTuple):
    """
    An author: ``country`` as declared (ISO 3166), ``self_ms`` the own choice for chat.

    A field that is not known is None, and the policy's profile of the unknown holds.
    """

    kind: UserKind | None = None
    country: str | None = None
    self_ms: int | None = None


UNKNOWN = Subject()


async def read_subject(db: Database, account_id: str) -> Subject:
    """Return what is stored of somebody."""
    row = await db.row(
        """
        SELECT kind, country, chat_ttl_ms FROM accounts
        LEFT JOIN account_privacy ON account_privacy.account_id = accounts.id WHERE id = :id""",
        {"id": account_id},
    )
    return UNKNOWN if row is None else Subject(row["kind"], row["country"], row["chat_ttl_ms"])


class Subjects:
    """The people of this process, as a holder of personal data: see :mod:`storage.privacy.holders`."""

    name = "subjects"
    categories = frozenset({"account"})
    max_age_s: int | None = None

    def __init__(self, at_most: int = KNOWN_MAX) -> None:
        self._known: OrderedDict[str, Subject] = OrderedDict()
        self._at_most = at_most
        self.on_changed: Callable[[str], None] = lambda _: None
        """Told of somebody of whom something else is so than was known, by id."""

    def __contains__(self, account_id: str) -> bool:
        return account_id in self._known

    def __len__(self) -> int:
        return len(self._known)

    def note(self, account_id: str, subject: Subject) -> None:
        """Remember somebody; who was noted longest ago is forgotten when there are too many."""
        before = self._known.get(account_id, subject)
        self._known[account_id] = subject
        self._known.move_to_end(account_id)
        if len(self._known) > self._at_most:
            self._known.popitem(last=False)
        if before != subject:
            self.on_changed(account_id)

    def of(self, account_id: str | None) -> Subject:
        """Return what is known of an author."""
        return UNKNOWN if account_id is None else self._known.get(account_id, UNKNOWN)

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:  # noqa: ARG002 - has no things with ids
        """Forget an account."""
        return int(self._known.pop(subject, None) is not None)

    def expire(self, now: int) -> int:  # noqa: ARG002 - lives with the account
        """Forget nothing: it lives with the account."""
        return 0

    def contains(self, probe: bytes) -> int:
        """Count the people whose id or country holds these bytes."""
        return sum(
            probe in account_id.encode() or probe in (subject.country or "").encode()
            for account_id, subject in self._known.items()
        )
