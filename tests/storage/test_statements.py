"""Many rows as few statements."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.statements import ROWS_AT_ONCE, Statement, joined

PUT = """
INSERT INTO votes (play, account, value) VALUES (?, ?, ?)
ON CONFLICT (play, account) DO UPDATE SET value = excluded.value"""
UPDATE = """
WITH new (play, account, value) AS (VALUES (?, ?, ?))
UPDATE votes SET value = new.value FROM new WHERE votes.play = new.play AND votes.account = new.account"""


def database() -> sqlite3.Connection:
    """Return a database with a table of votes."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE votes (play TEXT, account INT, value INT, PRIMARY KEY (play, account))")
    return connection


def votes(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Return what is stored."""
    return connection.execute("SELECT * FROM votes ORDER BY play, account").fetchall()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.integers(0, 9)), max_size=150))
def test_same_as_one_by_one(rows: list[tuple[object, ...]]) -> None:
    """Rows written together are the rows written one after the other, the same key twice included."""
    single, together = database(), database()
    single.executemany(PUT, rows)
    for sql, params in joined(PUT, rows):
        together.execute(sql, params)
    assert votes(together) == votes(single)
    single.close()
    together.close()


def test_updates() -> None:
    """An update from values takes many rows as well."""
    connection = database()
    connection.executemany(PUT, [("a", number, 0) for number in range(100)])
    for sql, params in joined(UPDATE, [("a", number, number * 2) for number in range(100)]):
        connection.execute(sql, params)
    assert votes(connection) == [("a", number, number * 2) for number in range(100)]
    connection.close()


@pytest.mark.parametrize(("rows", "statements"), [(0, 0), (1, 1), (7, 7), (8, 1), (64, 1), (73, 3), (200, 4)])
def test_few_statements(rows: int, statements: int) -> None:
    """Rows go by 64, then by 8, then alone: few statements, of three texts in all."""
    made = list(joined(PUT, [("a", number, 1) for number in range(rows)]))
    assert len(made) == statements
    assert len({statement.sql for statement in made}) <= len(ROWS_AT_ONCE)


def test_other_statements() -> None:
    """A statement without positional values runs once a row."""
    rows = [{"play": "a"}, {"play": "b"}]
    sql = "DELETE FROM votes WHERE play = :play"
    assert list(joined(sql, rows)) == [Statement(sql, row) for row in rows]
