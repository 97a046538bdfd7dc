"""Names of people and slugs of rooms."""

from __future__ import annotations

import re
import unicodedata

from protocol.errors import ErrorCode, Rejected
from protocol.limits import NAME_CHARS
from protocol.text import clean
from storage.lookalikes import is_mixed, skeleton

_NAME = re.compile(rf"[\w.-]{{2,{NAME_CHARS}}}")
_RESERVED = {"admin", "djs", "everyone", "gone", "here", "host", "moderator", "staff", "system"}
"""Words that address or impersonate: mentions and roles."""
_RESERVED_LOOKS = {skeleton(word) for word in _RESERVED}


def checked_name(name: str, field: str) -> str:
    """
    Return a name as it is stored.

    Raises:
        Rejected: ``bad_params`` when it has other characters than letters, digits, dot,
            dash and underscore, or letters of scripts that no language writes together;
            ``name_taken`` when it looks like a reserved word.

    """
    cleaned = clean(name)
    if not _NAME.fullmatch(cleaned):
        message = f"expected 2 to {NAME_CHARS} letters, digits, dots, dashes or underscores"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field=field)
    if is_mixed(cleaned):
        message = f"expected letters of one script, got a mixture in {cleaned!r}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field=field)
    if skeleton(cleaned) in _RESERVED_LOOKS:
        raise Rejected(ErrorCode.NAME_TAKEN, f"{cleaned} is reserved")
    return cleaned


def slug_of(name: str) -> str:
    """Return the slug a room's name suggests; empty when it has no letter that ASCII knows."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:32].strip("-")
