"""Backups: whole, checked, and never the way back for somebody who was erased."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import msgspec
import pytest

from storage import backup as backups
from storage.accounts import Accounts
from storage.backup import DATABASE, MANIFEST, BackupError, Manifest, back_up, check, examine, restore
from storage.database import Database
from storage.privacy import ledger
from storage.privacy.keys import Keys
from storage.privacy.ledger import Ledger
from tests.storage.builders import NOW, account


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Return a data folder with two accounts, keys and a ledger of one erasure."""
    data = tmp_path / "data"
    data.mkdir()
    database = await Database.open(data / DATABASE)
    for name in ("ann", "bob"):
        await Accounts(database).create(account(name))
    await database.close()
    Ledger.open(data, Keys(data)).append("intent", "r1", "carl", NOW)
    (data / "address.key").write_bytes(b"k" * 32)
    (data / "keys" / "weeks").mkdir()
    (data / "keys" / "weeks" / "2900.key").write_bytes(b"w" * 32)
    return data


def backed_up(folder: Path, name: str = "backup") -> Path:
    """Make a backup beside the folder."""
    target = folder.parent / name
    back_up(folder, target, "1.0", NOW)
    return target


def names(folder: Path) -> list[str]:
    """Return who has an account."""
    connection = sqlite3.connect(folder / DATABASE)
    found = [row[0] for row in connection.execute("SELECT name FROM accounts ORDER BY name")]
    connection.close()
    return found


async def test_whole(folder: Path) -> None:
    """A backup has rows, ledger and keys but those of weeks, for this user alone, and says what it has."""
    target = backed_up(folder)
    manifest = check(target)
    assert manifest.counts["accounts"] == 2
    assert manifest.is_compared
    assert (manifest.version, manifest.created_at_ms) == ("1.0", NOW)
    assert set(manifest.files) == {DATABASE, "address.key", "erasures.ledger", "keys/ledger.key"}
    assert names(target) == ["ann", "bob"]
    for path in target.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o700


async def test_round_trip(folder: Path, tmp_path: Path) -> None:
    """A server comes back on another machine with all it had, and can be opened."""
    target = backed_up(folder)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    restore(target, fresh, replace=False)
    database = await Database.open(fresh / DATABASE)
    assert await Accounts(database).by_name("ann") is not None
    await database.close()
    assert Ledger.open(fresh, Keys(fresh)).head == 1
    assert (fresh / "address.key").read_bytes() == b"k" * 32
    assert not (fresh / f"{DATABASE}.restoring").exists()


async def test_while_the_server_writes(folder: Path, tmp_path: Path) -> None:
    """A database that is open and written to is backed up as of one moment."""
    database = await Database.open(folder / DATABASE)
    await Accounts(database).create(account("dora"))
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM accounts WHERE id = 'ann'")
        target = backed_up(folder)
    await database.close()
    assert names(target) == ["ann", "bob", "dora"]
    assert names(folder) == ["bob", "dora"]


async def test_disturbed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody writes each time it looks, the copy is checked but says that it was not compared."""
    writer = sqlite3.connect(folder / DATABASE, isolation_level=None)
    writer.execute("PRAGMA busy_timeout = 1000")
    count = backups._counts
    nth = iter(range(100))

    def disturbed(connection: sqlite3.Connection) -> dict[str, int]:
        found = count(connection)
        writer.execute("CREATE TABLE IF NOT EXISTS noise (n INTEGER)")
        writer.execute("INSERT INTO noise VALUES (?)", (next(nth),))
        return found

    monkeypatch.setattr(backups, "_counts", disturbed)
    target = folder.parent / "backup"
    manifest = back_up(folder, target, "1.0", NOW)
    writer.close()
    assert not manifest.is_compared


async def test_in_the_way(folder: Path) -> None:
    """Neither a backup nor a database is written over unasked."""
    target = backed_up(folder)
    with pytest.raises(BackupError, match="expected a path that does not exist yet"):
        back_up(folder, target, "1.0", NOW)
    with pytest.raises(BackupError, match="expected a folder without a database"):
        restore(target, folder, replace=False)
    assert names(folder) == ["ann", "bob"]


async def test_replace(folder: Path) -> None:
    """What is there goes, with its log of commits, which beside another database would destroy it."""
    target = backed_up(folder)
    database = await Database.open(folder / DATABASE)
    await Accounts(database).create(account("dora"))
    for suffix in ("-wal", "-shm"):
        (folder / f"stale{suffix}").write_bytes((folder / f"{DATABASE}{suffix}").read_bytes())
    await database.close()
    for suffix in ("-wal", "-shm"):
        (folder / f"stale{suffix}").rename(folder / f"{DATABASE}{suffix}")
    restore(target, folder, replace=True)
    assert names(folder) == ["ann", "bob"]


async def test_erased_since(folder: Path) -> None:
    """The ledger of the folder, which knows of later erasures, stays, and can still be checked."""
    target = backed_up(folder)
    Ledger.open(folder, Keys(folder)).append("intent", "r2", "ann", NOW)
    assert restore(target, folder, replace=True).replaced == []
    kept = Ledger.open(folder, Keys(folder))
    assert kept.head == 2
    assert kept.subject_of("ann") in kept.subjects()


async def test_a_server_was_started_meanwhile(folder: Path, tmp_path: Path) -> None:
    """The keys that a fresh server made go with its database, and are named."""
    Keys(folder).mac("audit", "made")
    target = backed_up(folder)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    await (await Database.open(fresh / DATABASE)).close()
    (fresh / "address.key").write_bytes(b"n" * 32)
    for use in ("audit", "ledger", "tombstone"):
        Keys(fresh).mac(use, "made")
    only_there = (fresh / "keys" / "tombstone.key").read_bytes()
    restored = restore(target, fresh, replace=True)
    assert sorted(restored.replaced) == ["address.key", "keys/audit.key", "keys/ledger.key"]
    for name in restored.manifest.files:
        if name != DATABASE:
            assert (fresh / name).read_bytes() == (target / name).read_bytes()
    assert Ledger.open(fresh, Keys(fresh)).head == 1
    assert (fresh / "keys" / "tombstone.key").read_bytes() == only_there


async def test_first_erasure_since(folder: Path, tmp_path: Path) -> None:
    """A ledger that began after the backup keeps its own key, while the other keys come with the database."""
    (folder / ledger.FILE).unlink()
    target = backed_up(folder)
    assert ledger.FILE not in check(target).files
    other = tmp_path / "other"
    other.mkdir()
    Ledger.open(other, Keys(other)).append("intent", "r1", "ann", NOW)
    (other / "address.key").write_bytes(b"n" * 32)
    assert restore(target, other, replace=True).replaced == ["address.key"]
    kept = Ledger.open(other, Keys(other))
    assert kept.subject_of("ann") in kept.subjects()
    assert (other / "address.key").read_bytes() == b"k" * 32


async def test_erased_elsewhere(folder: Path) -> None:
    """A backup that knows of more erasures than the folder brings its ledger along."""
    early = (folder / ledger.FILE).read_bytes()
    Ledger.open(folder, Keys(folder)).append("intent", "r2", "ann", NOW)
    target = backed_up(folder)
    (folder / ledger.FILE).write_bytes(early)
    restore(target, folder, replace=True)
    assert Ledger.open(folder, Keys(folder)).head == 2


async def test_two_servers(folder: Path) -> None:
    """Ledgers that contradict each other are of two servers; nothing is changed."""
    target = backed_up(folder)
    (folder / ledger.FILE).write_bytes(b"something else\n")
    with pytest.raises(BackupError, match="which contradict"):
        restore(target, folder, replace=True)
    assert (folder / ledger.FILE).read_bytes() == b"something else\n"
    assert not (folder / f"{DATABASE}.restoring").exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
async def test_nothing_is_left(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """A restore that breaks off changes nothing and leaves no copy, nor any of one that was killed before."""
    target, fresh = backed_up(folder), tmp_path / "fresh"
    (fresh / "keys").mkdir(parents=True)
    (fresh / "address.key").write_bytes(b"n" * 32)
    killed = [f"{DATABASE}.restoring", f"{DATABASE}.restoring-journal", "keys/ledger.key.restoring"]
    for name in killed:
        (fresh / name).write_bytes(b"of a restore that was killed")

    def fail(_path: Path) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(backups, "_begin_anew", fail)
        with pytest.raises(type(error)):
            restore(target, fresh, replace=True)
    assert [path for path in fresh.rglob("*") if path.is_file()] == [fresh / "address.key"]
    assert (fresh / "address.key").read_bytes() == b"n" * 32
    restore(target, fresh, replace=True)
    assert names(fresh) == ["ann", "bob"]


@pytest.mark.parametrize("name", [DATABASE, "address.key", "erasures.ledger", "keys/ledger.key"])
@pytest.mark.parametrize("how", ["changed", "gone"])
async def test_damaged(folder: Path, tmp_path: Path, name: str, how: str) -> None:
    """A backup of which a bit changed or a file is missing is refused, and nothing is restored."""
    target = backed_up(folder)
    content = bytearray((target / name).read_bytes())
    if how == "gone":
        (target / name).unlink()
    else:
        content[len(content) // 2] ^= 1
        (target / name).write_bytes(content)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    with pytest.raises(BackupError, match="expected the file that was backed up, got another or none"):
        restore(target, fresh, replace=False)
    assert not list(fresh.iterdir())


def rewritten(target: Path, **changes: object) -> None:
    """Change a backup's manifest."""
    manifest = msgspec.json.decode((target / MANIFEST).read_bytes())
    (target / MANIFEST).write_bytes(msgspec.json.encode({**manifest, **changes}))


async def test_not_ours(folder: Path, tmp_path: Path) -> None:
    """A folder that is no backup, one of a later format, and one of a later schema say so."""
    with pytest.raises(BackupError, match="expected a backup, got"):
        check(tmp_path)
    target = backed_up(folder)
    rewritten(target, format=2)
    with pytest.raises(BackupError, match="expected a backup of format 1, got 2"):
        check(target)
    (target / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(BackupError, match=MANIFEST):
        check(target)
    later = backed_up(folder, "later")
    connection = sqlite3.connect(later / DATABASE)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    hashed = backups._hash(later / DATABASE)
    files = msgspec.json.decode((later / MANIFEST).read_bytes(), type=Manifest).files
    rewritten(later, schema=9999, files={**files, DATABASE: hashed})
    with pytest.raises(BackupError, match=r"or older, got 9999: it was made by version 1\.0"):
        check(later)


async def test_damaged_database(folder: Path) -> None:
    """A damaged database makes no backup, and leaves nothing behind."""
    path = folder / DATABASE
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 12] = bytes(4096 * 10)
    path.write_bytes(content)
    target = folder.parent / "backup"
    with pytest.raises(BackupError, match=r"cannot copy .* malformed"):
        back_up(folder, target, "1.0", NOW)
    assert not target.exists()
    assert not list(folder.parent.glob("*.part"))
    path.write_bytes(b"this is a diary" * 500)
    with pytest.raises(BackupError, match="damaged"):
        examine(path)


async def test_no_database(tmp_path: Path) -> None:
    """A folder without a database is no server's."""
    with pytest.raises(BackupError, match="expected a database, got none"):
        back_up(tmp_path, tmp_path / "backup", "1.0", NOW)


async def test_deleted_text_is_not_copied(folder: Path) -> None:
    """What was deleted before is in no byte of the copy."""
    database = await Database.open(folder / DATABASE)
    async with database.transaction() as tx:
        await tx.execute("UPDATE accounts SET bio = 'canary-of-ann' WHERE id = 'ann'")
    async with database.transaction() as tx:
        await tx.execute("UPDATE accounts SET bio = NULL WHERE id = 'ann'")
    target = backed_up(folder)
    await database.close()
    assert b"canary-of-ann" not in (target / DATABASE).read_bytes()
