"""The conformance vectors are those that the server makes today, and say what they should."""

from __future__ import annotations

import json

from tests.vectors import conformance


def test_up_to_date() -> None:
    """The file is what the generator makes of the code as it is."""
    written = conformance.FILE.read_text(encoding="utf-8")

    assert written == conformance.render(), "run: make docs"


def test_every_kind_of_step() -> None:
    """There are joins with snapshot and without, gaps, several values in a message, and cues."""
    cases = json.loads(conformance.FILE.read_text(encoding="utf-8"))
    steps = [step for case in cases for step in case["steps"]]

    assert len(cases) == len(conformance.CASES)
    assert any(step["state"]["gap"] for step in steps)
    assert any(step["state"]["cue"] for step in steps)
    assert len({step["state"]["epoch"] for step in steps}) > 1
