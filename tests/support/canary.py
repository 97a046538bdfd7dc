"""Canaries: words that nobody else says, and the search for their bytes in whatever shape."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from pathlib import Path

_EDGE = 4
"""Base64 characters at either end that depend on the bytes around: left out of the search."""


def canary(label: str) -> str:
    """Return a word of at least 20 letters that begins with a label, in letters and digits alone."""
    return f"{label}{secrets.token_hex(10)}"


def shapes(word: str) -> list[bytes]:
    """
    Return the bytes of a word as UTF-8 (MessagePack and JSON hold the same), UTF-16 and base64.

    Base64 has three alignments; the characters that depend on the neighbours are cut off.
    """
    plain = word.encode()
    found = [plain, word.encode("utf-16-le"), word.encode("utf-16-be")]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        found.append(encoded[_EDGE:-_EDGE])
    return found


def hits(folder: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """Return each word that is somewhere in a folder's files, with the names of those files."""
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    found = {
        word: [name for name, data in contents.items() if any(shape in data for shape in shapes(word))]
        for word in words
    }
    return {word: names for word, names in found.items() if names}
