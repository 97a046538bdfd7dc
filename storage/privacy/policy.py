"""
The policy: what an operator decides about recording, as plain data.

:mod:`storage.privacy.policyfile` reads it from TOML; :mod:`storage.privacy.precedence` says what
follows from it for one record. All times are milliseconds.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import msgspec

from protocol.limits import DAY_MS
from storage.privacy.registry import Purpose

Choice = Literal["opt_in", "opt_out"]
"""Whether a purpose needs a yes, or waits for a no."""


class Recording(enum.IntEnum):
    """How a record is written; the higher the stricter, so that the strictest of several is their maximum."""

    ALLOW = 0
    PSEUDONYMISE = 1
    REDACT = 2
    DROP = 3


class Rule(NamedTuple):
    """
    What one level of a policy says of a category; None where it says nothing.

    ``floor_ms``: keep at least; ``ceiling_ms``: keep at most.
    """

    ttl_ms: int | None = None
    floor_ms: int | None = None
    ceiling_ms: int | None = None
    record: Recording | None = None


Rules = Mapping[str, Rule]
"""Category to rule."""

NO_RULES: Rules = MappingProxyType({})


class Range(NamedTuple):
    """The times a room's host may choose from, both ends included."""

    min_ms: int
    max_ms: int


class Jurisdiction(NamedTuple):
    """
    What the law of a place asks for.

    ``require_ack``: chat and votes wait until the notice was acknowledged. ``improvement`` and
    ``marketing`` are the defaults of those consents; ``min_age`` is in years.
    """

    name: str
    require_ack: bool
    improvement: Choice
    marketing: Choice
    min_age: int
    rules: Rules


class Promise(NamedTuple):
    """How late a deletion may be: of the row, and of its bytes in any file."""

    row_ms: int
    bytes_ms: int


class Policy(NamedTuple):
    """
    All an operator decides.

    ``rooms`` are keyed by slug, ``roles`` by role or kind of user, ``providers`` by media
    source. ``raw_address_ms`` is how long an address is kept as it is.
    """

    promise: Promise
    unknown_jurisdiction: str
    cooloff_ms: int
    sweep_fraction: float
    raw_address_ms: int
    categories: Rules
    purposes: Mapping[str, tuple[Purpose, ...]]
    room_limits: Mapping[str, Range]
    rooms: Mapping[str, Rules]
    roles: Mapping[str, Rules]
    jurisdictions: Mapping[str, Jurisdiction]
    providers: Mapping[str, Rules]
    inactive_ms: int = 730 * DAY_MS
    """How long an account lives that nobody signs in to."""

    def jurisdiction(self, country: str | None) -> Jurisdiction:
        """Return the profile of a country (ISO 3166 alpha-2); that of the unknown where it has none."""
        if country is not None:
            code = country.upper()
            for name in (code, "EU") if code in EEA else (code,):
                if name in self.jurisdictions:
                    return self.jurisdictions[name]
        return self.jurisdictions[self.unknown_jurisdiction]

    def fingerprint(self) -> str:
        """Return a hash of all that decides over records: equal for policies that decide alike."""
        content = msgspec.json.encode(self, order="sorted", enc_hook=dict)
        return hashlib.sha256(content).hexdigest()

    def hash(self) -> str:
        """Return the short form of the fingerprint, as people are told it."""
        return self.fingerprint()[:HASH_CHARS]


HASH_CHARS = 16
"""So much of a fingerprint is told."""
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905 - a list of words reads better than a list of strings
)
"""The members of the European Economic Area, where the GDPR holds: the profile ``EU`` is theirs."""
