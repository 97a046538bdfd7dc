"""The recording notice: what is said at the door."""

from __future__ import annotations

from typing import Literal

import msgspec

from protocol.values import Ms, Value


class NoticeCategory(Value, frozen=True, kw_only=True):
    """
    One kind of recorded data: what, why and for how long; nil is the life of what it belongs to.

    ``visible_to`` says who may read it, ``purposes`` name what it may be used for.
    """

    category: str
    what: str
    purpose: str
    ttl_ms: Ms | None
    visible_to: Literal["room", "staff", "self", "operator"] = "room"
    purposes: list[str] = msgspec.field(default_factory=list)
    pseudonymised: bool = False
    """Recorded under a stand-in that leads to nobody."""


class Notice(Value, frozen=True, kw_only=True):
    """
    What the server records of the caller in a room, said before anything is recorded.

    ``hash`` is of what it says of records; ``recipients`` are bots that are in the room and the
    sites that media is played from, and change without it. While ``ack`` is true, chat and votes
    answer ``notice_ack_required`` until ``privacy.acknowledge`` was called with the hash.
    """

    rev: int
    hash: str
    url: str
    text: str
    categories: list[NoticeCategory]
    not_recorded: list[str] = msgspec.field(default_factory=list)
    """Categories of which nothing is recorded."""
    recipients: list[str] = msgspec.field(default_factory=list)
    rights: list[str] = msgspec.field(default_factory=list)
    """What a person can ask for: ``export``, ``erase``, ``self_ttl``."""
    ack: bool = False
