"""
Erasure proven on the bytes: of a person who left a text wherever one can, no file keeps a word.

With the control that must find some, the death of the process at each stage, and a backup
that comes back from before.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomserver.config import DATABASE, Config, PrivacyConfig, RatesConfig, StorageConfig
from roomserver.privacy import erasure
from roomserver.privacy.rights import Rights
from roomserver.server import Server
from storage.database import Database
from storage.privacy.ledger import FILE, LedgerError, MissingLedgerError
from storage.privacy.wash import Washed
from tests.support import dying
from tests.support.canaried import Canaried, fill
from tests.support.canary import hits
from tests.support.process import Process
from tests.support.server import CHEAP, House

HURRIED = RatesConfig(**dict.fromkeys(RatesConfig.__struct_fields__, "1000/1"))


async def erased(house: House, people: Canaried) -> None:
    """Let Anna be erased, and wait for it."""
    await people.anna.ask("privacy.erase", **people.confirmation)
    await house.server.rights.erasures.settled()


@pytest.fixture
async def house(data: Path) -> AsyncIterator[House]:
    """A server that lets people do a lot at once."""
    home = await House(data).open(rates=HURRIED)
    yield home
    await home.close()
    assert home.caught == []


@pytest.fixture
async def people(house: House) -> Canaried:
    """Anna and Ben, with all they wrote on disk."""
    people = await fill(house)
    await house.server.rights.vault.database.checkpoint()
    return people


async def test_no_word_is_left(house: House, people: Canaried, capfd: pytest.CaptureFixture[str]) -> None:
    """Of what she wrote, and others wrote about her, nothing is in any file, in memory or in the logs."""
    before = hits(house.data, people.words)
    # A deleted message and the reasons of mutes and kicks in transit may be gone already; most are there.
    assert len(before) > 0.8 * len(people.words)
    await erased(house, people)

    assert hits(house.data, people.words) == {}
    holders = house.server.rights.holders
    assert [word for word in people.words if holders.contains(word.encode())] == []
    told = "".join(capfd.readouterr())
    assert not [word for word in people.words if word in told]
    assert people.ben.user["name"] == (await people.ben.ask("account.get"))["account"]["user"]["name"]
    await house.restart()
    assert hits(house.data, people.words) == {}


async def test_the_control_finds_some(
    house: House, people: Canaried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without overwriting and washing, words stay in the file: the search above can fail."""

    async def unwashed(_: Database) -> Washed:
        return Washed(0, is_complete=True)

    monkeypatch.setattr(erasure, "wash", unwashed)
    await house.server.rights.vault.database._writer.execute_fetchall("PRAGMA secure_delete = OFF")
    await erased(house, people)

    assert hits(house.data, people.words)


@pytest.mark.slow
async def test_death_at_every_stage(house: House, people: Canaried, tmp_path: Path) -> None:
    """Killed after each stage, and in the middle of the rows, the next start finishes the job."""
    await house.close()

    async def die(point: str) -> tuple[str, Path]:
        folder = tmp_path / point
        await asyncio.to_thread(shutil.copytree, house.data, folder, ignore=shutil.ignore_patterns("media"))
        process = Process(folder, settings={"DIES_AT": point})
        process.program = ("-m", "tests.support.dying")
        command = ("privacy", "erase", people.anna.user["id"], "--confirm", people.anna.user["id"])
        assert await process.run(*command) == -signal.SIGKILL, process.log
        return point, folder

    turns = asyncio.Semaphore(2)

    async def in_turn(point: str) -> tuple[str, Path]:
        async with turns:
            return await die(point)

    for point, folder in await asyncio.gather(*map(in_turn, dying.POINTS)):
        if point in {"intent", "requested", "frozen", "memory"}:
            assert hits(folder, people.words), f"{point}: expected to die before the rows"
        async with Server.maintain(Config(storage=StorageConfig(data=str(folder)), auth=CHEAP)) as server:
            await server.rights.carry_out()
            assert await server.rights.requests.open("erase") == [], point
            assert (await server.rights.audit.verify()).is_intact, point
            assert server.rights.vault.ledger.undone() == set(), point
            [request] = await _erasures(server.rights)
            assert request["stage"] == "complete", point
        assert hits(folder, people.words) == {}, point
        shutil.rmtree(folder)
    await house.open()


async def _erasures(rights: Rights) -> list[sqlite3.Row]:
    return await rights.vault.database.rows("SELECT stage FROM privacy_requests WHERE kind = 'erase'")


# A backup from before


@pytest.fixture
async def restored(house: House, people: Canaried) -> AsyncIterator[Canaried]:
    """The database as it was before Anna's erasure, with the ledger as it is since."""
    await house.server.rights.vault.database.checkpoint()
    backup = house.data.parent / "backup.db"
    shutil.copy(house.data / DATABASE, backup)
    await erased(house, people)
    await house.close()
    shutil.copy(backup, house.data / DATABASE)
    for rest in ("-wal", "-shm"):
        (house.data / f"{DATABASE}{rest}").unlink(missing_ok=True)
    backup.unlink()
    yield people
    if house.server.port == 0:
        await house.open()


async def test_a_backup_brings_nobody_back(house: House, restored: Canaried) -> None:
    """Before anybody is let in, whom the ledger knows is erased again; others are as they were then."""
    assert hits(house.data, restored.words)
    await house.open()

    assert hits(house.data, restored.words) == {}
    stranger = await house.wire()
    wrong = await stranger.refused(
        "session.login", username=restored.confirmation["confirm"], password=restored.confirmation["password"]
    )
    assert wrong["code"] == "invalid_credentials"
    assert await stranger.ask("session.login", username="ben", password=restored.confirmation["password"])


@pytest.mark.parametrize("harm", ["gone", "changed"])
async def test_without_its_ledger_it_stays_closed(house: House, people: Canaried, harm: str) -> None:
    """A ledger that is gone or was changed cannot vouch: the server refuses, unless it is told to go on."""
    await erased(house, people)
    await house.close()
    path = house.data / FILE
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b'"intent"', b'"void"', 1))
    with pytest.raises(MissingLedgerError if harm == "gone" else LedgerError):
        await house.open()
    accepting = PrivacyConfig(accept_missing_ledger=True)
    config = Config(storage=StorageConfig(data=str(house.data)), auth=CHEAP, privacy=accepting)
    async with Server.maintain(config) as server:
        assert server.rights.vault.ledger.head == 0
    await house.open()


# What holds an erasure up


async def stage_of(house: House) -> str:
    """Return how far the erasure is."""
    [request] = await _erasures(house.server.rights)
    return str(request["stage"])


@pytest.fixture
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "RETRY_SECONDS", 0.02)


@pytest.mark.usefixtures("_hurry")
async def test_a_foreign_reader_holds_up_the_bytes(house: House, people: Canaried) -> None:
    """A backup program that reads keeps the log full: the stage is not noted until its bytes are gone."""
    reader = sqlite3.connect(house.data / DATABASE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    await people.anna.ask("privacy.erase", **people.confirmation)
    async with asyncio.timeout(10):
        while await stage_of(house) != "search":
            pass  # reading the stage gives the others their turn
    assert hits(house.data, people.words)
    reader.execute("COMMIT")
    reader.close()
    await house.server.rights.erasures.settled()

    assert await stage_of(house) == "complete"
    assert hits(house.data, people.words) == {}


@pytest.mark.usefixtures("_hurry")
async def test_a_full_disk(house: House, people: Canaried) -> None:
    """An erasure that cannot be noted has not begun; one that cannot go on waits, and then goes on."""
    database, ledger = house.server.rights.vault.database, house.server.rights.vault.ledger
    await database.set_read_only(True)
    refused = await people.anna.refused("privacy.erase", **people.confirmation)
    assert refused["code"] == "storage_unavailable"
    assert ledger.undone() == set()
    assert ledger.subject_of(people.anna.user["id"]) not in ledger.subjects()
    await database.set_read_only(False)
    await house.server.rights.erasures.take_on("r", people.anna.user["id"], "operator")
    await database.set_read_only(True)
    assert {await stage_of(house) for _ in range(50)} <= {"requested", "frozen"}
    await database.set_read_only(False)
    await house.server.rights.erasures.settled()

    assert await stage_of(house) == "complete"
    assert hits(house.data, people.words) == {}
