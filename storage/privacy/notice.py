"""The recording notice: what is said at the door, rendered from what is in force."""

from __future__ import annotations

import hashlib

import msgspec

from protocol.limits import DAY_MS
from protocol.notice import Notice, NoticeCategory
from storage.privacy.registry import CATEGORIES

POLICY_REV = 1
"""The revision of the policy below; it rises with every change of a purpose or a time."""

_HASH_CHARS = 16


def expires_at(category: str, at_ms: int) -> int:
    """
    Return the instant from which a row recorded at ``at_ms`` is invisible.

    Raises:
        ValueError: rows of this category do not expire on their own.

    """
    ttl_ms = CATEGORIES[category].ttl_ms
    if ttl_ms is None:
        raise ValueError(f"expected a category with a time to live, got {category!r}")
    return at_ms + ttl_ms


def render_notice(url: str) -> Notice:
    """Return the recording notice of the policy in force; ``url`` is where its full text is."""
    recorded = [each for each in CATEGORIES.values() if each.ttl_ms != 0]
    categories = [
        NoticeCategory(
            category=each.name,
            what=each.what,
            purpose=each.purpose,
            ttl_ms=each.ttl_ms,
            visible_to=each.visible_to,
            purposes=list(each.purposes),
        )
        for each in recorded
    ]
    kept = "; ".join(f"{each.what} ({_period(each.ttl_ms)}, {each.purpose})" for each in recorded)
    text = f"This server records {kept}. Records are deleted when their time is over."
    content = msgspec.json.encode((POLICY_REV, text, categories))
    return Notice(
        rev=POLICY_REV,
        hash=hashlib.sha256(content).hexdigest()[:_HASH_CHARS],
        url=url,
        text=text,
        categories=categories,
        not_recorded=[each.name for each in CATEGORIES.values() if each.ttl_ms == 0],
        recipients=[],
        rights=["export", "erase", "self_ttl"],
    )


def _period(ttl_ms: int | None) -> str:
    if ttl_ms is None:
        return "for the life of your account"
    if ttl_ms < DAY_MS:
        return f"for {ttl_ms // 1000} seconds"
    return f"for {ttl_ms // DAY_MS} days"
