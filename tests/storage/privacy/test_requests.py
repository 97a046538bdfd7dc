"""Requests about the own data."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.privacy import RequestKind
from storage.database import Database
from storage.errors import NotFoundError
from storage.privacy.keys import Keys
from storage.privacy.requests import Requests
from tests.storage.builders import NOW


@pytest.fixture(name="requests")
def _requests(db: Database, tmp_path: Path) -> Requests:
    return Requests(db, Keys(tmp_path))


async def add(
    db: Database, requests: Requests, ident: str, kind: RequestKind = "export", at: int = NOW
) -> None:
    """Put a request of Anna's on record."""
    async with db.transaction() as tx:
        await requests.add(tx, ident, "anna", kind, "self", at)


async def test_stages_and_receipts(db: Database, requests: Requests) -> None:
    """Stages keep their first instant, receipts add up over a crash."""
    await add(db, requests, "e", "erase")
    async with db.transaction() as tx:
        await requests.receive(tx, "e", {"events": 5})
        await requests.advance(tx, "e", "rows", NOW + 7, {"events": 2, "votes": 1})
        await requests.advance(tx, "e", "rows", NOW + 9)
    found = await requests.get("e")

    assert found is not None
    assert [(step.stage, step.at_ms) for step in found.steps] == [("requested", NOW), ("rows", NOW + 7)]
    assert found.receipts == {"events": 7, "votes": 1}


async def test_open_ones(db: Database, requests: Requests) -> None:
    """What is not done is found by a restart; what is done names no account."""
    await add(db, requests, "e", "erase")
    assert [one.account_id for one in await requests.open("erase")] == ["anna"]
    async with db.transaction() as tx:
        await requests.advance(tx, "e", "complete", NOW)
        await requests.forget_account(tx, "e")

    assert await requests.open("erase") == []
    assert [one.id for one in await requests.of("anna")] == ["e"]
    assert await requests.of("ben") == []


async def test_a_token_works_once(db: Database, requests: Requests) -> None:
    """An archive is fetched once, in time, by who knows the token."""
    await add(db, requests, "x")
    assert await requests.offer("x", b"token", NOW + 10, NOW)

    assert await requests.redeem(b"other", NOW) is None
    assert await requests.redeem(b"token", NOW + 10) is None
    found = await requests.redeem(b"token", NOW + 9)
    assert found is not None
    assert found.id == "x"
    assert await requests.redeem(b"token", NOW + 9) is None
    again = await requests.get("x")
    assert again is not None
    assert again.stage == "fetched"


async def test_archives_end(db: Database, requests: Requests) -> None:
    """When its time is over an archive is named for removal once, and its request ends."""
    await add(db, requests, "x")
    await requests.offer("x", b"token", NOW + 10, NOW)

    assert await requests.archives_over(NOW + 9) == []
    assert await requests.archives_over(NOW + 10) == ["x"]
    assert await requests.archives_over(NOW + 10) == []
    found = await requests.get("x")
    assert found is not None
    assert (found.stage, found.account_id) == ("expired", None)


async def test_erasure_ends_exports(db: Database, requests: Requests) -> None:
    """An erasure takes the exports with it, one that is being built too."""
    await add(db, requests, "x")
    async with db.transaction() as tx:
        assert await requests.drop_exports(tx, "anna") == ["x"]

    assert not await requests.offer("x", b"token", NOW + 10, NOW)
    assert await requests.open("export") == []


async def test_unknown(db: Database, requests: Requests) -> None:
    """A stage of a request that is not there is a mistake."""
    assert await requests.get("nothing") is None
    with pytest.raises(NotFoundError):
        async with db.transaction() as tx:
            await requests.advance(tx, "nothing", "rows", NOW)
