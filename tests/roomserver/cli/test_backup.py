"""``roomserver backup`` and ``restore``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from roomserver.cli import main
from roomserver.cli.command import Exit
from roomserver.config import DATABASE
from storage.backup import MANIFEST
from tests.support.server import PASSWORD, House


@pytest.fixture
def filled(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a data folder with an administrator."""
    assert main(["admin", "create", "ada", "--data", str(folder)]) == Exit.OK
    capsys.readouterr()
    return folder


def test_round_trip(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A backup is made, proved and brought back, and says so as facts."""
    target, fresh = tmp_path / "backup", tmp_path / "fresh"
    assert main(["backup", str(target), "--data", str(filled), "--json"]) == Exit.OK
    made = json.loads(capsys.readouterr().out)
    assert made["path"] == str(target)
    assert made["compared"] is True
    assert made["counts"]["accounts"] == 1
    assert main(["restore", str(target), "--check"]) == Exit.OK
    assert capsys.readouterr().out == f"{target} is whole\n"
    assert main(["restore", str(target), "--data", str(fresh)]) == Exit.OK
    assert "erased again at the next start" in capsys.readouterr().out
    assert main(["user", "list", "--data", str(fresh), "--json"]) == Exit.OK
    assert [user["name"] for user in json.loads(capsys.readouterr().out)["users"]] == ["ada"]


def test_refusals(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is in the way stays, and what is no backup is said."""
    target = tmp_path / "backup"
    assert main(["backup", str(target), "--data", str(filled)]) == Exit.OK
    assert main(["restore", str(target), "--data", str(filled)]) == Exit.FAILED
    assert "expected a folder without a database" in capsys.readouterr().err
    assert main(["restore", str(target), "--data", str(filled), "--replace"]) == Exit.OK
    assert main(["restore", str(tmp_path), "--check"]) == Exit.FAILED
    assert f"there is no {MANIFEST} in it" in capsys.readouterr().err
    assert main(["backup", str(tmp_path / "new"), "--data", str(filled), "--keep", "3"]) == Exit.USAGE
    with pytest.raises(SystemExit):
        main(["backup", str(tmp_path), "--keep", "0"])


def test_keep(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old backups are removed but for the newest, and nothing else in their folder."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "roomserver-notes-Z").mkdir()
    for day in range(1, 5):
        name = f"roomserver-2026110{day}T000000Z"
        monkeypatch.setattr("roomserver.cli.backup._NAME", name)
        assert main(["backup", str(shelf), "--data", str(filled), "--keep", "2"]) == Exit.OK
    kept = sorted(path.name for path in shelf.iterdir())
    assert kept == ["roomserver-20261103T000000Z", "roomserver-20261104T000000Z", "roomserver-notes-Z"]
    assert "removed 1 older backups" in capsys.readouterr().out


def test_killed_backups(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a killed backup left goes with the old backups; what may still be under way stays."""
    shelf = tmp_path / "shelf"
    left, under_way = shelf / "roomserver-20201101T000000Z.part", shelf / "roomserver-20991101T000000Z.part"
    for part in (left, under_way):
        part.mkdir(parents=True)
        (part / DATABASE).touch()
    assert main(["backup", str(shelf), "--data", str(filled), "--keep", "9", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["removed"] == [str(left)]
    assert not left.exists()
    assert under_way.exists()


def test_a_server_was_started_meanwhile(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Install, start, restore: bans of networks match again, and the audit of the backup is unbroken."""
    target, fresh = tmp_path / "backup", tmp_path / "fresh"
    assert main(["ban", "address", "192.0.2.0/24", "--data", str(filled)]) == Exit.OK
    assert main(["backup", str(target), "--data", str(filled)]) == Exit.OK
    assert main(["admin", "create", "eve", "--data", str(fresh)]) == Exit.OK
    assert main(["ban", "address", "198.51.100.0/24", "--data", str(fresh)]) == Exit.OK
    capsys.readouterr()
    assert main(["restore", str(target), "--data", str(fresh), "--replace"]) == Exit.OK
    assert "replaced keys of another database: address.key" in capsys.readouterr().out
    assert main(["privacy", "audit", "verify", "--data", str(fresh)]) == Exit.OK
    assert main(["ban", "pardon", "192.0.2.0/24", "--data", str(fresh)]) == Exit.OK


async def test_running_server(house: House, tmp_path: Path) -> None:
    """A running server is backed up, and never restored over."""
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    await anna.ask("chat.send", room="lobby", text="in the backup")
    target, data = tmp_path / "backup", ["--data", str(house.data)]
    assert await asyncio.to_thread(main, ["backup", str(target), *data]) == Exit.OK
    before = (house.data / DATABASE).stat().st_ino
    assert await asyncio.to_thread(main, ["restore", str(target), "--replace", *data]) == Exit.BUSY
    assert (house.data / DATABASE).stat().st_ino == before
    await anna.ask("chat.send", room="lobby", text="not in the backup")
    seen = await anna.ask("room.join", room="lobby")
    await house.close()
    assert await asyncio.to_thread(main, ["restore", str(target), "--replace", *data]) == Exit.OK
    await house.open()
    again = await house.again(anna)
    # What anna has seen since the backup did not happen: nothing may be taken for it.
    resume = {"epoch": seen["epoch"], "seq": seen["seq"]}
    joined = await again.ask("room.join", room="lobby", resume=resume)
    assert joined["recovered"] is False
    assert joined["epoch"] != seen["epoch"]
    assert [message["text"] for message in joined["snapshot"]["chat"]] == ["in the backup"]
    await again.ask("chat.send", room="lobby", text="said after it")


async def test_erased_since(house: House, tmp_path: Path) -> None:
    """Who was erased after the backup was made does not come back with it: the ledger of erasures stayed."""
    anna, bob = await house.user("anna"), await house.user("bob")
    for wire in (anna, bob):
        await wire.ask("room.join", room="lobby")
    await anna.ask("chat.send", room="lobby", text="said by one who goes")
    target, data = tmp_path / "backup", ["--data", str(house.data)]
    assert await asyncio.to_thread(main, ["backup", str(target), *data]) == Exit.OK
    await anna.ask("privacy.erase", password=PASSWORD, confirm="anna")
    await bob.hear("user.erased", user_id=anna.user["id"])
    await house.close()
    assert await asyncio.to_thread(main, ["restore", str(target), "--replace", *data]) == Exit.OK
    await house.open()
    stranger = await house.wire()
    assert (await stranger.refused("session.resume", token=anna.token))["code"] == "invalid_credentials"
    again = await house.again(bob)
    joined = await again.ask("room.join", room="lobby")
    assert "said by one who goes" not in str(joined["snapshot"])
    name = await house.server._database.row("SELECT 1 FROM accounts WHERE name = 'anna'")
    assert name is None
