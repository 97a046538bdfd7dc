"""The operator's document and the code agree, in both directions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from roomserver.cli.program import COMMANDS
from roomserver.config import Config
from roomserver.metrics.catalog import METRICS
from roomserver.reference import SECTIONS, rendered, settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT = (DOCS / "operations.md").read_text(encoding="utf-8")
DEPLOYED = sorted(path for path in (DOCS / "deploy").rglob("*") if path.is_file())


def test_up_to_date() -> None:
    """The file is what the code renders; ``make docs`` writes it anew."""
    assert rendered(DOCUMENT) == DOCUMENT


def test_every_setting_has_a_meaning() -> None:
    """No setting is listed without saying what it does."""
    rows = [line for line in settings() if line.startswith("| `")]
    assert len(rows) == sum(len(fields(group.type)) for group in fields(Config))
    assert [row for row in rows if row.endswith("|  |")] == []


@pytest.mark.parametrize("name", SECTIONS)
def test_marks(name: str) -> None:
    """A document without its marks is not written over."""
    with pytest.raises(AssertionError, match=f"expected <!-- {name} -->"):
        rendered(DOCUMENT.replace(f"<!-- /{name} -->", ""))


def test_what_the_prose_names_exists() -> None:
    """Settings, metrics, commands and files that the prose mentions are there."""
    prose = re.sub(r"<!-- (\w+) -->.*?<!-- /\1 -->", "", DOCUMENT, flags=re.DOTALL)
    known = {f"{group.name}.{key.name}" for group in fields(Config) for key in fields(group.type)}
    groups = "|".join(group.name for group in fields(Config))
    assert set(re.findall(rf"`((?:{groups})\.[a-z_0-9]+)`", prose)) - {"admin.sock"} <= known
    assert set(re.findall(r"`roomserver_([a-z_]+)`", prose)) <= set(METRICS)
    words = {command.name for command in COMMANDS}
    for said in re.findall(r"roomserver (?!roomserver )((?:[a-z]+ )?[a-z]+)(?=[ `\n])", prose):
        assert {said, said.split()[0]} & words, f"no command {said!r}"
    for link in re.findall(r"\]\(([a-z/.A-Z]+)\)", prose):
        assert (DOCS / link).exists(), f"no file {link}"


def test_deployed_files_are_named() -> None:
    """Every file for deploying is linked, or is in a folder that is."""
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\((deploy/[a-z/.A-Z]+)\)", DOCUMENT)}
    assert [path for path in DEPLOYED if not {path, *path.parents} & linked] == []
