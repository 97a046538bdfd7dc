"""History: finished plays, newest first, page by page, none that has expired."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.values import HistoryEntry, Score
from storage.database import Database
from storage.errors import BadCursorError
from storage.fold import gone_user
from storage.history import History, HistoryPage
from storage.journal import Journal
from storage.records import PlayEnd, PlayRow, Writes
from tests.storage.builders import NOW, add_accounts, add_room, begun, days, ended, media, person


async def played(db: Database, *plays: PlayRow) -> None:
    """Play one after the other."""
    rows: list[PlayRow | PlayEnd] = []
    for each in plays:
        rows += [each, ended(each.play.id)]
    await Journal(db).commit(Writes(plays=rows))


def ids(page: HistoryPage) -> list[str]:
    """The plays of a page."""
    return [entry.play_id for entry in page.plays]


async def test_entry(db: Database) -> None:
    """An entry says who played what, when, how it ended and how it was liked."""
    await add_room(db)
    await add_accounts(db, "anna")
    await played(db, begun("a", "anna"))
    page = await History(db).room_page("r1", None, 10, NOW)
    assert page == HistoryPage(
        [
            HistoryEntry(
                play_id="a",
                room="r1",
                dj=person("anna"),
                media=media("m-a"),
                started_at_ms=NOW,
                ended_at_ms=NOW + 180_000,
                end="finished",
                score=Score(woots=2, mehs=1, grabs=1, listeners=5, skipped=False),
            )
        ],
        None,
    )


@pytest.mark.parametrize(("end", "skipped"), [("skipped", True), ("left", False), ("unplayable", False)])
async def test_skipped(db: Database, end: Any, skipped: bool) -> None:
    """The score says whether a play was skipped, and of no other end that it was."""
    await add_room(db)
    await Journal(db).commit(Writes(plays=[begun("a"), ended("a")._replace(end=end)]))
    [entry] = (await History(db).room_page("r1", None, 10, NOW)).plays
    assert (entry.end, entry.score.skipped) == (end, skipped)


async def test_cut_in_its_lead_in(db: Database) -> None:
    """A play that ended before its announced start took no time, and stands before the one after it."""
    await add_room(db)
    cut = ended("a")._replace(end="skipped", ended_at_ms=NOW + 500)
    over = ended("b")._replace(ended_at_ms=NOW + 9000)
    await Journal(db).commit(Writes(plays=[begun("a", at=NOW + 2000), cut, begun("b", at=NOW + 1500), over]))
    page = await History(db).room_page("r1", None, 10, NOW)
    assert [(one.play_id, one.started_at_ms, one.ended_at_ms) for one in page.plays] == [
        ("b", NOW + 1500, NOW + 9000),
        ("a", NOW + 500, NOW + 500),
    ]


async def test_only_finished(db: Database) -> None:
    """The play on air is not history yet."""
    await add_room(db)
    await played(db, begun("a"))
    await Journal(db).commit(Writes(plays=[begun("b", at=NOW + 1)]))
    assert ids(await History(db).room_page("r1", None, 10, NOW)) == ["a"]


async def test_hidden_when_expired(db: Database) -> None:
    """A play is invisible from the millisecond it expires, swept or not."""
    await add_room(db)
    await played(db, begun("a", "anna"))
    assert ids(await History(db).room_page("r1", None, 10, NOW + days(90) - 1)) == ["a"]
    assert ids(await History(db).room_page("r1", None, 10, NOW + days(90))) == []
    assert ids(await History(db).user_page("anna", None, 10, NOW + days(90))) == []


async def test_pages(db: Database) -> None:
    """Pages follow each other without a gap or a repetition, also between plays of one instant."""
    await add_room(db)
    await played(db, begun("a"), begun("b", at=NOW + 1), begun("c", at=NOW + 1), begun("d", at=NOW + 2))
    found = []
    cursor = None
    for _ in range(4):
        page = await History(db).room_page("r1", cursor, 1, NOW)
        found += ids(page)
        cursor = page.next_cursor
    assert found == ["d", "c", "b", "a"]
    assert cursor is None


async def test_of_a_user(db: Database) -> None:
    """A user's history is of all rooms, and of nobody else; somebody without account is shown as gone."""
    await add_room(db, "r1")
    await add_room(db, "r2")
    await played(
        db, begun("a", "anna"), begun("b", "berta"), begun("c", "anna", room_id="r2", at=NOW + 1), begun("d")
    )
    page = await History(db).user_page("anna", None, 10, NOW)
    assert [(entry.play_id, entry.room, entry.dj) for entry in page.plays] == [
        ("c", "r2", gone_user("anna")),
        ("a", "r1", gone_user("anna")),
    ]
    room_page = await History(db).room_page("r1", None, 10, NOW)
    assert {entry.play_id: entry.dj is None for entry in room_page.plays} == {
        "a": False,
        "b": False,
        "d": True,
    }


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", ".a", "1.a b", "99999999999999999999.a"])
async def test_bad_cursor(db: Database, cursor: str) -> None:
    """A cursor that no page gave out is refused."""
    with pytest.raises(BadCursorError, match="expected a cursor"):
        await History(db).room_page("r1", cursor, 10, NOW)
