"""Erasures that something keeps back: a hold, a hook, the end of the process while it reads the ledger."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import ErrorCode
from roomserver import retention
from roomserver.admin.command import AdminError
from roomserver.admin.privacy import PrivacyVerify
from roomserver.privacy import erasure
from roomserver.privacy.archive import archive_path
from roomserver.privacy.erasure import Erasures
from roomserver.testing.server import PASSWORD, RoomServer
from roomserver.testing.visitor import Visitor
from storage.errors import StorageUnavailableError
from storage.privacy.holds import Doomed, nothing_held
from storage.privacy.requests import Requests
from tests.storage.privacy.test_keeping import Keeper
from tests.support.canary import canary, hits


@pytest.fixture(name="server")
async def _server(data: Path) -> AsyncIterator[RoomServer]:
    async with RoomServer(data) as server:
        yield server


HERS = {"source": "direct", "source_id": "https://x/hers", "title": "words of hers", "duration_ms": 60_000}


async def stage(server: RoomServer) -> str:
    """Return how far the erasure is."""
    [row] = await server.server._database.rows("SELECT stage FROM privacy_requests WHERE kind = 'erase'")
    return str(row["stage"])


async def left_of(server: RoomServer, user_id: str) -> tuple[int, int]:
    """Count the account, and what it said."""
    [row] = await server.server._database.rows(
        """
        SELECT (SELECT count(*) FROM accounts WHERE id = :id),
          (SELECT count(*) FROM events WHERE actor_id = :id AND category = 'chat')""",
        {"id": user_id},
    )
    return row[0], row[1]


async def hidden(server: RoomServer, visitor: Visitor, user_id: str) -> None:
    """Look for somebody in every way that others have."""
    assert (await visitor.ask("chat.history", room="lobby"))["messages"] == []
    assert [play for play in (await visitor.ask("history.room", room="lobby"))["plays"] if play["dj"]] == []
    assert (await visitor.refused("user.get", user=user_id))["code"] == ErrorCode.NOT_FOUND
    late = await server.guest()
    snapshot = (await late.ask("room.join", room="lobby"))["snapshot"]
    assert user_id not in repr(snapshot)
    assert "words of hers" not in repr(snapshot)


async def test_an_erasure_waits(server: RoomServer) -> None:
    """Nobody finds the person, the rows stay; also after a restart; with the end of the hold they go."""
    anna, ben = await server.user("Anna"), await server.user("Ben")
    for visitor in (anna, ben):
        await visitor.join("lobby")
    await anna.ask("chat.send", room="lobby", text="words of hers")
    await anna.ask("waitlist.join", room="lobby", media=HERS)
    await anna.ask("booth.leave", room="lobby", after_play=False)
    assert [play for play in (await ben.ask("history.room", room="lobby"))["plays"] if play["dj"]]
    her = anna.user["id"]

    def holds(doomed: Doomed) -> bool:
        return doomed.account_id == str(her)

    await server.server._database.ask_before_destroying(holds)
    await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    await server.server.rights.erasures.settled()
    assert await stage(server) == "memory"
    assert await left_of(server, her) == (1, 1)
    await hidden(server, ben, her)
    stranger = await server.stranger()
    refused = await stranger.refused("session.login", username="Anna", password=PASSWORD)
    assert refused["code"] == ErrorCode.INVALID_CREDENTIALS
    # However often it is asked: what is held stays, and is known to be held all the while.
    erasures = server.server.rights.erasures
    [waiting] = await server.server.rights.requests.open("erase")
    assert [await erasures.ask_again(), await erasures.ask_again()] == [1, 0]
    assert erasures.is_held(waiting.id)
    await server.server.sweeps.once()
    await erasures.settled()
    assert erasures.is_held(waiting.id)
    assert (await stage(server), await left_of(server, her)) == ("memory", (1, 1))

    await server.server._database.ask_before_destroying(nothing_held)
    await server.server.sweeps.once()
    await erasures.settled()
    assert (await stage(server), await left_of(server, her)) == ("complete", (0, 0))
    assert not erasures.is_held(waiting.id)


@pytest.mark.parametrize("begins", ["before", "meanwhile"])
async def test_a_hold_on_a_bot(server: RoomServer, begins: str) -> None:
    """It keeps the bot and its owner, also when it begins in the middle of the rows; both go after it."""
    anna = await server.user("Anna")
    made = await anna.ask("bot.create", name="Robbie", scopes=["chat.read"])
    bot_id, questions = made["bot"]["user"]["id"], iter(range(1000))

    def holds(doomed: Doomed) -> bool:
        asked = next(questions) if doomed.account_id == bot_id else 0
        return doomed.account_id == bot_id and (begins == "before" or asked > 3)

    await server.server._database.ask_before_destroying(holds)
    await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    await server.server.rights.erasures.settled()
    [waiting] = await server.server.rights.requests.open("erase")
    assert server.server.rights.erasures.is_held(waiting.id)
    assert [(await left_of(server, one))[0] for one in (anna.user["id"], bot_id)] == [1, 1]

    await server.server._database.ask_before_destroying(nothing_held)
    await server.server.sweeps.once()
    await server.server.rights.erasures.settled()
    assert await stage(server) == "complete"
    assert [(await left_of(server, one))[0] for one in (anna.user["id"], bot_id)] == [0, 0]


async def test_a_restart_asks_again(server: RoomServer) -> None:
    """The next process asks as well; without anybody who holds, it finishes the job."""
    anna = await server.user("Anna")
    await server.server._database.ask_before_destroying(lambda doomed: doomed.table == "accounts")
    await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    await server.server.rights.erasures.settled()
    assert await stage(server) == "memory"
    await server.restart()
    await server.server.rights.erasures.settled()
    assert (await stage(server), await left_of(server, anna.user["id"])) == ("complete", (0, 0))


async def test_a_block_list_forgets_her_words(server: RoomServer) -> None:
    """An address that she alone had typed goes from the block-list and the log, of a running room as well."""
    anna, keeper = await server.user("Anna"), await server.keeper()
    word = canary("address")
    track = {"source": "direct", "source_id": f"https://x/{word}", "title": canary("title")}
    for visitor in (anna, keeper):
        await visitor.join("lobby")
    await anna.ask("waitlist.join", room="lobby", media={**track, "duration_ms": 60_000})
    media = {**track, "duration_ms": 60_000}
    await keeper.ask("media.block", room="lobby", media=media, on=True)
    words, holders = (word, track["title"]), server.server.rights.holders
    assert (await keeper.ask("media.blocked", room="lobby"))["blocked"]
    await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    await server.server.rights.erasures.settled()

    assert (await keeper.ask("media.blocked", room="lobby"))["blocked"] == []
    assert word not in repr(await keeper.ask("mod.log", room="lobby"))
    assert [one for one in words if holders.contains(one.encode())] == []
    assert hits(server.server.rights.vault.folder, list(words)) == {}


@pytest.fixture(name="keeper")
def _keeper(monkeypatch: pytest.MonkeyPatch) -> Keeper:
    keeper = Keeper()
    monkeypatch.setattr(retention, "load_hooks", lambda _names: [keeper])
    monkeypatch.setattr(erasure, "RETRY_SECONDS", 0.01)
    return keeper


async def test_what_hooks_keep(keeper: Keeper, server: RoomServer) -> None:
    """It is in the copy, found by the operator, and gone with the account and its bots, with a receipt."""
    anna = await server.user("Anna")
    made = await anna.ask("bot.create", name="Robbie", scopes=["chat.read"])
    keeper.kept = {anna.user["id"]: "a note of her", made["bot"]["user"]["id"]: "a note of it", "x": "other"}
    verify = PrivacyVerify(canary="a note of")
    assert (await server.server.administration.run(verify))["hooks"] == {"keeper": 2}
    rights = server.server.rights
    await anna.ask("privacy.export")
    await rights.exports.settled()
    [ready] = await rights.requests.fetchable()
    with zipfile.ZipFile(archive_path(rights.vault.folder, ready)) as archive:
        given = [json.loads(row) for row in archive.read("hooks.ndjson").splitlines()]
    assert given == [{"hook": "keeper", "kept": {"note": "a note of her"}}]

    keeper.is_broken = True
    with pytest.raises(AdminError, match="keeper"):
        await server.server.administration.run(verify)
    await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    while keeper.failed < 3:  # noqa: ASYNC110 - a hook tells nobody that it was asked
        await asyncio.sleep(0)
    assert await stage(server) == "memory"
    assert (await left_of(server, anna.user["id"]))[0] == 1
    keeper.is_broken = False
    await rights.erasures.settled()

    assert (await stage(server), keeper.kept) == ("complete", {"x": "other"})
    [row] = await rights.vault.database.rows("SELECT receipts FROM privacy_requests WHERE kind = 'erase'")
    assert json.loads(row["receipts"])["hook keeper"] == 2
    assert not (await server.server.administration.run(verify))["found"]


async def test_a_copy_without_what_a_hook_keeps(keeper: Keeper, server: RoomServer) -> None:
    """Where a hook cannot say what it keeps there is no copy, and the next one may be asked for at once."""
    anna = await server.user("Anna")
    keeper.is_broken = True
    await anna.ask("privacy.export")
    await server.server.rights.exports.settled()
    assert await server.server.rights.requests.fetchable() == []
    keeper.is_broken = False
    await anna.ask("privacy.export")
    await server.server.rights.exports.settled()

    assert len(await server.server.rights.requests.fetchable()) == 1


def full_after(takes: int) -> Callable[..., Awaitable[None]]:
    """Return how requests are put on record by a disk that takes so many, and is full then."""
    add, left = Requests.add, [takes]

    async def adding(self: Requests, *arguments: Any) -> None:
        if not left[0]:
            raise StorageUnavailableError(OSError("full"))
        left[0] -= 1
        await add(self, *arguments)

    return adding


@pytest.mark.parametrize("cut", ["taking on", "carrying out"])
async def test_a_replay_that_is_cut_short(
    server: RoomServer, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    """It goes on with the next start: whom the ledger knows is gone before anybody is let in."""
    people = [await server.user(name) for name in ("Anna", "Ben", "Cleo")]
    ids = [person.user["id"] for person in people]
    # As with a database from before three erasures that the ledger knows.
    ledger = server.server.rights.vault.ledger
    for number, account_id in enumerate(ids):
        ledger.append("intent", f"r{number}", account_id, 1)
        ledger.append("done", f"r{number}", account_id, 1)
    await server.close()
    with monkeypatch.context() as patched:
        if cut == "taking on":
            patched.setattr(Requests, "add", full_after(1))
        else:

            async def dies(_self: Erasures) -> None:
                raise StorageUnavailableError(OSError("as good as dead"))

            patched.setattr(Erasures, "settle", dies)
        with pytest.raises(StorageUnavailableError):
            await server.open()
    await server.open()

    assert [await left_of(server, account_id) for account_id in ids] == [(0, 0)] * 3
    assert await server.server.rights.requests.open("erase") == []
    assert ledger.subjects().keys() == server.server.rights.vault.ledger.subjects().keys()
