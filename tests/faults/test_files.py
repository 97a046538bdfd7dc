"""A database that is not sound is refused in words, and not a byte of it is changed."""

from __future__ import annotations

import asyncio
import ctypes
import subprocess
from pathlib import Path

import pytest

from roomserver.config import DATABASE
from storage.database import Database
from storage.errors import UnusableDatabaseError
from tests.faults.files import DAMAGES, digest, garbage_at, refusal_of
from tests.faults.resources import small_disk
from tests.support.process import Process

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1


async def make(path: Path) -> None:
    """Make a database."""
    await (await Database.open(path)).close()


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damage(damage: str, tmp_path: Path) -> None:
    """Whatever is wrong with the file, opening it says so, names it and leaves it as it is."""
    path = tmp_path / DATABASE
    await make(path)
    DAMAGES[damage](path)
    before = digest(path)
    with pytest.raises(UnusableDatabaseError, match=str(path)):
        await Database.open(path)
    assert digest(path) == before


async def test_the_server_refuses(tmp_path: Path) -> None:
    """The program ends at once with the same words, and with the sound file in its place it starts."""
    data = tmp_path / "data"
    data.mkdir()
    await make(data / DATABASE)
    sound = (data / DATABASE).read_bytes()
    refusal = await refusal_of(data, garbage_at(0, 4096))
    assert refusal.code == 1
    assert refusal.said.startswith("roomserver: cannot use")
    assert str(data / DATABASE) in refusal.said
    assert refusal.is_untouched
    (data / DATABASE).write_bytes(sound)
    await make(data / DATABASE)


async def test_read_only(tmp_path: Path) -> None:
    """On a file system that is read-only the server does not start, and names the file."""
    try:
        with small_disk(tmp_path / "disk") as disk:
            data = disk / "data"
            data.mkdir()
            await make(data / DATABASE)
            await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", str(disk)], check=True)
            process = Process(data)
            process.log_path = tmp_path / "log"
            assert await process.launch() == ""
            assert await process.ended() == 1
            assert "Read-only file system" in process.log
            assert str(data) in process.log
            assert "Traceback" not in process.log
    except PermissionError as error:
        pytest.skip(f"needs the right to mount: {error}")


def obey_modes() -> None:
    """Have this process obey the modes of files, should it be root's: it may not override them."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


async def test_folder_of_another(tmp_path: Path) -> None:
    """In a folder that it may not write the server does not start, and names what it may not."""
    data = tmp_path / "data"
    data.mkdir()
    await make(data / DATABASE)
    data.chmod(0o500)
    process = Process(data, prepare=obey_modes)
    assert await process.launch() == ""
    assert await process.ended() == 1
    assert "Permission denied" in process.log
    assert str(data) in process.log
    assert "Traceback" not in process.log
    data.chmod(0o700)
