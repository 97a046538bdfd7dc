"""The recording notice: what is said at the door, rendered from what is in force."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from protocol.notice import Notice, NoticeCategory
from storage.privacy.durations import say_duration
from storage.privacy.policy import Recording
from storage.privacy.recorder import Place, Recorder
from storage.privacy.registry import CATEGORIES, Category
from storage.privacy.subjects import Subject

POLICY_REV = 1
"""The revision of the policy's text that is accepted on registration."""

RIGHTS = ("export", "erase", "self_ttl")
_HASH_CHARS = 16


def render_notice(
    recorder: Recorder, place: Place, subject: Subject, role: str | None = None, url: str = "/privacy"
) -> Notice:
    """
    Return what is recorded of a person with a role in a place, by the policy in force.

    ``hash`` is of what is recorded: the same for everyone and every room of whom the same is.
    """
    said = [(category, *_time(recorder, category, place, subject, role)) for category in CATEGORIES.values()]
    categories = [
        NoticeCategory(
            category=category.name,
            what=category.what,
            purpose=category.purpose,
            ttl_ms=ttl_ms,
            visible_to=category.visible_to,
            purposes=list(recorder.in_force.policy.purposes[category.name]),
            pseudonymised=record is Recording.PSEUDONYMISE,
        )
        for category, ttl_ms, record in said
        if record is not Recording.DROP
    ]
    not_recorded = [category.name for category, _, record in said if record is Recording.DROP]
    text = _text(categories, not_recorded, recorder.in_force.policy.inactive_ms)
    content = msgspec.json.encode((text, categories, not_recorded))
    jurisdiction = recorder.in_force.policy.jurisdiction(subject.country)
    return Notice(
        rev=recorder.in_force.rev,
        hash=hashlib.sha256(content).hexdigest()[:_HASH_CHARS],
        url=url,
        text=text,
        categories=categories,
        not_recorded=not_recorded,
        rights=list(RIGHTS),
        ack=jurisdiction.require_ack,
    )


def _time(
    recorder: Recorder, category: Category, place: Place, subject: Subject, role: str | None
) -> tuple[int | None, Recording]:
    decided = recorder.effective_of(category.name, place, subject, role)
    if category.name in recorder.hooks.closed:
        return decided.ttl_ms, Recording.DROP
    return decided.ttl_ms, decided.record


def _text(categories: Iterable[NoticeCategory], not_recorded: Iterable[str], inactive_ms: int) -> str:
    kept = "; ".join(f"{each.what} ({period_of(each)}, {each.purpose})" for each in categories)
    text = f"This server records {kept}. Records are deleted when their time is over."
    if left_out := ", ".join(CATEGORIES[name].what for name in not_recorded):
        text += f" It does not record {left_out}."
    text += (
        f" An account that nobody signs in to for {say_duration(inactive_ms)} is erased;"
        " whoever gave an address is written to twice before."
    )
    return text


def period_of(category: NoticeCategory) -> str:
    """Return for how long a category is kept, in words."""
    if category.ttl_ms is None:
        return "as long as needed" if category.category == "suppressions" else "for the life of your account"
    period = f"for {say_duration(category.ttl_ms)}"
    return f"{period}, under a pseudonym" if category.pseudonymised else period
