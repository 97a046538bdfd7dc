"""What commands print."""

from __future__ import annotations

import io
import json

from roomserver.cli.output import Output, instant


def printed(*, as_json: bool) -> tuple[Output, io.StringIO, io.StringIO]:
    """Return an output and what goes to it."""
    answers, problems = io.StringIO(), io.StringIO()
    return Output(answers, problems, as_json=as_json), answers, problems


def test_result() -> None:
    """A person reads the text, a program the facts."""
    output, answers, _ = printed(as_json=False)
    output.result({"n": 1}, "one thing")
    assert answers.getvalue() == "one thing\n"
    output, answers, _ = printed(as_json=True)
    output.result({"n": 1}, "one thing")
    assert json.loads(answers.getvalue()) == {"n": 1}


def test_rows_for_a_person() -> None:
    """Columns are aligned under a head; instants, truths and nothing are written as people do."""
    output, answers, _ = printed(as_json=False)
    rows = [
        {"name": "ada", "created_at_ms": 0, "bot": False, "email": None},
        {"name": "bo", "created_at_ms": 86_400_000, "bot": True, "email": "b@example.org"},
    ]
    output.rows("users", rows)
    assert answers.getvalue().splitlines() == [
        "name  created_at            bot  email",
        "ada   1970-01-01 00:00:00Z  no   -",
        "bo    1970-01-02 00:00:00Z  yes  b@example.org",
    ]


def test_rows_for_a_program() -> None:
    """A list is an object with one name, also when it is empty."""
    output, answers, _ = printed(as_json=True)
    output.rows("users", [{"name": "ada", "at_ms": 5}])
    output.rows("users", [])
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [
        {"users": [{"name": "ada", "at_ms": 5}]},
        {"users": []},
    ]


def test_no_rows_for_a_person() -> None:
    """An empty list says so."""
    output, answers, _ = printed(as_json=False)
    output.rows("users", [])
    assert answers.getvalue() == "no users\n"


def test_problem() -> None:
    """A problem never goes where the answer goes."""
    for as_json, expected in ((False, "roomserver: no such user\n"), (True, '{"error":"no such user"}\n')):
        output, answers, problems = printed(as_json=as_json)
        output.problem("no such user")
        assert answers.getvalue() == ""
        assert problems.getvalue() == expected


def test_no_instant() -> None:
    """None is a dash."""
    assert instant(None) == "-"
