"""``roomserver backup`` and ``restore``."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from roomserver import VERSION
from roomserver.cli.administer import give_to_owner
from roomserver.cli.command import Command, CommandError, Exit, Invocation, argument
from roomserver.config import data_folder
from roomserver.lock import FolderLock
from storage import backup as backups
from storage.backup import BackupError, Manifest, Restored

_NAME = "roomserver-%Y%m%dT%H%M%SZ"
_PART_SECONDS = 12 * 60 * 60
"""No backup takes longer."""


async def backup(invocation: Invocation) -> Exit:
    """Make a backup, of a running server too, and check it."""
    arguments = invocation.arguments
    target = _target(arguments.target, keep=arguments.keep)
    folder = Path(invocation.config.storage.data)
    now_ms = time.time_ns() // 1_000_000
    # Before, not after: what killed the last one may have been a full disk.
    gone = [] if arguments.keep is None else await asyncio.to_thread(_prune_parts, target.parent, now_ms)
    try:
        manifest = await asyncio.to_thread(backups.back_up, folder, target, VERSION, now_ms)
    except BackupError as error:
        raise CommandError(str(error)) from error
    if arguments.keep is not None:
        gone += await asyncio.to_thread(_prune, target.parent, arguments.keep)
    rows = sum(manifest.counts.values())
    compared = "compared with the database" if manifest.is_compared else "while the server wrote"
    facts = {**_facts(target, manifest), "compared": manifest.is_compared, "removed": gone}
    text = f"backed up {rows} rows to {target}: checked, {compared}"
    removed = f"\nremoved {len(gone)} older backups" if gone else ""
    invocation.output.result(facts, text + removed)
    return Exit.OK


def _target(given: Path, *, keep: int | None) -> Path:
    if given.is_dir():
        return given / time.strftime(_NAME, time.gmtime())
    if keep is not None:
        raise CommandError(f"expected an existing folder of backups with --keep, got {given}", Exit.USAGE)
    return given


def _prune(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest backups: what was erased since must not live on in old ones."""
    ours = sorted(path for path in folder.glob("roomserver-*Z") if (path / backups.MANIFEST).is_file())
    old = ours[:-keep]
    for path in old:
        shutil.rmtree(path)
    return [str(path) for path in old]


def _prune_parts(folder: Path, now_ms: int) -> list[str]:
    """Remove what backups left that were killed; one that is younger may still be under way."""
    youngest = time.strftime(_NAME, time.gmtime(now_ms // 1000 - _PART_SECONDS))
    old = [path for path in folder.glob("roomserver-*Z.part") if path.stem < youngest]
    for path in old:
        shutil.rmtree(path)
    return [str(path) for path in old]


async def restore(invocation: Invocation) -> Exit:
    """Bring the data folder back from a backup, or only check one."""
    arguments = invocation.arguments
    source: Path = arguments.backup
    try:
        if arguments.check:
            manifest = await asyncio.to_thread(backups.check, source)
            invocation.output.result(_facts(source, manifest), f"{source} is whole")
            return Exit.OK
        manifest, replaced = await asyncio.to_thread(_restore, invocation, source)
    except BackupError as error:
        raise CommandError(str(error)) from error
    rows = sum(manifest.counts.values())
    text = f"restored {rows} rows from {source}; people erased since are erased again at the next start"
    other = f"\nreplaced keys of another database: {', '.join(replaced)}" if replaced else ""
    invocation.output.result({**_facts(source, manifest), "replaced": replaced}, text + other)
    return Exit.OK


def _restore(invocation: Invocation, source: Path) -> Restored:
    folder = data_folder(invocation.config.storage)
    lock = FolderLock.acquire(folder)
    try:
        return backups.restore(source, folder, replace=invocation.arguments.replace)
    finally:
        lock.release()
        give_to_owner(folder)


def _facts(path: Path, manifest: Manifest) -> dict[str, object]:
    return {
        "path": str(path),
        "version": manifest.version,
        "schema": manifest.schema,
        "created_at_ms": manifest.created_at_ms,
        "counts": manifest.counts,
    }


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


COMMANDS = (
    Command(
        "backup",
        "back up the data, while the server runs too, and check the copy",
        backup,
        (
            argument("target", type=Path, help="a new folder, or an existing one to make it in"),
            argument(
                "--keep", type=_positive, metavar="N", help="remove all but the newest N backups beside it"
            ),
        ),
    ),
    Command(
        "restore",
        "bring the data back from a backup; refuses while a server runs",
        restore,
        (
            argument("backup", type=Path, help="a folder made by backup"),
            argument("--replace", action="store_true", help="replace a database that is there, for good"),
            argument("--check", action="store_true", help="only prove that the backup is whole"),
        ),
    ),
)
