"""
The archive of an export: one zip of NDJSON files and a manifest, written as the rows are read.

Neither the rows nor the zip are ever whole in memory. The manifest says how many rows each
file has, of which categories, with the SHA-256 of its bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import zipfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from storage.privacy.exporting import Exporter, Part, line
from storage.privacy.keys import sync_folder

FOLDER = "exports"
SCHEMA = 1


class Entry(NamedTuple):
    """A file of the archive, as the manifest tells of it."""

    file: str
    categories: tuple[str, ...]
    rows: int
    bytes: int
    sha256: str


def archive_path(data: Path, request_id: str) -> Path:
    """Return where the archive of a request is."""
    return data / FOLDER / f"{request_id}.zip"


async def write_archive(path: Path, exporter: Exporter, about: dict[str, Any]) -> list[Entry]:
    """
    Write an archive; ``about`` goes into its manifest. It appears under its name when it is whole.

    Raises:
        OSError: it cannot be written; nothing is left of it.
        StorageUnavailableError: same.

    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                entries = [await _write_part(archive, exporter, part) for part in exporter.parts()]
                archive.writestr("manifest.json", _manifest(about, entries))
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        draft.replace(path)
        await asyncio.to_thread(sync_folder, path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return entries


async def _write_part(archive: zipfile.ZipFile, exporter: Exporter, part: Part) -> Entry:
    digest, rows, size = hashlib.sha256(), 0, 0
    name = f"{part.name}.ndjson"
    pages: AsyncIterator[list[dict[str, Any]]] = exporter.pages(part)
    with archive.open(name, "w", force_zip64=True) as file:
        async with aclosing(pages) as closing:  # type: ignore[type-var]  # an async generator has aclose
            async for page in closing:
                data = b"".join(line(row) for row in page)
                digest.update(data)
                rows, size = rows + len(page), size + len(data)
                # Compressing is work for another thread: rooms go on meanwhile.
                await asyncio.to_thread(file.write, data)
    return Entry(name, part.categories, rows, size, digest.hexdigest())


def _manifest(about: dict[str, Any], entries: list[Entry]) -> bytes:
    files = [entry._asdict() for entry in entries]
    return msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, **about, "files": files}), indent=2)


def clean_up(data: Path, kept: set[str]) -> int:
    """Remove archives of requests that are over, and drafts that a crash left; return how many."""
    removed = 0
    folder = data / FOLDER
    if folder.is_dir():
        for path in folder.iterdir():
            if path.suffix != ".zip" or path.stem not in kept:
                path.unlink(missing_ok=True)
                removed += 1
    return removed
