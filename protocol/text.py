"""
Text as people may write it: NFC, without control characters and bidi overrides.

The same rules hold for chat, names, titles and room texts, on both sides of the wire.
"""

from __future__ import annotations

import unicodedata

from protocol.errors import ErrorCode, Rejected

# Overrides and isolates reorder the text around them: a name could dress up as another.
_BREAKS = "\t\r\n\u2028\u2029"
"""What separates lines, which a message has only one of."""

_BIDI = {chr(point) for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


def clean(text: str) -> str:
    """Return the text in NFC, without control characters, bidi overrides and outer white space."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = "".join(" " if char in _BREAKS else char for char in text if char in _BREAKS or _is_kept(char))
    # Normalised last: what is taken out may have kept a letter and its accent apart.
    return unicodedata.normalize("NFC", kept).strip()


def checked_text(text: str, at_most: int, field: str) -> str:
    """
    Return the clean text.

    Raises:
        Rejected: ``bad_params`` naming the field, when more than ``at_most`` characters are left of it.

    """
    cleaned = clean(text)
    # NFC can be longer than what came in.
    if len(cleaned) > at_most:
        message = f"expected at most {at_most} characters, got {len(cleaned)}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field=field)
    return cleaned


def _is_kept(char: str) -> bool:
    if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Co"}:
        return False
    # Noncharacters go; other unassigned points stay, they are the emoji of a newer Unicode.
    point = ord(char)
    return not (0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE)


def text_key(text: str) -> str:
    """Return the form under which two texts that read the same are equal: NFKC, casefolded."""
    return unicodedata.normalize("NFKC", text).casefold()


def name_key(name: str) -> str:
    """Return the form under which names are compared: as texts, with single spaces."""
    return " ".join(text_key(name).split())
