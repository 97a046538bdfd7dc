"""How a command reaches the data."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from roomserver.admin.users import UserCreate, UserList, UserShow
from roomserver.cli.administer import administer, give_to_owner
from roomserver.cli.command import CommandError, Exit
from roomserver.config import DATABASE, AuthConfig, Config, StorageConfig
from roomserver.lock import FolderInUseError, FolderLock
from tests.support.server import PASSWORD, House

CHEAP = AuthConfig(argon2_time_cost=1, argon2_memory_kib=32)


def config_of(folder: Path) -> Config:
    """Return the settings of a server in a folder."""
    return Config(storage=StorageConfig(data=str(folder)), auth=CHEAP)


async def test_same_either_way(house: House) -> None:
    """What was done through the running server is seen without one, and the other way round."""
    config = config_of(house.data)
    online = await administer(config, UserCreate(name="ada", password=PASSWORD))
    await house.close()
    offline = await administer(config, UserShow(user="ada"))
    assert offline["id"] == online["id"]
    made = await administer(config, UserCreate(name="bob", password=PASSWORD))
    await house.open()
    users = (await administer(config, UserList(query="bob")))["users"]
    assert [user["id"] for user in users] == [made["id"]]


async def test_wrong_folder(tmp_path: Path) -> None:
    """A folder that is no server's is named, and nothing is made in it."""
    folder = tmp_path / "nothing"
    with pytest.raises(CommandError, match=f"got {folder}: there is no {DATABASE} in it"):
        await administer(config_of(folder), UserList())
    assert not folder.exists()


async def test_first_command(tmp_path: Path) -> None:
    """A command that may create makes the folder, for this user alone."""
    folder = tmp_path / "new" / "data"
    command = UserCreate(name="ada", password=PASSWORD)
    await administer(config_of(folder), command, may_create=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / DATABASE).stat().st_mode) == 0o600


async def test_refusals(tmp_path: Path) -> None:
    """A refusal has the exit code of its kind and the word of the protocol."""
    config = config_of(tmp_path)
    await administer(config, UserCreate(name="ada", password=PASSWORD), may_create=True)
    for command, code, word in (
        (UserShow(user="nobody"), Exit.FAILED, "not_found"),
        (UserCreate(name="a b", password=PASSWORD), Exit.USAGE, "bad_params"),
        (UserCreate(name="ada", password=PASSWORD), Exit.FAILED, "name_taken"),
    ):
        with pytest.raises(CommandError) as caught:
            await administer(config, command)
        assert (caught.value.code, caught.value.word) == (code, word)


async def test_folder_in_use(tmp_path: Path) -> None:
    """A process that has the folder and takes no commands, such as a starting server, is not disturbed."""
    config = config_of(tmp_path)
    await administer(config, UserCreate(name="ada", password=PASSWORD), may_create=True)
    lock = FolderLock.acquire(tmp_path)
    with pytest.raises(FolderInUseError):
        await administer(config, UserList())
    lock.release()
    assert await administer(config, UserList())


def test_given_to_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What root left in somebody's folder becomes theirs; in root's own, and for others, nothing happens.

    A link that somebody put there is given away itself, never what it points to.
    """
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "a.key").touch()
    (tmp_path / "keys" / "b.key").symlink_to("/etc")
    given: list[tuple[str, int, int]] = []

    def chown(path: Path, uid: int, gid: int, *, follow_symlinks: bool = True) -> None:
        given.append(((path.resolve() if follow_symlinks else path).name, uid, gid))

    monkeypatch.setattr(os, "chown", chown)
    real = Path.stat

    def give(*, as_user: int, folder_of: int) -> None:
        owner = os.stat_result((0o40700, 0, 0, 0, folder_of, folder_of + 1, 0, 0, 0, 0))
        with monkeypatch.context() as patch:
            patch.setattr(os, "geteuid", lambda: as_user)
            patch.setattr(Path, "stat", lambda one, **how: owner if one == tmp_path else real(one, **how))
            give_to_owner(tmp_path)

    give(as_user=0, folder_of=0)
    give(as_user=1000, folder_of=4711)
    assert given == []
    give(as_user=0, folder_of=4711)
    assert sorted(given) == [("a.key", 4711, 4712), ("b.key", 4711, 4712), ("keys", 4711, 4712)]
