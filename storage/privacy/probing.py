"""
Probing: whether a word is anywhere in the bytes of some files, in whatever shape it was written.

For proofs only: a word that was erased must be in no file. Files are read in stretches that
overlap, so that none is too big and no word hides between two.

Whoever has a database open must not open its files (:attr:`storage.database.Database.descriptor`):
:func:`files_with_from_outside` has a process of its own look.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterable, Iterator
from pathlib import Path

_STRETCH_BYTES = 1024 * 1024
_EDGE = 4
"""Characters of base64 at either end that depend on what is written around the word."""

WORD_BYTES_MIN = 8
"""A shorter word is found by chance, and its base64 has nothing left without the edges."""


def shapes(word: str) -> list[bytes]:
    """Return a word as UTF-8 (so in JSON and MessagePack), as UTF-16, and in base64 at each alignment."""
    plain = word.encode()
    encoded = [base64.b64encode(b"\0" * shift + plain).rstrip(b"=") for shift in range(3)]
    return [
        plain,
        word.encode("utf-16-le"),
        word.encode("utf-16-be"),
        *(each[_EDGE:-_EDGE] for each in encoded),
    ]


def files_with(word: str, folders: Iterable[Path]) -> list[str]:
    """
    Return the files in some folders, at any depth, that hold a word; a folder may be a file.

    Raises:
        OSError: one is not there or cannot be read, so nothing is proven.

    """
    looked_for = shapes(word)
    found = []
    for folder in folders:
        if not folder.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        paths = [folder] if folder.is_file() else sorted(_below(folder))
        # A socket or a pipe holds nothing.
        found += [str(path) for path in paths if path.is_file() and _holds(path, looked_for)]
    return found


def _below(top: Path) -> Iterator[Path]:
    """Yield everything in a folder that is no folder, each folder once, whatever links lead to it."""
    seen: set[str] = set()
    for folder, inner, names in os.walk(top, onerror=_fail, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        yield from (Path(folder, name) for name in names)


def _fail(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # removed meanwhile
        raise error


def _holds(path: Path, looked_for: list[bytes]) -> bool:
    overlap = max(map(len, looked_for)) - 1
    rest = b""
    try:
        with path.open("rb") as file:
            while data := file.read(_STRETCH_BYTES):
                data = rest + data
                if any(shape in data for shape in looked_for):
                    return True
                rest = data[-overlap:]
    except FileNotFoundError:
        return False  # removed meanwhile
    return False


async def files_with_from_outside(word: str, folders: Iterable[Path]) -> list[str]:
    """
    Do the same in another process, which has no locks to lose.

    Raises:
        OSError: one is not there or cannot be read, so nothing is proven.

    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    asked = json.dumps([word, [str(folder.absolute()) for folder in folders]])
    answer, problem = await child.communicate(asked.encode())
    if child.returncode:
        lines = problem.decode(errors="replace").splitlines()
        raise OSError(lines[-1] if lines else f"the search ended with {child.returncode}")
    found: list[str] = json.loads(answer)
    return found


def main() -> None:
    """Answer a word and folders on standard input, as JSON, with the files."""
    word, folders = json.load(sys.stdin)
    json.dump(files_with(word, map(Path, folders)), sys.stdout)


if __name__ == "__main__":
    main()
