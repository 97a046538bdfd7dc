"""The letter that says an erasure is complete: it goes out, and its address is on no disk meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomserver.config import MailConfig
from roomserver.privacy.receipts import KEPT_MS
from roomserver.testing.server import ADULT, PASSWORD, RoomServer
from roomserver.testing.visitor import Visitor
from storage.errors import StorageUnavailableError
from storage.privacy.requests import Basis
from tests.roomserver.privacy.test_mail import Inbox
from tests.support.canary import canary, hits


@pytest.fixture(name="server")
async def _server(data: Path, mail: MailConfig, letters: Inbox) -> AsyncIterator[RoomServer]:
    assert letters.messages == []
    async with RoomServer(data, mail=mail) as server:
        yield server


async def registered(server: RoomServer, email: str | None) -> Visitor:
    """Let Anna register."""
    anna = await server.stranger()
    birth = {"year": ADULT.year, "month": ADULT.month, "day": ADULT.day}
    params = {"username": "Anna", "password": PASSWORD, "birth": birth, "accept_policy": True}
    if email is not None:
        params["email"] = email
    return anna.became(await anna.ask("session.register", **params))


async def erased(server: RoomServer, anna: Visitor) -> str:
    """Let Anna be erased; return where the request is shown."""
    answer = await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    await server.server.rights.erasures.settled()
    return str(answer["url"])


async def test_a_receipt(server: RoomServer, letters: Inbox) -> None:
    """One letter to the address the account had, with where the request is shown, without a name in it."""
    word = canary("mail")
    anna = await registered(server, f"{word}@example.org")
    url = await erased(server, anna)
    await server.server.rights.tick()
    await server.server.rights.tick()
    [letter] = letters.messages

    assert letter["To"] == f"{word}@example.org"
    assert letter["Subject"] == "Your account is erased"
    assert f"https://rooms.example.org{url}" in letter.get_content()
    assert "Anna" not in letter.as_string()


async def test_the_address_is_in_memory_alone(server: RoomServer, letters: Inbox, tmp_path: Path) -> None:
    """While the mail server takes nothing it is in no file; when the letter is out, nowhere."""
    word = canary("mail")
    anna = await registered(server, f"{word}@example.org")
    letters.refuses = "451 later"
    await erased(server, anna)
    await server.server.rights.tick()
    holders = server.server.rights.holders
    assert holders.contains(word.encode()) == {"mail": 1}
    assert hits(tmp_path / "data", [word]) == {}
    letters.refuses = ""
    await server.server.rights.tick()
    assert len(letters.messages) == 1
    assert holders.contains(word.encode()) == {}
    assert hits(tmp_path / "data", [word]) == {}


async def test_a_day_at_most(server: RoomServer, letters: Inbox) -> None:
    """A letter that nobody takes for a day is forgotten; so is an address whose erasure takes longer."""
    letters.refuses = "451 later"
    rights = server.server.rights
    waiting = await registered(server, "waits@example.org")
    await rights.receipts.remember(waiting.id)
    rights.receipts.expire(rights.now_ms() + KEPT_MS - 1)
    assert rights.holders.contains(b"waits@example.org") != {}
    assert rights.receipts.expire(rights.now_ms() + KEPT_MS) == 1
    await erased(server, waiting)
    assert len(rights.post) == 1
    await server.advance(KEPT_MS / 1000)
    await rights.tick()
    assert len(rights.post) == 0
    assert letters.messages == []


@pytest.mark.parametrize("basis", ["operator", "ledger"])
async def test_who_gets_one(server: RoomServer, letters: Inbox, basis: Basis) -> None:
    """Whoever is erased by others is told as well; who was, before a backup came back, was told then."""
    anna = await registered(server, "anna@example.org")
    await server.server.rights.erasures.take_on("request", anna.id, basis)
    await server.server.rights.erasures.settled()
    await server.server.rights.tick()
    assert len(letters.messages) == (basis == "operator")


async def test_without_an_address(server: RoomServer, letters: Inbox) -> None:
    """Who gave none gets none, and is erased all the same."""
    await erased(server, await registered(server, None))
    await server.server.rights.tick()
    assert letters.messages == []


async def test_over_a_restart(server: RoomServer, letters: Inbox) -> None:
    """An erasure that a stop cut short before the rows still knows where to write to."""
    anna = await registered(server, "anna@example.org")
    rights = server.server.rights
    rights._tasks[0].cancel()  # it is noted, and goes no further
    await rights.erasures.take_on("request", anna.id, "self")
    await server.restart()
    await server.server.rights.erasures.settled()
    await server.server.rights.tick()
    assert [letter["To"] for letter in letters.messages] == ["anna@example.org"]


async def test_an_address_that_cannot_be_read(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An erasure that has begun goes on, though nobody can be told."""
    anna = await registered(server, "anna@example.org")
    receipts = server.server.rights.receipts

    async def fail(_account_id: str) -> None:
        raise StorageUnavailableError(OSError("disk"))

    monkeypatch.setattr(receipts._accounts, "by_id", fail)
    await server.server.rights.erasures.take_on("request", anna.id, "operator")
    await server.server.rights.erasures.settled()
    [row] = await server.server._database.rows("SELECT stage FROM privacy_requests")
    assert row["stage"] == "complete"
