"""
The registry: every kind of personal data the server keeps, and where.

One table drives recording, sweeping, erasure, export, the notice and the operator's record of
processing. Times are those of the policy that ships with the server; an operator's policy
narrows them (:mod:`storage.privacy.policy`). :data:`TABLES` labels each column of the schema,
so that none can be added without saying what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from protocol.limits import AGE_PROOF_MS, DAY_MS

OnExpire = Literal["delete", "aggregate", "pseudonymise", "unlink", "drop", "keep"]
"""
What happens when a row's time is over. ``aggregate``: counted without people, then deleted;
``unlink``: a file is removed; ``drop``: forgotten in memory;
``keep``: it has no time of its own.
"""

OnErase = Literal["delete", "unlink_person", "pseudonymise", "keep_keyed", "unlink", "scrub", "keep"]
"""
What happens when its person is erased. ``unlink_person``: the row stays, the person goes;
``pseudonymise``: a keyed hash stands for the person; ``keep_keyed``: it holds a keyed hash only,
and stays; ``scrub``: a tombstone takes its place; ``keep``: it is of nobody.
"""

Purpose = Literal["service", "security", "support", "improvement", "marketing", "legal"]
"""What recorded data may be used for."""

Visibility = Literal["room", "staff", "self", "operator"]
"""Who may read it: a room's members, a room's staff, the person, or nobody but the operator."""


class Category(NamedTuple):
    """
    A kind of data: ``what`` and ``purpose`` are words for the notice.

    ``ttl_ms`` None: it lives as long as what it belongs to; 0: it is not recorded at all.
    ``ceiling_ms`` is the longest time that any policy may give it; None: as long as it likes.
    """

    name: str
    what: str
    purpose: str
    ttl_ms: int | None
    ceiling_ms: int | None
    on_expire: OnExpire
    on_erase: OnErase
    purposes: tuple[Purpose, ...]
    visible_to: Visibility


_SERVICE: tuple[Purpose, ...] = ("service",)
_SAFETY: tuple[Purpose, ...] = ("service", "security")
_SECURITY: tuple[Purpose, ...] = ("security",)
_USAGE: tuple[Purpose, ...] = ("service", "improvement")
_LEGAL: tuple[Purpose, ...] = ("legal",)
_MONTHS_36 = 3 * 365 * DAY_MS

CATEGORIES: Mapping[str, Category] = MappingProxyType(
    {
        category.name: category
        for category in (
            Category(
                "account",
                "your name, profile, playlists and room roles",
                "to know you when you come back",
                None, None, "delete", "delete", ("service", "security", "support"), "self",
            ),
            Category(
                "chat",
                "what you say in chat",
                "to show it to the room and to moderate",
                30 * DAY_MS, 90 * DAY_MS, "delete", "delete", _SAFETY, "room",
            ),
            Category(
                "video",
                "what you play, skip and queue for",
                "to show the room's and your history",
                90 * DAY_MS, 365 * DAY_MS, "aggregate", "unlink_person", _USAGE, "room",
            ),
            Category(
                "media",
                "titles and pictures of what was played",
                "to show what was played",
                28 * DAY_MS, 30 * DAY_MS, "delete", "keep", _SERVICE, "room",
            ),
            Category(
                "votes",
                "your votes and grabs",
                "to count the score of a play",
                30 * DAY_MS, 90 * DAY_MS, "aggregate", "delete", _USAGE, "room",
            ),
            Category(
                "presence",
                "when you join and leave rooms",
                "to keep rooms in step",
                7 * DAY_MS, 30 * DAY_MS, "aggregate", "delete", _SAFETY, "operator",
            ),
            Category(
                "connections",
                "your network address, and the family of your browser and system",
                "to fend off attacks",
                28 * DAY_MS, 28 * DAY_MS, "pseudonymise", "delete", _SECURITY, "operator",
            ),
            Category(
                "signin",
                "when you sign in",
                "to protect your account",
                90 * DAY_MS, 180 * DAY_MS, "delete", "delete", _SECURITY, "operator",
            ),
            Category(
                "moderation",
                "what staff do, and to whom",
                "to review moderation",
                365 * DAY_MS, 730 * DAY_MS, "aggregate", "pseudonymise", _SECURITY, "staff",
            ),
            Category(
                "bans",
                "mutes and bans while they last, with their reason",
                "to keep rooms peaceful",
                None, None, "delete", "keep_keyed", _SECURITY, "staff",
            ),
            Category(
                "reports",
                "reports about people and under-age users",
                "to protect children and to settle disputes",
                90 * DAY_MS, 365 * DAY_MS, "delete", "pseudonymise", _SECURITY, "operator",
            ),
            Category(
                "consents",
                "what you agreed to, and when",
                "to prove it",
                _MONTHS_36, None, "delete", "pseudonymise", _LEGAL, "self",
            ),
            Category(
                "requests",
                "your requests about your data, without what they concerned",
                "to prove that they were answered",
                _MONTHS_36, None, "delete", "keep_keyed", _LEGAL, "self",
            ),
            Category(
                "audit",
                "who did what to recorded data, without content",
                "to prove that these promises are kept",
                _MONTHS_36, None, "delete", "keep_keyed", _LEGAL, "operator",
            ),
            Category(
                "suppressions",
                "a keyed hash of addresses that want no mail",
                "to never write to them again",
                None, None, "keep", "keep_keyed", _LEGAL, "operator",
            ),
            Category(
                "exports",
                "the archives of your data that you asked for",
                "to let you fetch them",
                7 * DAY_MS, 7 * DAY_MS, "unlink", "unlink", _SERVICE, "self",
            ),
            Category(
                "proofs",
                "what you send to prove your age, if your account is frozen",
                "to decide whether it goes on; it is deleted with the decision",
                AGE_PROOF_MS, AGE_PROOF_MS, "unlink", "unlink", _LEGAL, "operator",
            ),
            Category(
                "resume",
                "the last moments of a room, in memory",
                "to catch up after a short disconnection",
                120_000, 120_000, "drop", "scrub", _SERVICE, "room",
            ),
            Category(
                "whispers",
                "private messages",
                "nothing: they do not exist",
                0, 0, "delete", "delete", (), "self",
            ),
        )
    }
)  # fmt: skip
"""All categories, in the notice's order."""

ROOM = "room"
"""Label of columns that say what a room is: they live and die with the room, not with a person."""

PLAIN = "plain"
"""Label of columns without personal data: counters, instants, ids of things, the promise itself."""

BY_ROW = "by_row"
"""Label of columns whose category stands in the row's own column ``category``."""

LABELS = frozenset({*CATEGORIES, ROOM, PLAIN, BY_ROW})


class Table(NamedTuple):
    """
    A table: the label of each column, and which columns hold the id of a person.

    ``is_log`` tables are written by the recorder alone, and each row carries its promise.
    ``keyed`` columns hold a keyed hash of an account's id instead, which outlives the account.
    """

    columns: Mapping[str, str]
    people: tuple[str, ...] = ()
    is_log: bool = False
    keyed: tuple[str, ...] = ()


def _labelled(**names: str) -> dict[str, str]:
    """Turn ``label="column column"`` around."""
    return {column: label for label, columns in names.items() for column in columns.split()}


_PROMISE = "expires_at_ms policy_rev"

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "accounts": Table(
            _labelled(
                account="""id kind name name_key name_skeleton password_hash email country avatar_url bio
                active_playlist created_at_ms""",
                consents="policy_rev",
            ),
            people=("id",),
        ),
        "sessions": Table(
            _labelled(account="token_hash account_id created_at_ms expires_at_ms"), people=("account_id",)
        ),
        "account_privacy": Table(
            _labelled(
                account="account_id state age_band age_checked_at_ms age_proven frozen_at_ms erase_at_ms "
                "chat_ttl_ms active_at_ms warnings",
                consents="improvement improvement_source improvement_at_ms marketing marketing_source "
                "marketing_at_ms",
            ),
            people=("account_id",),
        ),
        "consent_log": Table(
            _labelled(consents="subject choice value source at_ms", plain="id expires_at_ms"),
            keyed=("subject",),
        ),
        "privacy_requests": Table(
            _labelled(
                requests="id subject account_id kind basis stage requested_at_ms steps receipts",
                exports="token_hash archive_until_ms",
                plain="expires_at_ms",
            ),
            keyed=("subject",),
        ),
        "age_reports": Table(
            _labelled(reports="target_id reporter at_ms counts", plain="expires_at_ms"), people=("target_id",)
        ),
        "tombstones": Table(_labelled(bans="kind keyed at_ms", plain="expires_at_ms")),
        "suppressions": Table(_labelled(suppressions="keyed stream source at_ms")),
        "privacy_audit": Table(
            _labelled(
                audit="at_ms actor actor_ref action subject category count policy_rev",
                plain="id expires_at_ms hash",
            ),
        ),
        "policy_versions": Table(_labelled(plain="rev material summary published_at_ms effective_at_ms")),
        "ledger_mark": Table(_labelled(plain="id seq")),
        "rooms": Table(
            _labelled(
                room="""id slug name description welcome private password_hash capacity waitlist_cap
                slow_mode_ms guests_chat locked cycle fallback_playlist created_at_ms rules
                chat_ttl_ms archived_until_ms""",
                account="created_by",
                video="waitlist standing",
                plain="epoch seq leave_after_play fallback_next",
            ),
            people=("created_by",),
        ),
        "staff": Table(_labelled(account="room_id account_id role position"), people=("account_id",)),
        "playlists": Table(_labelled(account="id account_id name created_at_ms"), people=("account_id",)),
        "playlist_items": Table(_labelled(account="id playlist_id position source source_id media grabbed")),
        "bots": Table(_labelled(account="account_id owner_id scopes"), people=("account_id", "owner_id")),
        "favorites": Table(_labelled(account="account_id room_id at_ms"), people=("account_id",)),
        "ignores": Table(_labelled(account="account_id ignored_id"), people=("account_id", "ignored_id")),
        "sanctions": Table(
            _labelled(
                bans="room_id kind account_id until_ms by_id at_ms reason shadow",
                connections="address_key",
            ),
            people=("account_id", "by_id"),
        ),
        "server_bans": Table(
            _labelled(bans="id account_id until_ms at_ms reason", connections="network_key network prefix"),
            people=("account_id",),
        ),
        "blocked_media": Table(
            _labelled(moderation="room_id source source_id by_id at_ms", media="title"), people=("by_id",)
        ),
        "plays": Table(
            _labelled(
                video="""id room_id dj_id started_at_ms duration_ms position_ms ended_at_ms end_reason
                woots mehs grabs listeners""",
                moderation="ended_by reason",
                media="media media_expires_at_ms",
                plain=_PROMISE,
            ),
            people=("dj_id", "ended_by"),
            is_log=True,
        ),
        "votes": Table(
            _labelled(votes="play_id account_id value grabbed at_ms", plain=_PROMISE),
            people=("account_id",),
            is_log=True,
        ),
        "events": Table(
            _labelled(
                by_row="kind room_id epoch seq actor_id at_ms nonce payload",
                media="media_expires_at_ms",
                plain=f"id category {_PROMISE}",
            ),
            people=("actor_id",),
            is_log=True,
        ),
        "connections": Table(
            _labelled(
                connections="account_id at_ms address network address_key browser os raw_until_ms",
                plain=f"id {_PROMISE}",
            ),
            people=("account_id",),
            is_log=True,
        ),
        "acknowledgements": Table(_labelled(account="account_id hash at_ms"), people=("account_id",)),
        "tallies": Table(_labelled(room="room_id kind at_ms n")),
        "media_days": Table(_labelled(room="room_id day_ms source source_id plays woots mehs grabs")),
        "policy_revisions": Table(_labelled(plain="rev fingerprint at_ms document")),
        "restamps": Table(
            _labelled(plain="id room_id due_at_ms asked_ms cursors", account="account_id"),
            people=("account_id",),
        ),
        "trusted_time": Table(_labelled(plain="id trusted_ms doubt_ms ran_ahead")),
        "downtimes": Table(_labelled(plain="began_ms ended_ms")),
        "sweep_pauses": Table(_labelled(plain="category at_ms expired total allowed_ms")),
    }
)
"""Every table of the schema."""

LOG_TABLES = frozenset(name for name, table in TABLES.items() if table.is_log)

_CATEGORY_OF = {
    "play.started": "video",
    "play.stopped": "video",
    "play.moved": "video",
    "booth.leaving": "video",
    "waitlist.changed": "video",
    "waitlist.settings": "moderation",
    "chat.message": "chat",
    "chat.deleted": "moderation",
    "room.updated": "moderation",
    "staff.changed": "moderation",
    "member.muted": "moderation",
    "member.unmuted": "moderation",
    "member.kicked": "moderation",
    "member.banned": "moderation",
    "member.unbanned": "moderation",
    "member.waitlist_banned": "moderation",
    "member.waitlist_unbanned": "moderation",
    "user.updated": "presence",
    "user.erased": "presence",
}


STREAMED = tuple(sorted(set(_CATEGORY_OF.values())))
"""The categories that a room's stream is made of."""


def category_of(kind: str) -> str:
    """Return the category of a room event by its wire name; KeyError for any other name."""
    return _CATEGORY_OF[kind]
