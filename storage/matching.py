"""How texts are compared: by what a reader sees, not by code points."""

from __future__ import annotations

import unicodedata


def text_key(text: str) -> str:
    """Return the form under which two texts that read the same are equal: NFKC, casefolded."""
    return unicodedata.normalize("NFKC", text).casefold()
