"""JSON columns: values stored whole because no query looks inside, or only for a title."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from protocol.values import Media, Rules
from storage.records import Standing, WaitingRecord

_encoder = msgspec.json.Encoder()
_media = msgspec.json.Decoder(Media)
_rules = msgspec.json.Decoder(Rules)
_standing = msgspec.json.Decoder(Standing)
_waitlist = msgspec.json.Decoder(list[WaitingRecord])


def media_column(media: Media) -> str:
    """Return the column of a media."""
    return _encoder.encode(media).decode()


def to_media(column: str) -> Media:
    """Return the media of a column."""
    return _media.decode(column)


def waitlist_column(waitlist: Iterable[WaitingRecord]) -> str:
    """Return the column of a waitlist; ``[]`` when it is empty."""
    return _encoder.encode(list(waitlist)).decode()


def to_waitlist(column: str) -> list[WaitingRecord]:
    """Return the waitlist of a column."""
    return _waitlist.decode(column)


def rules_column(rules: Rules) -> str:
    """Return the column of a room's rules."""
    return _encoder.encode(rules).decode()


def to_rules(column: str) -> Rules:
    """Return the rules of a column; what it does not name has its default."""
    return _rules.decode(column)


def standing_column(standing: Standing) -> str:
    """Return the column of what a room keeps between commands."""
    return _encoder.encode(standing).decode()


def to_standing(column: str) -> Standing:
    """Return what a room keeps; what the column does not name has its default."""
    return _standing.decode(column)


def ids_param(ids: Iterable[str]) -> str:
    """Return ids as one parameter, for ``json_each``: a list of any length in a fixed statement."""
    return _encoder.encode(list(ids)).decode()
