"""
Where a command's answer goes: data on standard output, problems on standard error.

For a person it is text; with ``--json`` it is one JSON value a line, with the same facts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TextIO

import msgspec

Row = Mapping[str, object]
"""Facts of one thing, by name: what JSON can hold."""


class Output:
    """Prints answers as text or as JSON."""

    def __init__(self, answers: TextIO, problems: TextIO, *, as_json: bool) -> None:
        self._answers = answers
        self._problems = problems
        self.as_json = as_json

    def result(self, facts: Row, text: str) -> None:
        """Print one answer: the facts with ``--json``, the text otherwise."""
        self._print(_json(facts) if self.as_json else text)

    def facts(self, facts: Row) -> None:
        """Print the facts of one thing: an object with ``--json``, otherwise a line each."""
        if self.as_json:
            self._print(_json(facts))
            return
        self._print("\n".join(_in_columns([[_label(name), _cell(name, facts[name])] for name in facts])))

    def rows(self, name: str, rows: Sequence[Row]) -> None:
        """Print a list: ``{name: [...]}`` with ``--json``, otherwise aligned columns under a head."""
        if self.as_json:
            self._print(_json({name: rows}))
        elif rows:
            self._print("\n".join(_aligned(rows)))
        else:
            self._print(f"no {name}")

    def problem(self, message: str) -> None:
        """Print what went wrong; never part of the answer."""
        line = _json({"error": message}) if self.as_json else f"roomserver: {message}"
        self._problems.write(line + "\n")

    def _print(self, text: str) -> None:
        self._answers.write(text + "\n")
        self._answers.flush()


def instant(at_ms: int | None) -> str:
    """Return an instant (ms since the epoch) for a person, in UTC; a dash for none."""
    if at_ms is None:
        return "-"
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _aligned(rows: Sequence[Row]) -> list[str]:
    heads = list(rows[0])
    labels = [_label(head) for head in heads]
    return _in_columns([labels, *([_cell(head, row[head]) for head in heads] for row in rows)])


def _in_columns(cells: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]


def _label(head: str) -> str:
    """Return what a person reads for a name: instants are shown as such, not in milliseconds."""
    return head.removesuffix("_ms") if _is_instant(head) else head


def _is_instant(head: str) -> bool:
    return head.endswith("_at_ms") or head in {"at_ms", "until_ms"}


def _cell(head: str, value: object) -> str:
    if _is_instant(head):
        return instant(value if isinstance(value, int) else None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_cell(name, one)}" for name, one in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)
