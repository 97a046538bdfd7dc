"""The database is not what it was: damaged, cut off, another program's, or not to be written."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from roomserver.config import DATABASE
from tests.support.process import Process


class Refusal(NamedTuple):
    """How a server ended that could not start."""

    code: int
    said: str
    is_untouched: bool
    """Whether every byte of the database is as it was."""


def garbage_at(offset: int, length: int) -> Callable[[Path], None]:
    """Return what puts noise into a file."""

    def damage(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(bytes((7 * number + 3) % 256 for number in range(length)))

    return damage


def cut_off(path: Path) -> None:
    """Lose the second half."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)


def of_another_program(path: Path) -> None:
    """Be a sound database with something else in it."""
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "noise in the header": garbage_at(0, 100),
    "noise in the schema": garbage_at(100, 3000),
    "cut off": cut_off,
    "noise in a table": garbage_at(6 * 4096, 10 * 4096),
    "another program's": of_another_program,
}
"""What becomes of the file."""


async def refusal_of(data: Path, damage: Callable[[Path], None]) -> Refusal:
    """Damage a database, try to start on it, and return what came of it."""
    path = data / DATABASE
    damage(path)
    before = digest(path)
    process = Process(data)
    first = await process.launch()
    assert first == "", f"expected a refusal, it listens: {first}"
    code = await process.ended()
    return Refusal(code, process.log, digest(path) == before)


def digest(path: Path) -> str:
    """Name the bytes of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
