"""
Backups: a folder that a server can be brought back from, proved to be whole when it is made.

It holds the database as of one moment, the keys, and the ledger of erasures, which is copied
after the database so that it is never the older of the two. All functions wait for the disk:
run them in a thread.

::

    BackupError        a copy that cannot be vouched for, or a place that it must not go to
     └── DamagedError  a database that is damaged, or none
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from storage import migrate
from storage.privacy import keys, ledger

DATABASE = "roomserver.db"
MANIFEST = "manifest.json"
FORMAT = 1
_TRIES = 3
_EPOCH_BYTES = 12
_DRAFT = ".restoring"
_DRAFTS = f"*{_DRAFT}*"
"""SQLite puts files of its own beside the draft of a database."""
_PRIMARY = 0xFF
"""The bits of an error code of SQLite that say what it is."""
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LEDGER_KEY = f"{keys.FOLDER}/ledger.key"


class BackupError(Exception):
    """A backup that cannot be made or used; the text says what was expected and what came."""


class DamagedError(BackupError):
    """A database that is damaged, or a file that is none; others it may only not be possible to read now."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. ``counts`` are rows by table, ``files`` SHA-256 hashes by relative path."""

    format: int = FORMAT
    version: str
    """The program that made it."""
    schema: int
    created_at_ms: int
    counts: dict[str, int]
    is_compared: bool
    """Whether nothing was written meanwhile, so that the counts of both were compared."""
    files: dict[str, str]


class Examined(NamedTuple):
    """What a database turned out to be."""

    schema: int
    counts: dict[str, int]


def back_up(folder: Path, target: Path, version: str, now_ms: int) -> Manifest:
    """
    Copy a data folder to ``target``, whether or not a server runs on it, and check the copy.

    Raises:
        BackupError: ``target`` exists, or the copy is not whole; nothing is left of it.
        OSError: the disk refused.

    """
    if target.exists():
        raise BackupError(f"expected a path that does not exist yet, got {target}")
    draft = target.with_name(f"{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        examined, is_compared = _copy_database(folder / DATABASE, draft / DATABASE)
        for path in _companions(folder):
            _copy(path, draft / path.relative_to(folder))
        manifest = Manifest(
            version=version,
            schema=examined.schema,
            created_at_ms=now_ms,
            counts=examined.counts,
            is_compared=is_compared,
            files={str(path.relative_to(draft)): _hash(path) for path in _files(draft)},
        )
        _write(draft / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    keys.sync_folder(target.parent)
    return manifest


def check(backup: Path) -> Manifest:
    """
    Prove a backup whole: every file as it was written, the database sound, its rows all there.

    Raises:
        BackupError: it is not.

    """
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise BackupError(f"expected a backup, got {backup}: there is no {MANIFEST} in it") from error
    except msgspec.DecodeError as error:
        raise BackupError(f"{backup / MANIFEST}: {error}") from error
    if manifest.format != FORMAT:
        raise BackupError(f"expected a backup of format {FORMAT}, got {manifest.format}")
    for name, expected in manifest.files.items():
        path = backup / name
        if not path.is_file() or _hash(path) != expected:
            raise BackupError(f"{path}: expected the file that was backed up, got another or none")
    examined = examine(backup / DATABASE)
    if examined != (manifest.schema, manifest.counts):
        raise BackupError(f"{backup / DATABASE}: expected the rows that were backed up, got others")
    newest = len(migrate.load_migrations())
    if manifest.schema > newest:
        message = f"expected a backup of schema {newest} or older, got {manifest.schema}"
        raise BackupError(f"{message}: it was made by version {manifest.version}")
    return manifest


class Restored(NamedTuple):
    """A backup that was brought back."""

    manifest: Manifest
    replaced: list[str]
    """Keys that were in the folder and were others, by relative path; they went with their database."""


def restore(backup: Path, folder: Path, *, replace: bool) -> Restored:
    """
    Bring a data folder back from a backup; the caller holds the folder's lock.

    A ledger that is in the folder stays, with the key it was written under, unless the backup
    knows of later erasures: who was erased since the backup must not come back with it. All
    other keys belong to the database, and come with it: under the keys of a server that was
    started in the folder meanwhile, bans and tombstones would match nobody and the audit would
    not hold. Every room begins a new epoch: what clients have seen since the backup was numbered
    in the old one.

    Raises:
        BackupError: the backup is not whole, a database is in the way and ``replace`` is
            off, or the ledgers are of two servers; nothing was changed.
        OSError: the disk refused; nothing was changed, and no copy is left.

    """
    manifest = check(backup)
    database = folder / DATABASE
    if database.exists() and not replace:
        raise BackupError(f"expected a folder without a database, got {folder}; --replace would lose it")
    names = _to_bring(backup, folder, manifest)
    replaced = [name for name in names if name.endswith(".key") and _differ(backup / name, folder / name)]
    with _drafts(folder, names) as drafts:
        for name, draft in drafts.items():
            _copy(backup / name, draft)
        _begin_anew(drafts[DATABASE])
        # The keys first: a ledger, and the hashes in the database, mean nothing without them.
        for name in sorted(set(names) - {DATABASE}):
            drafts[name].replace(folder / name)
            keys.sync_folder((folder / name).parent)
        for suffix in ("-wal", "-shm"):
            # They belong to the database that goes; beside another they would destroy it.
            database.with_name(DATABASE + suffix).unlink(missing_ok=True)
        drafts[DATABASE].replace(database)
    keys.sync_folder(folder)
    return Restored(manifest, replaced)


def _to_bring(backup: Path, folder: Path, manifest: Manifest) -> list[str]:
    """Return what of a backup comes into a folder: all but a ledger, and its key, that must stay."""
    is_newer = _is_ledger_newer(backup / ledger.FILE, folder / ledger.FILE)
    stays = set() if is_newer or not (folder / ledger.FILE).exists() else {ledger.FILE}
    if stays and not _content(backup / ledger.FILE):
        # Where the backup has lines, the folder's go on from them, and were written under the same key.
        stays.add(_LEDGER_KEY)
    return [name for name in manifest.files if name not in stays or not (folder / name).exists()]


@contextmanager
def _drafts(folder: Path, names: list[str]) -> Iterator[dict[str, Path]]:
    """Name a draft for each file; whatever happens, none of them is left, nor one of a restore before."""

    def clear() -> None:
        for path in [found for place in (folder, folder / keys.FOLDER) for found in place.glob(_DRAFTS)]:
            path.unlink(missing_ok=True)

    clear()
    try:
        yield {name: folder / f"{name}{_DRAFT}" for name in names}
    finally:
        clear()


def examine(path: Path) -> Examined:
    """
    Check a database that nobody writes, and count its rows.

    Raises:
        DamagedError: it is damaged, or no database.
        BackupError: it cannot be read now: locked, not permitted, or the disk failed.

    """
    try:
        with closing(_read_only(path)) as connection:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            if problems != ["ok"]:
                raise DamagedError(f"{path} is damaged: {'; '.join(problems)}")
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise DamagedError(f"{path} is damaged: rows refer to rows that are not there")
            schema: int = connection.execute("PRAGMA user_version").fetchone()[0]
            return Examined(schema, _counts(connection))
    except sqlite3.DatabaseError as error:
        # What Python itself finds wrong has no code.
        code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code & _PRIMARY in _DAMAGE:
            raise DamagedError(f"{path} is damaged: {error}") from error
        raise BackupError(f"cannot read {path}: {error}") from error


def _copy_database(source: Path, target: Path) -> tuple[Examined, bool]:
    """Copy it as of one moment; say whether nothing was written meanwhile and all rows were compared."""
    if not source.is_file():
        raise BackupError(f"expected a database, got none at {source}")
    try:
        with closing(_read_only(source)) as connection:
            for _ in range(_TRIES):
                target.unlink(missing_ok=True)
                with _quiet(connection) as watched:
                    expected = _counts(connection)
                    connection.execute("VACUUM INTO ?", (str(target),))
                if watched.is_quiet:
                    break
    except sqlite3.DatabaseError as error:
        raise BackupError(f"cannot copy {source}: {error}") from error
    target.chmod(0o600)
    _sync(target)
    examined = examine(target)
    if watched.is_quiet and examined.counts != expected:
        raise BackupError(f"expected a copy with the rows of {source}, got one with others")
    return examined, watched.is_quiet


class _Watched:
    is_quiet = False


@contextmanager
def _quiet(connection: sqlite3.Connection) -> Iterator[_Watched]:
    """Watch whether another connection commits while the block runs."""
    watched = _Watched()
    before = connection.execute("PRAGMA data_version").fetchone()
    yield watched
    watched.is_quiet = connection.execute("PRAGMA data_version").fetchone() == before


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    # Names of our own tables, from the schema itself.
    return {
        table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
        for table in tables
    }


def _begin_anew(path: Path) -> None:
    """Give every room a new epoch; its numbering goes on, but names other events than clients know."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rooms = connection.execute("SELECT id FROM rooms").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        for (room_id,) in rooms:
            epoch = secrets.token_urlsafe(_EPOCH_BYTES)
            connection.execute("UPDATE rooms SET epoch = ? WHERE id = ?", (epoch, room_id))
        connection.execute("COMMIT")
    _sync(path)


def _is_ledger_newer(ours: Path, theirs: Path) -> bool:
    """Say whether the backup's ledger goes on where the folder's ends."""
    backed_up, standing = _content(ours), _content(theirs)
    if backed_up.startswith(standing):
        return len(backed_up) > len(standing)
    if standing.startswith(backed_up):
        return False
    raise BackupError(f"expected the ledger of the same server, got {ours} and {theirs}, which contradict")


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _differ(ours: Path, theirs: Path) -> bool:
    return theirs.is_file() and theirs.read_bytes() != ours.read_bytes()


def _companions(folder: Path) -> list[Path]:
    """
    Return what a database cannot do without: keys, and last the ledger of erasures.

    The keys of weeks, in a folder below, stay behind: they are destroyed on time, and with them the
    link between a person and what was written under them.
    """
    singles = [folder / "address.key", folder / ledger.FILE]
    return [*sorted((folder / keys.FOLDER).glob("*.key")), *(path for path in singles if path.is_file())]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _copy(source: Path, target: Path) -> None:
    """Copy a file to where there is none."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(0o600, exist_ok=False)
    shutil.copyfile(source, target)
    _sync(target)


def _write(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(content)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
