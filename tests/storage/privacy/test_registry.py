"""The registry: nothing is kept that has no category, and nobody writes or reads the log past it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.events import ROOM_EVENTS
from storage.database import Database
from storage.privacy.registry import BY_ROW, CATEGORIES, LABELS, LOG_TABLES, TABLES, category_of

ROOT = Path(__file__).parents[3]
PACKAGES = ("protocol", "storage", "roomserver", "client_demo")

_LOG = "|".join(sorted(LOG_TABLES))
_INSERT = re.compile(rf"\b(?:INSERT|REPLACE)\b[^;]*?\bINTO\s+(?:{_LOG})\b", re.IGNORECASE)
_SELECT = re.compile(rf"\b(?:FROM|JOIN)\s+(?:{_LOG})\b", re.IGNORECASE)

WRITERS = {"storage/privacy/logtables.py"}
"""The recorder: the one place that inserts into log tables."""

READERS = {
    "storage/chatlog.py",
    "storage/history.py",
    "storage/modlog.py",
    "storage/opening.py",
    "storage/rooms.py",
    # What was on when a room is archived ends with its score.
    "storage/archived.py",
    # When the last row was, and nothing else of it.
    "storage/downtimes.py",
    "storage/privacy/sweeper.py",
    "storage/privacy/exporting.py",
    "storage/privacy/overdue.py",
    "storage/privacy/sweeps.py",
    "storage/privacy/pauses.py",
    "storage/privacy/restamps.py",
    # An erasure reaches what has expired too.
    "storage/privacy/eraser.py",
    "storage/privacy/erasing_copies.py",
    "storage/privacy/erasing_log.py",
    "storage/privacy/erasing_tables.py",
    "storage/privacy/unlinking.py",
}
"""Where log tables are read or deleted from; each hides what has expired, which other tests prove."""


def texts() -> Iterator[tuple[str, str]]:
    """Yield every string of every module with the module's path, f-strings by their fixed parts."""
    for package in PACKAGES:
        for source in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in source.parts:
                continue
            for node in ast.walk(ast.parse(source.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield source.relative_to(ROOT).as_posix(), node.value


def matching(pattern: re.Pattern[str]) -> set[str]:
    """Return the modules with a string that the pattern finds."""
    return {module for module, text in texts() if pattern.search(text)}


async def test_every_column_is_labelled(db: Database) -> None:
    """Each column of the live schema, generated and hidden ones too, says what it holds, and no other."""
    tables = await db.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    schema = {
        table["name"]: {row["name"] for row in await db.rows(f"PRAGMA table_xinfo({table['name']})")}
        for table in tables
    }

    assert {name: set(table.columns) for name, table in TABLES.items()} == schema


@pytest.mark.parametrize("name", TABLES)
def test_labels_are_of_the_registry(name: str) -> None:
    """A label is a category or one of the three that are no personal data of their own."""
    table = TABLES[name]

    assert set(table.columns.values()) <= LABELS
    assert set(table.people) <= set(table.columns)


@pytest.mark.parametrize("name", sorted(LOG_TABLES))
def test_log_rows_carry_their_promise(name: str) -> None:
    """Rows of log tables have an expiry and a policy revision, and a category where they differ."""
    columns = TABLES[name].columns

    assert {"expires_at_ms", "policy_rev"} <= set(columns)
    assert (BY_ROW in columns.values()) == ("category" in columns)


@pytest.mark.parametrize("name", CATEGORIES)
def test_categories_are_whole(name: str) -> None:
    """A category says what, why, what for and how long; no time is longer than its ceiling."""
    category = CATEGORIES[name]

    assert category.name == name
    assert category.what
    assert category.purpose
    assert (category.ttl_ms == 0) == (category.purposes == ())
    if category.ceiling_ms is not None:
        assert category.ttl_ms is not None
        assert category.ttl_ms <= category.ceiling_ms
    if category.ttl_ms is None:
        assert category.on_expire in {"delete", "keep"}


@pytest.mark.parametrize("kind", ROOM_EVENTS)
def test_every_room_event_has_a_category(kind: str) -> None:
    """Every event of a room's stream belongs to a category that expires."""
    assert CATEGORIES[category_of(kind)].ttl_ms


def test_only_the_recorder_inserts() -> None:
    """No other module inserts into the log tables, so no row is without its promise."""
    assert matching(_INSERT) == WRITERS


def test_only_read_modules_select() -> None:
    """No other module reads the log tables, so none can show what has expired."""
    assert matching(_SELECT) <= READERS


@pytest.mark.parametrize(
    ("sql", "pattern"),
    [
        ("INSERT INTO events (id) VALUES (1)", _INSERT),
        ("insert or replace into\n  votes VALUES (1)", _INSERT),
        ("SELECT * FROM rooms LEFT JOIN plays USING (id)", _SELECT),
        ("SELECT 1 FROM\n events", _SELECT),
    ],
)
def test_the_walk_would_find_it(sql: str, pattern: re.Pattern[str]) -> None:
    """The patterns of the two rules above find what they are for."""
    assert pattern.search(sql)
