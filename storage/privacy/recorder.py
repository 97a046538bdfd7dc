"""
The recorder: decides over every record before it exists.

It knows the policy, the hooks and the people; it turns what happened into rows that carry their
promise. :mod:`storage.privacy.logtables` writes those rows, and nothing else writes log tables.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from protocol.values import Play
from storage.privacy.hooks import HookChain, RecordContext
from storage.privacy.logtables import TOMBSTONE_KIND
from storage.privacy.policy import Policy, Recording
from storage.privacy.policyfile import load_policy
from storage.privacy.precedence import Circumstances, Effective, effective
from storage.privacy.subjects import Subject, Subjects
from storage.records import ConnectionRow, EventDraft, EventRow, PlayRow, VoteRecord, VoteRow

PSEUDONYM_PREFIX = "p_"
_PSEUDONYM_CHARS = 16
_CACHED_MAX = 10_000
_NO_NAMES: Mapping[str, str] = {}


class Place(NamedTuple):
    """Where something happened: the room, and the time its host chose for chat (None: no choice)."""

    room_id: str
    slug: str
    chat_ttl_ms: int | None


NOWHERE = Place("", "", None)
"""For what happens in no room."""


class InForce(NamedTuple):
    """A policy with the revision it has on this server."""

    policy: Policy
    rev: int


class Recorder:
    """Makes rows. Synchronous and without waiting: it is called on the way of every message."""

    def __init__(self, in_force: InForce, hooks: HookChain, subjects: Subjects) -> None:
        self.in_force = in_force
        self.policy_hash = in_force.policy.hash()
        """Of the policy in force; made once, for it is said to every connection."""
        self.hooks = hooks
        self.subjects = subjects
        self._secret = secrets.token_bytes(32)
        """Never stored: what it hides can be linked while the process lives, and never after."""
        self._cache: dict[tuple[str, str, int | None, str | None, Subject, str | None], Effective] = {}

    def adopt(self, in_force: InForce) -> None:
        """Record by another policy from now on."""
        self.in_force = in_force
        self.policy_hash = in_force.policy.hash()
        self._cache.clear()

    def effective(
        self,
        category: str,
        place: Place,
        author: str | None,
        role: str | None = None,
        provider: str | None = None,
    ) -> Effective:
        """Return what the policy says of a record of an author with a room role."""
        return self.effective_of(category, place, self.subjects.of(author), role, provider)

    def effective_of(
        self,
        category: str,
        place: Place,
        subject: Subject,
        role: str | None = None,
        provider: str | None = None,
    ) -> Effective:
        """Return what the policy says of a record of such a person."""
        key = (category, place.slug, place.chat_ttl_ms, role, subject, provider)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= _CACHED_MAX:
                self._cache.clear()
            policy = self.in_force.policy
            where = Circumstances(
                jurisdiction=policy.jurisdiction(subject.country).name,
                room=place.slug or None,
                room_ms=place.chat_ttl_ms,
                roles=frozenset(name for name in (subject.kind, role) if name is not None),
                provider=provider,
                self_ms=subject.self_ms,
            )
            found = self._cache[key] = effective(policy, category, where)
        return found

    def event(
        self, draft: EventDraft, place: Place, role: str | None = None, names: Mapping[str, str] = _NO_NAMES
    ) -> EventRow | None:
        """
        Return the row of something that happened; None when nothing is recorded of it.

        What has a place in a room's stream keeps it, if only as a tombstone without content or
        person: numbers must have no gap.
        """
        decided = self.effective(draft.category, place, draft.actor_id, role)
        assert decided.ttl_ms is not None, f"rows of {draft.category} have a time of their own"
        ttl_ms, drop = decided.ttl_ms, decided.record is Recording.DROP
        pseudonymise = decided.record is Recording.PSEUDONYMISE
        if not drop and self.hooks.concerns(draft.category):
            verdict = self.hooks.decide(self._context(draft, place, role, names), draft.payload)
            drop, pseudonymise = verdict.drop, pseudonymise or verdict.pseudonymise
            if verdict.payload is not draft.payload:  # most hooks leave it as it is, and a copy costs 2 µs
                draft = draft._replace(payload=verdict.payload)
            if verdict.ttl_ms is not None:
                ttl_ms = min(ttl_ms, max(verdict.ttl_ms, decided.floor_ms))
        if drop or ttl_ms == 0:
            return None if draft.seq is None else self._tombstone(draft, place)
        if pseudonymise and draft.actor_id is not None:
            draft = self._pseudonymised(draft)
        return draft.row(draft.at_ms + ttl_ms, self.in_force.rev, self._media_expiry(draft, place, role))

    def _context(
        self, draft: EventDraft, place: Place, role: str | None, names: Mapping[str, str]
    ) -> RecordContext:
        subject = self.subjects.of(draft.actor_id)
        return RecordContext(
            category=draft.category,
            kind=draft.kind,
            room_id=place.room_id or None,
            actor_id=draft.actor_id,
            roles=frozenset(name for name in (subject.kind, role) if name is not None),
            jurisdiction=self.in_force.policy.jurisdiction(subject.country).name,
            at_ms=draft.at_ms,
            policy_rev=self.in_force.rev,
            body={},
            names=names,
        )

    def _tombstone(self, draft: EventDraft, place: Place) -> EventRow:
        # Long enough for whoever may resume over it, and it holds nothing but its number.
        resume = self.effective("resume", place, None)
        assert resume.ttl_ms is not None, "the ring has a time"
        payload, kind = "{}", TOMBSTONE_KIND
        if draft.kind == "chat.message":
            # A message without text is what clients know as deleted; its random id tells nothing.
            kind = draft.kind
            message_id = msgspec.json.decode(draft.payload)["id"]
            gone = {"id": message_id, "user": {"$user": ""}, "text": "", "mentions": [], "deleted": True}
            payload = msgspec.json.encode(gone).decode()
        return draft._replace(kind=kind, actor_id=None, nonce=None, payload=payload).row(
            draft.at_ms + resume.ttl_ms, self.in_force.rev
        )

    def _pseudonymised(self, draft: EventDraft) -> EventDraft:
        assert draft.actor_id is not None, "nobody has no pseudonym"
        pseudonym = self.pseudonym(draft.room_id, draft.actor_id)
        # Ids are random: the quoted one is nothing else.
        payload = draft.payload.replace(f'"{draft.actor_id}"', f'"{pseudonym}"')
        return draft._replace(actor_id=pseudonym, payload=payload, nonce=None)

    def pseudonym(self, room_id: str | None, account_id: str) -> str:
        """Return what stands for an account in a room's records while this process lives."""
        content = f"{room_id or ''}\0{account_id}".encode()
        return PSEUDONYM_PREFIX + hmac.digest(self._secret, content, hashlib.sha256).hex()[:_PSEUDONYM_CHARS]

    def _media_expiry(self, draft: EventDraft, place: Place, role: str | None) -> int | None:
        if draft.media_source is None:
            return None
        kept = self.effective("media", place, draft.actor_id, role, draft.media_source)
        assert kept.ttl_ms is not None, "titles have a time"
        return draft.at_ms + kept.ttl_ms

    def play(self, play: Play, place: Place, role: str | None = None) -> PlayRow:
        """
        Return the row of a play.

        The play on air is what the room does, and needs its row. One of which nothing may be
        recorded, or not whose it was, has no time beyond that: no history ever shows it.
        """
        dj_id = None if play.dj is None else play.dj.id
        decided = self.effective("video", place, dj_id, role)
        titles = self.effective("media", place, dj_id, role, play.media.source)
        assert titles.ttl_ms is not None, "titles have a time"
        at_ms = play.started_at_ms
        draft = EventDraft("video", "play", place.room_id, None, None, dj_id, at_ms, None, "")
        ttl_ms = self._untouched(draft, play, decided, place, role)
        return PlayRow(place.room_id, play, at_ms + ttl_ms, self.in_force.rev, at_ms + titles.ttl_ms)

    def vote(self, vote: VoteRecord, place: Place, role: str | None = None) -> VoteRow | None:
        """Return the row of a vote; None when it only counts while the play lasts."""
        decided = self.effective("votes", place, vote.account_id, role)
        draft = EventDraft("votes", "vote", place.room_id, None, None, vote.account_id, vote.at_ms, None, "")
        ttl_ms = self._untouched(draft, vote._asdict(), decided, place, role)
        return VoteRow(*vote, vote.at_ms + ttl_ms, self.in_force.rev) if ttl_ms else None

    def connection(self, row: ConnectionRow) -> ConnectionRow | None:
        """Return where somebody connected from with its promise; None when that is not recorded."""
        decided = self.effective("connections", NOWHERE, row.account_id)
        draft = EventDraft("connections", "connection", None, None, None, row.account_id, row.at_ms, None, "")
        body = {"browser": row.browser, "os": row.os, "network": row.network}
        ttl_ms = self._untouched(draft, body, decided._replace(record=Recording.ALLOW), NOWHERE, None)
        if not ttl_ms or decided.record is Recording.DROP:
            return None
        raw_ms = min(ttl_ms, self.in_force.policy.raw_address_ms)
        if decided.record is not Recording.ALLOW or not raw_ms:
            row = row._replace(address=None)
        return row._replace(
            raw_until_ms=None if row.address is None else row.at_ms + raw_ms,
            expires_at_ms=row.at_ms + ttl_ms,
            policy_rev=self.in_force.rev,
        )

    def _untouched(
        self, draft: EventDraft, body: object, decided: Effective, place: Place, role: str | None
    ) -> int:
        """Return the time of a row that cannot be written in part: 0 if anything is to be left out of it."""
        assert decided.ttl_ms is not None, f"rows of {draft.category} have a time of their own"
        if decided.record is not Recording.ALLOW:
            return 0
        if not self.hooks.concerns(draft.category):
            return decided.ttl_ms
        payload = msgspec.json.encode(body).decode()
        verdict = self.hooks.decide(self._context(draft, place, role, _NO_NAMES), payload)
        if verdict.drop or verdict.pseudonymise or verdict.payload != payload:
            return 0
        if verdict.ttl_ms is None:
            return decided.ttl_ms
        return min(decided.ttl_ms, max(verdict.ttl_ms, decided.floor_ms))


def shipped_recorder() -> Recorder:
    """Return a recorder by the policy that ships with the server, without hooks."""
    return Recorder(InForce(load_policy(None), 1), HookChain(), Subjects())
