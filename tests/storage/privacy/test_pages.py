"""Pages: what of a file means nothing is found, whatever tree and page size, and nothing else."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.privacy.pages import Layout, find_stained, read_layout, trunks, unused_in_tree
from storage.privacy.wash import clear

_CANARY = re.compile(rb"(?:canary|secret)-(\d{6})-")
_SCHEMA = """
CREATE TABLE plain (id INTEGER PRIMARY KEY, indexed TEXT, long TEXT) STRICT;
CREATE UNIQUE INDEX by_indexed ON plain (indexed);
CREATE INDEX by_long ON plain (long, id);
CREATE TABLE keyed (word TEXT, id INTEGER, long TEXT, PRIMARY KEY (word, id)) STRICT, WITHOUT ROWID;
"""


class Scratch(NamedTuple):
    """A file, its connection and a descriptor that lives as long."""

    path: Path
    connection: sqlite3.Connection
    descriptor: int

    def empty_log(self) -> None:
        """Bring everything into the file, and forget every page."""
        ((busy, _, _),) = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert busy == 0
        self.connection.execute("PRAGMA shrink_memory")

    def canaries(self) -> set[int]:
        """Return which canaries are in the bytes."""
        return {int(number) for number in _CANARY.findall(self.path.read_bytes())}

    def rows(self) -> list[tuple[object, ...]]:
        """Return all rows, by way of the tables and of the indexes."""
        return [
            *self.connection.execute("SELECT * FROM plain NOT INDEXED ORDER BY id"),
            *self.connection.execute("SELECT indexed FROM plain INDEXED BY by_indexed ORDER BY 1"),
            *self.connection.execute("SELECT long, id FROM plain INDEXED BY by_long ORDER BY 1, 2"),
            *self.connection.execute("SELECT * FROM keyed ORDER BY word, id"),
        ]

    def problem(self) -> str:
        """Return what SQLite's own check says."""
        return str(self.connection.execute("PRAGMA integrity_check").fetchone()[0])


@contextmanager
def scratch(page_bytes: int, *, secure: bool = True) -> Iterator[Scratch]:
    """Make a file with tables of both kinds and indexes of texts."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "scratch.db"
        connection = sqlite3.connect(path, isolation_level=None)
        for pragma in (f"page_size = {page_bytes}", "auto_vacuum = INCREMENTAL", "journal_mode = WAL"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute(f"PRAGMA secure_delete = {int(secure)}").fetchall()
        connection.executescript(_SCHEMA)
        descriptor = os.open(path, os.O_RDWR)
        yield Scratch(path, connection, descriptor)
        connection.close()
        os.close(descriptor)


def live(file: Scratch, seed: int, turns: int) -> set[int]:
    """Insert, change and delete rows of many sizes; return the canaries that are left."""
    dice, left, number = random.Random(seed), list[int](), 0
    run = file.connection.execute
    for _ in range(turns):
        run("BEGIN")
        for _ in range(dice.randrange(60)):
            number += 1
            word = f"{dice.randrange(1 << 20):x}canary-{number:06d}-"
            longer = word + "x" * (dice.randrange(9000) if dice.random() < 0.05 else dice.randrange(200))
            run("INSERT INTO plain VALUES (?, ?, ?)", (number, longer[:150], longer))
            secret = longer.replace("canary", "secret", 1)
            run("INSERT INTO keyed VALUES (?, ?, ?)", (secret[:80], number, secret))
            left.append(number)
        for _ in range(dice.randrange(55)):
            if left:
                gone = left.pop(dice.randrange(len(left)))
                run("DELETE FROM plain WHERE id = ?", (gone,))
                run("DELETE FROM keyed WHERE id = ?", (gone,))
        if left:
            changed = dice.choice(left)
            run("UPDATE plain SET long = long || 'y' WHERE id = ?", (changed,))
            run("UPDATE keyed SET long = substr(long, 1, 30) WHERE id = ?", (changed,))
        run("COMMIT")
        if dice.random() < 0.2:
            run("PRAGMA incremental_vacuum(5)").fetchall()
    return set(left)


@given(
    seed=st.integers(0, 2**32),
    turns=st.integers(1, 25),
    page_bytes=st.sampled_from([512, 1024, 4096, 65536]),
    secure=st.booleans(),
)
@settings(max_examples=15, database=None)
def test_whatever_was_done(seed: int, turns: int, page_bytes: int, secure: bool) -> None:
    """After any history the file is whole, says what it said, and holds no word of a deleted row."""
    with scratch(page_bytes, secure=secure) as file:
        left = live(file, seed, turns)
        file.empty_log()
        before = file.rows()

        clear(file.descriptor, find_stained(file.descriptor))
        assert file.problem() == "ok"
        assert file.rows() == before
        assert find_stained(file.descriptor) == []
        if secure:
            assert file.canaries() == left
        # What was cleared is used like any other space.
        live_on = file.connection.execute
        live_on("UPDATE plain SET long = 'short' WHERE id % 2")
        live_on("DELETE FROM keyed WHERE id % 3 = 1")
        assert file.problem() == "ok"


def test_the_control() -> None:
    """SQLite does leave keys behind in indexes and in tables that are one: else this is needed no more."""
    indexed = keyed = 0
    for seed in range(6):
        with scratch(4096) as file:
            left = live(file, seed, 40)
            file.empty_log()
            content = file.path.read_bytes()
        pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
        of_indexes = b"".join(page for page in pages if page[0] in {2, 10})
        indexed += len({int(one) for one in re.findall(rb"canary-(\d{6})-", of_indexes)} - left)
        keyed += len({int(one) for one in re.findall(rb"secret-(\d{6})-", of_indexes)} - left)
    assert indexed > 0
    assert keyed > 0


def test_free_pages() -> None:
    """Pages that were freed without overwriting are cleared; the list of free pages stays."""
    with scratch(1024, secure=False) as file:
        live(file, 1, 20)
        for table in ("plain", "keyed"):
            file.connection.execute(f"DELETE FROM {table}")
        file.empty_log()
        (free,) = file.connection.execute("PRAGMA freelist_count").fetchone()
        layout = read_layout(file.descriptor)
        assert layout is not None
        lists = trunks(file.descriptor, layout)
        assert 0 < len(lists) < free
        assert file.canaries()

        clear(file.descriptor, find_stained(file.descriptor))
        assert trunks(file.descriptor, layout) == lists
        assert file.problem() == "ok"
        assert file.connection.execute("PRAGMA freelist_count").fetchone() == (free,)
        live(file, 2, 5)
        assert file.problem() == "ok"


# The map


def test_the_map() -> None:
    """Pages of the map are every so many, and never the one that is locked."""
    layout = Layout(page=1024, usable=1024, pages=2_000_000)
    assert list(layout.maps())[:3] == [2, 2 + 205, 2 + 410]
    assert layout.map_of(3) == layout.map_of(206) == 2
    assert layout.map_of(208) == 207
    assert layout.lock_page not in layout.maps()
    assert layout.map_of(layout.lock_page + 50) in layout.maps()


@pytest.mark.parametrize("content", [b"", b"not a database" * 20, b"SQLite format 3\0\x10\0" + bytes(4000)])
def test_what_is_not_ours(tmp_path: Path, content: bytes) -> None:
    """A file without a pointer map has nothing that could be cleared."""
    path = tmp_path / "other.db"
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDWR)
    try:
        assert find_stained(descriptor) == []
        assert clear(descriptor, [2, 3]) == 0
    finally:
        os.close(descriptor)
    assert path.read_bytes() == content


# Pages that nobody wrote so


def _leaf(block: int, cells: int, content: int, *pointers: int, size: int = 512) -> bytes:
    head = struct.pack(">BHHHB", 13, block, cells, content, 0) + struct.pack(f">{len(pointers)}H", *pointers)
    return head + bytes(size - len(head))


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"\x07" + _leaf(0, 0, 512)[1:], "no kind of page"),
        (_leaf(0, 0, 513), "content beyond the end"),
        (_leaf(0, 300, 512), "more cells than there is room for"),
        (_leaf(0, 1, 500, 400), "a cell in the unused space"),
        (_leaf(100, 1, 400, 400), "a free block in the unused space"),
        (_leaf(510, 1, 400, 400), "a free block at the very end"),
        (_leaf(400, 1, 400, 404), "a free block of no size"),
        (_leaf(0, 0, 512)[:300], "half a page"),
    ],
)
def test_odd_pages(page: bytes, why: str) -> None:
    """Whatever SQLite would not have written has no unused bytes: it is left alone."""
    assert unused_in_tree(page, 512) == [], why


def test_a_page() -> None:
    """Unused is what lies between the list of cells and the cells, and in blocks behind their heads."""
    page = bytearray(_leaf(450, 1, 400, 400))
    page[450:454] = struct.pack(">HH", 0, 20)
    assert unused_in_tree(bytes(page), 512) == [(10, 400), (454, 470)]
