"""A copy of everything that is kept of one person, and of nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from storage.privacy import exporting
from storage.privacy.exporting import HIDDEN, OWNED_BY, Exporter, line, parts_of_tables
from storage.privacy.keys import Keys
from storage.privacy.registry import TABLES
from storage.privacy.requests import Requests
from storage.sessions import SESSION_TTL_MS
from tests.storage.builders import NOW
from tests.storage.privacy.test_eraser import ANNA, BEN, CLEO, LATER, Words, fill

HERS = ("chat", "bio", "mail", "avatar", "list", "title", "artist", "motd", "about", "late", "nonce")
"""How the canaries of what Anna wrote begin; the others are what was written about her."""

SECRETS = {"password_hash", "token_hash", "address_key"}


@pytest.fixture(name="words")
async def _words(db: Database, tmp_path: Path) -> Words:
    words, keys = Words(), Keys(tmp_path)
    await fill(db, keys, words)
    async with db.transaction() as tx:
        await Requests(db, keys).add(tx, "x", ANNA, "export", "self", LATER)
    return words


async def copy_of(db: Database, folder: Path, account_id: str, now_ms: int = LATER) -> dict[str, list[Any]]:
    """Return all files of somebody's copy."""
    exporter = Exporter(db, Keys(folder), account_id, now_ms)
    files: dict[str, list[Any]] = {}
    for part in exporter.parts():
        files[part.name] = [row async for page in exporter.pages(part) for row in page]
    return files


def test_every_table_is_decided_about() -> None:
    """A table that can name a person is in the copy, unless it is left out on purpose."""
    named = {part.name for part in parts_of_tables()}
    left_out = {name for name, owners in OWNED_BY.items() if not owners}

    assert {name for name, table in TABLES.items() if table.people or table.keyed} - left_out <= named
    assert left_out == {"age_reports"}
    assert all(part.categories for part in parts_of_tables())
    assert SECRETS <= HIDDEN


async def test_everything_of_hers(db: Database, words: Words, tmp_path: Path) -> None:
    """Every word she wrote is in it, and what staff did to her; who reported or ignores her is not."""
    files = await copy_of(db, tmp_path, ANNA)
    text = json.dumps(files)
    said = [word for word in words.all if word.startswith(HERS)]

    assert len(said) > 15
    assert [word for word in said if word not in text] == []
    assert len(files["moderation_of_me"]) == 3
    assert len(files["sanctions"]) == 3
    assert [row["ignored_id"] for row in files["ignores"]] == [BEN]
    assert "age_reports" not in files
    assert files["privacy_requests"][0]["kind"] == "export"
    assert {row["choice"] for row in files["consent_log"]} == {"marketing"}


async def test_nothing_of_others(db: Database, words: Words, tmp_path: Path) -> None:
    """Of Ben's copy nothing that Anna wrote is a part, nor a secret of either."""
    files = await copy_of(db, tmp_path, BEN)
    text = json.dumps(files)

    assert "Ben's own words" in text
    assert [word for word in words.all if word in text and word.startswith(HERS)] == []
    for rows in (await copy_of(db, tmp_path, ANNA)).values():
        assert not SECRETS & {key for row in rows for key in row}


async def test_who_waits_in_an_own_room(db: Database, words: Words, tmp_path: Path) -> None:
    """Who made a room gets what they made, not who waits in it, keeps a place or voted there."""
    async with db.transaction() as tx:
        await tx.execute(
            "UPDATE rooms SET waitlist = :waitlist, standing = :standing",
            {"waitlist": f'[["{CLEO}", "a-list-of-hers"]]', "standing": f'{{"reports": ["{CLEO}"]}}'},
        )
    [made] = (await copy_of(db, tmp_path, ANNA))["rooms"]

    assert (made["slug"], made["capacity"]) == ("slug-r1", 100)
    assert CLEO not in json.dumps(made)
    assert "a-list-of-hers" not in json.dumps(made)


async def test_what_is_over_is_in_no_copy(db: Database, words: Words, tmp_path: Path) -> None:
    """A row that has expired is hidden here too."""
    files = await copy_of(db, tmp_path, ANNA, NOW + 3 * SESSION_TTL_MS + SESSION_TTL_MS)

    assert files["votes"] == []
    assert [row for row in files["events"] if row["kind"] == "chat.message"] == []


async def test_page_by_page(
    db: Database, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the pages, each row is there once."""
    whole = await copy_of(db, tmp_path, ANNA)
    monkeypatch.setattr(exporting, "PAGE", 2)

    assert await copy_of(db, tmp_path, ANNA) == whole
    assert len(whole["events"]) > 4


def test_lines() -> None:
    """A line is one JSON value, whatever is in the text."""
    data = line({"text": 'a\n"b" ü', "n": 1})

    assert data.count(b"\n") == 1
    assert json.loads(data) == {"text": 'a\n"b" ü', "n": 1}
