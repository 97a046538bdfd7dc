"""The record of processing (GDPR Article 30), rendered from the registry and the policy in force."""

from __future__ import annotations

from collections.abc import Mapping

from storage.privacy.policy import Policy
from storage.privacy.precedence import Circumstances, effective
from storage.privacy.registry import CATEGORIES, TABLES, Category

MEASURES = (
    "deleted bytes are overwritten (secure_delete) and the write-ahead log is emptied",
    "passwords as argon2id, tokens as SHA-256, addresses as keyed hashes",
    "keys apart from the database, for their owner alone",
    "every deletion, erasure and copy is audited without content, in a chain",
    "logs and metrics hold no chat, names or addresses",
)


def record_of_processing(policy: Policy, rev: int) -> Mapping[str, object]:
    """Return what is processed, why, for how long, who sees it, and how it is protected."""
    return {
        "policy_rev": rev,
        "categories": [_category(category, policy) for category in CATEGORIES.values()],
        "recipients": [
            "members and staff of the rooms somebody enters",
            "bots in those rooms, which their owners run",
            "the sites that media is played from, by the player of each listener",
        ],
        "transfers": "none by the server itself; media is fetched by each listener's own player",
        "unused_account_ms": policy.inactive_ms,
        "measures": list(MEASURES),
    }


def _category(category: Category, policy: Policy) -> Mapping[str, object]:
    times = {
        name: effective(policy, category.name, Circumstances(name)).ttl_ms
        for name in sorted(policy.jurisdictions)
    }
    return {
        "category": category.name,
        "what": category.what,
        "why": category.purpose,
        "purposes": list(policy.purposes.get(category.name, category.purposes)),
        "visible_to": category.visible_to,
        "ttl_ms": times,
        "at_expiry": category.on_expire,
        "at_erasure": category.on_erase,
        "tables": sorted(name for name, table in TABLES.items() if category.name in table.columns.values()),
    }
